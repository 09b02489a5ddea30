"""Checkpoints of runs in the local store.

The files of one are artifacts in a folder of its own, `checkpoints/step-20-ab12cd34`, which is deleted with it.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.common.files import check_empty, check_source, digest_of, files_of, settle_links
from jupyter_tracker.backends.local.artifacts import artifact_folder, copy_artifacts, list_artifacts, why_removed
from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.finding import within
from jupyter_tracker.backends.local.rows import moment, run_number
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.operations import CheckpointOperations
from jupyter_tracker.errors import Ambiguous, Conflict, InvalidInput, NotFound, StoreError
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Artifact, Checkpoint, CheckpointQuery

_SELECT = (
    "SELECT checkpoints.id, runs.id, step, path, size, checkpoints.created_at, completed_at, runs.name,"
    " experiments.name FROM checkpoints JOIN runs ON runs.number = checkpoints.run"
    " JOIN experiments ON experiments.id = runs.experiment_id"
)
_ORDER = {"step": "step", "created_at": "checkpoints.created_at", "size": "size", "id": "checkpoints.id"}


class LocalCheckpoints(CheckpointOperations):
    """Checkpoints as rows, incomplete until their files are listed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def log(self, run_id: str, step: int, source: Path) -> Flow[Checkpoint]:
        def call() -> Checkpoint:
            check_source(source)
            if not any(True for _ in files_of(source)):
                raise InvalidInput(f"The folder {str(source)!r} has no files; a checkpoint needs some.")
            name = source.name if source.name not in ("", "..") else source.resolve().name
            identity, folder = self._begin(run_id, step, name)
            kept = copy_artifacts(self._store, run_id, source, f"{folder}/{name}")
            try:
                return self._complete(identity, kept)
            except NotFound:  # somebody has deleted it meanwhile
                shutil.rmtree(artifact_folder(self._store, run_id) / folder, ignore_errors=True)
                raise

        return local(call)

    def begin(self, run_id: str, step: int) -> Flow[tuple[Checkpoint, Path]]:
        def call() -> tuple[Checkpoint, Path]:
            identity, folder = self._begin(run_id, step, "")
            place = artifact_folder(self._store, run_id) / folder
            with self._store.translated_errors():
                place.mkdir(parents=True)
            with self._store.read() as db:
                return find_checkpoint(db, identity), place

        return local(call)

    def complete(self, checkpoint_id: str) -> Flow[Checkpoint]:
        def call() -> Checkpoint:
            with self._store.read() as db:
                checkpoint = find_checkpoint(db, checkpoint_id)
            place = artifact_folder(self._store, checkpoint.run_id) / checkpoint.path
            kept = []
            with self._store.translated_errors():
                settle_links(place)
                for file, relative in files_of(place):
                    file.chmod(0o400)  # it may be shared with a model from now on
                    kept.append(Artifact(f"{checkpoint.path}/{relative}", *digest_of(file)))
            if not kept:
                raise InvalidInput(f"Nothing was written into {place}; the checkpoint stays incomplete.")
            return self._complete(checkpoint.id, kept)

        return local(call)

    def get(self, reference: str) -> Flow[Checkpoint]:
        def call() -> Checkpoint:
            with self._store.read() as db:
                return find_checkpoint(db, reference)

        return local(call)

    def list(self, query: CheckpointQuery) -> Flow[tuple[Checkpoint, ...]]:
        def call() -> tuple[Checkpoint, ...]:
            with self._store.read() as db:
                condition, values = _condition(db, query)
                way = "DESC" if query.descending else "ASC"
                column = _ORDER[query.order_by]
                return _select(
                    db,
                    f"{condition} ORDER BY {column} {way}, checkpoints.rowid {way} LIMIT ? OFFSET ?",
                    *values,
                    -1 if query.limit is None else query.limit,
                    query.offset,
                )

        return local(call)

    def steps(self, run_id: str) -> Flow[tuple[int, ...]]:
        def call() -> tuple[int, ...]:
            with self._store.read() as db:
                rows = db.execute(
                    "SELECT DISTINCT step FROM checkpoints WHERE run = ? AND completed_at IS NOT NULL ORDER BY step",
                    (run_number(db, run_id),),
                )
                return tuple(step for (step,) in rows)

        return local(call)

    def download(self, reference: str, target: Path) -> Flow[Path]:
        def call() -> Path:
            with self._store.read() as db:
                checkpoint = complete_checkpoint(db, reference)
                files = files_of_checkpoint(db, checkpoint)
            kept = artifact_folder(self._store, checkpoint.run_id)
            with self._store.translated_errors():
                check_empty(target)
                target.mkdir(parents=True, exist_ok=True)
                for path, artifact in files.items():
                    (target / path).parent.mkdir(parents=True, exist_ok=True)
                    try:
                        shutil.copyfile(kept / artifact.path, target / path)
                    except FileNotFoundError:
                        raise StoreError(f"The file {artifact.path!r} is not in {kept} any more.") from None
            return target

        return local(call)

    def delete(self, references: Sequence[str] | None, run_id: str | None) -> Flow[int]:
        def call() -> int:
            if references is None and run_id is None:
                raise InvalidInput("Say which checkpoints are deleted: ids, a run, or both. Without that all would be.")
            with self._store.write() as db:
                run = None if run_id is None else run_number(db, run_id)
                ids = None if references is None else {find_checkpoint(db, each).id for each in references}
                folders = _delete(db, run, ids)
            for owner, folder in folders:
                shutil.rmtree(artifact_folder(self._store, owner) / folder, ignore_errors=True)
            return len(folders)

        return local(call)

    def _begin(self, run_id: str, step: int, name: str) -> tuple[str, str]:
        """Make an incomplete checkpoint; the result is its id, and the artifact path of its folder."""
        identity = os.urandom(16).hex()
        folder = f"checkpoints/step-{step}-{identity[:8]}"
        with self._store.write() as db:
            db.execute(
                "INSERT INTO checkpoints (id, run, step, folder, path, size, created_at) VALUES (?, ?, ?, ?, ?, 0, ?)",
                (identity, run_number(db, run_id), step, folder, f"{folder}/{name}".rstrip("/"), now()),
            )
        return identity, folder

    def _complete(self, identity: str, kept: Sequence[Artifact]) -> Checkpoint:
        with self._store.write() as db:
            checkpoint = find_checkpoint(db, identity)
            if checkpoint.complete:
                raise Conflict(f"The checkpoint {identity[:8]} is complete already.")
            size, run = sum(artifact.size for artifact in kept), run_number(db, checkpoint.run_id)
            list_artifacts(db, run, kept)
            db.execute("UPDATE checkpoints SET size = ?, completed_at = ? WHERE id = ?", (size, now(), identity))
            data = {"id": identity, "step": checkpoint.step, "path": checkpoint.path, "size": size}
            add_event(db, run, "checkpoint", f"A checkpoint of step {checkpoint.step} was kept.", data=data)
            return find_checkpoint(db, identity)


def find_checkpoint(db: sqlite3.Connection, reference: str) -> Checkpoint:
    """The checkpoint of that id, or of the only id that begins so.

    Raises:
        NotFound: there is none.
        Ambiguous: several ids begin so.
    """
    found = _select(db, "checkpoints.id = ?", reference) or _select(
        db, "checkpoints.id >= ? AND checkpoints.id < ? AND ? != '' LIMIT 50", reference, reference + "g", reference
    )
    if not found:
        raise NotFound("checkpoint", reference, (), _removed(db, reference) or "`%tracker checkpoints` lists them.")
    if len(found) > 1:
        raise Ambiguous("checkpoint", reference, [f"{each.id[:12]} (step {each.step})" for each in found])
    return found[0]


def _removed(db: sqlite3.Connection, reference: str) -> str:
    """Why a checkpoint is not there any more that retention has removed; empty when it did not."""
    row = db.execute(
        "SELECT number FROM runs JOIN events ON events.run = number WHERE trimmed_at IS NOT NULL"
        " AND events.kind = 'checkpoint' AND substr(json_extract(data, '$.id'), 1, ?) = ? AND ? != '' LIMIT 1",
        (len(reference), reference, reference),
    ).fetchone()
    return "" if row is None else why_removed(db, row[0])


def complete_checkpoint(db: sqlite3.Connection, reference: str) -> Checkpoint:
    """The same; `Conflict` when it is incomplete."""
    checkpoint = find_checkpoint(db, reference)
    if not checkpoint.complete:
        raise Conflict(
            f"The checkpoint {checkpoint.id[:8]} of step {checkpoint.step} is incomplete: it is still being written, "
            "or its writer died."
        )
    return checkpoint


def files_of_checkpoint(db: sqlite3.Connection, checkpoint: Checkpoint) -> dict[str, Artifact]:
    """Its files by their path within it."""
    (folder,) = db.execute("SELECT folder FROM checkpoints WHERE id = ?", (checkpoint.id,)).fetchone()
    rows = db.execute(
        "SELECT path, artifacts.size, sha256 FROM artifacts JOIN runs ON runs.number = artifacts.run"
        " WHERE runs.id = ? AND path >= ? AND path < ? ORDER BY path",
        (checkpoint.run_id, *_below(folder)),
    )
    return {path.removeprefix(f"{folder}/"): Artifact(path, size, sha256) for path, size, sha256 in rows}


def _delete(db: sqlite3.Connection, run: int | None, ids: Iterable[str] | None) -> list[tuple[str, str]]:
    """Remove the rows of checkpoints and of their files; the result is the run and the folder of each."""
    rows = db.execute(
        "SELECT checkpoints.id, checkpoints.run, runs.id, step, folder FROM checkpoints"
        " JOIN runs ON runs.number = checkpoints.run WHERE (? IS NULL OR checkpoints.run = ?)"
        " AND (? IS NULL OR checkpoints.id IN (SELECT value FROM json_each(?))) ORDER BY step",
        (run, run, *(None if ids is None else json.dumps(sorted(ids)),) * 2),
    ).fetchall()
    deleted: dict[int, dict[str, list[object]]] = {}
    for identity, owner, _, step, folder in rows:
        db.execute("DELETE FROM artifacts WHERE run = ? AND path >= ? AND path < ?", (owner, *_below(folder)))
        db.execute("DELETE FROM checkpoints WHERE id = ?", (identity,))
        told = deleted.setdefault(owner, {"ids": [], "steps": []})
        told["ids"].append(identity)
        told["steps"].append(step)
    for owner, told in deleted.items():
        steps = ", ".join(map(str, told["steps"]))
        add_event(db, owner, "checkpoint_deleted", f"Deleted checkpoints of these steps: {steps}.", data=told)
    return [(run_id, folder) for _, _, run_id, _, folder in rows]


def _below(folder: str) -> tuple[str, str]:
    """The bounds of the paths below a folder: `0` is what follows `/`."""
    return f"{folder}/", f"{folder}0"


def _condition(db: sqlite3.Connection, query: CheckpointQuery) -> tuple[str, list[object]]:
    """What a query selects, as a condition with its values; `within` leaves deleted runs out unless they are named."""
    scope, bound = within(db, query.experiment)
    parts, values = [scope], [*map(str, bound)]
    if query.run_ids is not None:
        named = "runs.id IN (SELECT value FROM json_each(?))"
        parts = [named] if query.experiment is None else [named, "experiments.id = ?"]
        values = [json.dumps([*query.run_ids]), *values]
    conditions: list[tuple[str, Any]] = [
        ("step IN (SELECT value FROM json_each(?))", None if query.steps is None else json.dumps([*query.steps])),
        ("step >= ?", query.min_step),
        ("step <= ?", query.max_step),
        ("(completed_at IS NOT NULL) = ?", query.complete),
        ("checkpoints.created_at > ?", _microseconds(query.created_after)),
        ("checkpoints.created_at < ?", _microseconds(query.created_before)),
    ]
    given = [(condition, value) for condition, value in conditions if value is not None]
    return " AND ".join([*parts, *(condition for condition, _ in given)]), [*values, *(value for _, value in given)]


def _microseconds(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1e6)


def _select(db: sqlite3.Connection, rest: str, *values: object) -> tuple[Checkpoint, ...]:
    return tuple(
        Checkpoint(
            id=row[0],
            run_id=row[1],
            step=row[2],
            path=row[3],
            size=row[4],
            complete=row[6] is not None,
            created_at=moment(row[5]),
            completed_at=None if row[6] is None else moment(row[6]),
            run=row[7],
            experiment=row[8],
        )
        for row in db.execute(f"{_SELECT} WHERE {rest}", values)
    )
