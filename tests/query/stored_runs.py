"""Runs, filters and orders of every kind for hypothesis, and a store of few tables that keeps such runs."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from jupyter_tracker import models
from jupyter_tracker.backends.local.packing import key_set, pack
from jupyter_tracker.backends.local.query import Bound
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
    param_number,
    param_text,
    sort_runs,
)
from jupyter_tracker.models import DatasetUse, MetricValue, RunInfo, RunKind, RunState

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
SCOPE: tuple[str, list[Bound]] = ("runs.lifecycle = ?", ["active"])

thorough = settings(max_examples=100, deadline=None, derandomize=True)


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
        parent=draw(st.sampled_from(["", "id0"])),
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


def empty_store() -> sqlite3.Connection:
    """The tables of a store, and two experiments."""
    connection = sqlite3.connect(":memory:")
    for migration in MIGRATIONS:
        connection.executescript(migration)
    connection.executemany(
        "INSERT INTO experiments (id, name, description, tags, lifecycle, created_at, updated_at)"
        " VALUES (?, ?, '', '{}', 'active', 1, 1)",
        [("e1", "a"), ("e2", "É_2")],
    )
    return connection


def store(db: sqlite3.Connection, group: Sequence[Stored]) -> None:
    for table in ("params", "tags", "metrics", "dataset_uses", "datasets", "runs"):
        db.execute(f"DELETE FROM {table}")
    for number, stored in enumerate(group, start=1):
        add(db, number, stored, among=len(group))


def add(db: sqlite3.Connection, number: int, stored: Stored, among: int) -> None:
    """Keep one more run, under a number among others."""
    run = stored.run
    db.execute(
        "INSERT INTO runs (number, id, experiment_id, name, kind, state, reason, lifecycle, created_at, started_at,"
        " ended_at, exit_code, signal, notes, parent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(number, run.id, run.experiment_id, run.name, run.kind, run.state, run.reason, run.lifecycle),
            *map(_microseconds, (run.created_at, run.started_at, run.ended_at)),
            *(run.exit_code, run.signal, run.notes, run.parent),
        ),
    )
    record = pack(run.params, run.tags)
    db.execute(
        "UPDATE runs SET fields = ?, metrics = ? WHERE number = ?",
        (key_set(db, record.names), key_set(db, [*run.metrics]), number),
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
        rows = [(number, "input", dataset, use.context), (number % among + 1, "output", dataset, use.context)]
        db.executemany("INSERT OR IGNORE INTO dataset_uses VALUES (?, ?, ?, ?, '{}', 1)", rows)
    for key, latest in run.metrics.items():
        history = stored.histories[key]
        db.execute(
            "INSERT INTO metrics VALUES (?, ?, 1, ?, 1, 1, ?, 1, 1, ?, ?)",
            (number, key, latest.value, history.first, history.min, history.max),
        )


def _microseconds(time: datetime | None) -> int | None:
    return None if time is None else (time - EPOCH) // timedelta(microseconds=1)


def selected_in_memory(group: Sequence[Stored], expression: Expression) -> list[str]:
    return [stored.run.id for stored in group if evaluate(expression, stored.run, stored.histories, stored.datasets)]


def sorted_in_memory(group: Sequence[Stored], order: Sequence[Order]) -> list[str]:
    histories = {stored.run.id: stored.histories for stored in group}
    newest_first = [stored.run for stored in reversed(group)]
    return [run.id for run in sort_runs(newest_first, order, lambda run: histories[run.id])]


def stored_run(index: int, accuracy: float) -> Stored:
    run = RunInfo(
        id=f"id{index}",
        name="",
        experiment_id="e1",
        experiment="a",
        state=RunState.SUCCEEDED,
        native_state="",
        params={"lr": accuracy, "name": f"run {accuracy}"},
        tags={"name": f"run {accuracy}"},
        metrics={"acc": MetricValue(accuracy, 1, START)},
        created_at=START + timedelta(seconds=index),
        started_at=START + timedelta(seconds=index),
        ended_at=START + timedelta(seconds=3 * index),
    )
    return Stored(run, {"acc": History(accuracy, accuracy, accuracy)})
