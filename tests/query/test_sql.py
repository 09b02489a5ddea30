"""Filters and orders in SQL say the same as the ones in memory."""

from __future__ import annotations

import json
import math
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.backends.local.query import glob, order_sql, sort_keys, where_sql
from jupyter_tracker.filters import (
    Among,
    Comparison,
    Expression,
    Metric,
    Missing,
    Not,
    Operator,
    Order,
    Param,
    Tag,
    order_to_text,
    param_number,
    param_text,
    parse,
    parse_order,
    to_text,
)
from jupyter_tracker.models import JsonValue
from query.stored_runs import (
    Stored,
    expressions,
    groups,
    orders,
    params,
    selected_in_memory,
    sorted_in_memory,
    store,
    stored_run,
    thorough,
)


def selected_by_sql(db: sqlite3.Connection, expression: Expression, *, walking: bool) -> list[str]:
    sql, bound = where_sql(expression, walking=walking)
    return [id_ for (id_,) in db.execute(f"SELECT id FROM runs WHERE {sql} ORDER BY number", bound)]


@thorough
@given(groups, expressions)
def test_a_filter_selects_the_same_runs_in_sql_and_in_memory(
    db: sqlite3.Connection, group: tuple[Stored, ...], expression: Expression
) -> None:
    store(db, group)
    expected = selected_in_memory(group, expression)
    assert selected_by_sql(db, expression, walking=False) == expected
    assert selected_by_sql(db, expression, walking=True) == expected


@thorough
@given(groups, expressions)
def test_a_filter_and_its_negation_share_out_all_runs(
    db: sqlite3.Connection, group: tuple[Stored, ...], expression: Expression
) -> None:
    store(db, group)
    chosen = selected_by_sql(db, expression, walking=False)
    others = selected_by_sql(db, Not(expression), walking=False)
    assert sorted(chosen + others) == [stored.run.id for stored in group]


@thorough
@given(groups, orders)
def test_an_order_is_the_same_in_sql_and_in_memory(
    db: sqlite3.Connection, group: tuple[Stored, ...], order: tuple[Order, ...]
) -> None:
    store(db, group)
    sql, bound = order_sql(order)
    rows = db.execute(f"SELECT id FROM runs ORDER BY {sql}", bound)
    assert [id_ for (id_,) in rows] == sorted_in_memory(group, order)


@thorough
@given(expressions)
def test_a_written_filter_is_read_as_the_same(expression: Expression) -> None:
    # NaN differs from itself; the texts do not.
    assert repr(parse(to_text(expression))) == repr(expression)


@thorough
@given(orders)
def test_a_written_order_is_read_as_the_same(order: tuple[Order, ...]) -> None:
    assert parse_order(order_to_text(order)) == order


@pytest.mark.parametrize("name", ["x'; DROP TABLE runs; --", 'a"b', "`", "?", ":x"])
def test_what_a_user_writes_is_never_part_of_the_sql(name: str) -> None:
    for part in (Comparison(Metric(name), Operator.EQUAL, 1.0), Missing(Tag(name)), Among(Param(name), (name, 1.0))):
        sql, bound = where_sql(part)
        assert name not in sql.replace("?", "")
        assert name in bound
        assert sql.count("?") == len(bound)
    assert all(name not in key.sql.replace("?", "") for key in sort_keys([Order(Tag(name)), Order(Param(name))]))


def test_a_chain_of_many_conditions_is_not_too_deep_for_sqlite(db: sqlite3.Connection) -> None:
    store(db, [stored_run(0, 0.5)])
    assert selected_by_sql(db, parse(" OR ".join(["metrics.acc > 0.9"] * 3000 + ["id = 'id0'"])), walking=False) == [
        "id0"
    ]


def test_a_list_of_many_values_can_be_bound(db: sqlite3.Connection) -> None:
    store(db, [stored_run(0, 0.5)])
    listed = ", ".join(f"'id{number}'" for number in range(8000))
    assert selected_by_sql(db, parse(f"id IN ({listed})"), walking=False) == ["id0"]


@pytest.mark.parametrize(
    ("pattern", "ignore_case", "expected"),
    [("a%b_", False, "a*b?"), ("*?[]", False, "[*][?][[]]"), (r"5\%\_\\", False, "5%_\\"), ("aé1", True, "[aA]é1")],
)
def test_a_pattern_becomes_a_glob(pattern: str, ignore_case: bool, expected: str) -> None:
    assert glob(pattern, ignore_case) == expected


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("metrics.acc > 0.9", "metrics_by_last (key=? AND last>?)"),
        ("params.lr = 0.1", "params_by_number (key=? AND number=?)"),
        ("params.model LIKE 'resnet%'", "params_by_text (key=? AND text>? AND text<?)"),
        ("tags.team = 'vision'", "tags_by_value (key=? AND value=?)"),
        ("datasets.name = 'mnist'", "dataset_uses_by_dataset (dataset=? AND role=?)"),
        ("datasets.digest = '1f'", "datasets_by_digest (digest=?)"),
        ("datasets.context = 'training'", "dataset_uses_by_context (context=? AND role=?)"),
    ],
)
def test_an_index_answers_a_condition(db: sqlite3.Connection, where: str, index: str) -> None:
    sql, bound = where_sql(parse(where))
    plan = db.execute(f"EXPLAIN QUERY PLAN SELECT number FROM runs WHERE {sql}", bound).fetchall()
    assert any(index in row[3] for row in plan), plan


@given(st.recursive(params, lambda inner: st.lists(inner, max_size=2)))
def test_the_two_faces_of_a_param_can_be_stored(value: JsonValue) -> None:
    text = param_text(value)
    assert isinstance(value, str) or repr(json.loads(text)) == repr(value)
    number = param_number(value)
    assert number is None or not math.isnan(number)
