"""Filters and orders in SQL say the same as the ones in memory."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_tracker import models
from jupyter_tracker.backends.local.query import Bound, Position, after_sql, glob, order_sql, page, sort_keys, where_sql
from jupyter_tracker.backends.local.schema import MIGRATIONS
from jupyter_tracker.filters import (
    Aggregate,
    Among,
    And,
    Attribute,
    Comparison,
    Dataset,
    DatasetField,
    Expression,
    History,
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
    evaluate,
    order_to_text,
    param_number,
    param_text,
    parse,
    parse_order,
    sort_runs,
    to_text,
)
from jupyter_tracker.models import DatasetUse, JsonValue, MetricValue, RunInfo, RunKind, RunState

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
SCOPE: tuple[str, list[Bound]] = ("runs.lifecycle = ?", ["active"])

thorough = settings(max_examples=150, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Stored:
    """A run as a person sees it, with what its metrics went through."""

    run: RunInfo
    histories: dict[str, History]
    datasets: tuple[DatasetUse, ...] = ()


# Few names and values, so that filters often meet what runs have.
names = st.sampled_from(["a", "val/loss", "b c", "x.y"])
texts = st.sampled_from(
    ["", "a", "A", "ab", "aB%", "a_b", "[a]", "*?", "\\", "é", "É", "0.5", "1", "true", "None", "'", "🎉"]
)
numbers = st.sampled_from([-1.0, 0.0, 0.1, 0.5, 1.0, 1e300, math.inf, -math.inf, math.nan])
params = st.one_of(numbers, texts, st.booleans(), st.none(), st.sampled_from([0, 1, 10**400, [1, "é"], {"k": None}]))
times = st.integers(-3, 3).map(lambda minutes: START + timedelta(minutes=minutes))
durations = st.integers(-3, 3).map(lambda minutes: timedelta(minutes=minutes))
patterns = st.lists(
    st.sampled_from(["%", "_", "a", "B", "\\", "\\%", "[", "]", "*", "?", "^", "é", "0"]), max_size=5
).map("".join)


@st.composite
def stored_runs(draw: st.DrawFn, index: int) -> Stored:
    lasts = draw(st.dictionaries(names, numbers, max_size=3))
    run = RunInfo(
        id=f"id{index}",
        name=draw(texts),
        experiment_id=(experiment := draw(st.sampled_from(["e1", "e2"]))),
        experiment={"e1": "a", "e2": "É_2"}[experiment],
        state=draw(st.sampled_from(RunState)),
        native_state="",
        reason=draw(texts),
        kind=draw(st.sampled_from(RunKind)),
        params=draw(st.dictionaries(names, params, max_size=3)),
        tags=draw(st.dictionaries(names, texts, max_size=3)),
        metrics={name: MetricValue(value, 1, START) for name, value in lasts.items()},
        created_at=START + timedelta(minutes=index // 2),
        started_at=draw(st.none() | times),
        ended_at=draw(st.none() | times),
        exit_code=draw(st.none() | st.integers(-1, 1)),
        signal=draw(st.none() | texts),
        notes=draw(texts),
    )
    read = draw(st.lists(st.tuples(names, st.sampled_from("1a"), st.sampled_from(["", "training", "a"])), max_size=3))
    return Stored(
        run,
        {name: History(*draw(st.tuples(numbers, numbers, numbers))) for name in lasts},
        tuple(DatasetUse(models.Dataset(name, digest), context) for name, digest, context in dict.fromkeys(read)),
    )


groups = st.integers(0, 7).flatmap(lambda count: st.tuples(*(stored_runs(index) for index in range(count))))

metrics = st.builds(Metric, names, st.sampled_from(Aggregate))
sortable: st.SearchStrategy[Subject] = st.one_of(
    metrics, st.builds(Param, names), st.builds(Tag, names), st.sampled_from(Attribute)
)
subjects = sortable | st.builds(Dataset, st.sampled_from(DatasetField))
WORDS = {
    Attribute.STATE: [state.value for state in RunState],
    Attribute.KIND: [kind.value for kind in RunKind],
    Attribute.LIFECYCLE: ["active", "archived"],
}
TIMES = (Attribute.CREATED_AT, Attribute.STARTED_AT, Attribute.ENDED_AT)


def values_of(subject: Subject) -> st.SearchStrategy[Value]:
    match subject:
        case Metric() | Attribute.EXIT_CODE:
            return numbers
        case Param():
            return st.one_of(numbers, texts)
        case Attribute.DURATION:
            return durations
        case _ if subject in TIMES:
            return times
        case Attribute() if subject in WORDS:
            return st.sampled_from(WORDS[subject])
        case _:
            return texts


def conditions(subject: Subject) -> st.SearchStrategy[Expression]:
    operators = [Operator.EQUAL, Operator.NOT_EQUAL] if subject in WORDS else list(Operator)
    values = values_of(subject)
    found: list[st.SearchStrategy[Expression]] = [
        st.builds(Comparison, st.just(subject), st.sampled_from(operators), values),
        st.builds(
            Among, st.just(subject), st.lists(values, min_size=1, max_size=3, unique=True).map(tuple), st.booleans()
        ),
        st.builds(Missing, st.just(subject), st.booleans()),
    ]
    if not isinstance(subject, Metric) and subject not in (*TIMES, Attribute.DURATION, Attribute.EXIT_CODE):
        found.append(st.builds(Match, st.just(subject), patterns, st.booleans(), st.booleans()))
    return st.one_of(found)


def _joined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, inner), st.builds(And, several), st.builds(Or, several))


expressions: st.SearchStrategy[Expression] = st.recursive(subjects.flatmap(conditions), _joined, max_leaves=5)
orders = st.lists(st.builds(Order, sortable, st.booleans()), max_size=3).map(tuple)


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    for migration in MIGRATIONS:
        connection.executescript(migration)
    connection.executemany(
        "INSERT INTO experiments (id, name, description, tags, lifecycle, created_at, updated_at)"
        " VALUES (?, ?, '', '{}', 'active', 1, 1)",
        [("e1", "a"), ("e2", "É_2")],
    )
    yield connection
    connection.close()


def store(db: sqlite3.Connection, group: Sequence[Stored]) -> None:
    for table in ("params", "tags", "metrics", "dataset_uses", "datasets", "runs"):
        db.execute(f"DELETE FROM {table}")
    for number, stored in enumerate(group, start=1):
        run = stored.run
        db.execute(
            "INSERT INTO runs (number, id, experiment_id, name, kind, state, reason, lifecycle, created_at, started_at,"
            " ended_at, exit_code, signal, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(number, run.id, run.experiment_id, run.name, run.kind, run.state, run.reason, run.lifecycle),
                *map(_microseconds, (run.created_at, run.started_at, run.ended_at)),
                *(run.exit_code, run.signal, run.notes),
            ),
        )
        for key, value in run.params.items():
            db.execute("INSERT INTO params VALUES (?, ?, ?, ?)", (number, key, param_number(value), param_text(value)))
        for key, value in run.tags.items():
            db.execute("INSERT INTO tags VALUES (?, ?, ?)", (number, key, value))
        for use in stored.datasets:
            known = (use.dataset.name, use.dataset.digest)
            db.execute("INSERT OR IGNORE INTO datasets VALUES (NULL, ?, ?, '', '', '{}', '{}', 1)", known)
            (dataset,) = db.execute("SELECT id FROM datasets WHERE (name, digest) = (?, ?)", known).fetchone()
            # What one run reads another one makes, which is no input of that one.
            rows = [(number, "input", dataset, use.context), (number % len(group) + 1, "output", dataset, use.context)]
            db.executemany("INSERT OR IGNORE INTO dataset_uses VALUES (?, ?, ?, ?, '{}', 1)", rows)
        for key, latest in run.metrics.items():
            history = stored.histories[key]
            db.execute(
                "INSERT INTO metrics VALUES (?, ?, 1, ?, 1, 1, ?, 1, 1, ?, ?)",
                (number, key, latest.value, history.first, history.min, history.max),
            )


def _microseconds(time: datetime | None) -> int | None:
    return None if time is None else (time - EPOCH) // timedelta(microseconds=1)


def selected_by_sql(db: sqlite3.Connection, expression: Expression, *, walking: bool) -> list[str]:
    sql, bound = where_sql(expression, walking=walking)
    return [id_ for (id_,) in db.execute(f"SELECT id FROM runs WHERE {sql} ORDER BY number", bound)]


def selected_in_memory(group: Sequence[Stored], expression: Expression) -> list[str]:
    return [stored.run.id for stored in group if evaluate(expression, stored.run, stored.histories, stored.datasets)]


def sorted_in_memory(group: Sequence[Stored], order: Sequence[Order]) -> list[str]:
    histories = {stored.run.id: stored.histories for stored in group}
    newest_first = [stored.run for stored in reversed(group)]
    return [run.id for run in sort_runs(newest_first, order, lambda run: histories[run.id])]


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
@given(
    groups,
    expressions | st.just(And(())),
    orders | st.builds(lambda m: (m,), st.builds(Order, metrics, st.booleans())),
    st.integers(1, 3),
)
def test_pages_put_together_are_the_whole_listing(
    db: sqlite3.Connection, group: tuple[Stored, ...], where: Expression, order: tuple[Order, ...], limit: int
) -> None:
    store(db, group)
    found: list[Position] = []
    while True:
        positions = page(db, SCOPE, where, order, limit, found[-1] if found else None)
        assert len(positions) <= limit
        found += positions
        if len(positions) < limit:
            break
    chosen = selected_in_memory(group, where)
    assert [f"id{position.number - 1}" for position in found] == [
        id_ for id_ in sorted_in_memory(group, order) if id_ in chosen
    ]


@thorough
@given(groups, orders, st.integers(0, 6))
def test_the_condition_behind_a_position_gives_the_rest(
    db: sqlite3.Connection, group: tuple[Stored, ...], order: tuple[Order, ...], index: int
) -> None:
    store(db, group)
    whole = page(db, SCOPE, And(()), order, 100)
    if index < len(whole):
        sql, bound = after_sql(order, whole[index])
        rest = {number for (number,) in db.execute(f"SELECT number FROM runs WHERE {sql}", bound)}
        assert rest == {position.number for position in whole[index + 1 :]}


@thorough
@given(expressions)
def test_a_written_filter_is_read_as_the_same(expression: Expression) -> None:
    # NaN differs from itself; the texts do not.
    assert repr(parse(to_text(expression))) == repr(expression)


@thorough
@given(orders)
def test_a_written_order_is_read_as_the_same(order: tuple[Order, ...]) -> None:
    assert parse_order(order_to_text(order)) == order


@pytest.mark.parametrize("direction", ["", " DESC"])
def test_paging_goes_on_rightly_while_runs_are_added(db: sqlite3.Connection, direction: str) -> None:
    store(db, [_run(index, index % 3 / 10) for index in range(9)])
    order = parse_order(f"metrics.acc{direction}")
    whole = page(db, SCOPE, And(()), order, 100)
    first = page(db, SCOPE, And(()), order, 4)
    db.execute(
        "INSERT INTO runs (number, id, experiment_id, name, kind, state, created_at)"
        " VALUES (50, 'new', 'e1', '', '', '', 1)"
    )
    rest = page(db, SCOPE, And(()), order, 100, first[-1])
    assert [position for position in first + rest if position.number != 50] == whole


@pytest.mark.parametrize("name", ["x'; DROP TABLE runs; --", 'a"b', "`", "?", ":x"])
def test_what_a_user_writes_is_never_part_of_the_sql(name: str) -> None:
    for part in (Comparison(Metric(name), Operator.EQUAL, 1.0), Missing(Tag(name)), Among(Param(name), (name, 1.0))):
        sql, bound = where_sql(part)
        assert name not in sql.replace("?", "")
        assert name in bound
        assert sql.count("?") == len(bound)
    assert all(name not in key.sql.replace("?", "") for key in sort_keys([Order(Tag(name)), Order(Param(name))]))


def test_a_chain_of_many_conditions_is_not_too_deep_for_sqlite(db: sqlite3.Connection) -> None:
    store(db, [_run(0, 0.5)])
    assert selected_by_sql(db, parse(" OR ".join(["metrics.acc > 0.9"] * 3000 + ["id = 'id0'"])), walking=False) == [
        "id0"
    ]


def test_a_list_of_many_values_can_be_bound(db: sqlite3.Connection) -> None:
    store(db, [_run(0, 0.5)])
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


def test_latest_values_are_walked_along_their_index(db: sqlite3.Connection) -> None:
    store(db, [_run(index, index / 100) for index in range(60)])
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    try:
        found = page(db, SCOPE, parse("metrics.acc < 0.5"), parse_order("metrics.acc DESC"), 3)
    finally:
        db.set_trace_callback(None)
    assert [position.keys for position in found] == [(0.49,), (0.48,), (0.47,)]
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statements[-1]}")]
    assert not any("TEMP B-TREE" in line for line in plan), plan


def _run(index: int, accuracy: float) -> Stored:
    run = RunInfo(
        id=f"id{index}",
        name="",
        experiment_id="e1",
        experiment="a",
        state=RunState.SUCCEEDED,
        native_state="",
        metrics={"acc": MetricValue(accuracy, 1, START)},
        created_at=START + timedelta(seconds=index),
    )
    return Stored(run, {"acc": History(accuracy, accuracy, accuracy)})


@given(st.recursive(params, lambda inner: st.lists(inner, max_size=2)))
def test_the_two_faces_of_a_param_can_be_stored(value: JsonValue) -> None:
    text = param_text(value)
    assert isinstance(value, str) or repr(json.loads(text)) == repr(value)
    number = param_number(value)
    assert number is None or not math.isnan(number)
