"""Finding runs whose process is gone, so that none stays `running` for ever."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from dataclasses import dataclass

from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.lifecycle import UNWATCHED, ended, interrupted
from jupyter_tracker.backends.local.metrics import settle
from jupyter_tracker.backends.local.process.identity import alive, host
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.models import Level, RunState

SILENCE = 8_000_000
"""Microseconds without a heartbeat after which a run on another machine counts as lost; its keeper beats every 2 s."""
LAUNCH = 30_000_000
"""Microseconds that a queued run may wait for a keeper."""


INTERRUPTIONS = 3
"""How often a run is started again by itself after its processes have vanished."""


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
    queued: bool
    """Whether it stands among the launches."""
    sealed: bool
    """Whether what it is launched with is kept, so that anybody can launch it."""
    launcher: str
    claimed_at: int | None


_COLUMNS = (
    "number, coalesce(nullif(runs.host, ''), launches.host, ''), keeper, child, heartbeat_at, created_at,"
    " stop_requested_at, grace_period, launches.run IS NOT NULL, sealed IS NOT NULL, coalesce(launcher, ''), claimed_at"
)


def reconcile(store: Store) -> None:
    """End the runs of which no process is left, stop those that nobody else can stop, start those that may start."""
    here, time = host(), now()
    with store.read() as db:
        rows = db.execute(
            f"SELECT {_COLUMNS} FROM runs LEFT JOIN launches ON launches.run = number WHERE ended_at IS NULL"
        ).fetchall()
    for run in (_Active(*row) for row in rows):
        if not run.keeper and run.queued:
            _look_after_launch(store, run, here, time)
            continue
        reason = _vanished(run, here, time)
        if reason:
            # Its last points first: whoever sees that the run has ended finds it complete.
            settle(store, run.number)
            with store.write() as db:
                if not _starts_again(db, run, reason):
                    stopped = run.stop_requested_at is not None
                    ended(db, run.number, RunState.STOPPED if stopped else RunState.LOST, reason)
        elif run.stop_requested_at is not None and run.host == here and run.child and not alive(run.keeper):
            _stop_orphan(store, run, time)
    if any(run[8] for run in rows):
        from jupyter_tracker.backends.local.queue.starting import advance

        advance(store)


def _vanished(run: _Active, here: str, time: int) -> str:
    """Why a run is lost, in a sentence; empty when it is not."""
    if run.keeper == UNWATCHED:
        return ""
    if not run.keeper:
        return "It was never started." if time - run.created_at > LAUNCH else ""
    if run.host != here:
        silence = time - (run.heartbeat_at or run.created_at)
        return "Its machine has not been heard of for 8 s." if silence > SILENCE else ""
    if alive(run.keeper) or (run.child and alive(run.child)):
        return ""
    return "Its process is gone, and nobody recorded how it ended."


def _look_after_launch(store: Store, run: _Active, here: str, time: int) -> None:
    """Void the claim of a launcher that is gone, so that another one launches the run."""
    if run.launcher:
        overdue = time - (run.claimed_at or time) > LAUNCH
        # One that was not sealed may have been launched by its launcher's last breath.
        gone = run.sealed and run.host == here and not alive(run.launcher)
        if not overdue and not gone:
            return
    elif run.stop_requested_at is None:
        return  # it waits for its place
    with store.write() as db:
        (keeper,) = db.execute("SELECT keeper FROM runs WHERE number = ?", (run.number,)).fetchone()
        if keeper:
            return  # it was launched meanwhile
        if run.stop_requested_at is not None:
            ended(db, run.number, RunState.STOPPED, "It was stopped before it was started.")
        elif run.sealed:
            db.execute(
                "UPDATE launches SET launcher = '', claimed_at = NULL WHERE run = ? AND launcher = ?",
                (run.number, run.launcher),
            )
        else:
            ended(db, run.number, RunState.LOST, "It was never started.")


def _starts_again(db: sqlite3.Connection, run: _Active, reason: str) -> bool:
    """Whether a run that has vanished waits for its place again, because that was asked for."""
    (times,) = db.execute(
        "SELECT count(*) FROM events WHERE run = ? AND kind = 'interrupted'", (run.number,)
    ).fetchone()
    (keeper,) = db.execute("SELECT keeper FROM runs WHERE number = ?", (run.number,)).fetchone()
    if keeper != run.keeper:
        return True  # somebody else has seen to it
    if not run.sealed or run.stop_requested_at is not None or times >= INTERRUPTIONS:
        return False
    interrupted(db, run.number, reason)
    db.execute("UPDATE launches SET launcher = '', claimed_at = NULL WHERE run = ?", (run.number,))
    return True


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
