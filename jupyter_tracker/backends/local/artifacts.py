"""Artifacts of runs in the local store."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from jupyter_tracker.backends.common.files import artifact_path, fetch, files_of, keep
from jupyter_tracker.backends.local.rows import moment, run_number
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.operations import ArtifactOperations
from jupyter_tracker.errors import NotFound
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Artifact


class LocalArtifacts(ArtifactOperations):
    """Files below `runs/<id>/artifacts`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def log(self, run_id: str, source: Path, path: str) -> Flow[tuple[Artifact, ...]]:
        return local(lambda: keep_artifacts(self._store, run_id, source, path))

    def list(self, run_id: str) -> Flow[tuple[Artifact, ...]]:
        def call() -> tuple[Artifact, ...]:
            with self._store.read() as db:
                rows = db.execute(
                    "SELECT path, size, sha256, created_at FROM artifacts WHERE run = ? ORDER BY path",
                    (run_number(db, run_id),),
                ).fetchall()
            return tuple(Artifact(path, size, sha256, moment(created)) for path, size, sha256, created in rows)

        return local(call)

    def download(self, run_id: str, path: str, target: Path) -> Flow[Path]:
        def call() -> Path:
            kept = artifact_folder(self._store, run_id) / artifact_path(path)
            if not kept.exists():
                with self._store.read() as db:
                    number = run_number(db, run_id)
                    known = [row[0] for row in db.execute("SELECT path FROM artifacts WHERE run = ?", (number,))]
                    removed = why_removed(db, number)
                raise NotFound("artifact", path, known, removed or f"`%tracker artifacts {run_id[:8]}` lists them.")
            with self._store.translated_errors():
                return fetch(kept, target)

        return local(call)


def keep_artifacts(store: Store, run_id: str, source: Path, path: str) -> tuple[Artifact, ...]:
    """Copy a file or a folder below the artifacts of a run, and list what was kept."""
    kept = copy_artifacts(store, run_id, source, path)
    with store.write() as db:
        list_artifacts(db, run_number(db, run_id), kept)
    return kept


def copy_artifacts(store: Store, run_id: str, source: Path, path: str) -> tuple[Artifact, ...]:
    """Copy a file or a folder below the artifacts of a run; they are not listed yet."""
    base = PurePosixPath(artifact_path(path))
    folder = artifact_folder(store, run_id)
    kept: list[Artifact] = []
    with store.translated_errors():
        for file, relative in files_of(source):
            size, sha256 = keep(file, folder / base / relative)
            kept.append(Artifact(str(base / relative), size, sha256, moment(now())))
    return tuple(kept)


def list_artifacts(db: sqlite3.Connection, run: int, kept: Iterable[Artifact]) -> None:
    """List what was kept; the same path again replaces what was listed under it."""
    db.executemany(
        "INSERT OR REPLACE INTO artifacts (run, path, size, sha256, created_at) VALUES (?, ?, ?, ?, ?)",
        [(run, artifact.path, artifact.size, artifact.sha256, now()) for artifact in kept],
    )


def remove_artifacts(store: Store, run_id: str, path: str) -> None:
    """Remove a file or folder below the artifacts of a run; all of them when the path is empty."""
    kept = artifact_folder(store, run_id) / artifact_path(path) if path else artifact_folder(store, run_id)
    with store.write() as db:
        db.execute(
            "DELETE FROM artifacts WHERE run = ? AND (? = '' OR path = ? OR (path >= ? AND path < ?))",
            (run_number(db, run_id), path, path, f"{path}/", f"{path}0"),
        )
    with store.translated_errors():
        if kept.is_dir():
            shutil.rmtree(kept)
        else:
            kept.unlink(missing_ok=True)


def why_removed(db: sqlite3.Connection, run: int) -> str:
    """What retention removed of a run, as a sentence; empty when it removed nothing."""
    row = db.execute(
        "SELECT message FROM events WHERE run = ? AND kind = 'data_removed' ORDER BY sequence DESC LIMIT 1", (run,)
    ).fetchone()
    return "" if row is None else str(row[0])


def artifact_folder(store: Store, run_id: str) -> Path:
    """Where the artifacts of a run lie."""
    return store.run_folder(run_id) / "artifacts"
