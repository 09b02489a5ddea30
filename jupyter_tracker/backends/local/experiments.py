"""Experiments in the local store."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping

from jupyter_tracker.backends.common.values import checked_name, checked_tags
from jupyter_tracker.backends.local import trash
from jupyter_tracker.backends.local.finding import find_experiment
from jupyter_tracker.backends.local.process.liveness import reconcile
from jupyter_tracker.backends.local.purge import purge_experiment
from jupyter_tracker.backends.local.rows import EXPERIMENT_COLUMNS, experiment
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.local.trash import check_not_deleted
from jupyter_tracker.backends.operations import ExperimentOperations
from jupyter_tracker.errors import Conflict
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Cleanup, Experiment, Lifecycle, RetentionMode


def usable_experiment(db: sqlite3.Connection, name: str) -> str:
    """The id of the experiment for a new run, which is made if it is not there; `Conflict` when it was deleted."""
    row = db.execute("SELECT id, lifecycle, name FROM experiments WHERE name = ? OR id = ?", (name, name)).fetchone()
    if row is None:
        return insert_experiment(db, name, "", {})
    if row[1] == Lifecycle.DELETED:
        raise Conflict(clash(row[2], Lifecycle.DELETED))
    db.execute("UPDATE experiments SET updated_at = ? WHERE id = ?", (now(), row[0]))
    identity: str = row[0]
    return identity


def insert_experiment(
    db: sqlite3.Connection,
    name: str,
    description: str,
    tags: Mapping[str, str],
    retention_mode: RetentionMode = RetentionMode.FULL,
    retention_time: float | None = None,
) -> str:
    """Make an experiment and return its id."""
    checked_name("experiment", name)
    identity = os.urandom(16).hex()
    try:
        db.execute(
            f"INSERT INTO experiments ({EXPERIMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                identity,
                name,
                description,
                json.dumps(checked_tags(tags)),
                Lifecycle.ACTIVE,
                now(),
                now(),
                retention_mode,
                retention_time,
            ),
        )
    except sqlite3.IntegrityError as error:
        (lifecycle,) = db.execute("SELECT lifecycle FROM experiments WHERE name = ?", (name,)).fetchone()
        raise Conflict(clash(name, lifecycle)) from error
    return identity


def clash(name: str, lifecycle: str) -> str:
    """What is wrong with a name that another experiment has."""
    """Why an experiment of that name cannot be made, and what to do."""
    if lifecycle == Lifecycle.DELETED:
        return (
            f"The experiment {name!r} was deleted and still has its name. "
            f"Restore it (`tracker.experiments.restore({name!r})`) or choose another name."
        )
    if lifecycle == Lifecycle.ARCHIVED:
        return (
            f"The experiment {name!r} is archived and still has its name. "
            f"Take it back (`tracker.experiments.unarchive({name!r})`) or choose another name."
        )
    return f"There is an experiment {name!r} already. Use it, or choose another name."


class LocalExperiments(ExperimentOperations):
    """Experiments as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(
        self,
        name: str,
        description: str,
        tags: Mapping[str, str],
        retention_mode: RetentionMode,
        retention_time: float | None,
    ) -> Flow[Experiment]:
        def call() -> Experiment:
            with self._store.write() as db:
                identity = insert_experiment(db, name, description, tags, retention_mode, retention_time)
                return find_experiment(db, identity)

        return local(call)

    def get(self, reference: str) -> Flow[Experiment]:
        def call() -> Experiment:
            with self._store.read() as db:
                found = find_experiment(db, reference)
                return self._listed(db, "WHERE experiments.id = ?", found.id)[0]

        return local(call)

    def list(self, lifecycle: Lifecycle) -> Flow[tuple[Experiment, ...]]:
        def call() -> tuple[Experiment, ...]:
            with self._store.read() as db:
                return self._listed(db, "WHERE experiments.lifecycle = ?", lifecycle)

        return local(call)

    def update(
        self,
        reference: str,
        name: str | None,
        description: str | None,
        tags: Mapping[str, str | None] | None,
        retention_mode: RetentionMode | None,
        retention_time: float | None,
    ) -> Flow[Experiment]:
        def call() -> Experiment:
            with self._store.write() as db:
                found = find_experiment(db, reference)
                check_not_deleted("experiment", found.name, found.lifecycle, "change")
                changed = {**found.tags, **(tags or {})}
                kept = {key: value for key, value in changed.items() if value is not None}
                try:
                    db.execute(
                        "UPDATE experiments SET name = ?, description = ?, tags = ?, updated_at = ?,"
                        " retention_mode = ?, retention_time = ? WHERE id = ?",
                        (
                            found.name if name is None else checked_name("experiment", name),
                            found.description if description is None else description,
                            json.dumps(checked_tags(kept)),
                            now(),
                            retention_mode or found.retention_mode,
                            found.retention_time if retention_time is None else retention_time,
                            found.id,
                        ),
                    )
                except sqlite3.IntegrityError as error:
                    taken = find_experiment(db, str(name))
                    raise Conflict(clash(taken.name, taken.lifecycle)) from error
                return find_experiment(db, found.id)

        return local(call)

    def delete(self, reference: str) -> Flow[Experiment]:
        return self._move(reference, trash.DELETE)

    def restore(self, reference: str) -> Flow[Experiment]:
        return self._move(reference, trash.RESTORE)

    def archive(self, reference: str) -> Flow[Experiment]:
        return self._move(reference, trash.ARCHIVE)

    def unarchive(self, reference: str) -> Flow[Experiment]:
        return self._move(reference, trash.UNARCHIVE)

    def purge(self, reference: str) -> Flow[Cleanup]:
        def call() -> Cleanup:
            with self._store.read() as db:
                found = find_experiment(db, reference)
            return purge_experiment(self._store, found.id)

        return local(call)

    def _move(self, reference: str, wanted: trash.Move) -> Flow[Experiment]:
        def call() -> Experiment:
            if wanted is trash.DELETE:
                reconcile(self._store)  # a run whose process is gone has ended
            with self._store.write() as db:
                found = find_experiment(db, reference)
                trash.move_experiment(db, found, wanted)
                return find_experiment(db, found.id)

        return local(call)

    @staticmethod
    def _listed(db: sqlite3.Connection, condition: str, value: str) -> tuple[Experiment, ...]:
        columns = ", ".join(f"experiments.{column}" for column in EXPERIMENT_COLUMNS.split(", "))
        rows = db.execute(
            f"SELECT {columns}, count(runs.number), count(runs.number) FILTER (WHERE runs.ended_at IS NULL)"
            " FROM experiments LEFT JOIN runs"
            " ON runs.experiment_id = experiments.id"
            " AND (runs.lifecycle != 'deleted' OR runs.lifecycle_before IS NOT NULL)"
            f" {condition} GROUP BY experiments.id ORDER BY experiments.updated_at DESC",
            (value,),
        )
        return tuple(experiment(row, *row[-2:]) for row in rows)
