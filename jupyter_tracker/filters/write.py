"""Trees back to text, for surfaces that put a filter together from clicks."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from jupyter_tracker.filters.tree import (
    Aggregate,
    Among,
    And,
    Comparison,
    Dataset,
    Expression,
    Match,
    Metric,
    Missing,
    Not,
    Or,
    Order,
    Param,
    Subject,
    Tag,
    Value,
)

_PLAIN_NAME = re.compile(r"[^\W\d]\w*(?:[./]\w+)*")


def to_text(expression: Expression) -> str:
    """A filter as text that `parse` reads as the same tree."""
    match expression:
        case Comparison(subject, operator, value):
            return f"{_subject(subject)} {operator} {_value(value)}"
        case Match(subject, pattern, ignore_case, negated):
            word = "ILIKE" if ignore_case else "LIKE"
            return f"{_subject(subject)} {_not(negated)}{word} {_quoted(pattern, chr(39))}"
        case Among(subject, values, negated):
            return f"{_subject(subject)} {_not(negated)}IN ({', '.join(map(_value, values))})"
        case Missing(subject, negated):
            return f"{_subject(subject)} IS {_not(negated)}NULL"
        case Not(inner):
            return f"NOT {_part(inner)}"
        case And(parts):
            return " AND ".join(map(_part, parts))
        case Or(parts):
            return " OR ".join(map(_part, parts))


def order_to_text(order: tuple[Order, ...]) -> str:
    """An order as text that `parse_order` reads as the same."""
    return ", ".join(_subject(key.subject) + (" DESC" if key.descending else "") for key in order)


def _part(expression: Expression) -> str:
    text = to_text(expression)
    return f"({text})" if isinstance(expression, And | Or) else text


def _not(negated: bool) -> str:
    return "NOT " if negated else ""


def _subject(subject: Subject) -> str:
    match subject:
        case Metric(name, aggregate):
            text = f"metrics.{_name(name)}"
            return text if aggregate is Aggregate.LAST else f"{aggregate}({text})"
        case Param(name):
            return f"params.{_name(name)}"
        case Tag(name):
            return f"tags.{_name(name)}"
        case Dataset(field):
            return f"datasets.{field}"
        case _:
            return subject.value


def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else _quoted(name, "`")


def _value(value: Value) -> str:
    match value:
        case str():
            return _quoted(value, "'")
        case datetime():
            return f"'{value.isoformat()}'"
        case timedelta():
            return f"{value / timedelta(seconds=1)!r}" if value < timedelta() else _length(value)
        case _:
            return repr(value)


def _length(value: timedelta) -> str:
    return f"{value.days}d{value.seconds}.{value.microseconds:06}s"


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, quote * 2) + quote
