"""Classification metrics from what people give: their parts, or the labels and scores of samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import index
from typing import Any, SupportsIndex, TypeVar

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.client.results import ClassificationResult
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Artifact, Classification, Example

T = TypeVar("T")
Shown = str | Artifact
"""An example: text, or a file that the run has logged."""

EXAMPLES_OF_A_CELL, MOST_EXAMPLES, LONGEST_EXAMPLE = 10, 2000, 1000
"""Examples that are kept of one cell and of all, and characters of one; those that come first are kept."""


def classification_metrics(
    y_true: Iterable[Any],
    y_score: Iterable[Any] | None = None,
    *,
    y_pred: Iterable[Any] | None = None,
    labels: Iterable[Any] | None = None,
    examples: Sequence[Shown] | None = None,
    name: str = "classification",
) -> ClassificationResult:
    """Confusion matrix and curves of samples whose classes are known; `run.log_classification` keeps the same.

    Args:
        y_true: The class of each sample: one of `labels`, or its place among them.
        y_score: How sure the model is: of two classes the score of the second, shape (samples,), or of each class,
            shape (samples, classes).
        y_pred: The class that was predicted for each sample. Without it, it is the class of the highest score; of one
            score for two classes the second from 0.5 on, or from 0 on where scores leave the range 0…1.
        labels: Names of the classes in the order of the scores; by default all classes that occur, sorted.
        examples: What people are shown of each sample; those that were got wrong with the highest score come first.
        name: What it is called.

    Raises:
        InvalidInput: the parts do not fit together, a class is unknown, or a score is no number.
    """
    from jupyter_tracker.client import scores

    made, order = scores.classification(name, y_true, y_score, y_pred, labels)
    if examples is not None:
        if isinstance(examples, str | Mapping) or len(examples) != len(order.true):
            raise InvalidInput(f"With y_true, examples has one entry for each of the {len(order.true)} samples.")
        pairs = ((made.labels[order.true[at]], made.labels[order.predicted[at]], examples[at]) for at in order.telling)
        made = replace(made, examples=_kept(pairs))
    return ClassificationResult(made)


def log_classification(
    backend: Backend,
    run_id: str,
    *,
    name: str,
    step: int | None,
    y_true: Iterable[Any] | None,
    y_score: Iterable[Any] | None,
    y_pred: Iterable[Any] | None,
    labels: Iterable[Any] | None,
    examples: Mapping[tuple[str, str], Sequence[Shown]] | Sequence[Shown] | None,
    **parts: Any,
) -> Flow[None]:
    """Keep classification metrics whose parts fit together (the rules are Vertex AI's `log_classification_metrics`)."""
    if not isinstance(name, str) or not name:
        raise InvalidInput(f"The name of a classification must be text, not {name!r}.")
    if step is not None and (isinstance(step, bool) or not isinstance(step, SupportsIndex)):
        raise InvalidInput(f"The step of a classification must be an integer, not {step!r}.")
    if y_true is not None:
        given = [part for part, value in parts.items() if value is not None]
        if given:
            raise InvalidInput(f"{', '.join(given)} would be computed from y_true: give one or the other.")
        if isinstance(examples, Mapping):
            raise InvalidInput("With y_true, examples has one entry for each sample; a mapping goes with a matrix.")
        made = classification_metrics(y_true, y_score, y_pred=y_pred, labels=labels, examples=examples, name=name).data
    elif y_score is not None or y_pred is not None:
        raise InvalidInput("y_score and y_pred need y_true, the classes that the samples have.")
    else:
        made = _of_parts(name, labels, examples, **parts)
    yield from backend.classifications.log(run_id, replace(made, step=None if step is None else index(step)))


def _of_parts(
    name: str,
    labels: Iterable[Any] | None,
    examples: Mapping[tuple[str, str], Sequence[Shown]] | Sequence[Shown] | None,
    *,
    matrix: Iterable[Iterable[float]] | None,
    fpr: Iterable[float] | None,
    tpr: Iterable[float] | None,
    thresholds: Iterable[float] | None,
    positives: int | None,
    negatives: int | None,
) -> Classification:
    if (labels is None) != (matrix is None):
        raise InvalidInput("labels and matrix go together: give both or neither.")
    curve = [fpr, tpr, thresholds]
    if any(part is None for part in curve) and not all(part is None for part in curve):
        raise InvalidInput("fpr, tpr and thresholds go together: give all three or none.")
    if matrix is None and fpr is None:
        raise InvalidInput(
            "There is nothing to log: give labels and matrix, or fpr, tpr and thresholds, or y_true and y_score."
        )
    made = Classification(
        name=name,
        labels=() if labels is None else tuple(str(label) for label in _items(labels, "labels")),
        matrix=() if matrix is None else tuple(_floats(row, "matrix") for row in _items(matrix, "matrix")),
        fpr=_floats(fpr, "fpr"),
        tpr=_floats(tpr, "tpr"),
        thresholds=_floats(thresholds, "thresholds"),
        positives=_count(positives, "positives"),
        negatives=_count(negatives, "negatives"),
    )
    size = len(made.labels)
    if len(set(made.labels)) < size:
        raise InvalidInput(f"Each label must be there once; they are {list(made.labels)}.")
    if matrix is not None and [len(row) for row in made.matrix] != [size] * size:
        rows = [len(row) for row in made.matrix]
        raise InvalidInput(f"The matrix needs a row and a column for each of the {size} labels; its rows have {rows}.")
    lengths = {len(made.fpr), len(made.tpr), len(made.thresholds)}
    if len(lengths) > 1:
        raise InvalidInput(f"fpr, tpr and thresholds must be equally long; they have {sorted(lengths)} values.")
    if (positives is None) != (negatives is None) or (positives is not None and fpr is None):
        raise InvalidInput("positives and negatives are the samples behind fpr and tpr: give both, with them.")
    return made if examples is None else replace(made, examples=_of_cells(examples, made.labels))


def _of_cells(
    examples: Mapping[tuple[str, str], Sequence[Shown]] | Sequence[Shown], labels: Sequence[str]
) -> tuple[Example, ...]:
    if not isinstance(examples, Mapping):
        raise InvalidInput('examples are given by cell, as in {("cat", "dog"): ["img_7.png", …]}, or with y_true.')
    found = []
    for cell, shown in examples.items():
        if not isinstance(cell, tuple) or len(cell) != 2 or any(str(label) not in labels for label in cell):
            raise InvalidInput(f"The examples of {cell!r} belong to no cell: it must be (true label, predicted label).")
        if isinstance(shown, str) or not isinstance(shown, Iterable):
            raise InvalidInput(f"The examples of {cell!r} must be a list, not {shown!r:.80}.")
        found += [(str(cell[0]), str(cell[1]), each) for each in shown]
    return _kept(found)


def _kept(found: Iterable[tuple[str, str, Shown]]) -> tuple[Example, ...]:
    """The first of each cell."""
    kept: list[Example] = []
    held: dict[tuple[str, str], int] = {}
    for true, predicted, shown in found:
        count = held.get((true, predicted), 0)
        if count >= EXAMPLES_OF_A_CELL or len(kept) >= MOST_EXAMPLES:
            continue
        held[true, predicted] = count + 1
        if isinstance(shown, Artifact):
            kept.append(Example(true, predicted, artifact=shown.path))
        else:
            kept.append(Example(true, predicted, text=str(shown)[:LONGEST_EXAMPLE]))
    return tuple(kept)


def _count(number: int | None, part: str) -> int | None:
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, SupportsIndex) or index(number) < 0:
        raise InvalidInput(f"{part} counts samples: it must be an integer of 0 or more, not {number!r}.")
    return index(number)


def _floats(values: Iterable[float] | None, part: str) -> tuple[float, ...]:
    try:
        return () if values is None else tuple(float(value) for value in _items(values, part))
    except (TypeError, ValueError):
        raise InvalidInput(f"The {part} must hold numbers only.") from None


def _items(values: Iterable[T], part: str) -> Iterable[T]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidInput(f"The {part} must be a list or an array, not {values!r}.")
    return values
