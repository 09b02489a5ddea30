"""Orders as SQL over the tables of the store."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_tracker.backends.local.query.conditions import Bound, Sql, expression_of, is_nan
from jupyter_tracker.filters import (
    Aggregate,
    Attribute,
    Comparison,
    Dataset,
    Expression,
    Metric,
    Missing,
    Not,
    Operator,
    Order,
    Param,
    Subject,
    Tag,
)

TIES = "runs.number DESC"


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
                keys.append(SortKey(expression_of(attribute), (), part.descending))
            case Dataset():
                raise ValueError("A run may read several datasets: runs are not sorted by them.")
    return keys


def order_sql(order: Sequence[Order]) -> Sql:
    """What follows `ORDER BY`, and what is bound to it."""
    keys = sort_keys(order)
    terms = [f"{key.sql} {direction(key)} NULLS LAST" for key in keys]
    return ", ".join([*terms, TIES]), [value for key in keys for value in key.bound]


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


def direction(key: SortKey | Order) -> str:
    """The word for it."""
    return "DESC" if key.descending else "ASC"


INDEXED = frozenset(
    (
        *(Attribute.ID, Attribute.NAME, Attribute.STATE, Attribute.PARENT),
        *(Attribute.CREATED_AT, Attribute.STARTED_AT, Attribute.ENDED_AT, Attribute.DURATION),
    )
)
"""Attributes by which an index holds the runs."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The runs that have a value, as an index holds them: by value, those of equal value by number."""

    subject: Subject | None
    kind: type | None
    """Of the literals that its values are compared with; None for all."""
    table: str
    """Under the name `lane`; the table `runs` itself where the lane is that."""
    run: str
    value: str
    condition: Sql
    slot: int = 0
    """Which of the sort keys of its subject the value is."""

    def takes(self, condition: Expression) -> bool:
        """Whether a condition is one on the values of the lane."""
        if not isinstance(condition, Comparison) or is_nan(condition.value) or self.subject is None:
            return False
        return _same(condition.subject, self.subject) and self.kind in (None, type(condition.value))


NEWEST = Lane(None, None, "runs", "runs.number", "runs.number", ("1", []))
"""All runs, by number."""


def lanes(order: Sequence[Order]) -> tuple[Lane, ...]:
    """The indexes that hold the runs by the first key of an order, one behind the other; none where there are none."""
    if not order:
        return (NEWEST,)
    match order[0].subject:
        case Metric(name) as metric if metric.column is not Aggregate.FIRST:
            return (_lane(metric, float, "metrics", str(metric.column), name),)
        case Param(name) as param:
            return (
                _lane(param, float, "params", "number", name),
                Lane(
                    *(param, str, "params AS lane", "lane.run", "lane.text"),
                    ("lane.key = ? AND lane.number IS NULL", [name]),
                    slot=1,
                ),
            )
        case Tag(name) as tag:
            return (_lane(tag, str, "tags", "value", name),)
        case Attribute() as attribute if attribute in INDEXED:
            value = expression_of(attribute).replace("runs.", "lane.")
            return (Lane(attribute, None, "runs AS lane", "lane.number", value, (f"{value} IS NOT NULL", [])),)
        case _:
            return ()


def slots(order: Sequence[Order]) -> int:
    """How many sort keys the first key of an order has."""
    return len(sort_keys(order[:1]))


def without(subject: Subject) -> Expression:
    """The filter that selects the runs which are in no lane of a subject."""
    if isinstance(subject, Metric):
        return Not(Comparison(subject, Operator.AT_MOST, math.inf))
    return Missing(subject)


def _lane(subject: Subject, kind: type, table: str, column: str, name: str) -> Lane:
    value = f"lane.{column}"
    return Lane(subject, kind, f"{table} AS lane", "lane.run", value, (f"lane.key = ? AND {value} IS NOT NULL", [name]))


def _same(one: Subject, other: Subject) -> bool:
    if isinstance(one, Metric) and isinstance(other, Metric):
        return (one.name, one.column) == (other.name, other.column)
    return one == other
