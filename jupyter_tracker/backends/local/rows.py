"""Rows of the local store to models."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

from jupyter_tracker.errors import NotFound
from jupyter_tracker.models import Experiment, Lifecycle, MetricValue, Progress, RunInfo, RunKind, RunState

EXPERIMENT_COLUMNS = "id, name, description, tags, lifecycle, created_at, updated_at"

RUN_COLUMNS = (
    "runs.id, runs.name, runs.experiment_id, experiments.name, runs.kind, runs.state, runs.reason, runs.lifecycle,"
    " runs.params, runs.tags, runs.metrics, runs.created_at, runs.started_at, runs.ended_at, runs.exit_code,"
    " runs.signal, runs.number, runs.source"
)
RUN_TABLES = "runs JOIN experiments ON experiments.id = runs.experiment_id"


def moment(microseconds: int) -> datetime:
    """A time of the store as an aware datetime in UTC."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC)


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
        run_count=run_count,
        active_run_count=active,
    )


def run_info(row: tuple[Any, ...], progress: tuple[Progress, ...] = ()) -> RunInfo:
    """A run from its `RUN_COLUMNS`."""
    return RunInfo(
        id=row[0],
        name=row[1],
        experiment_id=row[2],
        experiment=row[3],
        kind=RunKind(row[4]),
        state=RunState(row[5]),
        native_state=row[5],
        reason=row[6],
        lifecycle=Lifecycle(row[7]),
        params=json.loads(row[8]),
        tags=json.loads(row[9]),
        metrics=metric_values(row[10]),
        progress=progress,
        created_at=moment(row[11]),
        started_at=None if row[12] is None else moment(row[12]),
        ended_at=None if row[13] is None else moment(row[13]),
        exit_code=row[14],
        signal=row[15],
        source=row[17] or "",
    )


def metric_values(text: str) -> dict[str, MetricValue]:
    """The column `runs.metrics`."""
    return {
        key: MetricValue(value, step, datetime.fromtimestamp(time, UTC))
        for key, (value, step, time) in json.loads(text).items()
    }


def progress_of(db: sqlite3.Connection, run: int) -> tuple[Progress, ...]:
    """What a run reports of its progress, the operation updated last first."""
    rows = db.execute(
        "SELECT operation, value, final_value, units, updated_at FROM progress WHERE run = ? ORDER BY updated_at DESC",
        (run,),
    )
    return tuple(
        Progress(operation, value, final_value, units, moment(updated))
        for operation, value, final_value, units, updated in rows
    )
