"""Events of runs in the local store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from jupyter_tracker.backends.common.values import plain_data
from jupyter_tracker.backends.local.finding import within
from jupyter_tracker.backends.local.rows import moment, run_number
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.operations import EventOperations
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Alert, Event, JsonValue, Level


def add_event(
    db: sqlite3.Connection,
    run: int,
    kind: str,
    message: str,
    level: Level = Level.INFO,
    data: Mapping[str, JsonValue] | None = None,
) -> Event:
    """Append an event inside a write transaction; its sequence number follows the last one without a gap."""
    # What an exception says may hold bytes of a file name that are no text.
    kind, message = (text.encode("utf-8", "backslashreplace").decode() for text in (kind, message))
    (last,) = db.execute("SELECT coalesce(max(sequence), 0) FROM events WHERE run = ?", (run,)).fetchone()
    time = now()
    db.execute(
        "INSERT INTO events (run, sequence, time, kind, level, message, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (run, last + 1, time, kind, level, message, json.dumps(data or {})),
    )
    return Event(last + 1, moment(time), kind, message, level, data or {})


class LocalEvents(EventOperations):
    """Events as rows with a gapless sequence."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(self, run_id: str, kind: str, message: str, level: Level, data: Mapping[str, JsonValue]) -> Flow[Event]:
        def call() -> Event:
            plain = plain_data(data, "event data")
            with self._store.write() as db:
                return add_event(db, run_number(db, run_id), kind, message, level, plain)

        return local(call)

    def read(self, run_id: str, after: int, limit: int) -> Flow[tuple[Event, ...]]:
        def call() -> tuple[Event, ...]:
            with self._store.read() as db:
                rows = db.execute(
                    "SELECT sequence, time, kind, message, level, data FROM events"
                    " WHERE run = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                    (run_number(db, run_id), after, limit),
                ).fetchall()
            return tuple(
                Event(sequence, moment(time), kind, message, Level(level), json.loads(data))
                for sequence, time, kind, message, level, data in rows
            )

        return local(call)

    def alerts(self, experiment: str | None, levels: Sequence[Level], limit: int | None) -> Flow[tuple[Alert, ...]]:
        def call() -> tuple[Alert, ...]:
            with self._store.read() as db:
                scope, bound = within(db, experiment)
                rows = db.execute(
                    "SELECT runs.id, runs.name, experiments.name, sequence, time, level, message, data FROM events"
                    " JOIN runs ON runs.number = events.run JOIN experiments ON experiments.id = runs.experiment_id"
                    f" WHERE events.kind = 'alert' AND {scope} AND level IN (SELECT value FROM json_each(?))"
                    " ORDER BY time DESC, runs.number DESC, sequence DESC LIMIT ?",
                    (*bound, json.dumps(levels), -1 if limit is None else limit),
                ).fetchall()
            return tuple(_alert(*row) for row in rows)

        return local(call)


def _alert(
    run_id: str, run: str, experiment: str, sequence: int, time: int, level: str, message: str, data: str
) -> Alert:
    parts = json.loads(data)
    title, text = parts.get("title", message), parts.get("text", "")
    return Alert(run_id, run, experiment, sequence, moment(time), Level(level), title, text)
