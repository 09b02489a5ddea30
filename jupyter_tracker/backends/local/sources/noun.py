"""Sources as rows, and their files as objects."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
from pathlib import Path

from jupyter_tracker.backends.common.code.codecheck import check_code
from jupyter_tracker.backends.common.code.collection import CREATED, SNAPSHOT, Collection, Limits
from jupyter_tracker.backends.common.code.reading import CELL, Collected, collect, default_name
from jupyter_tracker.backends.common.files import check_empty
from jupyter_tracker.backends.common.values import checked_name
from jupyter_tracker.backends.local import trash
from jupyter_tracker.backends.local.purge import purge_source
from jupyter_tracker.backends.local.sources.difference import difference
from jupyter_tracker.backends.local.sources.objects import Objects
from jupyter_tracker.backends.local.sources.rows import COLUMNS, files_of_source, find_source, select
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.operations import SourceOperations
from jupyter_tracker.errors import Conflict, InvalidCode
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Cleanup, Code, CodeKind, Lifecycle, Source, SourceDescription, SourceDifference


class LocalSources(SourceOperations):
    """Versions of code below `sources/`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._objects = Objects(store.home / "sources")

    def create(self, code: Code, name: str | None, description: str, commit: str | None) -> Flow[Source]:
        return local(lambda: self.keep(code, name, description, commit, CREATED))

    def snapshot(self, code: Code) -> Source:
        """Keep the code of a run, within the limits of what is kept without being asked for."""
        return self.keep(code, None, "", None, SNAPSHOT)

    def keep(self, code: Code, name: str | None, description: str, commit: str | None, limits: Limits) -> Source:
        """Keep code as a version of its name."""
        name = default_name(code) if name is None else checked_name("source", name)
        with self._store.translated_errors(), self._objects.collection(limits) as collection:
            found = collect(code, commit, collection, limits)
            with self._store.write() as db:
                self._objects.keep(collection)
                return _add(db, name, description, collection, found)

    def get(self, reference: str) -> Flow[Source]:
        def call() -> Source:
            with self._store.read() as db:
                return find_source(db, reference)

        return local(call)

    def list(self, name: str | None, lifecycle: Lifecycle) -> Flow[tuple[Source, ...]]:
        def call() -> tuple[Source, ...]:
            order = "ORDER BY updated_at DESC, version DESC"
            with self._store.read() as db:
                if name is None:
                    return tuple(select(db, f"lifecycle = ? {order}", lifecycle))
                return tuple(select(db, f"lifecycle = ? AND name = ? {order}", lifecycle, name))

        return local(call)

    def describe(self, reference: str) -> Flow[SourceDescription]:
        def call() -> SourceDescription:
            with self._store.read() as db:
                source = find_source(db, reference)
                runs = db.execute(
                    "SELECT id FROM runs WHERE source = ? AND lifecycle != 'deleted' ORDER BY number DESC", (source.id,)
                ).fetchall()
                return SourceDescription(source, files_of_source(db, source.digest), tuple(run for (run,) in runs))

        return local(call)

    def difference(self, before: str, after: str) -> Flow[SourceDifference]:
        def call() -> SourceDifference:
            with self._store.read() as db:
                sources = [find_source(db, reference) for reference in (before, after)]
                files = [{file.path: file for file in files_of_source(db, each.digest)} for each in sources]
            with self._store.translated_errors():
                return difference((sources[0], files[0]), (sources[1], files[1]), self._objects.open)

        return local(call)

    def download(self, reference: str, target: Path) -> Flow[Path]:
        def call() -> Path:
            check_empty(target)
            self.unpack(reference, target)
            return target

        return local(call)

    def update(self, reference: str, description: str) -> Flow[Source]:
        def call() -> Source:
            with self._store.write() as db:
                found = find_source(db, reference)
                trash.check_not_deleted("source", found.label, found.lifecycle, "change")
                db.execute("UPDATE sources SET description = ? WHERE id = ?", (description, found.id))
                return find_source(db, found.id)

        return local(call)

    def delete(self, reference: str) -> Flow[Source]:
        return self._move(reference, trash.DELETE)

    def restore(self, reference: str) -> Flow[Source]:
        return self._move(reference, trash.RESTORE)

    def archive(self, reference: str) -> Flow[Source]:
        return self._move(reference, trash.ARCHIVE)

    def unarchive(self, reference: str) -> Flow[Source]:
        return self._move(reference, trash.UNARCHIVE)

    def purge(self, reference: str) -> Flow[Cleanup]:
        return local(lambda: purge_source(self._store, self._objects, reference))

    def unpack(self, reference: str, folder: Path) -> Source:
        """Write the files of a source into a folder that is empty or not there."""
        with self._store.read() as db:
            source = find_source(db, reference)
            files = files_of_source(db, source.digest)
        with self._store.translated_errors():
            folder.mkdir(parents=True, exist_ok=True)
            for file in files:
                self._objects.write(file, folder)
        return source

    def unpacked_code(self, code: Code, folder: Path) -> Code:
        """The code of a source as it can be started, with its files in a folder of its own; `code.source` says which.

        Raises:
            InvalidCode: the source is no code of that kind, or has no entry point.
            Conflict: it was deleted.
        """
        with self._store.read() as db:
            found = find_source(db, code.source)
        if found.lifecycle is Lifecycle.DELETED:
            raise Conflict(
                f"The source {found.label} was deleted. Restore it: `%tracker sources restore {found.label}`."
            )
        if not (code.entry_point or found.entry_point):
            raise InvalidCode(
                f"The source {found.label} has no entry point. Name one of its files with entry_point=;"
                f" `%tracker sources describe {found.label}` lists them."
            )
        self.unpack(found.id, folder)
        entry = folder / found.entry_point
        if found.kind is CodeKind.CELL:
            changed = dataclasses.replace(code, text=(folder / CELL).read_text("utf-8"), path=str(folder))
        elif found.kind is CodeKind.FOLDER:
            changed = dataclasses.replace(code, path=str(folder), entry_point=code.entry_point or found.entry_point)
        else:
            changed = dataclasses.replace(code, path=str(entry))
        return check_code(dataclasses.replace(changed, kind=found.kind, source=found.id))

    def _move(self, reference: str, wanted: trash.Move) -> Flow[Source]:
        def call() -> Source:
            with self._store.write() as db:
                found = find_source(db, reference)
                trash.move(db, "source", found.id, found.label, wanted)
                return find_source(db, found.id)

        return local(call)


def _add(db: sqlite3.Connection, name: str, description: str, collection: Collection, found: Collected) -> Source:
    """The version of a name that has these files: a new one, or the one that is there, which is in use again."""
    digest, files = collection.digest, collection.files
    known = select(
        db,
        "name = ? AND digest = ? AND kind = ? AND entry_point = ? ORDER BY version DESC LIMIT 1",
        name,
        digest,
        found.kind,
        found.entry_point,
    )
    if known:
        db.execute(
            "UPDATE sources SET lifecycle = ?, deleted_at = NULL, updated_at = ?,"
            " description = coalesce(nullif(?, ''), description) WHERE id = ?",
            (Lifecycle.ACTIVE, now(), description, known[0].id),
        )
        return find_source(db, known[0].id)
    db.executemany(
        "INSERT OR IGNORE INTO source_files (digest, path, size, sha256, executable) VALUES (?, ?, ?, ?, ?)",
        [(digest, file.path, file.size, file.sha256, file.executable) for file in files],
    )
    (last,) = db.execute("SELECT coalesce(max(version), 0) FROM sources WHERE name = ?", (name,)).fetchone()
    identity = os.urandom(16).hex()
    size = sum(file.size for file in files)
    db.execute(
        f"INSERT INTO sources ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            identity,
            name,
            last + 1,
            digest,
            found.kind,
            found.entry_point,
            found.origin.encode("utf-8", "backslashreplace").decode(),
            found.commit,
            description,
            Lifecycle.ACTIVE,
            len(files),
            size,
            now(),
            now(),
        ),
    )
    return find_source(db, identity)
