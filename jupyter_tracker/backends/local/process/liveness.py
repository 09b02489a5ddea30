"""Finding runs whose process is gone, so that none stays `running` for ever."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass

from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.lifecycle import ended
from jupyter_tracker.backends.local.metrics import settle
from jupyter_tracker.backends.local.process.identity import alive, host
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.models import Level, RunState

SILENCE = 8_000_000
"""Microseconds without a heartbeat after which a run on another machine counts as lost; its keeper beats every 2 s."""
LAUNCH = 30_000_000
"""Microseconds that a queued run may wait for a keeper."""


@dataclass(frozen=True, slots=True)
class _Active:
    """A run that has not ended, and where its processes were."""

    number: int
    host: str
    keeper: str
    child: str
    heartbeat_at: int | None
    created_at: int
    stop_requested_at: int | None
    grace_period: float | None


def reconcile(store: Store) -> None:
    """End the runs that have not ended and of which no process is left; stop those that nobody else can stop."""
    here, time = host(), now()
    with store.read() as db:
        rows = db.execute(
            "SELECT number, host, keeper, child, heartbeat_at, created_at, stop_requested_at, grace_period"
            " FROM runs WHERE ended_at IS NULL"
        ).fetchall()
    for run in (_Active(*row) for row in rows):
        reason = _vanished(run, here, time)
        if reason:
            # Its last points first: whoever sees that the run has ended finds it complete.
            settle(store, run.number)
            with store.write() as db:
                stopped = run.stop_requested_at is not None
                ended(db, run.number, RunState.STOPPED if stopped else RunState.LOST, reason)
        elif run.stop_requested_at is not None and run.host == here and run.child and not alive(run.keeper):
            _stop_orphan(store, run, time)


def _vanished(run: _Active, here: str, time: int) -> str:
    """Why a run is lost, in a sentence; empty when it is not."""
    if not run.keeper:
        return "It was never started." if time - run.created_at > LAUNCH else ""
    if run.host != here:
        silence = time - (run.heartbeat_at or run.created_at)
        return "Its machine has not been heard of for 8 s." if silence > SILENCE else ""
    if alive(run.keeper) or (run.child and alive(run.child)):
        return ""
    return "Its process is gone, and nobody recorded how it ended."


def _stop_orphan(store: Store, run: _Active, time: int) -> None:
    """Stop training code whose supervisor is gone: SIGTERM once, SIGKILL after the grace period."""
    overdue = time - (run.stop_requested_at or time) > (run.grace_period or 0) * 1e6
    with store.write() as db:
        (asked,) = db.execute(
            "SELECT count(*) FROM events WHERE run = ? AND kind = 'terminating'", (run.number,)
        ).fetchone()
        if asked and not overdue:
            return
        chosen = signal.SIGKILL if overdue else signal.SIGTERM
        if not asked:
            add_event(db, run.number, "terminating", f"{chosen.name} was sent; the supervisor is gone.", Level.WARNING)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(int(run.child.partition(":")[0]), chosen)
