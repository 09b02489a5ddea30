"""Keeping the store small and tidy, while others use it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from jupyter_tracker.backends.local.journal import DELETED
from jupyter_tracker.backends.local.process.liveness import reconcile
from jupyter_tracker.backends.local.purge import forget_unused, purge_deleted, removed, sweep_objects
from jupyter_tracker.backends.local.retention import apply_retention
from jupyter_tracker.backends.local.rows import microseconds
from jupyter_tracker.backends.local.sources.objects import ABANDONED_AFTER, Objects
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.operations import MaintenanceOperations
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Cleanup


class LocalMaintenance(MaintenanceOperations):
    """Retention, orphans, and the upkeep of the database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._objects = Objects(store.home / "sources")
        self._contents = {"source_files": self._objects, "model_files": Objects(store.home / "models")}

    def maintain(self, time: datetime | None, purge_deleted_after: float | None) -> Flow[Cleanup]:
        def call() -> Cleanup:
            moment = now() if time is None else microseconds(time)
            reconcile(self._store)
            done = apply_retention(self._store, moment)
            if purge_deleted_after is not None:
                done += purge_deleted(self._store, self._objects, moment - int(purge_deleted_after * 1e6))
            with self._store.translated_errors():
                done += self._orphans(moment)
            return done + Cleanup(bytes_freed=self._store.tidy())

        return local(call)

    def _orphans(self, moment: int) -> Cleanup:
        """Remove files, datasets and executions to which nothing refers."""
        done = Cleanup()
        for table, objects in self._contents.items():
            done += sweep_objects(self._store, objects, objects.contents(), table)
            objects.forget_abandoned(moment / 1e6)
        with self._store.write() as db:
            done += forget_unused(db)
        finders: tuple[Callable[[sqlite3.Connection, int], list[Path]], ...] = (
            self._interrupted,
            self._strangers,
            self._journals,
        )
        for finder in finders:
            # Rows and files change together only inside a write transaction, so what is found in one is an orphan.
            with self._store.write() as db:
                found = finder(db, moment)
            done += Cleanup(orphans_removed=len(found), bytes_freed=removed(found))
        return done

    def _interrupted(self, db: sqlite3.Connection, _moment: int) -> list[Path]:
        """What a purge or trimming that broke off had set aside; put back where it had not come to its end."""
        found = []
        for aside in _entries(self._store.home / "removed"):
            run_id = aside.name.partition("-")[0]
            row = db.execute("SELECT trimmed_at FROM runs WHERE id = ?", (run_id,)).fetchone()
            if row is None or row[0] is not None:
                found.append(aside)
            elif not (folder := self._store.home / "runs" / run_id).exists():
                aside.rename(folder)
        return found

    def _strangers(self, db: sqlite3.Connection, moment: int) -> list[Path]:
        """Folders of runs that are not there; a young one may still get its run, as a submission makes it first."""
        known = {row[0] for row in db.execute("SELECT id FROM runs")}
        return [
            folder
            for folder in _entries(self._store.home / "runs")
            if folder.name not in known and moment / 1e6 - _changed_at(folder) > ABANDONED_AFTER
        ]

    def _journals(self, db: sqlite3.Connection, _moment: int) -> list[Path]:
        """Journals that no run has, or whose points are all in chunks."""
        known = {row[0] for row in db.execute("SELECT name FROM journals WHERE state < ?", (DELETED,))}
        return [path for path in _entries(self._store.home / "journals") if path.name not in known]


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _changed_at(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return float("inf")
