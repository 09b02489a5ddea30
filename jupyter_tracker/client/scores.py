"""From the classes and scores of samples to a confusion matrix and ROC curves, with numpy alone.

The curves are those of scikit-learn's `roc_curve`, one class against the rest, at most `POINTS` points each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.models import ClassCurve, Classification

POINTS, FEWEST, ALL_POINTS = 1000, 50, 20_000
"""Points of one curve, at least, and of the curves of all classes together."""


@dataclass(frozen=True)
class Order:
    """The samples, by their place among the classes."""

    true: np.ndarray
    predicted: np.ndarray
    telling: list[int]
    """The samples from which most can be learnt first: wrong with the highest score, right with the lowest."""


def classification(
    name: str,
    y_true: Iterable[Any],
    y_score: Iterable[Any] | None,
    y_pred: Iterable[Any] | None,
    labels: Iterable[Any] | None,
) -> tuple[Classification, Order]:
    """The metrics, and the order of the samples."""
    if y_score is None and y_pred is None:
        raise InvalidInput("Give y_score or y_pred: there is nothing to compare y_true with.")
    given = _column(y_true, "y_true")
    if not len(given):
        raise InvalidInput("y_true holds no samples.")
    guessed = None if y_pred is None else _column(y_pred, "y_pred", len(given))
    classes = _classes(given, guessed, labels)
    true = _places(given, classes, "y_true")
    scores = None if y_score is None else _scores(y_score, len(true), len(classes))
    predicted = _predicted(scores) if guessed is None else _places(guessed, classes, "y_pred")
    made = Classification(name=name, labels=tuple(classes), matrix=_matrix(true, predicted, len(classes)))
    if scores is not None:
        made = _with_curves(made, true, scores)
    return made, Order(true, predicted, _telling(true, predicted, scores))


def _column(values: Iterable[Any], part: str, size: int | None = None) -> np.ndarray:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidInput(f"{part} must be a list or an array, not {values!r:.80}.")
    column = np.asarray(values if hasattr(values, "__array__") else list(values))
    if column.ndim != 1:
        raise InvalidInput(f"{part} must have one value for each sample; its shape is {column.shape}.")
    if size is not None and len(column) != size:
        raise InvalidInput(f"y_true has {size} samples and {part} {len(column)}; they must be equally many.")
    return column


def _classes(true: np.ndarray, predicted: np.ndarray | None, labels: Iterable[Any] | None) -> list[str]:
    if labels is not None:
        named = [str(label) for label in _column(labels, "labels")]
        if len(set(named)) < len(named):
            raise InvalidInput(f"Each label must be there once; they are {named}.")
        return named
    found = set(true.tolist()) | set(predicted.tolist() if predicted is not None else ())
    try:
        ordered = sorted(found)
    except TypeError:
        ordered = sorted(found, key=str)
    return [str(label) for label in ordered]


def _places(values: np.ndarray, classes: list[str], part: str) -> np.ndarray:
    place = {label: at for at, label in enumerate(classes)}
    named = [str(value) for value in values.tolist()]
    if values.dtype.kind in "iub" and not all(name in place for name in named):
        # Numbers are places where they are not the names.
        place = {str(at): at for at in range(len(classes))}
        named = [str(int(value)) for value in values.tolist()]
    unknown = next((name for name in named if name not in place), None)
    if unknown is not None:
        raise InvalidInput(f"{part} has the class {unknown!r:.80}, which is not among the labels {classes!r:.200}.")
    return np.array([place[name] for name in named], np.int64)


def _scores(values: Iterable[Any], samples: int, classes: int) -> np.ndarray:
    try:
        scores = np.asarray(values if hasattr(values, "__array__") else list(values), np.float64)
    except (TypeError, ValueError):
        raise InvalidInput("y_score must hold numbers only.") from None
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    wanted = f"({samples},)" if classes == 2 else f"({samples}, {classes})"
    fits = scores.shape == (samples, classes) or (classes == 2 and scores.shape == (samples,))
    if not fits:
        raise InvalidInput(
            f"y_score must have the shape {wanted} for {samples} samples of {classes} classes, not {scores.shape};"
            " labels= names classes that do not occur."
        )
    if not np.isfinite(scores).all():
        raise InvalidInput("y_score must hold finite numbers only.")
    return scores


def _predicted(scores: np.ndarray | None) -> np.ndarray:
    if scores is None:
        raise InvalidInput("Give y_score or y_pred.")
    if scores.ndim == 2:
        return np.asarray(scores.argmax(axis=1), np.int64)
    shares = bool(scores.min() >= 0 and scores.max() <= 1)
    return (scores >= (0.5 if shares else 0.0)).astype(np.int64)


def _matrix(true: np.ndarray, predicted: np.ndarray, size: int) -> tuple[tuple[float, ...], ...]:
    cells = np.bincount(true * size + predicted, minlength=size * size).reshape(size, size)
    return tuple(tuple(row) for row in cells.astype(np.float64).tolist())


def _with_curves(made: Classification, true: np.ndarray, scores: np.ndarray) -> Classification:
    size = len(made.labels)
    curves: tuple[ClassCurve, ...] = ()
    if size == 2:
        curve = _curve(made.labels[1], true == 1, scores if scores.ndim == 1 else scores[:, 1], POINTS)
        whole, positive = curve, made.labels[1]
    else:
        points = max(FEWEST, min(POINTS, ALL_POINTS // size))
        each = (_curve(label, true == at, scores[:, at], points) for at, label in enumerate(made.labels))
        yes = true[:, None] == np.arange(size)
        whole, curves, positive = _curve("", yes.ravel(), scores.ravel(), POINTS), tuple(each), ""
    return Classification(
        name=made.name,
        labels=made.labels,
        matrix=made.matrix,
        fpr=whole.fpr,
        tpr=whole.tpr,
        thresholds=whole.thresholds,
        positive=positive,
        positives=whole.positives,
        negatives=whole.negatives,
        curves=curves,
    )


def _curve(label: str, yes: np.ndarray, scores: np.ndarray, points: int) -> ClassCurve:
    """The rates at each score from the highest down, before them (0, 0) at an infinite threshold."""
    order = np.argsort(-scores, kind="stable")
    scores, yes = scores[order], yes[order]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # of samples of one score
    hits = np.append(0, np.cumsum(yes)[last])
    alarms = np.append(0, last + 1) - hits
    positives, negatives = int(yes.sum()), int(len(yes) - yes.sum())
    tpr = hits / positives if positives else np.full(len(hits), np.nan)
    fpr = alarms / negatives if negatives else np.full(len(hits), np.nan)
    chosen = _thinned(hits, alarms, points)
    thresholds = np.append(np.inf, scores[last])
    return ClassCurve(
        label=label,
        fpr=tuple(fpr[chosen].tolist()),
        tpr=tuple(tpr[chosen].tolist()),
        thresholds=tuple(thresholds[chosen].tolist()),
        positives=positives,
        negatives=negatives,
    )


def _thinned(hits: np.ndarray, alarms: np.ndarray, points: int) -> np.ndarray:
    """Which points stay: evenly along the curve, both ends among them."""
    if len(hits) <= points:
        return np.arange(len(hits))
    length = hits / max(hits[-1], 1) + alarms / max(alarms[-1], 1)
    wanted = np.linspace(0, length[-1], points)
    return np.unique(np.append(np.searchsorted(length, wanted).clip(0, len(hits) - 1), len(hits) - 1))


def _telling(true: np.ndarray, predicted: np.ndarray, scores: np.ndarray | None) -> list[int]:
    order: list[int]
    wrong = true != predicted
    if scores is None:
        order = np.argsort(~wrong, kind="stable").tolist()
        return order
    sure = scores.max(axis=1) if scores.ndim == 2 else np.where(predicted == 1, scores, -scores)
    order = np.lexsort((np.where(wrong, -sure, sure), ~wrong)).tolist()
    return order
