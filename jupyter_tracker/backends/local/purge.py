"""Removing for good what was deleted: rows first, files once that is committed.

A run takes with it all rows that refer to it by `REFERENCES runs (number) ON DELETE CASCADE`, its folder `runs/<id>/`
and its journals; those that were a part of it stay by themselves. So what another noun keeps of a run joins in by
itself when it is kept in such a table or in that folder. A noun that keeps files elsewhere lists those to which no row
refers in `maintenance.py`.

The folder of a run is set aside inside the transaction, as `removed/<id>-…`, and removed after it. What a crash leaves
there, `maintain` removes, or puts back where the transaction did not come about.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from jupyter_tracker.backends.local.rows import run_number
from jupyter_tracker.backends.local.sources.objects import Objects
from jupyter_tracker.backends.local.sources.rows import files_of_source, find_source
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.backends.local.trash import check_deleted
from jupyter_tracker.errors import Conflict, NotFound
from jupyter_tracker.models import Cleanup, Lifecycle, Source

PORTION = 100
"""Runs that one transaction removes, so that other writers need not wait long."""


class Leftovers:
    """Files of what a transaction forgets: taken out of the way in it, removed after it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._moved: list[tuple[Path, Path]] = []
        self._files: list[Path] = []
        self.size = 0
        """bytes that were removed"""

    def take_folder(self, run_id: str) -> None:
        """Set the folder of a run aside."""
        folder = self._store.home / "runs" / run_id
        if folder.exists():
            aside = self._store.removed_folder() / f"{run_id}-{os.urandom(4).hex()}"
            folder.rename(aside)
            self._moved.append((folder, aside))

    def take_journals(self, db: sqlite3.Connection, run: int) -> None:
        """Forget the journals of a run."""
        names = db.execute("SELECT name FROM journals WHERE run = ?", (run,)).fetchall()
        self._files += [self._store.home / "journals" / name for (name,) in names]
        db.execute("DELETE FROM journals WHERE run = ?", (run,))

    def put_back(self) -> None:
        """The transaction did not come about."""
        for folder, aside in self._moved:
            aside.rename(folder)

    def remove(self) -> None:
        """It did; what cannot be removed now is left to `maintain`."""
        self.size = removed(aside for _, aside in self._moved) + removed(self._files)


@contextmanager
def forgetting(store: Store) -> Iterator[tuple[sqlite3.Connection, Leftovers]]:
    """A write transaction that forgets things with files."""
    leftovers = Leftovers(store)
    try:
        with store.write() as db:
            yield db, leftovers
    except BaseException:
        leftovers.put_back()
        raise
    leftovers.remove()


def removed(paths: Iterable[Path]) -> int:
    """Remove files and folders; the bytes of those that are gone."""
    freed = 0
    for path in paths:
        size = size_of(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        if not path.exists():
            freed += size
    return freed


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; those that vanish meanwhile do not count."""
    total = 0
    places = [path, *path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path]
    for place in places:
        with suppress(OSError):
            total += 0 if place.is_dir() else place.lstat().st_size
    return total


def forget_runs(db: sqlite3.Connection, leftovers: Leftovers, runs: Sequence[int]) -> None:
    """Remove runs with all rows that belong to them, inside the transaction of `forgetting`."""
    for run in runs:
        (run_id,) = db.execute("SELECT id FROM runs WHERE number = ?", (run,)).fetchone()
        leftovers.take_journals(db, run)
        db.execute("DELETE FROM runs WHERE number = ?", (run,))
        db.execute("UPDATE runs SET parent = '' WHERE parent = ?", (run_id,))
        leftovers.take_folder(run_id)


def purge_run(store: Store, run_id: str) -> Cleanup:
    """Remove a deleted run for good; `Conflict` when it is not deleted."""
    with forgetting(store) as (db, leftovers):
        run = run_number(db, run_id)
        name, lifecycle = db.execute("SELECT name, lifecycle FROM runs WHERE number = ?", (run,)).fetchone()
        check_deleted("run", f"{name} ({run_id[:8]})", lifecycle)
        forget_runs(db, leftovers, [run])
    return Cleanup(runs_purged=1, bytes_freed=leftovers.size)


def purge_experiment(store: Store, identity: str) -> Cleanup:
    """Remove a deleted experiment, its runs and variables for good; `Conflict` when it is not deleted.

    The runs go in portions: a crash leaves a deleted experiment with the rest of them, which can be purged again.
    """
    done = Cleanup()
    while True:
        with forgetting(store) as (db, leftovers):
            row = db.execute("SELECT name, lifecycle FROM experiments WHERE id = ?", (identity,)).fetchone()
            if row is None:
                raise NotFound("experiment", identity)
            check_deleted("experiment", *row)
            runs = _numbers(db, "experiment_id = ? LIMIT ?", identity, PORTION)
            forget_runs(db, leftovers, runs)
            if not runs:
                db.execute("DELETE FROM experiments WHERE id = ?", (identity,))
        done += Cleanup(runs_purged=len(runs), experiments_purged=int(not runs), bytes_freed=leftovers.size)
        if not runs:
            return done


def purge_source(store: Store, objects: Objects, reference: str) -> Cleanup:
    """Remove a deleted source and the contents that only it has; `Conflict` while a run or template refers to it."""
    with store.write() as db:
        found = find_source(db, reference)
        check_deleted("source", found.label, found.lifecycle)
        users = _users(db, found)
        if users:
            raise Conflict(f"The source {found.label} cannot be purged: {users} refer to it. Purge those first.")
        contents = _forget_source(db, found)
    return Cleanup(sources_purged=1) + sweep_objects(store, objects, contents, "source_files")


def purge_template(db: sqlite3.Connection, identity: str, label: str, lifecycle: Lifecycle) -> Cleanup:
    """Remove a deleted template for good."""
    check_deleted("template", label, lifecycle)
    db.execute("DELETE FROM templates WHERE id = ?", (identity,))
    return Cleanup(templates_purged=1)


def purge_deleted(store: Store, objects: Objects, time: int) -> Cleanup:
    """Remove for good all that was deleted until `time`; a source stays while a run or template refers to it."""
    due = "lifecycle = 'deleted' AND deleted_at <= ?"
    done = Cleanup()
    with store.read() as db:
        experiments = [row[0] for row in db.execute(f"SELECT id FROM experiments WHERE {due}", (time,))]
    for identity in experiments:
        with suppress(Conflict, NotFound):  # restored or purged by somebody meanwhile
            done += purge_experiment(store, identity)
    while True:
        with forgetting(store) as (db, leftovers):
            # Those of a deleted experiment go with it.
            runs = _numbers(db, f"{due} AND lifecycle_before IS NULL LIMIT ?", time, PORTION)
            forget_runs(db, leftovers, runs)
        done += Cleanup(runs_purged=len(runs), bytes_freed=leftovers.size)
        if not runs:
            break
    contents: set[str] = set()
    with store.write() as db:
        templates = db.execute(f"DELETE FROM templates WHERE {due}", (time,)).rowcount
        # A deleted model is not changed but by `update`, which is a reason to keep it a while longer.
        models = db.execute("DELETE FROM models WHERE lifecycle = 'deleted' AND updated_at <= ?", (time,)).rowcount
        sources = [find_source(db, row[0]) for row in db.execute(f"SELECT id FROM sources WHERE {due}", (time,))]
        unused = [source for source in sources if not _users(db, source)]
        for source in unused:
            contents |= _forget_source(db, source)
    done += Cleanup(templates_purged=templates, sources_purged=len(unused), models_purged=models)
    return done + sweep_objects(store, objects, contents, "source_files")


def forget_unused(db: sqlite3.Connection) -> Cleanup:
    """Remove datasets and executions that no run has any more."""
    datasets = db.execute("DELETE FROM datasets WHERE id NOT IN (SELECT dataset FROM dataset_uses)").rowcount
    executions = db.execute("DELETE FROM executions WHERE id NOT IN (SELECT execution FROM run_executions)").rowcount
    return Cleanup(orphans_removed=datasets + executions)


def sweep_objects(store: Store, objects: Objects, contents: Iterable[str], table: str) -> Cleanup:
    """Remove those of some contents, by SHA-256, that are not in a table of files."""
    candidates = sorted(contents)
    done = Cleanup()
    for start in range(0, len(candidates), PORTION):
        portion = candidates[start : start + PORTION]
        # Sources and models are added inside a write transaction, so none can begin to refer to them meanwhile.
        with store.write() as db:
            marks = ", ".join("?" * len(portion))
            rows = db.execute(f"SELECT DISTINCT sha256 FROM {table} WHERE sha256 IN ({marks})", portion)
            unused = [objects.path(sha256) for sha256 in set(portion) - {sha256 for (sha256,) in rows}]
            there = [path for path in unused if path.exists()]
            done += Cleanup(orphans_removed=len(there), bytes_freed=removed(there))
    return done


def _forget_source(db: sqlite3.Connection, source: Source) -> set[str]:
    """Remove a source, and its list of files unless another one has the same; the contents that it had."""
    contents = {file.sha256 for file in files_of_source(db, source.digest)}
    db.execute("DELETE FROM sources WHERE id = ?", (source.id,))
    db.execute(
        "DELETE FROM source_files WHERE digest = ? AND NOT EXISTS (SELECT 1 FROM sources WHERE digest = ?)",
        (source.digest, source.digest),
    )
    return contents


def _users(db: sqlite3.Connection, source: Source) -> str:
    """The runs and templates that refer to a source, deleted ones included, as text; empty when there are none."""
    counts = {
        noun: db.execute(f"SELECT count(*) FROM {noun} WHERE source = ?", (source.id,)).fetchone()[0]
        for noun in ("runs", "templates")
    }
    return " and ".join(f"{count:,} {noun}" for noun, count in counts.items() if count)


def _numbers(db: sqlite3.Connection, condition: str, *bound: object) -> list[int]:
    return [row[0] for row in db.execute(f"SELECT number FROM runs WHERE {condition}", bound)]
