"""How long the runs of an experiment are kept (UbiOps: `request_retention_mode`, `request_retention_time`).

Once `retention_time` seconds have passed since a run ended, and never before it has, its experiment's mode decides:

- `full`: everything stays.
- `metadata`: it is *trimmed*. Metric points, log, artifacts, checkpoints and the rest of its folder are removed;
  params, tags, notes, metrics (latest, first, least, greatest value), progress, classification metrics, events,
  environment and submission stay. The event `data_removed` says so, and `RunInfo.trimmed_at` when it was.
- `none`: the run is purged.

Archived and deleted runs are treated alike. `maintain` applies it, and the supervisor of a run to the others of its
experiment when that run ends.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.metrics import settle
from jupyter_tracker.backends.local.purge import Leftovers, forget_runs, forgetting
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.models import Cleanup, RetentionMode, span

BULKY = ("chunks", "artifacts", "checkpoints")
"""Tables of what `metadata` does not keep."""
AT_AN_END = 20
"""Runs that one supervisor looks after; it is to be gone soon."""

_DUE = (
    "SELECT runs.number, runs.id, experiments.name, experiments.retention_mode, experiments.retention_time"
    " FROM runs JOIN experiments ON experiments.id = runs.experiment_id"
    " WHERE experiments.retention_mode != 'full' AND runs.ended_at <= ? - experiments.retention_time * 1000000"
    " AND (experiments.retention_mode = 'none' OR runs.trimmed_at IS NULL)"
)
"""Neither a run that has not ended nor an experiment without a time: NULL is not less than anything."""


class _Due(NamedTuple):
    """A run of which the time is over."""

    number: int
    id: str
    experiment: str
    mode: str
    time: float


def apply_retention(store: Store, time: int) -> Cleanup:
    """Trim and purge the runs of all experiments of which the time is over at `time` (microseconds)."""
    with store.read() as db:
        due = [_Due(*row) for row in db.execute(f"{_DUE} ORDER BY runs.ended_at", (time,))]
    return _apply(store, due, time)


def apply_after_end(store: Store, run: int, time: int) -> Cleanup:
    """The same for the experiment of a run that just ended, a few runs at most, and not for that run itself.

    Whoever waits for it must find it; its own time comes with the next end or `maintain`.
    """
    with store.read() as db:
        rows = db.execute(
            f"{_DUE} AND runs.number != ? AND runs.experiment_id = (SELECT experiment_id FROM runs WHERE number = ?)"
            " ORDER BY runs.ended_at LIMIT ?",
            (time, run, run, AT_AN_END),
        )
        due = [_Due(*row) for row in rows]
    return _apply(store, due, time)


def _apply(store: Store, runs: list[_Due], time: int) -> Cleanup:
    done = Cleanup()
    for run in runs:
        settle(store, run.number)  # the listing keeps the latest values, so it must have them
        with forgetting(store) as (db, leftovers):
            row = db.execute(f"{_DUE} AND runs.number = ?", (time, run.number)).fetchone()
            if row is None:
                continue  # somebody changed the retention, or was faster
            if row[3] == RetentionMode.NONE:
                forget_runs(db, leftovers, [run.number])
            else:
                _trim(db, leftovers, _Due(*row))
        purged = row[3] == RetentionMode.NONE
        done += Cleanup(runs_purged=int(purged), runs_trimmed=int(not purged), bytes_freed=leftovers.size)
    return done


def _trim(db: sqlite3.Connection, leftovers: Leftovers, run: _Due) -> None:
    for table in BULKY:
        db.execute(f"DELETE FROM {table} WHERE run = ?", (run.number,))
    leftovers.take_journals(db, run.number)
    db.execute("UPDATE runs SET trimmed_at = ? WHERE number = ?", (now(), run.number))
    message = (
        f"Metric points, log, artifacts and checkpoints were removed by the retention of {run.experiment!r}:"
        f" {run.mode}, {span(run.time)} after the end."
    )
    data = {"retention_mode": run.mode, "retention_time": run.time}
    add_event(db, run.number, "data_removed", message, data=data)
    leftovers.take_folder(run.id)
