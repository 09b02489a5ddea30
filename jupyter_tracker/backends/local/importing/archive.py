"""Importing what `tracker.runs.export` and `tracker.experiments.export` wrote."""

from __future__ import annotations

import dataclasses
from array import array
from pathlib import Path

from jupyter_tracker.backends.common.code.collection import CREATED, UNLIMITED
from jupyter_tracker.backends.local.importing.target import StagedRun, Target, kept_id, moment_now
from jupyter_tracker.backends.local.sources.objects import Objects
from jupyter_tracker.errors import InvalidImport
from jupyter_tracker.exchange import layout
from jupyter_tracker.exchange.layout import ModelRecord, RunRecord, SourceRecord
from jupyter_tracker.exchange.reader import ArchiveReader
from jupyter_tracker.exchange.records import decode
from jupyter_tracker.exchange.streams import read_blocks, read_pieces
from jupyter_tracker.models import Event, Experiment, PointBlock


def import_archive(path: Path, target: Target, experiment: str | None) -> None:
    """Stage all that is in an archive; into another experiment if one is named."""
    with ArchiveReader(path) as archive:
        known = {found.name: found for _, found in archive.records("experiments", Experiment)}
        sources = {
            record.source.id: _source(archive, record, target) for _, record in archive.records("sources", SourceRecord)
        }
        for folder, record in archive.records("runs", RunRecord, layout.RUN):
            name = experiment or record.info.experiment
            place = target.experiment(known.get(name, Experiment("", name)))
            source = sources.get(record.info.source)
            run = target.run(record.info, place, record.environment, record.submission, source)
            _contents(archive, folder, record, run)
        for _, model in archive.records("models", ModelRecord):
            _model(archive, model, target)
        if not experiment:
            for found in known.values():
                target.experiment(found)  # also one without runs


def _contents(archive: ArchiveReader, folder: str, record: RunRecord, run: StagedRun) -> None:
    where = f"{archive.path.name}: {folder}"
    seen: set[str] = set()
    name = f"{folder}/{layout.POINTS}"
    with archive.open(name) as file:
        for block in read_blocks(file, f"{archive.path.name}: {name}"):
            run.points(block)
            seen.update(block.keys)
    for key, latest in record.info.metrics.items():
        if key in record.summaries:
            run.summary(key, (latest.value, latest.step, latest.time.timestamp()), record.summaries[key])
        elif key not in seen:  # a platform that tells the latest value only
            run.points(_point(key, latest.value, latest.step, latest.time.timestamp()))
    name = f"{folder}/{layout.LOG}"
    with archive.open(name) as file:
        run.log(read_pieces(file, f"{archive.path.name}: {name}"))
    name = f"{folder}/{layout.EVENTS}"
    run.events(decode(Event, line, f"{archive.path.name}: {name}") for line in archive.lines(name))
    told = {artifact.path: artifact for artifact in record.artifacts}
    members = archive.artifacts(folder)
    if told.keys() != members.keys():
        odd = min(told.keys() ^ members.keys())
        raise InvalidImport(f"{where}: the artifact {odd!r} is not both told and there.")
    for path, artifact in told.items():
        with archive.open(members[path]) as file:
            run.file(artifact, file)
    for classification in record.classifications:
        content = dataclasses.asdict(classification)
        del content["name"], content["created_at"]
        created = classification.created_at or record.info.created_at or moment_now()
        run.record("classifications", classification, content=content, created_at=created)
    for checkpoint in record.checkpoints:
        run.checkpoint(checkpoint)
    run.datasets("input", record.inputs)
    run.datasets("output", record.outputs)
    run.executions(record.executions)
    run.finish([*record.info.metrics])


def _source(archive: ArchiveReader, record: SourceRecord, target: Target) -> str:
    """Stage a version of code, whose digest must be that of its files; the result is its id."""
    objects = Objects(target.store.home / "sources")
    with objects.collection(CREATED) as collection:
        for file in record.files:
            with archive.open(f"objects/{file.sha256}") as stream:
                collection.take(file.path, stream, executable=file.executable)
        if collection.digest != record.source.digest:
            raise InvalidImport(f"{archive.path.name}: the source {record.source.label} does not fit its digest.")
        objects.keep(collection)
    identity = kept_id(record.source.id)
    created = record.source.created_at or moment_now()
    times = {"created_at": created, "updated_at": record.source.updated_at or created}
    target.record("sources", record.source, id=identity, **times)
    known = target.db.execute("SELECT 1 FROM source_files WHERE digest = ?", (record.source.digest,)).fetchone()
    for file in record.files if known is None else ():
        target.record("source_files", file, digest=record.source.digest)
    return identity


def _model(archive: ArchiveReader, record: ModelRecord, target: Target) -> None:
    """Stage a version of a model with its files."""
    objects = Objects(target.store.home / "models")
    with objects.collection(UNLIMITED) as collection:
        for file in record.files:
            with archive.open(f"objects/{file.sha256}") as stream:
                collection.take(file.path, stream)
        objects.keep(collection)
        target.model(record.model, collection.files)


def _point(key: str, value: float, step: int, time: float) -> PointBlock:
    return PointBlock(
        (key,),
        memoryview(array("q", [step])),
        memoryview(array("d", [time])),
        (memoryview(array("d", [value])),),
    )
