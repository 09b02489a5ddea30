"""What of a filter the server is asked, and what is left to be looked at here.

The server's language joins comparisons by AND. A condition is pushed down only where every run that it selects here is
also selected there; all of them are looked at here as well, because the two languages differ in details (NaN, case,
milliseconds).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from jupyter_tracker.backends.mlflow.numbers import LARGEST
from jupyter_tracker.backends.mlflow.reading import milliseconds
from jupyter_tracker.backends.mlflow.wording import PARENT, STATUSES
from jupyter_tracker.filters import (
    Aggregate,
    And,
    Attribute,
    Comparison,
    Expression,
    Match,
    Metric,
    Operator,
    Order,
    Param,
    Subject,
    Tag,
)
from jupyter_tracker.models import RunState

_NAMES = {Attribute.NAME: "attributes.run_name", Attribute.ID: "attributes.run_id"}
_TIMES = {
    Attribute.CREATED_AT: "attributes.start_time",
    Attribute.STARTED_AT: "attributes.start_time",
    Attribute.ENDED_AT: "attributes.end_time",
}
_MAY_BE_LESS = (Operator.GREATER, Operator.AT_LEAST)
_TEXT = re.compile(r"[^\\\"`\x00-\x1f\x7f]{0,250}")
_SLACK = timedelta(seconds=2)
"""Times of this machine and those that the server keeps for the same run may differ by so much."""
NEWEST_FIRST = "attributes.start_time DESC"


def conditions(where: Expression) -> tuple[Expression, ...]:
    """The conditions that are all to hold."""
    return where.expressions if isinstance(where, And) else (where,)


def push_down(where: Expression) -> tuple[str, tuple[Expression, ...]]:
    """The filter for the server, and the conditions that only this package can say."""
    said = [(condition, _said(condition)) for condition in conditions(where)]
    here = tuple(condition for condition, text in said if not text)
    return " AND ".join(text for _, text in said if text), here


def pushes_order(order: tuple[Order, ...]) -> bool:
    """Whether the server can give runs in an order: the newest first."""
    return not order or order == (Order(Attribute.CREATED_AT, descending=True),)


def _said(condition: Expression) -> str:
    match condition:
        case Comparison(subject, operator, value):
            return _comparison(subject, operator, value)
        case Match(subject, pattern, ignore_case, False) if _TEXT.fullmatch(pattern) and "'" not in pattern:
            name = _text_name(subject)
            return f"{name} {'ILIKE' if ignore_case else 'LIKE'} '{pattern}'" if name else ""
        case _:
            return ""


def _comparison(subject: Subject, operator: Operator, value: object) -> str:
    if subject is Attribute.STATE and operator is Operator.EQUAL:
        return f"attributes.status = '{_STATUS[value]}'" if value in _STATUS else ""
    if isinstance(subject, Attribute) and subject in _TIMES and isinstance(value, datetime):
        return _time(_TIMES[subject], operator, value)
    if isinstance(subject, Metric) and isinstance(value, float) and subject.aggregate is Aggregate.LAST:
        # An order of magnitude below the largest: the server cuts infinities to it.
        fits = _quoted_name(subject.name) and abs(value) < LARGEST / 10
        return f"metrics.{_quoted_name(subject.name)} {operator} {value!r}" if fits else ""
    # A run without a parent has no such tag, so that only equality says the same there.
    nested = subject is Attribute.PARENT and operator is Operator.EQUAL
    name = f"tags.`{PARENT}`" if nested else _text_name(subject)
    if not name or not isinstance(value, str) or not _TEXT.fullmatch(value):
        return ""
    if operator not in (Operator.EQUAL, Operator.NOT_EQUAL) or not value or "'" in value:
        return ""
    return f"{name} {operator} '{value}'"


_STATUS: dict[object, str] = {
    str(state): STATUSES[state] for state in (RunState.RUNNING, RunState.SUCCEEDED, RunState.STOPPED)
}


def _time(name: str, operator: Operator, value: datetime) -> str:
    if operator in (Operator.EQUAL, Operator.NOT_EQUAL):
        return ""
    edge = value - _SLACK if operator in _MAY_BE_LESS else value + _SLACK
    return f"{name} {'>' if operator in _MAY_BE_LESS else '<'} {milliseconds(edge)}"


def _text_name(subject: Subject) -> str:
    match subject:
        case Param(name) | Tag(name):
            quoted = _quoted_name(name)
            return f"{'params' if isinstance(subject, Param) else 'tags'}.{quoted}" if quoted else ""
        case Attribute():
            return _NAMES.get(subject, "")
        case _:
            return ""


def _quoted_name(name: str) -> str:
    return f"`{name}`" if _TEXT.fullmatch(name) and "'" not in name else ""
