"""Exporting runs into a file, and importing.

Exporting is made of operations of the shared model, so that it goes from every backend. What one lacks is not in the
file. Nothing is held as a whole but a list: points, log and events go through in parts, files one by one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, TypeVar

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.backends.operations import RunQuery
from jupyter_tracker.client.flows import LATE_PAUSE, PAGE, list_runs
from jupyter_tracker.errors import Unsupported
from jupyter_tracker.exchange import layout
from jupyter_tracker.exchange.layout import ModelRecord, RunRecord, SourceRecord
from jupyter_tracker.exchange.records import encode
from jupyter_tracker.exchange.streams import write_block, write_piece
from jupyter_tracker.exchange.writer import ArchiveWriter, target_of
from jupyter_tracker.flow import Flow, Local, Sleep, drain
from jupyter_tracker.models import (
    Artifact,
    CheckpointQuery,
    Environment,
    Imported,
    Lifecycle,
    LogPiece,
    MetricSummary,
    Model,
    PointBlock,
    RunInfo,
    Source,
    Submission,
)

T = TypeVar("T")
U = TypeVar("U")

PIECES = 4 * 2**20
"""Bytes of a log that are read at once."""


def export_run(backend: Backend, run_id: str, path: str | os.PathLike[str]) -> Flow[Path]:
    """One run, and what its experiment is."""
    info = yield from backend.runs.get(run_id)
    return (yield from _written(backend, info.experiment_id or info.experiment, [info.id], path, info.name))


def export_experiment(backend: Backend, experiment: str, path: str | os.PathLike[str]) -> Flow[Path]:
    """An experiment with all its runs but those that were deleted, oldest first."""
    found = yield from backend.experiments.get(experiment)
    ids: list[str] = []
    for lifecycle in (Lifecycle.ACTIVE, Lifecycle.ARCHIVED):
        query = RunQuery(experiment=found.id, lifecycle=lifecycle)
        try:
            infos = yield from list_runs(backend, query, None)
        except Unsupported:
            continue
        ids += [info.id for info in reversed(infos)]
    return (yield from _written(backend, found.id, ids, path, found.name))


def import_from(
    backend: Backend, path: str | os.PathLike[str], experiment: str | None, *, again: bool
) -> Flow[Imported]:
    """Take in the runs that are found at a path."""
    return (yield from backend.runs.import_from(Path(path).expanduser().absolute(), experiment, again))


def _written(
    backend: Backend, experiment: str, ids: Sequence[str], path: str | os.PathLike[str], name: str
) -> Flow[Path]:
    writer: ArchiveWriter = yield Local(lambda: ArchiveWriter(target_of(path, name), backend.name))
    try:
        found = yield from backend.experiments.get(experiment)
        yield Local(lambda: writer.record(f"{writer.folder('experiments')}.json", found))
        sources: set[str] = set()
        for run_id in ids:
            info = yield from backend.runs.get(run_id)
            yield from _run(backend, writer, info)
            yield from _models(backend, writer, info.id)
            if info.source and info.source not in sources:
                sources.add(info.source)
                yield from _source(backend, writer, info.source)
        target: Path = yield Local(writer.finish)
        return target
    finally:
        writer.abandon()


def _run(backend: Backend, writer: ArchiveWriter, info: RunInfo) -> Flow[None]:
    folder = writer.folder("runs")
    with writer.member(f"{folder}/{layout.POINTS}") as file:
        yield from _points(backend, info.id, lambda block: write_block(file, block))
    with writer.member(f"{folder}/{layout.LOG}") as file:
        yield from _log(backend, info.id, lambda piece: write_piece(file, piece))
    with writer.member(f"{folder}/{layout.EVENTS}") as file:
        yield from _events(backend, info.id, file)
    submission: Submission | None = yield from _or(lambda: backend.runs.submission(info.id), None)
    if submission is not None:
        submission = dataclasses.replace(submission, variables=dict.fromkeys(submission.variables, ""))
    summaries: Mapping[str, MetricSummary] = {}
    if info.trimmed_at is not None:
        summaries = (yield from backend.metrics.summaries([info.id], tuple(info.metrics))).get(info.id, {})
    record = RunRecord(
        info=info,
        environment=(yield from _or(lambda: backend.runs.environment(info.id), Environment())),
        submission=submission,
        classifications=(yield from _or(lambda: backend.classifications.list(info.id), ())),
        artifacts=(yield from _artifacts(backend, writer, info, f"{folder}/{layout.ARTIFACTS}")),
        checkpoints=(yield from _or(lambda: backend.checkpoints.list(CheckpointQuery(run_ids=(info.id,))), ())),
        inputs=(yield from _or(lambda: backend.lineage.inputs(info.id), ())),
        outputs=(yield from _or(lambda: backend.lineage.outputs(info.id), ())),
        executions=(yield from _or(lambda: backend.lineage.executions(info.id), ())),
        summaries=summaries,
    )
    yield Local(lambda: writer.record(f"{folder}/{layout.RUN}", record))


def _events(backend: Backend, run_id: str, file: IO[bytes]) -> Flow[None]:
    after = 0
    while page := (yield from _or(partial(backend.events.read, run_id, after, PAGE), ())):
        lines = [json.dumps(encode(event), ensure_ascii=False) + "\n" for event in page]
        yield Local(partial(file.write, "".join(lines).encode()))
        after = page[-1].sequence


def _points(backend: Backend, run_id: str, write: Callable[[PointBlock], None]) -> Flow[None]:
    try:
        yield from drain(backend.metrics.stream(run_id), partial(_each, write))
    except Unsupported:
        pass
    else:
        return
    points = yield from _or(lambda: backend.metrics.read(run_id, None, None), None)
    if points is not None:
        yield Local(partial(_each, write, points.blocks))


def _log(backend: Backend, run_id: str, write: Callable[[LogPiece], None]) -> Flow[None]:
    after: str | None = None
    read = _whole_pieces
    while True:
        try:
            pieces, after = yield from read(backend, run_id, after)
        except Unsupported:
            if read is _line_pieces:
                return
            read = _line_pieces
            continue
        if not pieces:
            return
        yield Local(partial(_each, write, pieces))


def _each(call: Callable[[T], object], items: Iterable[T]) -> None:
    for item in items:
        call(item)


def _whole_pieces(backend: Backend, run_id: str, after: str | None) -> Flow[tuple[Sequence[LogPiece], str | None]]:
    page = yield from backend.logs.pieces(run_id, after, PIECES)
    return page.items, page.cursor


def _line_pieces(backend: Backend, run_id: str, after: str | None) -> Flow[tuple[Sequence[LogPiece], str | None]]:
    """The log of a backend that tells lines only."""
    while not (page := (yield from backend.logs.read(run_id, after, PAGE))).items and page.late:
        yield Sleep(LATE_PAUSE)
    pieces = [
        LogPiece(_microseconds(line.time), line.stream, (line.text + "\n" * line.terminated).encode())
        for line in page.items
    ]
    return [piece for piece in pieces if piece.data], page.cursor


def _artifacts(backend: Backend, writer: ArchiveWriter, info: RunInfo, folder: str) -> Flow[tuple[Artifact, ...]]:
    """The files of a run, each copied through a temporary folder; the result is what was written of them."""
    written: list[Artifact] = []
    for artifact in (yield from _or(lambda: backend.artifacts.list(info.id), ())):
        with _scratch() as scratch:
            copy = yield from backend.artifacts.download(info.id, artifact.path, scratch)
            member = yield Local(lambda: writer.copy(folder + artifact.path, copy))  # noqa: B023  # called at once
            written.append(dataclasses.replace(artifact, size=member.size, sha256=member.sha256))
    return tuple(written)


def _models(backend: Backend, writer: ArchiveWriter, run_id: str) -> Flow[None]:
    """The models that a run made but those that were deleted, with their files."""
    for lifecycle in (Lifecycle.ACTIVE, Lifecycle.ARCHIVED):
        listed = partial(backend.models.list, None, versions=True, lifecycle=lifecycle, run_id=run_id)
        for model in (yield from _or(listed, ())):
            with _scratch() as scratch:
                copy = yield from backend.models.download(model.id, scratch / "model")
                yield Local(partial(_model, writer, model, copy))


def _model(writer: ArchiveWriter, model: Model, folder: Path) -> None:
    kept = []
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        with file.open("rb") as reader:
            sha256 = hashlib.file_digest(reader, "sha256").hexdigest()
        name = f"objects/{sha256}"
        if not writer.has(name):
            writer.copy(name, file)
        kept.append(Artifact(file.relative_to(folder).as_posix(), file.stat().st_size, sha256))
    writer.record(f"{writer.folder('models')}.json", ModelRecord(model, tuple(kept)))


def _source(backend: Backend, writer: ArchiveWriter, source: str) -> Flow[None]:
    described = yield from _or(lambda: backend.sources.describe(source), None)
    if described is None:
        return
    with _scratch() as scratch:
        copy = yield from backend.sources.download(source, scratch / "source")

        def write() -> None:
            for file in described.files:
                name = f"objects/{file.sha256}"
                if not writer.has(name):
                    writer.copy(name, copy / file.path)
            kept: Source = described.source
            writer.record(f"{writer.folder('sources')}.json", SourceRecord(kept, described.files))

        yield Local(write)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for what is copied, which is gone at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="jupyter-tracker-export-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _or(operation: Callable[[], Flow[T]], otherwise: U) -> Flow[T | U]:
    """The result of an operation, or something else where the backend lacks it."""
    try:
        return (yield from operation())
    except Unsupported:
        return otherwise


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000 + 0.5)
