"""Experiments in the local store."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping

from jupyter_tracker.backends.local.rows import EXPERIMENT_COLUMNS, experiment
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.operations import ExperimentOperations
from jupyter_tracker.errors import Conflict, InvalidInput, NotFound
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Experiment, Lifecycle


def find_experiment(db: sqlite3.Connection, reference: str) -> Experiment:
    """The experiment of that id or name, in whatever lifecycle; `NotFound` suggests close names."""
    row = db.execute(
        f"SELECT {EXPERIMENT_COLUMNS} FROM experiments WHERE id = ? OR name = ? ORDER BY id = ? DESC",
        (reference, reference, reference),
    ).fetchone()
    if row is None:
        active = db.execute("SELECT name FROM experiments WHERE lifecycle = ?", (Lifecycle.ACTIVE,))
        known = [name for (name,) in active]
        raise NotFound("experiment", reference, known, "`%tracker experiments` lists them.")
    return experiment(row)


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


def insert_experiment(db: sqlite3.Connection, name: str, description: str, tags: Mapping[str, str]) -> str:
    """Make an experiment and return its id."""
    checked_name("experiment", name)
    identity = os.urandom(16).hex()
    try:
        db.execute(
            f"INSERT INTO experiments ({EXPERIMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (identity, name, description, json.dumps(dict(tags)), Lifecycle.ACTIVE, now(), now()),
        )
    except sqlite3.IntegrityError as error:
        (lifecycle,) = db.execute("SELECT lifecycle FROM experiments WHERE name = ?", (name,)).fetchone()
        raise Conflict(clash(name, lifecycle)) from error
    return identity


def checked_name(noun: str, name: str) -> str:
    """A name that can be shown and typed: 1 to 250 characters, none of them a control character."""
    if not isinstance(name, str) or not name.strip() or len(name) > 250 or not name.isprintable():
        raise InvalidInput(f"The {noun} name {name!r} must be 1 to 250 printable characters.")
    return name


def clash(name: str, lifecycle: str) -> str:
    """Why an experiment of that name cannot be made, and what to do."""
    if lifecycle == Lifecycle.DELETED:
        return (
            f"The experiment {name!r} was deleted and still has its name. "
            f"Restore it (`tracker.experiments.restore({name!r})`) or choose another name."
        )
    return f"There is an experiment {name!r} already ({lifecycle}). Use it, or choose another name."


class LocalExperiments(ExperimentOperations):
    """Experiments as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, name: str, description: str, tags: Mapping[str, str]) -> Flow[Experiment]:
        def call() -> Experiment:
            with self._store.write() as db:
                return find_experiment(db, insert_experiment(db, name, description, tags))

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
        self, reference: str, name: str | None, description: str | None, tags: Mapping[str, str | None] | None
    ) -> Flow[Experiment]:
        def call() -> Experiment:
            with self._store.write() as db:
                found = find_experiment(db, reference)
                changed = {**found.tags, **(tags or {})}
                kept = {key: value for key, value in changed.items() if value is not None}
                try:
                    db.execute(
                        "UPDATE experiments SET name = ?, description = ?, tags = ?, updated_at = ? WHERE id = ?",
                        (
                            found.name if name is None else checked_name("experiment", name),
                            found.description if description is None else description,
                            json.dumps(kept),
                            now(),
                            found.id,
                        ),
                    )
                except sqlite3.IntegrityError as error:
                    taken = find_experiment(db, str(name))
                    raise Conflict(clash(taken.name, taken.lifecycle)) from error
                return find_experiment(db, found.id)

        return local(call)

    def delete(self, reference: str) -> Flow[Experiment]:
        return self._put(reference, Lifecycle.DELETED)

    def restore(self, reference: str) -> Flow[Experiment]:
        return self._put(reference, Lifecycle.ACTIVE)

    def archive(self, reference: str) -> Flow[Experiment]:
        return self._put(reference, Lifecycle.ARCHIVED)

    def _put(self, reference: str, lifecycle: Lifecycle) -> Flow[Experiment]:
        def call() -> Experiment:
            with self._store.write() as db:
                found = find_experiment(db, reference)
                if lifecycle is Lifecycle.DELETED:
                    (active,) = db.execute(
                        "SELECT count(*) FROM runs WHERE experiment_id = ? AND ended_at IS NULL", (found.id,)
                    ).fetchone()
                    if active:
                        raise Conflict(f"{active} runs of {found.name!r} have not ended. Stop them first.")
                db.execute(
                    "UPDATE experiments SET lifecycle = ?, updated_at = ? WHERE id = ?", (lifecycle, now(), found.id)
                )
                return find_experiment(db, found.id)

        return local(call)

    @staticmethod
    def _listed(db: sqlite3.Connection, condition: str, value: str) -> tuple[Experiment, ...]:
        columns = ", ".join(f"experiments.{column}" for column in EXPERIMENT_COLUMNS.split(", "))
        rows = db.execute(
            f"SELECT {columns}, count(runs.number), count(runs.number) FILTER (WHERE runs.ended_at IS NULL)"
            " FROM experiments LEFT JOIN runs"
            " ON runs.experiment_id = experiments.id AND runs.lifecycle != 'deleted'"
            f" {condition} GROUP BY experiments.id ORDER BY experiments.updated_at DESC",
            (value,),
        )
        return tuple(experiment(row, row[7], row[8]) for row in rows)
