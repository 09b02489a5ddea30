"""Models in the local store.

The contents of their files lie in `models/`, each once. Where the disk has hard links, a file of a checkpoint is shared
rather than copied; either way a model stays whole when its checkpoint or run is deleted, and names them still.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, SupportsFloat

from jupyter_tracker.backends.common.code.collection import UNLIMITED, Collection
from jupyter_tracker.backends.common.files import check_empty, check_source, files_of
from jupyter_tracker.backends.common.values import checked_name, writable
from jupyter_tracker.backends.local.artifacts import artifact_folder
from jupyter_tracker.backends.local.checkpoints import complete_checkpoint, files_of_checkpoint, find_checkpoint
from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.listing import find_run
from jupyter_tracker.backends.local.rows import moment
from jupyter_tracker.backends.local.sources.objects import Objects
from jupyter_tracker.backends.local.sources.rows import find_source
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.local.versions import deleted_hint, like_pattern
from jupyter_tracker.backends.operations import ModelOperations
from jupyter_tracker.errors import Ambiguous, Conflict, InvalidInput, NotFound
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import (
    Artifact,
    Checkpoint,
    Lifecycle,
    Model,
    ModelDescription,
    ModelDraft,
    SemVer,
    SourceFile,
)

_COLUMNS = (
    "id, name, version, run, checkpoint, step, summary, metrics, tags, lifecycle, file_count, size, created_at,"
    " updated_at"
)
_USABLE = "lifecycle != 'deleted'"
LATEST = "latest"


class LocalModels(ModelOperations):
    """Models as rows, and their files as objects."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._objects = Objects(store.home / "models")

    def create(self, draft: ModelDraft) -> Flow[Model]:
        def call() -> Model:
            checked_name("model", draft.name)
            version = None if draft.version is None else _version(draft.version)
            texts = _text(draft.summary, "summary"), json.dumps(_numbers(draft.metrics))
            tags = json.dumps(_changed_tags({}, draft.tags))
            with self._store.translated_errors(), self._objects.collection(UNLIMITED) as collection:
                checkpoint = self._collect(draft, collection)
                with self._store.write() as db:
                    self._objects.keep(collection)
                    return _add(db, draft, version, checkpoint, (*texts, tags), collection.files)

        return local(call)

    def get(self, reference: str) -> Flow[Model]:
        def call() -> Model:
            with self._store.read() as db:
                return find_model(db, reference)

        return local(call)

    def list(
        self, pattern: str | None, versions: bool, lifecycle: Lifecycle, run_id: str | None
    ) -> Flow[tuple[Model, ...]]:
        def call() -> tuple[Model, ...]:
            with self._store.read() as db:
                found = _select(
                    db,
                    "lifecycle = ? AND name LIKE ? ESCAPE '\\' AND (? IS NULL OR run = ?)",
                    lifecycle,
                    like_pattern(pattern),
                    run_id,
                    run_id,
                )
            named: dict[str, list[Model]] = {}
            for model in found:
                named.setdefault(model.name, []).append(model)
            chosen = (_newest_first(named[name])[: None if versions else 1] for name in sorted(named))
            return tuple(model for models in chosen for model in models)

        return local(call)

    def describe(self, reference: str) -> Flow[ModelDescription]:
        def call() -> ModelDescription:
            with self._store.read() as db:
                model = find_model(db, reference)
                files = tuple(Artifact(file.path, file.size, file.sha256) for file in _files(db, model))
                checkpoint = run = source = None
                # What was deleted for good is None, and the model is whole without it.
                if model.checkpoint_id and _exists(db, "checkpoints", model.checkpoint_id):
                    checkpoint = find_checkpoint(db, model.checkpoint_id)
                if model.run_id and _exists(db, "runs", model.run_id):
                    run = find_run(db, model.run_id)[0]
                if run is not None and run.source and _exists(db, "sources", run.source):
                    source = find_source(db, run.source)
            return ModelDescription(model, files, checkpoint, run, source)

        return local(call)

    def download(self, reference: str, target: Path) -> Flow[Path]:
        def call() -> Path:
            with self._store.read() as db:
                files = _files(db, find_model(db, reference))
            with self._store.translated_errors():
                check_empty(target)
                target.mkdir(parents=True, exist_ok=True)
                for file in files:
                    self._objects.write(file, target)
            return target

        return local(call)

    def update(self, reference: str, summary: str | None, tags: Mapping[str, str | None] | None) -> Flow[Model]:
        def call() -> Model:
            with self._store.write() as db:
                found = find_model(db, reference)
                db.execute(
                    "UPDATE models SET summary = ?, tags = ?, updated_at = ? WHERE id = ?",
                    (
                        found.summary if summary is None else _text(summary, "summary"),
                        json.dumps(_changed_tags(found.tags, tags or {})),
                        now(),
                        found.id,
                    ),
                )
                return find_model(db, found.id)

        return local(call)

    def delete(self, reference: str) -> Flow[Model]:
        return self._put(reference, Lifecycle.DELETED)

    def restore(self, reference: str) -> Flow[Model]:
        return self._put(reference, Lifecycle.ACTIVE)

    def archive(self, reference: str) -> Flow[Model]:
        return self._put(reference, Lifecycle.ARCHIVED)

    def unarchive(self, reference: str) -> Flow[Model]:
        return self._put(reference, Lifecycle.ACTIVE, only_from=Lifecycle.ARCHIVED)

    def _collect(self, draft: ModelDraft, collection: Collection) -> Checkpoint | None:
        """Take the files of a model; the result is the checkpoint that has them."""
        if draft.checkpoint is not None:
            with self._store.read() as db:
                checkpoint = complete_checkpoint(db, draft.checkpoint)
                files = files_of_checkpoint(db, checkpoint)
            folder = artifact_folder(self._store, checkpoint.run_id)
            for path, artifact in files.items():
                collection.link(path, folder / artifact.path, artifact.size, artifact.sha256)
            return checkpoint
        if draft.path is None:
            raise InvalidInput("A model is made of a checkpoint, or of a file or folder: give one of them.")
        check_source(draft.path)
        for file, relative in files_of(draft.path):
            with file.open("rb") as stream:
                collection.take(str(relative) if relative.parts else file.name, stream)
        if not collection.files:
            raise InvalidInput(f"The folder {str(draft.path)!r} has no files; a model needs some.")
        return None

    def _put(self, reference: str, lifecycle: Lifecycle, only_from: Lifecycle | None = None) -> Flow[Model]:
        def call() -> Model:
            with self._store.write() as db:
                found = find_model(db, reference)
                if only_from is not None and found.lifecycle is not only_from:
                    raise Conflict(f"The model {found.label} is not {only_from}; it is {found.lifecycle}.")
                db.execute("UPDATE models SET lifecycle = ?, updated_at = ? WHERE id = ?", (lifecycle, now(), found.id))
                return find_model(db, found.id)

        return local(call)


def _add(
    db: sqlite3.Connection,
    draft: ModelDraft,
    version: SemVer | None,
    checkpoint: Checkpoint | None,
    texts: tuple[str, str, str],
    files: tuple[SourceFile, ...],
) -> Model:
    known = {model.version: model for model in _select(db, "name = ?", draft.name)}
    text = str(version or next_version(known))
    if text in known:
        raise Conflict(
            f"There is a model {draft.name}@{text} already ({known[text].lifecycle}). "
            "Give another version, or none for the next one."
        )
    identity, run_id = os.urandom(16).hex(), draft.run_id if checkpoint is None else checkpoint.run_id
    origin = (run_id, "", None) if checkpoint is None else (run_id, checkpoint.id, checkpoint.step)
    size = sum(file.size for file in files)
    db.execute(
        f"INSERT INTO models ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (identity, draft.name, text, *origin, *texts, Lifecycle.ACTIVE, len(files), size, now(), now()),
    )
    db.executemany(
        "INSERT INTO model_files (model, path, size, sha256) VALUES (?, ?, ?, ?)",
        [(identity, file.path, file.size, file.sha256) for file in files],
    )
    made = find_model(db, identity)
    for (run,) in db.execute("SELECT number FROM runs WHERE id = ?", (run_id,)).fetchall():
        of = "a file" if checkpoint is None else f"the checkpoint of step {checkpoint.step}"
        data = {"id": identity, "name": draft.name, "version": text, "checkpoint": origin[1]}
        add_event(db, run, "model", f"The model {made.label} was made from {of}.", data=data)
    return made


def next_version(known: Iterable[str]) -> SemVer:
    """The minor version behind the highest release: trained anew, a model is used alike and answers otherwise.

    The first is 1.0.0; where there are pre-releases only, it is the release that the highest of them leads to.
    """
    versions = sorted(map(SemVer.parse, known), key=lambda version: version.precedence)
    releases = [version for version in versions if not version.prerelease]
    if releases:
        return SemVer(releases[-1].major, releases[-1].minor + 1, 0)
    return SemVer(versions[-1].major, versions[-1].minor, versions[-1].patch) if versions else SemVer(1, 0, 0)


def _newest_first(models: Iterable[Model]) -> list[Model]:
    """Releases by precedence, the highest first, then pre-releases: a name alone means no pre-release where it can."""

    def rank(model: Model) -> tuple[object, ...]:
        version = SemVer.parse(model.version)
        return not version.prerelease, version.precedence, model.created_at

    return sorted(models, key=rank, reverse=True)


def find_model(db: sqlite3.Connection, reference: str) -> Model:
    """The model of that id, name (its latest version), `name@version`, `name@latest`, or unique prefix of an id.

    A deleted one is found by id and by version only.

    Raises:
        NotFound: there is none; close names are suggested.
        Ambiguous: the prefix fits several.
    """
    name, _, version = reference.rpartition("@")
    found = (
        _select(db, "id = ?", reference)
        or _newest_first(_select(db, f"name = ? AND {_USABLE}", reference))[:1]
        or _select(db, "name = ? AND version = ?", name, version)
        or (_newest_first(_select(db, f"name = ? AND {_USABLE}", name))[:1] if version == LATEST else [])
        or _select(db, f"id >= ? AND id < ? AND ? != '' AND {_USABLE} LIMIT 50", reference, reference + "g", reference)
    )
    if not found:
        usable = _select(db, _USABLE)
        known = {model.name for model in usable} | {model.label for model in usable if model.name == name}
        deleted = _newest_first(_select(db, "name = ? AND lifecycle = 'deleted'", reference))[:3]
        raise NotFound("model", reference, known, deleted_hint(deleted) or "`%tracker models` lists them.")
    if len(found) > 1:
        raise Ambiguous("model", reference, [f"{each.id[:8]} ({each.label})" for each in found])
    return found[0]


def _select(db: sqlite3.Connection, rest: str, *values: object) -> list[Model]:
    return [_model(row) for row in db.execute(f"SELECT {_COLUMNS} FROM models WHERE {rest}", values)]


def _files(db: sqlite3.Connection, model: Model) -> tuple[SourceFile, ...]:
    rows = db.execute("SELECT path, size, sha256 FROM model_files WHERE model = ? ORDER BY path", (model.id,))
    return tuple(SourceFile(path, size, sha256) for path, size, sha256 in rows)


def _exists(db: sqlite3.Connection, table: str, identity: str) -> bool:
    return db.execute(f"SELECT 1 FROM {table} WHERE id = ?", (identity,)).fetchone() is not None


def _version(text: str) -> SemVer:
    try:
        return SemVer.parse(text)
    except (TypeError, ValueError):
        rule = "Semantic Versioning, as in '1.2.0' or '2.0.0-rc.1'"
        raise InvalidInput(f"The version of a model must be {rule}, not {text!r:.80}.") from None


def _text(text: str, field: str) -> str:
    if not isinstance(text, str) or not writable(text):
        raise InvalidInput(f"The {field} of a model must be text, not {text!r:.80}.")
    return text


def _numbers(metrics: Mapping[str, float]) -> dict[str, float]:
    return {_text(key, "metric name"): _number(key, value) for key, value in metrics.items()}


def _number(key: str, value: object) -> float:
    try:
        if isinstance(value, SupportsFloat) and not isinstance(value, bool):
            return float(value)
    except TypeError:  # an array of several numbers, say
        pass
    raise InvalidInput(f"The metric {key!r} of a model must be a number, not {value!r:.80}.")


def _changed_tags(known: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Tags after some changes; one of value None is removed."""
    changed = {
        _text(key, "tag name"): value if value is None else _text(value, f"tag {key!r}")
        for key, value in {**known, **changes}.items()
    }
    return {key: value for key, value in changed.items() if value is not None}


def _model(row: tuple[Any, ...]) -> Model:
    return Model(
        id=row[0],
        name=row[1],
        version=row[2],
        run_id=row[3],
        checkpoint_id=row[4],
        step=row[5],
        summary=row[6],
        metrics=json.loads(row[7]),
        tags=json.loads(row[8]),
        lifecycle=Lifecycle(row[9]),
        file_count=row[10],
        size=row[11],
        created_at=moment(row[12]),
        updated_at=moment(row[13]),
    )
