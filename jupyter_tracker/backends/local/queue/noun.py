"""The queue in the local store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Literal

from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.finding import find_experiment
from jupyter_tracker.backends.local.listing import find_run
from jupyter_tracker.backends.local.process.liveness import reconcile
from jupyter_tracker.backends.local.queue.choice import STORE
from jupyter_tracker.backends.local.queue.claims import claim, limits, running, waiting_runs, waits
from jupyter_tracker.backends.local.queue.starting import carry_out
from jupyter_tracker.backends.local.rows import run_number
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.backends.operations import QueueOperations
from jupyter_tracker.errors import Conflict, InvalidInput
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import UNLIMITED, QueueEntry, QueueLimits, RunInfo, RunKind, RunState

_MOST = 1_000_000


class LocalQueue(QueueOperations):
    """The queue as rows; whoever changes them starts what may start then."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, experiment: str | None) -> Flow[QueueLimits]:
        def call() -> QueueLimits:
            reconcile(self._store)
            with self._store.read() as db:
                return _limits(db, experiment)

        return local(call)

    def list(self, experiment: str | None) -> Flow[tuple[QueueEntry, ...]]:
        def call() -> tuple[QueueEntry, ...]:
            reconcile(self._store)
            with self._store.read() as db:
                only = None if experiment is None else find_experiment(db, experiment).name
                order = {waiting.run: at for at, waiting in enumerate(waiting_runs(db), start=1)}
                rows = db.execute(
                    "SELECT number, runs.id, runs.name, experiments.name, state, priority, reason FROM runs"
                    " JOIN experiments ON experiments.id = experiment_id"
                    " WHERE ended_at IS NULL AND kind = ? ORDER BY number",
                    (RunKind.SUBMITTED,),
                ).fetchall()
            rows.sort(key=lambda row: order.get(row[0], 0))
            return tuple(
                QueueEntry(run_id, name, where, RunState(state), priority, order.get(number, 0), reason)
                for number, run_id, name, where, state, priority, reason in rows
                if only in (None, where)
            )

        return local(call)

    def update(
        self,
        experiment: str | None,
        minimum_instances: int | None,
        maximum_instances: int | Literal["unlimited"] | None,
        maximum_queue_size: int | Literal["unlimited"] | None,
    ) -> Flow[QueueLimits]:
        changed = {
            "minimum_instances": _checked("minimum_instances", minimum_instances, unlimited=False),
            "maximum_instances": _checked("maximum_instances", maximum_instances),
            "maximum_queue_size": _checked("maximum_queue_size", maximum_queue_size),
        }

        def change(db: sqlite3.Connection) -> QueueLimits:
            identity = STORE if experiment is None else find_experiment(db, experiment).id
            if identity == STORE and changed["minimum_instances"]:
                raise InvalidInput(
                    "minimum_instances are places kept for one experiment: name it,"
                    f" as in tracker.queue.update('digits', minimum_instances={minimum_instances})."
                )
            db.execute(
                "INSERT OR IGNORE INTO queue_limits (experiment_id, minimum_instances) VALUES (?, 0)", (identity,)
            )
            for name, value in changed.items():
                if value is not None:
                    shown = None if value == UNLIMITED else value
                    db.execute(f"UPDATE queue_limits SET {name} = ? WHERE experiment_id = ?", (shown, identity))
            _check_sums(db)
            return _limits(db, experiment)

        return local(lambda: self._changed(change))

    def prioritize(self, run_id: str, priority: int) -> Flow[RunInfo]:
        checked_priority(priority)

        def change(db: sqlite3.Connection) -> None:
            run = run_number(db, run_id)
            if not waits(db, run):
                raise Conflict(f"The run {run_id[:8]} does not wait, so its priority would change nothing.")
            db.execute("UPDATE runs SET priority = ? WHERE number = ?", (priority, run))
            add_event(db, run, "prioritized", f"Its priority is {priority} now.", data={"priority": priority})

        def call() -> RunInfo:
            self._changed(change)
            with self._store.read() as db:
                return find_run(db, run_id)[0]

        return local(call)

    def _changed(self, change: Callable[[sqlite3.Connection], QueueLimits | None]) -> QueueLimits:
        with self._store.write() as db:
            result = change(db)
            claims = claim(db)
        carry_out(self._store, claims)
        return result or QueueLimits()


def checked_priority(priority: int) -> int:
    """A priority; `InvalidInput` when it is none."""
    if isinstance(priority, bool) or not isinstance(priority, int) or abs(priority) > _MOST:
        raise InvalidInput(f"The priority must be a whole number from -{_MOST:,} to {_MOST:,}, not {priority!r}.")
    return priority


def _limits(db: sqlite3.Connection, experiment: str | None) -> QueueLimits:
    found = None if experiment is None else find_experiment(db, experiment)
    row = db.execute(
        "SELECT minimum_instances, maximum_instances, maximum_queue_size FROM queue_limits WHERE experiment_id = ?",
        (found.id if found else STORE,),
    ).fetchone()
    counts, waiting = running(db), waiting_runs(db)
    minimum, maximum, size = row or (0, None, None)
    return QueueLimits(
        found.name if found else "",
        minimum,
        maximum,
        size,
        running=counts.get(found.id, 0) if found else sum(counts.values()),
        waiting=sum(found is None or each.experiment == found.id for each in waiting),
    )


def _checked(
    name: str, value: int | Literal["unlimited"] | None, *, unlimited: bool = True
) -> int | Literal["unlimited"] | None:
    if value is None or (unlimited and value == UNLIMITED):
        return value
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        also = f", or {UNLIMITED!r}" if unlimited else ""
        raise InvalidInput(f"{name} must be a whole number from 0 to {_MOST:,}{also}, not {value!r}.")
    return value


def _check_sums(db: sqlite3.Connection) -> None:
    """Raise `InvalidInput` when places are kept that there cannot be."""
    known = limits(db)
    for identity, each in known.items():
        if each.maximum is not None and each.minimum > each.maximum and identity != STORE:
            raise InvalidInput(
                f"minimum_instances ({each.minimum}) is more than maximum_instances ({each.maximum}) of the experiment."
            )
    kept, store = sum(each.minimum for each in known.values()), known.get(STORE)
    if store is not None and store.maximum is not None and kept > store.maximum > 0:
        raise InvalidInput(
            f"The experiments keep {kept} places for themselves (minimum_instances), and the store has"
            f" {store.maximum} (maximum_instances). Lower the minimums first, or allow more."
        )
