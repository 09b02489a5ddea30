"""Environment variables in the local store: public values as they are, secrets sealed (vault.py)."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Mapping
from typing import Any

from jupyter_tracker.backends.common.values import writable
from jupyter_tracker.backends.common.variables import name_taken, named
from jupyter_tracker.backends.local.finding import find_experiment
from jupyter_tracker.backends.local.rows import moment
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.local.vault import Vault
from jupyter_tracker.backends.operations import VariableOperations
from jupyter_tracker.errors import Conflict, InvalidInput
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Experiment, Lifecycle, Scope, Secret, Variable, check_variables, revealed

_COLUMNS = "id, experiment_id, name, value, created_at, updated_at"


class LocalVariables(VariableOperations):
    """Variables as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._vault = Vault(store.home)

    def create(self, name: str, value: str | Secret, secret: bool, experiment: str | None) -> Flow[Variable]:
        def call() -> Variable:
            _check(name, value)
            identity = os.urandom(16).hex()
            with self._store.write() as db:
                owner = _owner(db, experiment)
                public, sealed = self._columns(db, identity, value, secret or isinstance(value, Secret))
                try:
                    db.execute(
                        "INSERT INTO variables (id, experiment_id, name, value, sealed, created_at, updated_at)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (identity, owner.id if owner else None, name, public, sealed, now(), now()),
                    )
                except sqlite3.IntegrityError as error:
                    raise name_taken(name, _name(owner)) from error
                return _found(db, name, owner)

        return local(call)

    def get(self, name: str, experiment: str | None) -> Flow[Variable]:
        def call() -> Variable:
            with self._store.read() as db:
                return _found(db, name, _owner(db, experiment, reading=True), inherited=True)

        return local(call)

    def list(self, experiment: str | None) -> Flow[tuple[Variable, ...]]:
        def call() -> tuple[Variable, ...]:
            with self._store.read() as db:
                return _effective(db, _owner(db, experiment, reading=True))

        return local(call)

    def update(
        self,
        name: str,
        new_name: str | None,
        value: str | Secret | None,
        secret: bool | None,
        experiment: str | None,
    ) -> Flow[Variable]:
        def call() -> Variable:
            with self._store.write() as db:
                owner = _owner(db, experiment)
                found = _found(db, name, owner)
                _check(name if new_name is None else new_name, "" if value is None else value)
                if found.secret and secret is False:
                    raise Conflict(
                        f"The variable {name} is a secret and never becomes public again."
                        " Delete it, and create it anew with a public value."
                    )
                hides = not found.secret and bool(secret or isinstance(value, Secret))
                if hides:
                    db.execute("PRAGMA secure_delete = ON")
                kept = found.value if value is None else value
                if kept is not None:
                    columns = self._columns(db, found.id, kept, found.secret or hides)
                    db.execute("UPDATE variables SET value = ?, sealed = ? WHERE id = ?", (*columns, found.id))
                changed = name if new_name is None else new_name
                try:
                    db.execute("UPDATE variables SET name = ?, updated_at = ? WHERE id = ?", (changed, now(), found.id))
                except sqlite3.IntegrityError as error:
                    raise name_taken(changed, _name(owner)) from error
                result = _found(db, changed, owner)
            if hides:
                self._forget_pages()
            return result

        return local(call)

    def delete(self, name: str, experiment: str | None) -> Flow[Variable]:
        def call() -> Variable:
            with self._store.write() as db:
                found = _found(db, name, _owner(db, experiment))
                db.execute("DELETE FROM variables WHERE id = ?", (found.id,))
                return found

        return local(call)

    def injected(self, experiment: str, own: Mapping[str, str | Secret]) -> dict[str, str | Secret]:
        """What a run gets: those of the store, of the experiment, then its own, each in front of those before.

        One that takes the place of a secret under its name counts as secret, too, if it is the run's own.
        """
        with self._store.read() as db:
            row = db.execute(
                "SELECT id FROM experiments WHERE name = ? OR id = ? ORDER BY id = ? DESC", (experiment,) * 3
            ).fetchone()
            rows = db.execute(
                "SELECT id, name, value, sealed FROM variables WHERE experiment_id IS NULL OR experiment_id = ?"
                " ORDER BY experiment_id IS NOT NULL",
                (row[0] if row else "",),
            ).fetchall()
            effective = {name: (identity, value, sealed) for identity, name, value, sealed in rows}
            found: dict[str, str | Secret] = {
                name: self._vault.open(db, identity, sealed) if sealed is not None else value
                for name, (identity, value, sealed) in effective.items()
                if name not in own
            }
        hidden = {name for name, (_, _, sealed) in effective.items() if sealed is not None}
        for name, value in own.items():
            found[name] = Secret(revealed(value)) if name in hidden else value
        return found

    def _columns(
        self, db: sqlite3.Connection, identity: str, value: str | Secret, secret: bool
    ) -> tuple[str | None, bytes | None]:
        """The columns value and sealed."""
        if secret:
            return None, self._vault.seal(db, identity, Secret(revealed(value)))
        return revealed(value), None

    def _forget_pages(self) -> None:
        """Take the value that has become secret out of the write-ahead log, too, as far as readers let us."""
        with self._store.read() as db:
            db.execute("ROLLBACK")
            with contextlib.suppress(sqlite3.Error):
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("BEGIN")


def _check(name: str, value: str | Secret) -> None:
    check_variables({name: value})
    if not writable(revealed(value)):
        raise InvalidInput(f"The variable {name} holds half of a surrogate pair, which is no text.")


def _owner(db: sqlite3.Connection, experiment: str | None, *, reading: bool = False) -> Experiment | None:
    if experiment is None:
        return None
    found = find_experiment(db, experiment)
    if found.lifecycle is Lifecycle.DELETED and not reading:
        raise Conflict(f"The experiment {found.name!r} was deleted. Restore it before its variables are changed.")
    return found


def _name(owner: Experiment | None) -> str | None:
    return owner.name if owner else None


def _found(db: sqlite3.Connection, name: str, owner: Experiment | None, *, inherited: bool = False) -> Variable:
    return named(_effective(db, owner), name, _name(owner), inherited=inherited)


def _effective(db: sqlite3.Connection, owner: Experiment | None) -> tuple[Variable, ...]:
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM variables WHERE experiment_id IS NULL OR experiment_id = ? ORDER BY name",
        (owner.id if owner else "",),
    ).fetchall()
    own = {row[2] for row in rows if row[1] is not None}
    above = {row[2] for row in rows if row[1] is None}
    return tuple(
        _variable(row, owner, shadows=row[2] in above) for row in rows if row[1] is not None or row[2] not in own
    )


def _variable(row: tuple[Any, ...], owner: Experiment | None, *, shadows: bool) -> Variable:
    identity, experiment_id, name, value, created, updated = row
    mine = experiment_id is not None
    return Variable(
        id=identity,
        name=name,
        value=value,
        secret=value is None,
        scope=Scope.EXPERIMENT if mine else Scope.STORE,
        experiment=owner.name if owner and mine else "",
        inherited=owner is not None and not mine,
        shadows=mine and shadows,
        created_at=moment(created),
        updated_at=moment(updated),
    )
