"""Rows of the local store to models."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias, TypeVar, overload

from jupyter_tracker.backends.local.packing import (
    Point,
    Record,
    key_names,
    point_columns,
    record_columns,
    unpack,
    unpack_points,
)
from jupyter_tracker.collector import collector_paused
from jupyter_tracker.errors import NotFound
from jupyter_tracker.models import (
    Experiment,
    Lifecycle,
    MetricValue,
    Progress,
    RetentionMode,
    RunColumns,
    RunInfo,
    RunKind,
    RunState,
    RunTable,
)

T = TypeVar("T")

EXPERIMENT_COLUMNS = "id, name, description, tags, lifecycle, created_at, updated_at, retention_mode, retention_time"

RUN_COLUMNS = (
    "id, experiment_id, name, state, fields, numbers, texts, metrics, points, created_at, started_at, ended_at, number,"
    " detail"
)


class RunRow(NamedTuple):
    """A run by its `RUN_COLUMNS`."""

    id: str
    experiment_id: str
    name: str
    state: str
    fields: int
    numbers: bytes
    texts: str
    metrics: int
    points: bytes
    created_at: int
    started_at: int | None
    ended_at: int | None
    number: int
    detail: str


ProgressRow: TypeAlias = tuple[str, float, float | None, str, int]
"""operation, value, final value, units, time"""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
NUMBER = RunRow._fields.index("number")
"""Where in a row the number stands."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the rows of a listing refer to."""

    experiments: Mapping[str, str]
    """id to name"""
    key_sets: Mapping[int, tuple[str, ...]]


def names_of(db: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> Names:
    """What some rows of `RUN_COLUMNS` refer to."""
    ids = json.dumps(list({row[1] for row in rows}))
    experiments = db.execute("SELECT id, name FROM experiments WHERE id IN (SELECT value FROM json_each(?))", (ids,))
    return Names(dict(experiments.fetchall()), key_names(db, {row[4] for row in rows} | {row[7] for row in rows}))


def moment(microseconds: int) -> datetime:
    """A time of the store as an aware datetime in UTC."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC)


def microseconds(moment: datetime) -> int:
    """An aware datetime as a time of the store."""
    return (moment - _EPOCH) // _MICROSECOND


def run_number(db: sqlite3.Connection, run_id: str) -> int:
    """The key under which the other tables know a run; `NotFound` when the id is of none."""
    row = db.execute("SELECT number FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise NotFound("run", run_id)
    number: int = row[0]
    return number


def experiment(row: tuple[Any, ...], run_count: int | None = None, active: int | None = None) -> Experiment:
    """An experiment from its `EXPERIMENT_COLUMNS`."""
    return Experiment(
        id=row[0],
        name=row[1],
        description=row[2],
        tags=json.loads(row[3]),
        lifecycle=Lifecycle(row[4]),
        created_at=moment(row[5]),
        updated_at=moment(row[6]),
        retention_mode=RetentionMode(row[7]),
        retention_time=row[8],
        run_count=run_count,
        active_run_count=active,
    )


def run_info(values: Sequence[Any], names: Names, progress: Sequence[ProgressRow] = ()) -> RunInfo:
    """A run from its `RUN_COLUMNS` and what it reports of its progress."""
    row = RunRow(*values)
    kind, lifecycle, exit_code, signal, source, parent, attempt, priority, trimmed_at, notes, reason = json.loads(
        row.detail
    )
    params, tags = unpack(Record(names.key_sets[row.fields], row.numbers, row.texts))
    return RunInfo(
        id=row.id,
        name=row.name,
        experiment_id=row.experiment_id,
        experiment=names.experiments[row.experiment_id],
        kind=RunKind(kind),
        state=RunState(row.state),
        native_state=row.state,
        reason=reason,
        lifecycle=Lifecycle(lifecycle),
        params=params,
        tags=tags,
        metrics=metric_values(unpack_points(names.key_sets[row.metrics], row.points)),
        progress=tuple(Progress(*row[:4], moment(row[4])) for row in progress),
        created_at=moment(row.created_at),
        started_at=None if row.started_at is None else moment(row.started_at),
        ended_at=None if row.ended_at is None else moment(row.ended_at),
        exit_code=exit_code,
        signal=signal,
        source=source or "",
        notes=notes,
        trimmed_at=None if trimmed_at is None else moment(trimmed_at),
        parent=parent,
        attempt=attempt,
        priority=priority,
    )


class RunRows(RunTable):
    """Runs from rows of `RUN_COLUMNS`, unpacked when they are looked at, for a table all at once."""

    def __init__(
        self, rows: Sequence[tuple[Any, ...]], names: Names, progress: Mapping[int, Sequence[ProgressRow]]
    ) -> None:
        self._rows = rows
        self._names = names
        self._progress = progress

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> RunInfo: ...
    @overload
    def __getitem__(self, index: slice) -> RunRows: ...
    def __getitem__(self, index: int | slice) -> RunInfo | RunRows:
        if isinstance(index, slice):
            return RunRows(self._rows[index], self._names, self._progress)
        row = self._rows[index]
        return run_info(row, self._names, self._progress.get(row[NUMBER], ()))

    def columns(self) -> RunColumns:
        """All runs, column by column."""
        with collector_paused():
            # Quicker than zip(*rows), which makes an iterator for each row.
            columns = {name: [row[at] for row in self._rows] for at, name in enumerate(RunRow._fields[:NUMBER])}
            names = self._names.key_sets
            records = [
                record_columns(names[shape], at, _at(columns["numbers"], at), _at(columns["texts"], at))
                for shape, at in _groups(columns["fields"]).items()
            ]
            points = [
                point_columns(names[shape], at, _at(columns["points"], at))
                for shape, at in _groups(columns["metrics"]).items()
            ]
            return RunColumns(
                id=columns["id"],
                name=columns["name"],
                experiment=[self._names.experiments[identity] for identity in columns["experiment_id"]],
                state=columns["state"],
                created_at=columns["created_at"],
                started_at=columns["started_at"],
                ended_at=columns["ended_at"],
                fields=[*records, *points],
            )


def _groups(shapes: Sequence[int]) -> dict[int, Sequence[int]]:
    """Where each shape occurs."""
    distinct = dict.fromkeys(shapes)
    if len(distinct) == 1:
        return {shapes[0]: range(len(shapes))}
    found: dict[int, list[int]] = {shape: [] for shape in distinct}
    for at, shape in enumerate(shapes):
        found[shape].append(at)
    return dict(found)


def _at(values: Sequence[T], at: Sequence[int]) -> Sequence[T]:
    return values if isinstance(at, range) else [values[index] for index in at]


def metric_values(latest: Mapping[str, Point]) -> dict[str, MetricValue]:
    """Latest points as models."""
    return {
        key: MetricValue(value, step, datetime.fromtimestamp(time, UTC)) for key, (value, step, time) in latest.items()
    }


def progress_of(db: sqlite3.Connection, runs: Sequence[int]) -> dict[int, list[ProgressRow]]:
    """What some runs, and perhaps others between them, report of their progress, the operation updated last first."""
    first, last = min(runs, default=0), max(runs, default=0)
    # Most pages hold neighbours: to read all between is quicker than to look each of very many up.
    near = last - first < 4 * len(runs)
    found: dict[int, list[ProgressRow]] = {}
    for run, *row in db.execute(
        "SELECT run, operation, value, final_value, units, updated_at FROM progress"
        f" WHERE {'run BETWEEN ? AND ?' if near else 'run IN (SELECT value FROM json_each(?))'}"
        " ORDER BY updated_at DESC",
        (first, last) if near else (json.dumps(runs),),
    ):
        found.setdefault(run, []).append((row[0], row[1], row[2], row[3], row[4]))
    return found
