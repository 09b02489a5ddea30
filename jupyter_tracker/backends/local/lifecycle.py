"""What happens to a run, step by step: each function is one change of state inside a write transaction, with its event.

queued ──started──▶ running ──stop_requested──▶ stopping
   │                   │                           │
   └───────────────────┴──────────ended────────────┘──▶ succeeded | failed | stopped | lost

queued ◀──retried, interrupted── running        queued ◀──restarted── failed | stopped | lost

MLflow's client may also take up a run that has ended: running ◀──resumed── succeeded | failed | stopped | lost
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Mapping

from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.store import now
from jupyter_tracker.errors import Conflict
from jupyter_tracker.models import Environment, JsonValue, Level, RunState

UNWATCHED = "unwatched"
"""The keeper of a run of which no process is known, such as one of another machine that logs through a server."""

_END_LEVEL = {RunState.FAILED: Level.ERROR, RunState.LOST: Level.ERROR, RunState.STOPPED: Level.WARNING}


def kept_by(db: sqlite3.Connection, run: int, host: str, keeper: str) -> None:
    """Name the process that answers for a run: the one whose disappearance means that the run is lost."""
    db.execute("UPDATE runs SET host = ?, keeper = ?, heartbeat_at = ? WHERE number = ?", (host, keeper, now(), run))


def started(db: sqlite3.Connection, run: int, child: str) -> None:
    """The training code runs. `child` is its process (see process/identity.py), empty when it is the keeper itself."""
    db.execute(
        "UPDATE runs SET reason = iif(state = ?, '', reason), state = iif(state = ?, ?, state),"
        " started_at = coalesce(started_at, ?), child = ?, heartbeat_at = ? WHERE number = ? AND ended_at IS NULL",
        (RunState.QUEUED, RunState.QUEUED, RunState.RUNNING, now(), child, now(), run),
    )
    add_event(db, run, "started", "The training code was started.")


def retried(db: sqlite3.Connection, run: int, attempt: int, reason: str, data: Mapping[str, JsonValue]) -> bool:
    """The code failed and is started again by the same keeper as that attempt; False when the run is to stop."""
    changed = db.execute(
        "UPDATE runs SET state = ?, reason = ?, attempt = ?, heartbeat_at = ?"
        " WHERE number = ? AND ended_at IS NULL AND stop_requested_at IS NULL",
        (RunState.QUEUED, reason, attempt, now(), run),
    ).rowcount
    if changed:
        add_event(db, run, "retried", reason, Level.WARNING, data)
    return bool(changed)


def restarted(db: sqlite3.Connection, run: int, reason: str) -> None:
    """A run that had ended goes on as a further attempt, which is queued; what it logged stays, and more follows."""
    _queued_again(db, run)
    add_event(db, run, "restarted", reason)


def interrupted(db: sqlite3.Connection, run: int, reason: str) -> None:
    """The processes of a run are gone, and it is queued again because that was asked for when it was submitted."""
    _queued_again(db, run)
    add_event(db, run, "interrupted", f"{reason} It starts again.", Level.WARNING)


def resumed(db: sqlite3.Connection, run: int) -> None:
    """A run that had ended goes on; what it logged stays, and more follows."""
    db.execute(
        "UPDATE runs SET state = ?, reason = '', ended_at = NULL, exit_code = NULL, signal = NULL, host = '',"
        " keeper = '', child = '', heartbeat_at = NULL, stop_requested_at = NULL, grace_period = NULL WHERE number = ?",
        (RunState.RUNNING, run),
    )
    add_event(db, run, "resumed", "The run goes on.")


def _queued_again(db: sqlite3.Connection, run: int) -> None:
    db.execute(
        "UPDATE runs SET state = ?, reason = '', attempt = attempt + 1, ended_at = NULL, exit_code = NULL,"
        " signal = NULL, host = '', keeper = '', child = '', heartbeat_at = NULL, stop_requested_at = NULL,"
        " grace_period = NULL, allotted = '{}' WHERE number = ?",
        (RunState.QUEUED, run),
    )


def heartbeat(db: sqlite3.Connection, run: int) -> float | None:
    """Say that the keeper is alive; the result is the grace period in seconds once a stop was requested, else None."""
    db.execute("UPDATE runs SET heartbeat_at = ? WHERE number = ? AND ended_at IS NULL", (now(), run))
    return stop_wanted(db, run)


def has_ended(db: sqlite3.Connection, run: int) -> bool:
    """Whether the end of a run is recorded, or it is gone for good; `lost` is no end, which others conclude."""
    row = db.execute("SELECT ended_at, state FROM runs WHERE number = ?", (run,)).fetchone()
    return row is None or (row[0] is not None and row[1] != RunState.LOST)


def record_environment(db: sqlite3.Connection, run: int, environment: Environment) -> None:
    """Keep what surrounded the code of a run."""
    text = json.dumps(dataclasses.asdict(environment))
    db.execute("UPDATE runs SET environment = ? WHERE number = ?", (text, run))


def stop_wanted(db: sqlite3.Connection, run: int) -> float | None:
    """The grace period in seconds once a stop was requested, else None."""
    row = db.execute(
        "SELECT grace_period FROM runs WHERE number = ? AND stop_requested_at IS NOT NULL AND ended_at IS NULL", (run,)
    ).fetchone()
    return None if row is None else float(row[0])


def stop_requested(db: sqlite3.Connection, run: int, grace_period: float) -> None:
    """Somebody wants the run to end. `Conflict` when it has ended; asking again can only shorten the grace period."""
    state, requested, grace = db.execute(
        "SELECT state, stop_requested_at, grace_period FROM runs WHERE number = ?", (run,)
    ).fetchone()
    if RunState(state).ended:
        raise Conflict(f"The run has ended already ({state}); there is nothing to stop.")
    if requested is not None and grace is not None and grace <= grace_period:
        return
    db.execute(
        "UPDATE runs SET state = ?, stop_requested_at = coalesce(stop_requested_at, ?), grace_period = ?"
        " WHERE number = ?",
        (RunState.STOPPING, now(), grace_period, run),
    )
    message = f"A stop was requested, with {grace_period:g} s of grace."
    add_event(db, run, "stop_requested", message, data={"grace_period": grace_period})


def ended(
    db: sqlite3.Connection,
    run: int,
    state: RunState,
    reason: str = "",
    exit_code: int | None = None,
    signal: str | None = None,
    at: int | None = None,
) -> bool:
    """Record the end of a run, once: False, and nothing changes, when an end is recorded already.

    An end that its keeper reports replaces `lost`, which was only a conclusion of others. It was now unless `at` says
    when.
    """
    row = db.execute("SELECT state FROM runs WHERE number = ?", (run,)).fetchone()
    if row is None or (RunState(row[0]).ended and (row[0] != RunState.LOST or state is RunState.LOST)):
        return False
    reason = reason.encode("utf-8", "backslashreplace").decode()
    db.execute("DELETE FROM launches WHERE run = ?", (run,))
    db.execute(
        "UPDATE runs SET state = ?, reason = ?, ended_at = ?, exit_code = ?, signal = ? WHERE number = ?",
        (state, reason, now() if at is None else at, exit_code, signal, run),
    )
    data = {"exit_code": exit_code, "signal": signal}
    message = reason or f"The run {state}."
    level = _END_LEVEL.get(state, Level.INFO)
    add_event(db, run, "ended", message, level, {"state": str(state), **data})
    return True
