"""Filters and orders as SQL over the tables of the store.

What a user wrote reaches SQLite only as bound parameters. Every condition is true or false, never NULL, so that `NOT`
means here what it means in `jupyter_tracker.filters`.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from jupyter_tracker.filters import (
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
    Or,
    Order,
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

SAMPLE = 500
"""The newest runs that are looked at to guess how many a filter selects."""
FREQUENT = 10
"""From so many of the sample on, a filter is taken to select many runs."""

_TIES = "runs.number DESC"
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
            if _is_nan(value):
                return _NEVER
            return _condition(subject, type(value), f"{operator} ?", [_bound(value)], walking)
        case Match(subject, pattern, ignore_case, negated):
            return _condition(subject, str, f"{_not(negated)}GLOB ?", [glob(pattern, ignore_case)], walking)
        case Among(subject, values, negated):
            return _among(subject, [value for value in values if not _is_nan(value)], negated, walking)
        case Missing(subject, negated):
            return _missing(subject, negated)


@dataclass(frozen=True, slots=True)
class SortKey:
    """One expression that rows are sorted by; NULL comes last in both directions."""

    sql: str
    bound: tuple[Bound, ...]
    descending: bool


def sort_keys(order: Sequence[Order]) -> list[SortKey]:
    """What rows are sorted by, before `runs.number DESC`, which breaks ties."""
    keys: list[SortKey] = []
    for part in order:
        match part.subject:
            case Metric(name) as metric:
                sql = f"(SELECT {metric.column} FROM metrics WHERE run = runs.number AND key = ?)"
                keys.append(SortKey(sql, (name,), part.descending))
            case Param(name):
                number = "(SELECT number FROM params WHERE run = runs.number AND key = ?)"
                text = "(SELECT text FROM params WHERE run = runs.number AND key = ? AND number IS NULL)"
                keys += [SortKey(sql, (name,), part.descending) for sql in (number, text)]
            case Tag(name):
                sql = "(SELECT value FROM tags WHERE run = runs.number AND key = ?)"
                keys.append(SortKey(sql, (name,), part.descending))
            case Attribute() as attribute:
                keys.append(SortKey(_expression(attribute), (), part.descending))
            case Dataset():
                raise ValueError("A run may read several datasets: runs are not sorted by them.")
    return keys


def order_sql(order: Sequence[Order]) -> Sql:
    """What follows `ORDER BY`, and what is bound to it."""
    keys = sort_keys(order)
    terms = [f"{key.sql} {_direction(key)} NULLS LAST" for key in keys]
    return ", ".join([*terms, _TIES]), [value for key in keys for value in key.bound]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run stands in an order: its sort keys and, for ties, its number. A page goes on behind one."""

    number: int
    keys: tuple[Bound, ...] = ()


def after_sql(order: Sequence[Order], position: Position) -> Sql:
    """The condition that a run comes behind a position."""
    alternatives: list[str] = []
    bound: list[Bound] = []
    same: list[str] = []
    bound_same: list[Bound] = []
    for key, value in zip(sort_keys(order), position.keys, strict=True):
        if value is not None:
            behind = f"({key.sql} {'<' if key.descending else '>'} ? OR {key.sql} IS NULL)"
            alternatives.append(" AND ".join([*same, behind]))
            bound += [*bound_same, *key.bound, value, *key.bound]
        same.append(f"{key.sql} IS ?")
        bound_same += [*key.bound, value]
    alternatives.append(" AND ".join([*same, "runs.number < ?"]))
    return f"({' OR '.join(f'({part})' for part in alternatives)})", [*bound, *bound_same, position.number]


def page(
    db: sqlite3.Connection,
    scope: Sql,
    where: Expression,
    order: Sequence[Order],
    limit: int,
    after: Position | None = None,
) -> list[Position]:
    """The next runs that a filter selects, in order.

    Args:
        db: A connection to the store.
        scope: A condition on the table `runs` that the filter is asked within, such as `runs.lifecycle = ?`.
        where: The filter.
        order: What they are sorted by; ties are broken by creation, newest first.
        limit: How many at most.
        after: The last position of the page before; None begins.
    """
    frequent = where == And(()) or _is_frequent(db, scope, where)
    condition = _both(scope, where_sql(where, walking=frequent))
    metric = _indexed_metric(order)
    if frequent and metric is not None:
        return _walked_by_metric(db, condition, metric, order[0], limit, after)
    return _sorted(db, condition, order, limit, after)


def _sorted(
    db: sqlite3.Connection, condition: Sql, order: Sequence[Order], limit: int, after: Position | None
) -> list[Position]:
    """Sort the numbers of all that are selected; without an order, the index gives them sorted."""
    if after is not None:
        condition = _both(condition, after_sql(order, after))
    keys = sort_keys(order)
    columns = "".join(f", {key.sql} AS key_{index}" for index, key in enumerate(keys))
    terms = [f"key_{index} {_direction(key)} NULLS LAST" for index, key in enumerate(keys)]
    sql = f"SELECT runs.number{columns} FROM runs WHERE {condition[0]} ORDER BY {', '.join([*terms, _TIES])} LIMIT ?"
    bound = [*(value for key in keys for value in key.bound), *condition[1], limit]
    return [Position(number, tuple(values)) for number, *values in db.execute(sql, bound)]


def _walked_by_metric(
    db: sqlite3.Connection, condition: Sql, metric: Metric, key: Order, limit: int, after: Position | None
) -> list[Position]:
    """Walk along the index of the latest values until there are enough, then along the runs without a value."""
    name = metric.name
    found: list[Position] = []
    last = None if after is None else after.keys[0]
    if after is None or last is not None:
        sign = "<" if key.descending else ">"
        rest = f" AND sorted.last {sign}= ? AND (sorted.last {sign} ? OR sorted.run < ?)" if after else ""
        sql = (
            "SELECT runs.number, sorted.last FROM metrics AS sorted CROSS JOIN runs ON runs.number = sorted.run"
            f" WHERE sorted.key = ? AND sorted.last IS NOT NULL{rest} AND {condition[0]}"
            f" ORDER BY sorted.last {_direction(key)}, sorted.run DESC LIMIT ?"
        )
        bound = [name, *([last, last, after.number] if after else []), *condition[1], limit]
        found += [Position(number, (value,)) for number, value in db.execute(sql, bound)]
        after = None
    if len(found) == limit:
        return found
    without: Sql = (
        "NOT EXISTS (SELECT 1 FROM metrics WHERE run = runs.number AND key = ? AND last IS NOT NULL)",
        [name],
    )
    behind: list[Sql] = [] if after is None else [("runs.number < ?", [after.number])]
    sql, bound = _both(condition, without, *behind)
    sql = f"SELECT runs.number FROM runs WHERE {sql} ORDER BY {_TIES} LIMIT ?"
    return found + [Position(number, (None,)) for (number,) in db.execute(sql, [*bound, limit - len(found)])]


def _indexed_metric(order: Sequence[Order]) -> Metric | None:
    """The metric of which an index holds the runs in this order."""
    subject = order[0].subject if len(order) == 1 else None
    return subject if isinstance(subject, Metric) and subject.column is Aggregate.LAST else None


def _is_frequent(db: sqlite3.Connection, scope: Sql, where: Expression) -> bool:
    """Whether a filter seems to select many runs, judged by the newest ones. A wrong guess costs time, nothing else."""
    sql, bound = where_sql(where, walking=True)
    newest = f"SELECT * FROM runs WHERE {scope[0]} ORDER BY {_TIES} LIMIT {SAMPLE}"
    (count,) = db.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM ({newest}) AS runs WHERE {sql} LIMIT {FREQUENT})", [*scope[1], *bound]
    ).fetchone()
    return bool(count == FREQUENT)


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
            return _reading(field, condition, bound, walking)
        case Attribute.EXPERIMENT:
            return f"runs.experiment_id IN (SELECT id FROM experiments WHERE name {condition})", bound
        case _ if subject in _NULLABLE:
            return f"({_expression(subject)} IS NOT NULL AND {_expression(subject)} {condition})", bound
        case _:
            return f"({_expression(subject)} {condition})", bound


def _among(subject: Subject, values: Sequence[Value], negated: bool, walking: bool) -> Sql:
    texts = [value for value in values if isinstance(value, str)]
    others = [value for value in values if not isinstance(value, str)]
    if not values:
        return _NEVER
    if not isinstance(subject, Param) or not others or not texts:
        return _condition(subject, type(values[0]), _in(values, negated), [_bound(value) for value in values], walking)
    # A param has two faces; the text is always there, the number not.
    bound = [_bound(value) for value in (*texts, *others)]
    if negated:
        condition = f"text {_in(texts, negated)} AND (number IS NULL OR number {_in(others, negated)})"
    else:
        condition = f"(text {_in(texts, negated)} OR number {_in(others, negated)})"
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
            sql, bound = _reading(field, "IS NOT NULL", [], walking=True)
            return f"({_not(not negated)}{sql})", bound
        case _:
            return f"({_expression(subject)} IS {_not(negated)}NULL)", []


def _selected(table: str, name: str, condition: str, bound: list[Bound], walking: bool) -> Sql:
    if walking:
        return f"(EXISTS (SELECT 1 FROM {table} WHERE run = runs.number AND key = ? AND {condition}))", [name, *bound]
    return f"(runs.number IN (SELECT run FROM {table} WHERE key = ? AND {condition}))", [name, *bound]


def _reading(field: DatasetField, condition: str, bound: list[Bound], walking: bool) -> Sql:
    """Whether a run reads a dataset of which a condition is true; a context that is empty is missing."""
    column = "used.context != '' AND used.context" if field is DatasetField.CONTEXT else f"datasets.{field}"
    reads = (
        "SELECT used.run FROM dataset_uses AS used JOIN datasets ON datasets.id = used.dataset"
        f" WHERE used.role = 'input' AND {column} {condition}"
    )
    return (f"(EXISTS ({reads} AND used.run = runs.number))" if walking else f"(runs.number IN ({reads}))"), bound


def _key_set(table: str, name: str, is_set: bool) -> Sql:
    return f"({_not(not is_set)}EXISTS (SELECT 1 FROM {table} WHERE run = runs.number AND key = ?))", [name]


def _expression(attribute: Attribute) -> str:
    return _EXPRESSIONS.get(attribute, f"runs.{attribute.value}")


def _in(values: Sequence[Value], negated: bool) -> str:
    return f"{_not(negated)}IN ({', '.join('?' * len(values))})"


def _both(*conditions: Sql) -> Sql:
    return " AND ".join(sql for sql, _ in conditions), [value for _, bound in conditions for value in bound]


def _direction(key: SortKey | Order) -> str:
    return "DESC" if key.descending else "ASC"


def _not(negated: bool) -> str:
    return "NOT " if negated else ""


def _bound(value: Value) -> Bound:
    """A literal as the store keeps it: times and durations in microseconds."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, timedelta):
        return value // _MICROSECOND
    return value


def _is_nan(value: Value) -> bool:
    return isinstance(value, float) and math.isnan(value)
