"""Filters as SQL over the tables of the store.

What a user wrote reaches SQLite only as bound parameters. Every condition is true or false, never NULL, so that `NOT`
means here what it means in `jupyter_tracker.filters`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from jupyter_tracker.filters import (
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
    Or,
    Param,
    Subject,
    Tag,
    Value,
    Wildcard,
    pattern_parts,
)

Bound: TypeAlias = str | int | float | None
"""What is bound to a `?`."""
Sql: TypeAlias = tuple[str, list[Bound]]
"""A part of a statement and what is bound to it."""

_NEVER: Sql = ("0", [])

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EXPRESSIONS = {
    Attribute.EXPERIMENT: "(SELECT experiments.name FROM experiments WHERE experiments.id = runs.experiment_id)",
    Attribute.DURATION: "(runs.ended_at - runs.started_at)",
}
_NULLABLE = frozenset(
    {Attribute.STARTED_AT, Attribute.ENDED_AT, Attribute.DURATION, Attribute.EXIT_CODE, Attribute.SIGNAL}
)


def where_sql(expression: Expression, *, walking: bool = False) -> Sql:
    """A condition on the table `runs`, and what is bound to it.

    Asked of all runs, it is quickest when the indexes of the other tables give the runs; asked of runs that come one by
    one until there are enough (`walking`), when each run is looked up there.
    """
    match expression:
        case And(parts):
            return _joined("AND", parts, walking)
        case Or(parts):
            return _joined("OR", parts, walking)
        case Not(part):
            sql, bound = where_sql(part, walking=walking)
            return f"NOT {sql}", bound
        case Comparison(subject, operator, value):
            if is_nan(value):
                return _NEVER
            return _condition(subject, type(value), f"{operator} ?", [bound_value(value)], walking)
        case Match(subject, pattern, ignore_case, negated):
            return _condition(subject, str, f"{negation(negated)}GLOB ?", [glob(pattern, ignore_case)], walking)
        case Among(subject, values, negated):
            return _among(subject, [value for value in values if not is_nan(value)], negated, walking)
        case Missing(subject, negated):
            return _missing(subject, negated)


def glob(pattern: str, ignore_case: bool) -> str:
    """A LIKE pattern as one of GLOB, which tells A from a whatever the connection is set to."""
    return "".join(_glob_part(part, ignore_case) for part in pattern_parts(pattern))


def _glob_part(part: str | Wildcard, ignore_case: bool) -> str:
    match part:
        case Wildcard.ANY_TEXT:
            return "*"
        case Wildcard.ONE_CHARACTER:
            return "?"
        case "*" | "?" | "[":
            return f"[{part}]"
        case _ if ignore_case and part.isascii() and part.isalpha():
            return f"[{part.lower()}{part.upper()}]"
        case _:
            return part


def _joined(word: str, parts: Sequence[Expression], walking: bool) -> Sql:
    """Parts joined as a balanced tree: SQLite refuses an expression that is 1,000 deep, as a long chain would be."""
    if not parts:
        return ("1" if word == "AND" else "0"), []
    if len(parts) == 1:
        return where_sql(parts[0], walking=walking)
    half = len(parts) // 2
    left, bound_left = _joined(word, parts[:half], walking)
    right, bound_right = _joined(word, parts[half:], walking)
    return f"({left} {word} {right})", bound_left + bound_right


def _condition(subject: Subject, kind: type, condition: str, bound: list[Bound], walking: bool) -> Sql:
    """`subject condition`, where the condition is on a value of a type and the subject may be missing."""
    match subject:
        case Metric(name):
            return _selected("metrics", name, f"{subject.column} {condition}", bound, walking)
        case Param(name):
            return _selected("params", name, f"{'number' if kind is float else 'text'} {condition}", bound, walking)
        case Tag(name):
            return _selected("tags", name, f"value {condition}", bound, walking)
        case Dataset(field):
            return reading(field, condition, bound, walking)
        case Attribute.EXPERIMENT:
            return f"runs.experiment_id IN (SELECT id FROM experiments WHERE name {condition})", bound
        case _ if subject in _NULLABLE:
            return f"({expression_of(subject)} IS NOT NULL AND {expression_of(subject)} {condition})", bound
        case _:
            return f"({expression_of(subject)} {condition})", bound


def _among(subject: Subject, values: Sequence[Value], negated: bool, walking: bool) -> Sql:
    texts = [value for value in values if isinstance(value, str)]
    others = [value for value in values if not isinstance(value, str)]
    if not values:
        return _NEVER
    if not isinstance(subject, Param) or not others or not texts:
        bound = [bound_value(value) for value in values]
        return _condition(subject, type(values[0]), within(values, negated=negated), bound, walking)
    # A param has two faces; the text is always there, the number not.
    bound = [bound_value(value) for value in (*texts, *others)]
    if negated:
        condition = f"text {within(texts, negated=True)} AND (number IS NULL OR number {within(others, negated=True)})"
    else:
        condition = f"(text {within(texts)} OR number {within(others)})"
    return _selected("params", subject.name, condition, bound, walking)


def _missing(subject: Subject, negated: bool) -> Sql:
    match subject:
        case Metric(name):
            return _key_set("metrics", name, negated)
        case Param(name):
            return _key_set("params", name, negated)
        case Tag(name):
            return _key_set("tags", name, negated)
        case Dataset(field):
            sql, bound = reading(field, "IS NOT NULL", [], walking=True)
            return f"({negation(not negated)}{sql})", bound
        case _:
            return f"({expression_of(subject)} IS {negation(negated)}NULL)", []


def _selected(table: str, name: str, condition: str, bound: list[Bound], walking: bool) -> Sql:
    if walking:
        return f"(EXISTS (SELECT 1 FROM {table} WHERE run = runs.number AND key = ? AND {condition}))", [name, *bound]
    return f"(runs.number IN (SELECT run FROM {table} WHERE key = ? AND {condition}))", [name, *bound]


def both(*conditions: Sql) -> Sql:
    """Conditions of which all must hold."""
    return " AND ".join(sql for sql, _ in conditions) or "1", [value for _, bound in conditions for value in bound]


def conjuncts(expression: Expression) -> list[Expression]:
    """The parts of a filter of which all must hold."""
    if isinstance(expression, And):
        return [part for inner in expression.expressions for part in conjuncts(inner)]
    return [expression]


def reading(field: DatasetField, condition: str, bound: list[Bound], walking: bool) -> Sql:
    """Whether a run reads a dataset of which a condition is true; a context that is empty is missing."""
    column = "used.context != '' AND used.context" if field is DatasetField.CONTEXT else f"datasets.{field}"
    reads = (
        "SELECT used.run FROM dataset_uses AS used JOIN datasets ON datasets.id = used.dataset"
        f" WHERE used.role = 'input' AND {column} {condition}"
    )
    return (f"(EXISTS ({reads} AND used.run = runs.number))" if walking else f"(runs.number IN ({reads}))"), bound


def _key_set(table: str, name: str, is_set: bool) -> Sql:
    return f"({negation(not is_set)}EXISTS (SELECT 1 FROM {table} WHERE run = runs.number AND key = ?))", [name]


def expression_of(attribute: Attribute) -> str:
    """An attribute of the table `runs`."""
    return _EXPRESSIONS.get(attribute, f"runs.{attribute.value}")


def within(values: Sequence[Value], *, negated: bool = False) -> str:
    """The condition of being one of some values."""
    return f"{negation(negated)}IN ({', '.join('?' * len(values))})"


def negation(negated: bool) -> str:
    """What stands before a word that is negated."""
    return "NOT " if negated else ""


def bound_value(value: Value) -> Bound:
    """A literal as the store keeps it: times and durations in microseconds."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, timedelta):
        return value // _MICROSECOND
    return value


def is_nan(value: Value) -> bool:
    """Whether a literal is NaN, with which everything compares false."""
    return isinstance(value, float) and math.isnan(value)
