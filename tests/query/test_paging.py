"""Pages of runs: whichever way they are found, they are the whole listing, also while runs are added."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from jupyter_tracker.backends.local.query import Effort, Position, after_sql, page
from jupyter_tracker.filters import And, Comparison, Expression, Metric, Not, Operator, Order, Param, parse, parse_order
from query.stored_runs import (
    SCOPE,
    Stored,
    add,
    empty_store,
    expressions,
    groups,
    metrics,
    names,
    numbers,
    orders,
    selected_in_memory,
    sorted_in_memory,
    store,
    stored_run,
    stored_runs,
    thorough,
)

EVERYTHING: Expression = And(())

efforts = st.builds(
    Effort, few=st.sampled_from([0, 1, 3, 250]), window=st.integers(1, 3), patience=st.sampled_from([0, 1, 8])
)
"""Few runs walked in small steps are like many in large ones."""
walks = st.builds(Effort, few=st.just(0), window=st.integers(1, 3), patience=st.sampled_from([8, 1000]))

ranges = st.builds(
    lambda subject, low, high: And(
        (Comparison(subject, Operator.AT_LEAST, low), Comparison(subject, Operator.LESS, high))
    ),
    st.builds(Metric, names) | st.builds(Param, names),
    numbers,
    numbers,
)
"""What is asked of the very values that runs are sorted by."""
filters = expressions | ranges | st.builds(Not, ranges) | st.just(EVERYTHING)
some_orders = orders | st.builds(lambda key: (key,), st.builds(Order, metrics | st.builds(Param, names), st.booleans()))


def all_pages(
    db: sqlite3.Connection, where: Expression, order: Sequence[Order], limit: int, effort: Effort
) -> list[Position]:
    found: list[Position] = []
    while True:
        positions = page(db, SCOPE, where, order, limit, found[-1] if found else None, effort)
        assert len(positions) <= limit
        found += positions
        if len(positions) < limit:
            return found


@settings(thorough, max_examples=120)
@given(groups, filters, some_orders, st.integers(1, 3), efforts | walks)
def test_pages_put_together_are_the_whole_listing(
    db: sqlite3.Connection,
    group: tuple[Stored, ...],
    where: Expression,
    order: tuple[Order, ...],
    limit: int,
    effort: Effort,
) -> None:
    store(db, group)
    found = all_pages(db, where, order, limit, effort)
    chosen = selected_in_memory(group, where)
    assert [f"id{position.number - 1}" for position in found] == [
        id_ for id_ in sorted_in_memory(group, order) if id_ in chosen
    ]
    assert found == page(db, SCOPE, where, order, 100)


@thorough
@given(groups, orders, st.integers(0, 6))
def test_the_condition_behind_a_position_gives_the_rest(
    db: sqlite3.Connection, group: tuple[Stored, ...], order: tuple[Order, ...], index: int
) -> None:
    store(db, group)
    whole = page(db, SCOPE, EVERYTHING, order, 100)
    if index < len(whole):
        sql, bound = after_sql(order, whole[index])
        rest = {number for (number,) in db.execute(f"SELECT number FROM runs WHERE {sql}", bound)}
        assert rest == {position.number for position in whole[index + 1 :]}


class Paging(RuleBasedStateMachine):
    """One pages through a listing while others add runs."""

    @initialize(
        group=groups,
        where=filters,
        order=some_orders,
    )
    def begin(self, group: tuple[Stored, ...], where: Expression, order: tuple[Order, ...]) -> None:
        self.db = empty_store()
        store(self.db, group)
        self.group = list(group)
        self.where, self.order = where, order
        chosen = selected_in_memory(group, where)
        self.expected = [id_ for id_ in sorted_in_memory(group, order) if id_ in chosen]
        self.found: list[Position] = []
        self.ended = False

    @rule(data=st.data())
    def add_a_run(self, data: st.DataObject) -> None:
        stored = data.draw(stored_runs(len(self.group)))
        self.group.append(stored)
        add(self.db, len(self.group), stored, among=len(self.group))

    @rule(limit=st.integers(1, 3), effort=efforts | walks)
    def read_a_page(self, limit: int, effort: Effort) -> None:
        if not self.ended:
            found = page(self.db, SCOPE, self.where, self.order, limit, self.found[-1] if self.found else None, effort)
            self.found += found
            self.ended = len(found) < limit

    def teardown(self) -> None:
        if not hasattr(self, "found"):
            return
        while not self.ended:
            self.read_a_page(3, Effort())
        seen = [f"id{position.number - 1}" for position in self.found]
        assert len(set(seen)) == len(seen), "no run is seen twice"
        assert [id_ for id_ in seen if id_ in self.expected] == self.expected
        assert set(seen) <= set(selected_in_memory(self.group, self.where))
        self.db.close()


Paging.TestCase.settings = settings(max_examples=50, stateful_step_count=12, deadline=None, derandomize=True)
TestPagingWhileRunsAreAdded = Paging.TestCase


SOME = Effort(few=5)


def ways(
    db: sqlite3.Connection, where: str, order: str, limit: int, effort: Effort = SOME
) -> tuple[list[Position], str]:
    """A page of many runs, and how SQLite found the last of it."""
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    try:
        found = page(db, SCOPE, parse(where), parse_order(order), limit, effort=effort)
    finally:
        db.set_trace_callback(None)
    return found, "\n".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statements[-1]}"))


@pytest.fixture
def many(db: sqlite3.Connection) -> sqlite3.Connection:
    store(db, [stored_run(index, index / 100) for index in range(60)])
    return db


@pytest.mark.parametrize(
    ("where", "order", "index"),
    [
        ("metrics.acc < 0.5", "metrics.acc DESC", "metrics_by_last (key=? AND last>? AND last<?)"),
        ("", "best(metrics.acc) DESC", "metrics_by_max"),
        ("", "min(metrics.acc) DESC", "metrics_by_min"),
        ("", "params.lr DESC", "params_by_number"),
        ("", "params.name DESC", "params_by_word"),
        ("", "tags.name DESC", "tags_by_value"),
        ("", "created_at DESC", "runs_by_creation"),
        ("", "started_at DESC", "runs_by_start"),
        ("", "ended_at DESC", "runs_by_end"),
        ("", "duration DESC", "runs_by_duration"),
        ("", "name DESC", "runs_by_name"),
        ("", "state DESC", "runs_by_state"),
    ],
)
def test_runs_are_met_in_their_order_along_an_index(
    many: sqlite3.Connection, where: str, order: str, index: str
) -> None:
    found, plan = ways(many, where, order, 3)
    assert len(found) == 3
    assert index in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("metrics.acc > 0.56", "metrics_by_last (key=? AND last>?)"),
        ("NOT metrics.acc <= 0.56", "metrics_by_last (key=? AND last>?)"),
        ("NOT metrics.acc <= 0.56", "runs_by_metrics (metrics=?)"),
        ("NOT (metrics.acc <= 0.56 OR state = 'failed')", "metrics_by_last (key=? AND last>?)"),
        ("metrics.acc BETWEEN 0.3 AND 0.32", "metrics_by_last (key=? AND last>? AND last<?)"),
        ("metrics.acc > 0.1 AND params.lr > 0.56", "params_by_number (key=? AND number>?)"),
        ("metrics.acc > 0.56 OR params.lr > 0.57", "params_by_number (key=? AND number>?)"),
        ("best(metrics.acc) > 0.56", "metrics_by_max (key=? AND max>?)"),
        ("params.lr IS NULL", "runs_by_fields (fields=?)"),
        ("state = 'failed'", "runs_by_state (state=?)"),
        ("parent = 'id1'", "runs_by_parent (parent=?)"),
    ],
)
def test_few_runs_are_found_by_an_index_whatever_the_order(many: sqlite3.Connection, where: str, index: str) -> None:
    found, plan = ways(many, where, "kind", 5)
    assert [each.number for each in found] == [each.number for each in page(many, SCOPE, parse(where), (), 5)]
    assert index in plan


def test_a_walk_that_finds_nothing_is_given_up(many: sqlite3.Connection) -> None:
    # Of those that run out first in this order the filter selects none.
    found, plan = ways(many, "params.lr < 0.08", "metrics.acc DESC", 3, Effort(few=5, window=2, patience=2))
    assert [position.keys for position in found] == [(0.07,), (0.06,), (0.05,)]
    assert "driver" in plan
