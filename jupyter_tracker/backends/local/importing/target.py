"""What importers write: experiments, sources and runs of a store that is merged later."""

from __future__ import annotations

import dataclasses
import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import IO, Any

from jupyter_tracker.backends.common.files import artifact_path
from jupyter_tracker.backends.common.values import checked_name
from jupyter_tracker.backends.local.importing.chunks import ChunkWriter
from jupyter_tracker.backends.local.importing.staging import fresh_id
from jupyter_tracker.backends.local.lineage import keep_dataset
from jupyter_tracker.backends.local.logfile.writer import LogWriter
from jupyter_tracker.backends.local.packing import Point
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.local.summary import keep_summary
from jupyter_tracker.backends.local.values import add_params, change_tags
from jupyter_tracker.errors import InvalidImport, InvalidInput
from jupyter_tracker.models import (
    Artifact,
    Checkpoint,
    DatasetUse,
    Environment,
    Event,
    Execution,
    Experiment,
    JsonValue,
    Level,
    Lifecycle,
    LogPiece,
    MetricSummary,
    Model,
    PointBlock,
    RunInfo,
    RunState,
    SemVer,
    SourceFile,
    Submission,
)

_ID = re.compile(r"[0-9a-f]{32}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCK = 2**20
_ELSEWHERE = {"experiment", "experiment_id", "metrics", "params", "progress", "source", "tags"}
"""Fields of a run that are no columns of their own."""
ORIGINAL_ID = "imported.run_id"
"""The tag with the id that a run had where it comes from, when that could not stay."""


class Target:
    """A staged store inside one transaction."""

    def __init__(self, store: Store, db: sqlite3.Connection) -> None:
        self.store = store
        self.db = db
        self.notes: list[str] = []

    def experiment(self, experiment: Experiment) -> str:
        """The id of an experiment, which is made unless there is one of that name."""
        checked_name("experiment", experiment.name)
        row = self.db.execute("SELECT id FROM experiments WHERE name = ?", (experiment.name,)).fetchone()
        if row is not None:
            return str(row[0])
        created = experiment.created_at or moment_now()
        identity = experiment.id if _ID.fullmatch(experiment.id) else fresh_id()
        times = {"created_at": created, "updated_at": experiment.updated_at or created}
        if experiment.lifecycle is Lifecycle.DELETED:
            times["deleted_at"] = moment_now()
        insert(self.db, "experiments", experiment, id=identity, **times)
        return identity

    def model(self, model: Model, files: Sequence[SourceFile]) -> None:
        """Add a version of a model.

        Raises:
            InvalidInput: its name cannot be kept.
            InvalidImport: its version is no Semantic Versioning.
        """
        checked_name("model", model.name)
        try:
            version = str(SemVer.parse(model.version))
        except ValueError as error:
            raise InvalidImport(f"The version of the model {model.name!r} is wrong: {error}.") from None
        created = model.created_at or moment_now()
        known = {"run": model.run_id and kept_id(model.run_id), "version": version}
        known["checkpoint"] = model.checkpoint_id and kept_id(model.checkpoint_id)
        told = {"file_count": len(files), "size": sum(file.size for file in files)}
        times = {"created_at": created, "updated_at": model.updated_at or created}
        identity = kept_id(model.id)
        insert(self.db, "models", model, **known, **told, **times, id=identity)
        for file in files:
            insert(self.db, "model_files", file, model=identity)

    def record(self, table: str, record: Any, **columns: Any) -> None:
        """Add a row that belongs to no run."""
        insert(self.db, table, record, **columns)

    def run(
        self,
        info: RunInfo,
        experiment_id: str,
        environment: Environment,
        submission: Submission | None,
        source: str | None,
    ) -> StagedRun:
        """A run as a row; what it recorded is added to what this returns.

        One that had not ended is `lost` here: nobody answers for it any more.

        Raises:
            InvalidInput: its name, a param or a tag cannot be kept.
            InvalidImport: there are two of its id.
        """
        checked_name("run", info.name)
        identity = kept_id(info.id)
        tags = {**info.tags} if identity == info.id else {**info.tags, ORIGINAL_ID: info.id}
        if self.db.execute("SELECT 1 FROM runs WHERE id = ?", (identity,)).fetchone():
            raise InvalidImport(f"The run {info.id!r} is there twice.")
        known = [each for each in (info.created_at, info.started_at, info.ended_at) if each is not None]
        changes: dict[str, Any] = {"created_at": info.created_at or min(known, default=moment_now())}
        if not info.state.ended:
            changes |= {"state": RunState.LOST, "ended_at": info.ended_at or moment_now(), "reason": _lost(info)}
        elif info.ended_at is None:
            changes["ended_at"] = max(known, default=changes["created_at"])
        if info.parent:
            changes["parent"] = kept_id(info.parent)
        if info.lifecycle is Lifecycle.DELETED:
            changes["deleted_at"] = moment_now()
        record = None if submission is None else dataclasses.asdict(submission)
        if record is not None:
            record["variables"] = sorted(record["variables"])
        number = insert(
            self.db,
            "runs",
            info,
            **changes,
            id=identity,
            experiment_id=experiment_id,
            source=source,
            environment=json.dumps(dataclasses.asdict(environment)),
            submission=None if record is None else json.dumps(record),
        )
        add_params(self.db, number, info.params)
        change_tags(self.db, number, tags)
        for progress in info.progress:
            insert(self.db, "progress", progress, run=number, updated_at=progress.updated_at or changes["created_at"])
        return StagedRun(self, info, identity, number)


class StagedRun:
    """A run that is being imported."""

    def __init__(self, target: Target, info: RunInfo, identity: str, number: int) -> None:
        self._target = target
        self._db = target.db
        self._info = info
        self._number = number
        self._folder = target.store.home / "runs" / identity
        self._chunks = ChunkWriter(target.db, identity, number)
        self._last_event = 0

    def events(self, events: Iterable[Event]) -> None:
        """Add events, with their sequence numbers.

        Raises:
            InvalidImport: the numbers do not rise.
        """
        for event in events:
            if event.sequence <= self._last_event:
                raise InvalidImport(f"An event of {self._info.name!r} has the sequence {event.sequence}; it must rise.")
            self._last_event = event.sequence
            insert(self._db, "events", event, run=self._number)

    def event(self, time: datetime, kind: str, message: str, level: Level = Level.INFO, **data: Any) -> None:
        """Add an event behind the last one."""
        self.events([Event(self._last_event + 1, time, kind, message, level, data)])

    def points(self, block: PointBlock) -> None:
        """Add points."""
        self._chunks.add(block)

    def summary(self, key: str, latest: Point, summary: MetricSummary) -> None:
        """Add what is known of a metric beside its points."""
        keep_summary(self._db, self._number, key, latest, summary)

    def log(self, pieces: Iterable[LogPiece]) -> None:
        """Add all that was printed."""
        writer: LogWriter | None = None
        try:
            for piece in pieces:
                if writer is None:
                    self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                    writer = LogWriter(self._folder / "log")
                writer.append_piece(piece)
        finally:
            if writer is not None:
                writer.close()

    def file(self, artifact: Artifact, stream: IO[bytes]) -> None:
        """Add a file.

        Raises:
            InvalidImport: its path leaves the run, or is that of another file or folder.
        """
        try:
            path = artifact_path(artifact.path)
            place = self._folder / "artifacts" / path
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            digest, size = sha256(), 0
            with place.open("xb") as writer:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    size += len(block)
                    writer.write(block)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise InvalidImport(f"The artifact path {artifact.path!r} is there twice, as a file or folder.") from None
        except InvalidInput as error:
            raise InvalidImport(str(error)) from None
        created = artifact.created_at or self._info.created_at or moment_now()
        facts = {"path": path, "size": size, "sha256": digest.hexdigest(), "created_at": created}
        insert(self._db, "artifacts", artifact, run=self._number, **facts)

    def amend(self, params: Mapping[str, JsonValue], **columns: Any) -> None:
        """Add params, and change columns of the run itself, which were not known when it was made."""
        add_params(self._db, self._number, params)
        for name, value in columns.items():
            self._db.execute(f"UPDATE runs SET {name} = ? WHERE number = ?", (_column(value), self._number))

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Add a checkpoint, whose files are artifacts.

        Raises:
            InvalidImport: its path leaves the run.
        """
        try:
            path = artifact_path(checkpoint.path)
        except InvalidInput as error:
            raise InvalidImport(str(error)) from None
        created = checkpoint.created_at or self._info.created_at or moment_now()
        # Its own folder is `checkpoints/step-…`; a platform may keep it elsewhere.
        folder = "/".join(path.split("/")[:2]) if path.startswith("checkpoints/") else path
        completed = (checkpoint.completed_at or created) if checkpoint.complete else None
        times = {"created_at": created, "completed_at": completed}
        self.record("checkpoints", checkpoint, id=kept_id(checkpoint.id), path=path, folder=folder, **times)

    def datasets(self, role: str, uses: Iterable[DatasetUse]) -> None:
        """Add datasets that it read (`input`) or made (`output`)."""
        for use in uses:
            created = use.created_at or self._info.created_at or moment_now()
            dataset = keep_dataset(self._db, use.dataset, _column(created))
            self.record("dataset_uses", use, role=role, dataset=dataset, created_at=created)

    def executions(self, executions: Iterable[Execution]) -> None:
        """Let executions belong to it."""
        for execution in executions:
            if self._db.execute("SELECT 1 FROM executions WHERE id = ?", (execution.id,)).fetchone() is None:
                created = execution.created_at or self._info.created_at or moment_now()
                self._target.record("executions", execution, created_at=created)
            self._db.execute("INSERT INTO run_executions VALUES (?, ?)", (self._number, execution.id))

    def record(self, table: str, record: Any, **columns: Any) -> None:
        """Add a row that belongs to the run."""
        insert(self._db, table, record, run=self._number, **columns)

    def finish(self, order: Sequence[str] = ()) -> None:
        """All was given; the listing shows the metrics in this order."""
        if not self._info.state.ended:
            self.event(moment_now(), "imported", _lost(self._info), Level.WARNING, state=str(self._info.state))
        self._chunks.finish(order)


def insert(db: sqlite3.Connection, table: str, record: Any, **columns: Any) -> int:
    """Add a row: its columns are those fields of a model that the table has, and what is given beside them."""
    known = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    if table == "runs":
        fields = {name: value for name, value in fields.items() if name not in _ELSEWHERE}
    values = {
        name: _column(value) for name, value in {**fields, **columns}.items() if name in known and value is not None
    }
    marks = ", ".join("?" * len(values))
    cursor = db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
    return cursor.lastrowid or 0


def kept_id(run_id: str) -> str:
    """The id of a run, or one made from it where it is not of the form that ids have here."""
    return run_id if _ID.fullmatch(run_id) else sha256(run_id.encode()).hexdigest()[:32]


def fitting_name(text: str | None, otherwise: str) -> str:
    """A name from elsewhere as one that can be shown and typed."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text or "").strip()[:250].strip()
    return plain or otherwise


def moment_now() -> datetime:
    """The time of the import."""
    return _EPOCH + timedelta(microseconds=now())


def _lost(info: RunInfo) -> str:
    return f"It was {info.state} when it was copied from its store; how it went on is not known here."


def _column(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, Mapping):
        return json.dumps(dict(value))
    if isinstance(value, list | tuple):
        return json.dumps(value)
    return value
