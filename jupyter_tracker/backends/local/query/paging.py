"""The next runs of a listing.

Where few runs can be selected at all (drivers.py), these are sorted. Else runs are met in their order along an index
and each is asked, until there are enough; a walk that gets too long without finding them is given up for a longer
driver.
Either way the result is the same, only the time differs.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_tracker.backends.local.query.conditions import Bound, Sql, both, bound_value, conjuncts, where_sql
from jupyter_tracker.backends.local.query.drivers import Driver, driver
from jupyter_tracker.backends.local.query.orders import (
    NEWEST,
    TIES,
    Lane,
    Position,
    after_sql,
    direction,
    lanes,
    slots,
    sort_keys,
    without,
)
from jupyter_tracker.filters import And, Comparison, Expression, Order


@dataclass(frozen=True, slots=True)
class Effort:
    """When one way is given up for another."""

    few: int = 250
    """So few runs are sorted in any case."""
    window: int = 500
    """Entries of an index that are looked at together, at first."""
    patience: int = 4
    """How many entries are walked for each run that a driver may have."""


EFFORT = Effort()


def page(
    db: sqlite3.Connection,
    scope: Sql,
    where: Expression,
    order: Sequence[Order],
    limit: int,
    after: Position | None = None,
    effort: Effort = EFFORT,
) -> list[Position]:
    """The next runs that a filter selects, in order.

    Args:
        db: A connection to the store.
        scope: A condition on the table `runs` that the filter is asked within, such as `runs.lifecycle = ?`.
        where: The filter.
        order: What they are sorted by; ties are broken by creation, newest first.
        limit: How many at most.
        after: The last position of the page before; None begins.
        effort: How the ways are chosen, which changes nothing but the time.
    """
    if limit <= 0:
        return []
    along = lanes(order)
    (runs,) = db.execute("SELECT coalesce(max(number), 0) FROM runs").fetchone()
    # Sorting so many runs takes as long as walking until `limit` of them are met.
    few = max(math.isqrt(limit * runs), effort.few)
    short = driver(db, scope, where, few)
    if short is None and along:
        found = _Walk(db, scope, where, order, limit, effort, effort.patience * few).page(along, after)
        if found is not None:
            return found
        # What is wanted stands at the end of the order: look for it where the filter has it.
        short = driver(db, scope, where, max(runs // 4, few))
        if short is None:
            return _Walk(db, scope, where, order, limit, effort, math.inf).page(along, after) or []
    return _sorted(db, scope, where, order, limit, after, short)


def _sorted(
    db: sqlite3.Connection,
    scope: Sql,
    where: Expression,
    order: Sequence[Order],
    limit: int,
    after: Position | None,
    short: Driver | None,
) -> list[Position]:
    """Sort all that are selected: those of a driver, or those that the indexes of the other tables give."""
    condition = both(scope, where_sql(where, walking=short is not None))
    if after is not None:
        condition = both(condition, after_sql(order, after))
    keys = sort_keys(order)
    columns = "".join(f", {key.sql} AS key_{index}" for index, key in enumerate(keys))
    terms = [f"key_{index} {direction(key)} NULLS LAST" for index, key in enumerate(keys)]
    drivers, origin = "", "runs"
    named: list[Bound] = []
    if short is not None:
        selects, named = short.sql
        drivers = f"WITH driver (run) AS (SELECT DISTINCT * FROM ({selects})) "
        origin = "driver CROSS JOIN runs ON runs.number = driver.run"
    sql = (
        f"{drivers}SELECT runs.number{columns} FROM {origin} WHERE {condition[0]}"
        f" ORDER BY {', '.join([*terms, TIES])} LIMIT ?"
    )
    bound = [*named, *(value for key in keys for value in key.bound), *condition[1], limit]
    return [Position(number, tuple(values)) for number, *values in db.execute(sql, bound)]


class _Walk:
    """A walk along the indexes that hold the runs in their order.

    An index is walked window by window. A window ends between two values, so that the runs of one value, which the
    index holds by number, are sorted within it; a value of more runs than fit is walked by itself.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        scope: Sql,
        where: Expression,
        order: Sequence[Order],
        limit: int,
        effort: Effort,
        budget: float,
    ) -> None:
        self._db = db
        self._scope = scope
        self._where = where
        self._order = order
        self._limit = limit
        self._effort = effort
        self._budget = budget
        self._found: list[Position] = []

    def page(self, along: Sequence[Lane], after: Position | None) -> list[Position] | None:
        """The runs of all lanes and then those without a value; None when the walk got too long."""
        for lane in along:
            here = None if after is None else _value_at(lane, after)
            if after is not None and here is None:
                # Behind a run of another lane: those before it are over, those behind it begin.
                if not any(_value_at(each, after) is not None for each in along[: along.index(lane)]):
                    continue
                self._follow(lane, None, None)
            else:
                self._follow(lane, after, here)
            if len(self._found) >= self._limit:
                return self._found
            if self._budget < 0:
                return None
        return self._found + self._without(along, after) if self._order else self._found

    def _without(self, along: Sequence[Lane], after: Position | None) -> list[Position]:
        """The runs that have no value, in the order of the other keys."""
        first, width = self._order[0].subject, slots(self._order)
        behind = None
        if after is not None and all(_value_at(lane, after) is None for lane in along):
            behind = Position(after.number, after.keys[width:])
        where = And((self._where, without(first)))
        left = self._limit - len(self._found)
        found = page(self._db, self._scope, where, self._order[1:], left, behind, self._effort)
        return [Position(each.number, (*(None,) * width, *each.keys)) for each in found]

    def _follow(self, lane: Lane, after: Position | None, value: Bound) -> None:
        """Walk along a lane, behind a position or from its beginning, until there are enough or the budget is spent."""
        descending = not self._order or self._order[0].descending
        ahead, back, way = ("<", ">", "DESC") if descending else (">", "<", "ASC")
        parts = conjuncts(self._where)
        own: list[Sql] = [
            (f"{lane.value} {part.operator} ?", [bound_value(part.value)])
            for part in parts
            if isinstance(part, Comparison) and lane.takes(part)
        ]
        others = And(tuple(part for part in parts if not lane.takes(part)))
        asked = both(self._scope, where_sql(others, walking=True))
        inside = both(self._scope if lane is NEWEST else lane.condition, *own)
        start: list[Sql] = []
        if after is not None:
            if lane is not NEWEST:
                rest = Position(after.number, after.keys[slots(self._order) :])
                self._equal(lane, both(inside, (f"{lane.value} = ?", [value])), asked, rest)
            start = [(f"{lane.value} {ahead} ?", [value])]
        window = self._effort.window
        while len(self._found) < self._limit and self._budget >= 0:
            here = both(inside, *start)
            first, beyond = (self._entry(lane.value, lane, here, way, offset) for offset in (0, window))
            if first is None:
                return
            if beyond is None:
                self._take(lane, both(here, asked), way)
                return
            if beyond == first:
                self._equal(lane, both(here, (f"{lane.value} = ?", [first])), asked, None)
                start = [(f"{lane.value} {ahead} ?", [first])]
            else:
                self._take(lane, both(here, (f"{lane.value} {back} ?", [beyond]), asked), way)
                start = [(f"{lane.value} {ahead}= ?", [beyond])]
                self._budget -= window
            window *= 2

    def _equal(self, lane: Lane, equal: Sql, asked: Sql, after: Position | None) -> None:
        """Walk along the runs of one value, newest first; other keys sort all of them."""
        if len(self._order) > 1:
            behind = [] if after is None else [after_sql(self._order[1:], after)]
            self._take(lane, both(equal, asked, *behind), "DESC")
            return
        start: list[Sql] = [] if after is None else [(f"{lane.run} < ?", [after.number])]
        window = self._effort.window
        while len(self._found) < self._limit and self._budget >= 0:
            here = both(equal, *start)
            beyond = self._entry(lane.run, lane, here, "DESC", window)
            if beyond is None:
                self._take(lane, both(here, asked), "DESC")
                return
            self._take(lane, both(here, (f"{lane.run} > ?", [beyond]), asked), "DESC")
            start = [(f"{lane.run} <= ?", [beyond])]
            self._budget -= window
            window *= 2

    def _entry(self, what: str, lane: Lane, here: Sql, way: str, offset: int) -> Bound:
        """The value or run of an entry of the index, counted from where the walk stands; None behind its end."""
        row = self._db.execute(
            f"SELECT {what} FROM {lane.table} WHERE {here[0]} ORDER BY {what} {way} LIMIT 1 OFFSET ?",
            [*here[1], offset],
        ).fetchone()
        value: Bound = None if row is None else row[0]
        return value

    def _take(self, lane: Lane, condition: Sql, way: str) -> None:
        """Add the runs of a part of the lane."""
        keys = sort_keys(self._order[1:])
        columns = "".join(f", {key.sql} AS key_{index}" for index, key in enumerate(keys))
        terms = [f"key_{index} {direction(key)} NULLS LAST" for index, key in enumerate(keys)]
        origin = lane.table if lane is NEWEST else f"{lane.table} CROSS JOIN runs ON runs.number = {lane.run}"
        first = [] if lane is NEWEST else [f"{lane.value} {way}"]
        sql = (
            f"SELECT runs.number, {lane.value}{columns} FROM {origin} WHERE {condition[0]}"
            f" ORDER BY {', '.join([*first, *terms, f'{lane.run} DESC'])} LIMIT ?"
        )
        bound = [*(value for key in keys for value in key.bound), *condition[1], self._limit - len(self._found)]
        width = slots(self._order)
        for number, value, *others in self._db.execute(sql, bound):
            own = [None] * width
            if width:
                own[lane.slot] = value
            self._found.append(Position(number, (*own, *others)))


def _value_at(lane: Lane, position: Position) -> Bound:
    return position.number if lane is NEWEST else position.keys[lane.slot]
