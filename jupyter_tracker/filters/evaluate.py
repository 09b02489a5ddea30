"""Filters and orders over runs in memory, for platforms that cannot be asked in this language."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jupyter_tracker.filters.tree import (
    Aggregate,
    Among,
    And,
    Attribute,
    Comparison,
    Dataset,
    DatasetField,
    Expression,
    Match,
    Metric,
    Missing,
    Not,
    Operator,
    Or,
    Order,
    Param,
    Subject,
    Tag,
    Value,
    Wildcard,
    param_number,
    param_text,
    pattern_parts,
)
from jupyter_tracker.models import DatasetUse, MetricValue, RunInfo


@dataclass(frozen=True, slots=True)
class History:
    """What filters ask about all points of a metric; NaN where no point is a number."""

    first: float
    min: float
    max: float


Histories = Mapping[str, History]
"""By name of the metric."""

_OPERATIONS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


def evaluate(
    expression: Expression,
    run: RunInfo,
    histories: Histories | None = None,
    datasets: Sequence[DatasetUse] | None = None,
) -> bool:
    """Whether a filter selects a run.

    Args:
        expression: The filter.
        run: The run.
        histories: Needed for the metrics that `history_needed(expression)` names, as far as the run has them.
        datasets: Those that the run reads; needed where `datasets_needed(expression)`.

    Raises:
        ValueError: `histories` or `datasets` is left out although the filter needs it.
    """
    match expression:
        case And(parts):
            return all(evaluate(part, run, histories, datasets) for part in parts)
        case Or(parts):
            return any(evaluate(part, run, histories, datasets) for part in parts)
        case Not(part):
            return not evaluate(part, run, histories, datasets)
        case Missing(Dataset(field), negated):
            return bool(_fields(field, datasets)) is negated
        case Missing(subject, negated):
            return _is_there(subject, run, histories) is negated
        case Comparison(Dataset(field)) | Match(Dataset(field)) | Among(Dataset(field)):
            return any(_holds(expression, _always(text)) for text in _fields(field, datasets))
        case _:
            return _holds(expression, lambda kind: _comparable(expression.subject, kind, run, histories))


def sort_runs(
    runs: Iterable[RunInfo],
    order: Sequence[Order],
    histories: Callable[[RunInfo], Histories] | None = None,
) -> list[RunInfo]:
    """Runs in an order; ties are broken by creation, newest first, and then by the order in which they are given.

    Missing values and NaN come last in both directions; a param that is a number comes before one that is not.

    Raises:
        ValueError: `histories` is left out although the order needs it.
    """
    result = list(runs)
    # Sorting is stable: the least important key first.
    for key in reversed((*order, Order(Attribute.CREATED_AT, descending=True))):
        for kind in (str, float) if isinstance(key.subject, Param) else (None,):
            result = _sorted_by(result, key, kind, histories)
    return result


def _sorted_by(
    runs: list[RunInfo],
    key: Order,
    kind: type | None,
    histories: Callable[[RunInfo], Histories] | None,
) -> list[RunInfo]:
    present: list[tuple[Any, RunInfo]] = []
    missing: list[RunInfo] = []
    for run in runs:
        known = histories(run) if histories is not None else None
        value = _comparable(key.subject, kind or type(None), run, known)
        if kind is str and _comparable(key.subject, float, run, known) is not None:
            value = None  # It is sorted as a number.
        if value is None:
            missing.append(run)
        else:
            present.append((value, run))
    present.sort(key=lambda pair: pair[0], reverse=key.descending)
    return [run for _, run in present] + missing


def _holds(condition: Comparison | Match | Among, actual: Callable[[type], Any]) -> bool:
    """Whether a condition is true of a value, which `actual` gives as it is compared with a literal of a type."""
    match condition:
        case Comparison(_, how, value):
            found = actual(type(value))
            return found is not None and not _is_nan(value) and _OPERATIONS[how](found, value)
        case Match(_, pattern, ignore_case, negated):
            text = actual(str)
            return text is not None and (_pattern(pattern, ignore_case).fullmatch(str(text)) is None) is negated
        case Among(_, values, negated):
            return _among(values, negated, actual)


def _always(text: str) -> Callable[[type], str]:
    return lambda _: text


def _fields(field: DatasetField, datasets: Sequence[DatasetUse] | None) -> list[str]:
    """What the datasets of a run have there; a context may be missing."""
    if datasets is None:
        raise ValueError(f"datasets.{field} needs the datasets of the run.")
    if field is DatasetField.CONTEXT:
        return [use.context for use in datasets if use.context]
    return [use.dataset.name if field is DatasetField.NAME else use.dataset.digest for use in datasets]


def _among(values: tuple[Value, ...], negated: bool, actual: Callable[[type], Any]) -> bool:
    values = tuple(value for value in values if not _is_nan(value))
    # A param has two faces, and a list may ask about both.
    faces = {kind: actual(kind) for kind in {type(value) for value in values}}
    if all(face is None for face in faces.values()):
        return False
    return any(faces[type(value)] == value for value in values) is not negated


def _is_there(subject: Subject, run: RunInfo, histories: Histories | None) -> bool:
    match subject:
        case Metric():
            return _metric(subject, run, histories) is not None
        case Param(name):
            return name in run.params
        case Tag(name):
            return name in run.tags
        case _:
            return _comparable(subject, type(None), run, histories) is not None


def _comparable(subject: Subject, kind: type, run: RunInfo, histories: Histories | None) -> Any:
    """The value of a run as it is compared with a literal of a type; None where it is missing or NaN."""
    match subject:
        case Metric():
            value = _metric(subject, run, histories)
            return None if _is_nan(value) else value
        case Param(name):
            if name not in run.params:
                return None
            return param_number(run.params[name]) if kind is float else param_text(run.params[name])
        case Tag(name):
            return run.tags.get(name)
        case Attribute():
            return _attribute(subject, run)
        case Dataset():
            raise ValueError("A run may read several datasets, none of which stands for the others.")


def _metric(metric: Metric, run: RunInfo, histories: Histories | None) -> float | None:
    if metric.column is Aggregate.LAST:
        latest: MetricValue | None = run.metrics.get(metric.name)
        return None if latest is None else latest.value
    if histories is None:
        raise ValueError(f"{metric.aggregate}(metrics.{metric.name}) needs the history of the metric.")
    history = histories.get(metric.name)
    if history is None:
        return None
    match metric.column:
        case Aggregate.FIRST:
            return history.first
        case Aggregate.MIN:
            return history.min
        case _:
            return history.max


def _attribute(attribute: Attribute, run: RunInfo) -> Any:
    if attribute is Attribute.DURATION:
        return None if run.started_at is None or run.ended_at is None else run.ended_at - run.started_at
    return getattr(run, attribute.value)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


@lru_cache(maxsize=256)
def _pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """A LIKE pattern as a regular expression."""
    pieces: list[str] = [""]
    for part in pattern_parts(pattern):
        match part:
            case Wildcard.ANY_TEXT:
                pieces.append("")
            case Wildcard.ONE_CHARACTER:
                pieces[-1] += "."
            case _ if ignore_case and part.isascii() and part.isalpha():
                pieces[-1] += f"[{part.lower()}{part.upper()}]"
            case _:
                pieces[-1] += re.escape(part)
    first, *rest = pieces
    if not rest:
        return re.compile(first, re.DOTALL)
    # The earliest place is always good enough for a piece in the middle; the atomic groups spare the hopeless retries.
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    return re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL)
