"""Artifacts and checkpoints of runs in the local store."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.files import artifact_path, check_source, fetch, files_of, keep
from jupyter_tracker.backends.local.rows import moment, run_number
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.operations import ArtifactOperations, CheckpointOperations
from jupyter_tracker.errors import NotFound
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Artifact, Checkpoint


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
            kept = self._store.run_folder(run_id) / "artifacts" / artifact_path(path)
            if not kept.exists():
                with self._store.read() as db:
                    number = run_number(db, run_id)
                    known = [row[0] for row in db.execute("SELECT path FROM artifacts WHERE run = ?", (number,))]
                raise NotFound("artifact", path, known, f"`%tracker artifacts {run_id[:8]}` lists them.")
            with self._store.translated_errors():
                return fetch(kept, target)

        return local(call)


class LocalCheckpoints(CheckpointOperations):
    """Checkpoints: artifacts below `checkpoints/`, known by their step."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def log(self, run_id: str, step: int, source: Path) -> Flow[Checkpoint]:
        def call() -> Checkpoint:
            check_source(source)
            identity = os.urandom(16).hex()
            path = f"checkpoints/{step}/{source.name}"
            with self._store.write() as db:
                db.execute(
                    "INSERT INTO checkpoints (id, run, step, path, size, complete, created_at)"
                    " VALUES (?, ?, ?, ?, 0, 0, ?)",
                    (identity, run_number(db, run_id), step, path, now()),
                )
            size = sum(kept.size for kept in keep_artifacts(self._store, run_id, source, path))
            with self._store.write() as db:
                run = run_number(db, run_id)
                db.execute("UPDATE checkpoints SET size = ?, complete = 1 WHERE id = ?", (size, identity))
                add_event(db, run, "checkpoint", f"A checkpoint of step {step} was kept.", data={"step": step})
                (created,) = db.execute("SELECT created_at FROM checkpoints WHERE id = ?", (identity,)).fetchone()
            return Checkpoint(identity, run_id, step, path, size, complete=True, created_at=moment(created))

        return local(call)

    def list(self, run_id: str) -> Flow[tuple[Checkpoint, ...]]:
        def call() -> tuple[Checkpoint, ...]:
            with self._store.read() as db:
                rows = db.execute(
                    "SELECT id, step, path, size, complete, created_at FROM checkpoints WHERE run = ?"
                    " ORDER BY step, created_at",
                    (run_number(db, run_id),),
                ).fetchall()
            return tuple(
                Checkpoint(identity, run_id, step, path, size, bool(complete), moment(created))
                for identity, step, path, size, complete, created in rows
            )

        return local(call)


def keep_artifacts(store: Store, run_id: str, source: Path, path: str) -> tuple[Artifact, ...]:
    """Copy a file or a folder below the artifacts of a run, and list what was kept."""
    base = PurePosixPath(artifact_path(path))
    folder = store.run_folder(run_id) / "artifacts"
    kept: list[Artifact] = []
    with store.translated_errors():
        for file, relative in files_of(source):
            size, sha256 = keep(file, folder / base / relative)
            kept.append(Artifact(str(base / relative), size, sha256, moment(now())))
    with store.write() as db:
        run = run_number(db, run_id)
        db.executemany(
            "INSERT OR REPLACE INTO artifacts (run, path, size, sha256, created_at) VALUES (?, ?, ?, ?, ?)",
            [(run, artifact.path, artifact.size, artifact.sha256, now()) for artifact in kept],
        )
    return tuple(kept)
