"""The runs that a filter can select at most, where an index tells them and they are few.

A driver may name more runs than the filter selects, never fewer: each of them is still asked. `NOT` is carried down to
the conditions, of which each has its complement: the other values, and the runs that have none. Which these are is told
by the sets of names that runs share (packing.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_tracker.backends.local.query.conditions import (
    Bound,
    Sql,
    bound_value,
    conjuncts,
    expression_of,
    glob,
    is_nan,
    reading,
    within,
)
from jupyter_tracker.backends.local.query.orders import INDEXED
from jupyter_tracker.filters import (
    Aggregate,
    Among,
    And,
    Attribute,
    Comparison,
    Dataset,
    Expression,
    Match,
    Metric,
    Missing,
    Not,
    Operator,
    Or,
    Param,
    Subject,
    Tag,
    Wildcard,
    pattern_parts,
)

_OPPOSITES = {
    Operator.EQUAL: Operator.NOT_EQUAL,
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.LESS: Operator.AT_LEAST,
    Operator.AT_MOST: Operator.GREATER,
    Operator.GREATER: Operator.AT_MOST,
    Operator.AT_LEAST: Operator.LESS,
}
_MOST_SELECTS = 100
"""Parts of a driver; SQLite joins no more than 500."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A query for the numbers of runs, some perhaps twice."""

    selects: tuple[Sql, ...]
    count: int

    @property
    def sql(self) -> Sql:
        """All of it as one query."""
        sql = " UNION ALL ".join(sql for sql, _ in self.selects)
        return sql, [value for _, bound in self.selects for value in bound]


def driver(db: sqlite3.Connection, scope: Sql, where: Expression, most: int) -> Driver | None:
    """The shortest one that a filter or the scope of the listing has; None when all have `most` runs or more."""
    best = _counted(db, [(f"SELECT runs.number FROM runs WHERE {scope[0]}", scope[1])], most)
    return _driver(db, where, most if best is None else best.count, negated=False) or best


def _driver(db: sqlite3.Connection, where: Expression, most: int, *, negated: bool) -> Driver | None:
    match where:
        case Not(part):
            return _driver(db, part, most, negated=not negated)
        case And() if not negated:
            return _shortest(db, _ranges(conjuncts(where)), most, negated=False)
        case Or(parts) if negated:
            return _shortest(db, parts, most, negated=True)
        case And(parts) | Or(parts):
            return _together(db, parts, most, negated=negated)
        case _:
            selects = _selects(where, negated=negated)
            return None if selects is None else _counted(db, selects, most)


def _shortest(
    db: sqlite3.Connection, parts: Sequence[Expression | _Range], most: int, *, negated: bool
) -> Driver | None:
    """All must hold: the shortest driver of a part is enough."""
    best: Driver | None = None
    for part in parts:
        if isinstance(part, _Range):
            found = _counted(db, part.selects, most)
        else:
            found = _driver(db, part, most, negated=negated)
        if found is not None:
            best, most = found, found.count
    return best


def _together(db: sqlite3.Connection, parts: Sequence[Expression], most: int, *, negated: bool) -> Driver | None:
    """One must hold: each needs a driver."""
    selects: list[Sql] = []
    count = 0
    for part in parts:
        found = _driver(db, part, most - count, negated=negated)
        if found is None or len(selects) > _MOST_SELECTS:
            return None
        selects += found.selects
        count += found.count
    return Driver(tuple(selects), count) if selects else None


@dataclass(frozen=True, slots=True)
class _Range:
    """Comparisons of one value, which is more narrow than each of them."""

    selects: tuple[Sql, ...]


def _ranges(parts: Sequence[Expression]) -> list[Expression | _Range]:
    """The same parts, comparisons of the same value put together."""
    groups: dict[object, list[Comparison]] = {}
    found: list[Expression | _Range] = []
    for part in parts:
        if isinstance(part, Comparison) and part.operator is not Operator.NOT_EQUAL and not is_nan(part.value):
            groups.setdefault((type(part.subject), part.subject, type(part.value)), []).append(part)
        else:
            found.append(part)
    for group in groups.values():
        subject, value = group[0].subject, group[0].value
        begun = _begun(subject, type(value))
        if len(group) == 1 or begun is None:
            found += group
            continue
        sql, bound, column = begun
        conditions = " AND ".join(f"{column} {each.operator} ?" for each in group)
        found.append(_Range(((f"{sql} AND {conditions}", [*bound, *(bound_value(each.value) for each in group)]),)))
    return found


def _counted(db: sqlite3.Connection, selects: Sequence[Sql], most: int) -> Driver | None:
    """A driver if it has fewer than `most` runs."""
    if most <= 0 or len(selects) > _MOST_SELECTS:
        return None
    sql, bound = Driver(tuple(selects), 0).sql
    (count,) = db.execute(f"SELECT count(*) FROM ({sql} LIMIT ?)", [*bound, most]).fetchone()
    return Driver(tuple(selects), count) if count < most else None


def _selects(condition: Expression, *, negated: bool) -> list[Sql] | None:
    """The runs that a single condition selects, or does not; None where no index tells them."""
    match condition:
        case Comparison(_, _, value) if is_nan(value):
            return None if negated else [("SELECT number FROM runs WHERE 0", [])]
        case Comparison(subject, operator, value):
            wanted = _OPPOSITES[operator] if negated else operator
            # What differs is on both sides, and an index tells either side.
            signs = (Operator.LESS, Operator.GREATER) if wanted is Operator.NOT_EQUAL else (wanted,)
            return _of_value(subject, type(value), [(f"{sign} ?", [bound_value(value)]) for sign in signs], negated)
        case Among(subject, values, excluded) if excluded is negated:
            kinds = {type(value) for value in values if not is_nan(value)}
            found: list[Sql] = []
            for kind in kinds:
                listed = [value for value in values if type(value) is kind and not is_nan(value)]
                some = _of_value(subject, kind, [(within(listed), [*map(bound_value, listed)])], negated)
                if some is None:
                    return None
                found += some
            return found or None
        case Match(subject, pattern, ignore_case, excluded) if excluded is negated and _begins_with_text(
            pattern, ignore_case
        ):
            return _of_value(subject, str, [("GLOB ?", [glob(pattern, ignore_case)])], negated)
        case Missing(subject, is_set):
            if is_set is negated:
                return _lacking(subject)
            begun = None if isinstance(subject, Attribute) else _begun(subject, str)
            return None if begun is None else [(begun[0], begun[1])]
        case _:
            return None


def _of_value(subject: Subject, kind: type, conditions: Sequence[Sql], negated: bool) -> list[Sql] | None:
    """The runs whose value fulfils one of some conditions, and if `negated` those that have none."""
    if isinstance(subject, Dataset):
        # Of several datasets one may fulfil the complement of a condition that another one fulfils.
        found = [reading(subject.field, sql, bound, walking=False) for sql, bound in conditions]
        return None if negated else [(f"SELECT number FROM runs WHERE {sql}", bound) for sql, bound in found]
    begun = _begun(subject, kind)
    if begun is None:
        return None
    start, bound, column = begun
    selects: list[Sql] = [(f"{start} AND {column} {sql}", [*bound, *values]) for sql, values in conditions]
    if not negated:
        return selects
    lacking = _lacking(subject)
    if lacking is None:
        return None
    if kind is float and not isinstance(subject, Attribute):  # NaN, or a param that is no number
        selects.append((f"{start} AND {column} IS NULL", bound))
    return selects + lacking


def _begun(subject: Subject, kind: type) -> tuple[str, list[Bound], str] | None:
    """A query for the runs that have something, what is bound to it, and the column of the value."""
    match subject:
        case Metric(name) as metric if metric.column is not Aggregate.FIRST:
            return "SELECT run FROM metrics WHERE key = ?", [name], str(metric.column)
        case Param(name):
            return "SELECT run FROM params WHERE key = ?", [name], "number" if kind is float else "text"
        case Tag(name):
            return "SELECT run FROM tags WHERE key = ?", [name], "value"
        case Attribute() as attribute if attribute in INDEXED or attribute is Attribute.EXPERIMENT_ID:
            return "SELECT runs.number FROM runs WHERE 1", [], expression_of(attribute)
        case _:
            return None


def _lacking(subject: Subject) -> list[Sql] | None:
    """The runs in which something was never set."""
    match subject:
        case Metric(name):
            return [_lacking_name("metrics", [name])]
        case Param(name):
            return [_lacking_name("fields", [f"params:{kind}:{name}" for kind in "dqbj"])]
        case Tag(name):
            return [_lacking_name("fields", [f"tags:j:{name}"])]
        case Attribute() as attribute if attribute in INDEXED:
            return [(f"SELECT runs.number FROM runs WHERE {expression_of(attribute)} IS NULL", [])]
        case _:
            return None


def _lacking_name(column: str, names: Sequence[str]) -> Sql:
    holds = f"EXISTS (SELECT 1 FROM json_each(keys) WHERE value IN ({', '.join('?' * len(names))}))"
    return f"SELECT number FROM runs WHERE {column} IN (SELECT id FROM key_sets WHERE NOT {holds})", [*names]


def _begins_with_text(pattern: str, ignore_case: bool) -> bool:
    """Whether an index tells the texts that fit a pattern: those with the same beginning."""
    first = next(pattern_parts(pattern), None)
    if first is None or isinstance(first, Wildcard) or first in "*?[":
        return False
    return not (ignore_case and first.isascii() and first.isalpha())
