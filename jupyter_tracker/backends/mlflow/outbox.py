"""Sending what runs of this machine recorded to their server: each thing at least once, also after a crash.

Of each run a file says what the server has. It lies in `pending` until the run has ended and everything was sent, then
in `sent`. One process at a time sends for a run. A point, param or tag that is sent twice is one on the server.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.artifacts import MlflowArtifacts
from jupyter_tracker.backends.mlflow.batches import metric_batches, remove_tag, send_end, send_params, send_tags
from jupyter_tracker.backends.mlflow.companion import Companion
from jupyter_tracker.backends.mlflow.documents import Documents, log_text
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.backends.mlflow.reading import milliseconds, own_tags
from jupyter_tracker.errors import RemoteError, RemoteInvalid, RemoteNotFound
from jupyter_tracker.flow import Flow, Sleep
from jupyter_tracker.models import CheckpointQuery, Level, RunInfo, RunState

_PAUSE = 0.02
_NOT_STARTED = "Its start broke off before it had begun."


@dataclass
class Sent:
    """What the server has of a run."""

    cursor: str | None = None
    """Behind the last point."""
    params: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Artifacts: path to digest."""
    documents: dict[str, str] = field(default_factory=dict)
    """Classification metrics and checkpoints: name to the time when they were logged."""
    status: str = "RUNNING"
    name: str = ""
    refused: list[str] = field(default_factory=list)
    """Metrics that the server does not take."""


class Outbox:
    """What is still to be sent to one server."""

    def __init__(
        self, companion: Companion, native: MlflowOperations, artifacts: MlflowArtifacts, limits: wording.Limits
    ) -> None:
        self._companion = companion
        self._native = native
        self._artifacts = artifacts
        self._limits = limits
        self._folder = companion.home / "outbox"

    def open(self, run: RunInfo, sent: Sent) -> Flow[IO[str]]:
        """Begin to send for a run that was just made on the server.

        Returns:
            A lock, to be closed when the run is in the local store: until then nothing is sent for it.
        """
        lock = yield from self._lock(run.id)
        self.keep(run, sent)
        return lock

    def keep(self, run: RunInfo, sent: Sent) -> None:
        """Note what the server has of a run that is being started."""
        self._write(run.id, dataclasses.replace(sent, name=run.name), pending=True)

    def forget(self, run_id: str) -> None:
        """Send nothing for a run, which could not be started."""
        self._path(run_id, pending=True).unlink(missing_ok=True)

    def pending(self) -> list[str]:
        """The runs of which something may still have to be sent."""
        with suppress(FileNotFoundError):
            return sorted(path.stem for path in (self._folder / "pending").iterdir() if path.suffix == ".json")
        return []

    def is_pending(self, run_id: str) -> bool:
        """Whether something of a run may still have to be sent."""
        return self._path(run_id, pending=True).exists()

    def send(self, run_id: str, *, wait: bool = True) -> Flow[None]:
        """Send what is new of a run.

        Args:
            run_id: A run that was started here.
            wait: Whether to wait while another process sends for the run; else nothing happens then.

        Raises:
            RemoteError: the server refused or gave no answer; what was not sent is kept and sent later.
        """
        lock = self._try_lock(run_id)
        if lock is None:
            if not wait:
                return
            lock = yield from self._lock(run_id)
        with lock:
            if self._companion.has(run_id):
                yield from self._send(run_id)
            elif self.is_pending(run_id):
                # Nobody holds the lock and the run is not here: its process died, or the server refused something.
                yield from send_end(self._native, self._limits, run_id, RunState.LOST, _NOT_STARTED)
                self.forget(run_id)

    def send_all(self) -> Flow[None]:
        """Send what is new of all runs that were started here.

        Raises:
            RemoteError: the server gave no answer. What it refused of a run is an event of that run only.
        """
        for run_id in self.pending():
            with suppress(RemoteInvalid, RemoteNotFound):
                yield from self.send(run_id)

    def _send(self, run_id: str) -> Flow[None]:
        # Read before everything else: what was recorded before the end is then sent with it.
        info = yield from self._companion.local.runs.get(run_id)
        sent = self._read(run_id)
        problem: RemoteError | None = None
        try:
            problem = yield from self._send_metrics(info, sent)
            yield from self._send_values(info, sent)
            yield from self._send_documents(info, sent)
            yield from self._send_state(info, sent)
        except RemoteNotFound as error:
            # The server forgot the run; nothing can be sent any more.
            problem = error
            yield from self._tell(run_id, f"The server does not know the run any more: {error}")
            self._write(run_id, sent, pending=False)
            raise
        except RemoteInvalid as error:
            yield from self._tell(run_id, f"The server refused what was to be sent: {error}")
            problem = error
        self._write(run_id, sent, pending=not info.state.ended)
        if problem is not None:
            raise problem

    def _send_metrics(self, info: RunInfo, sent: Sent) -> Flow[RemoteError | None]:
        points = yield from self._companion.local.metrics.read(info.id, None, sent.cursor)
        wrong = {key for block in points.blocks for key in block.keys if wording.wrong_key(key)} - {*sent.refused}
        for key in sorted(wrong):
            yield from self._tell(info.id, f"The metric {key!r} was not sent: its name {wording.wrong_key(key)}.")
            sent.refused.append(key)
        problem = None
        for batch in metric_batches(points):
            try:
                yield from self._native.log_batch(run_id=info.id, metrics=batch)
            except RemoteInvalid as error:
                yield from self._tell(info.id, f"{len(batch)} points were refused: {error}")
                problem = error
        if points.cursor != sent.cursor:
            sent.cursor = points.cursor
            self._write(info.id, sent, pending=True)
        return problem

    def _send_values(self, info: RunInfo, sent: Sent) -> Flow[None]:
        params = {key: value for key, value in info.params.items() if key not in sent.params}
        refused = yield from send_params(self._native, self._limits, info.id, params)
        sent.params += params
        tags = {**info.tags, **own_tags(info)}
        changed = {key: value for key, value in tags.items() if sent.tags.get(key) != value}
        refused += yield from send_tags(self._native, self._limits, info.id, changed)
        for key in refused:
            yield from self._tell(info.id, f"{key!r} was not sent: its name or value is more than a server takes.")
        for key in [key for key in sent.tags if key not in tags]:
            yield from remove_tag(self._native, info.id, key)
        sent.tags = tags

    def _send_documents(self, info: RunInfo, sent: Sent) -> Flow[None]:
        local = self._companion.local
        folder = local.store.home / "runs" / info.id / "artifacts"
        for artifact in (yield from local.artifacts.list(info.id)):
            if sent.files.get(artifact.path) != artifact.sha256:
                yield from self._artifacts.put(info.id, folder / artifact.path, artifact.path)
                sent.files[artifact.path] = artifact.sha256
        documents = Documents(self._artifacts)
        classifications = yield from local.classifications.list(info.id)
        for classification in classifications:
            name, time = f"classification {classification.name}", str(classification.created_at)
            if sent.documents.get(name) != time:
                yield from documents.put_classification(info.id, classification)
                sent.documents[name] = time
        for checkpoint in (yield from local.checkpoints.list(CheckpointQuery(run_ids=(info.id,)))):
            if checkpoint.complete and checkpoint.id not in sent.documents:
                yield from documents.put_checkpoint(info.id, checkpoint)
                sent.documents[checkpoint.id] = str(checkpoint.created_at)

    def _send_state(self, info: RunInfo, sent: Sent) -> Flow[None]:
        status = wording.STATUSES.get(info.state, "RUNNING")
        if info.state.ended and "log" not in sent.documents:
            text = yield from log_text(self._companion.local.logs, info.id)
            if text:
                yield from Documents(self._artifacts).put_log(info.id, text)
            sent.documents["log"] = ""
        if info.name != sent.name:
            yield from self._native.update_run(run_id=info.id, run_name=info.name)
            sent.name = info.name
        if status == sent.status:
            return
        ended = None if info.ended_at is None else milliseconds(info.ended_at)
        yield from self._native.update_run(run_id=info.id, status=status, end_time=ended)
        sent.status = status

    def _tell(self, run_id: str, message: str) -> Flow[None]:
        yield from self._companion.local.events.append(run_id, "not_sent", message, Level.ERROR, {})

    def _lock(self, run_id: str) -> Flow[IO[str]]:
        while True:
            lock = self._try_lock(run_id)
            if lock is not None:
                return lock
            yield Sleep(_PAUSE)

    def _try_lock(self, run_id: str) -> IO[str] | None:
        (self._folder / "locks").mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (self._folder / "locks" / run_id).open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        except BaseException:
            file.close()
            raise
        return file

    def _read(self, run_id: str) -> Sent:
        for pending in (True, False):
            with suppress(FileNotFoundError):
                return Sent(**json.loads(self._path(run_id, pending=pending).read_text(encoding="utf-8")))
        return Sent()

    def _write(self, run_id: str, sent: Sent, *, pending: bool) -> None:
        path = self._path(run_id, pending=pending)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(dataclasses.asdict(sent)), encoding="utf-8")
        partial.replace(path)
        self._path(run_id, pending=not pending).unlink(missing_ok=True)

    def _path(self, run_id: str, *, pending: bool) -> Path:
        return self._folder / ("pending" if pending else "sent") / f"{run_id}.json"
