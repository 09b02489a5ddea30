"""Finding runs whose process is gone, so that none stays `running` for ever."""

from __future__ import annotations

import sqlite3

from jupyter_tracker.backends.local.lifecycle import ended
from jupyter_tracker.backends.local.metrics import settle
from jupyter_tracker.backends.local.processes import alive, host
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.models import RunState

SILENCE = 8_000_000
"""Microseconds without a heartbeat after which a run on another machine counts as lost; its keeper beats every 2 s."""
LAUNCH = 30_000_000
"""Microseconds that a queued run may wait for a keeper."""


def reconcile(store: Store) -> None:
    """End the runs that have not ended and of which no process is left, as `lost`."""
    with store.read() as db:
        vanished = [(run, reason) for run, reason in _active(db) if reason]
    for run, reason in vanished:
        # Its last points first: whoever sees that the run has ended finds it complete.
        settle(store, run)
        with store.write() as db:
            ended(db, run, RunState.LOST, reason)


def _active(db: sqlite3.Connection) -> list[tuple[int, str]]:
    here, time = host(), now()
    rows = db.execute(
        "SELECT number, host, keeper, child, heartbeat_at, created_at FROM runs WHERE ended_at IS NULL"
    ).fetchall()
    return [
        (number, _vanished(where == here, keeper, child, time - (heartbeat or created), time - created))
        for number, where, keeper, child, heartbeat, created in rows
    ]


def _vanished(here: bool, keeper: str, child: str, silence: int, age: int) -> str:
    """Why a run is lost, in a sentence; empty when it is not."""
    if not keeper:
        return "It was never started." if age > LAUNCH else ""
    if not here:
        return "Its machine has not been heard of for 8 s." if silence > SILENCE else ""
    if alive(keeper) or (child and alive(child)):
        return ""
    return "Its process is gone, and nobody recorded how it ended."
