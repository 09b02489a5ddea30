"""Artifacts and checkpoints: files in Cloud Storage, each known to the run by an artifact of the metadata store."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import sys
from pathlib import Path, PurePosixPath

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.files import artifact_path, files_of
from jupyter_tracker.backends.operations import ArtifactOperations, CheckpointOperations, RunOperations, RunQuery
from jupyter_tracker.backends.remote.selection import select_checkpoints
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.nodes import inside
from jupyter_tracker.backends.vertex.resources import (
    CLASSIFICATION,
    FILE,
    LIVE,
    PENDING,
    SCHEMA_VERSION,
    TENSORBOARD_RUN,
    Json,
    last,
)
from jupyter_tracker.backends.vertex.series import PARALLEL
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.backends.vertex.storage import split_uri
from jupyter_tracker.errors import InvalidInput, NotFound
from jupyter_tracker.flow import Flow, Local, Together, local
from jupyter_tracker.models import Artifact, Checkpoint, CheckpointQuery

PATH, SIZE, DIGEST, STEP = "path", "size", "sha256", "step"
"""Fields of the metadata of our artifacts."""
_BLOCK = 2**20
_LIVE = (LIVE, "LIVE")

Parts = list[tuple[Checkpoint, ...]]
Copies = list[tuple[str, Path]]
"""Where files lie in Cloud Storage, and where each goes here."""


class VertexArtifacts(ArtifactOperations):
    """Files of a run below the folder `RUN` of the bucket; and what else of the run lies in Cloud Storage."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @emulated("files in Cloud Storage, an artifact for each")
    def log(self, run_id: str, source: Path, path: str) -> Flow[tuple[Artifact, ...]]:
        base = PurePosixPath(artifact_path(path))
        context = yield from self._site.run_context("artifacts.log", run_id)
        files = yield from local(lambda: list(files_of(source)))
        return (yield from keep_files(self._site, "artifacts.log", context, [(file, base / at) for file, at in files]))

    @emulated("artifacts of the run that lie in Cloud Storage")
    def list(self, run_id: str) -> Flow[tuple[Artifact, ...]]:
        context = yield from self._site.run_context("artifacts.list", run_id)
        kept = yield from stored(self._site, "artifacts.list", context["name"])
        return tuple(sorted((parse_artifact(one) for one in kept), key=lambda one: one.path))

    @emulated("files in Cloud Storage")
    def download(self, run_id: str, path: str, target: Path) -> Flow[Path]:
        wanted = artifact_path(path)
        context = yield from self._site.run_context("artifacts.download", run_id)
        kept = yield from stored(self._site, "artifacts.download", context["name"])
        known = {path_of(one): one for one in kept}
        within = [name for name in known if name == wanted or name.startswith(f"{wanted}/")]
        if not within:
            raise NotFound("artifact", path, known, f"`%tracker artifacts {run_id}` lists them.")
        copies: Copies = []
        base = PurePosixPath(wanted).parent
        for name in within:
            copies += yield from self._copies(known[name], target / PurePosixPath(name).relative_to(base))
        yield Together([self._fetch(uri, copy) for uri, copy in copies], PARALLEL)
        return target / PurePosixPath(wanted).name

    def _copies(self, artifact: Json, target: Path) -> Flow[Copies]:
        """What an artifact is in Cloud Storage: one file, or all files of a folder, and where each goes."""
        uri = str(artifact["uri"])
        if SIZE in (artifact.get("metadata") or {}):
            return [(uri, target)]
        bucket, prefix = split_uri(uri)
        found: Copies = []
        for one in (yield from self._site.storage.list(uri)):
            name = str(one["name"])
            if name.endswith("/"):
                continue
            inner = name.removeprefix(f"{prefix.rstrip('/')}/")
            found.append((f"gs://{bucket}/{name}", target / artifact_path(inner)))
        return found or [(uri, target)]

    def _fetch(self, uri: str, copy: Path) -> Flow[None]:
        partial = copy.with_name(f".{copy.name}.{os.urandom(4).hex()}")
        yield Local(lambda: copy.parent.mkdir(parents=True, exist_ok=True))
        try:
            yield from self._site.storage.download(uri, partial)
            yield Local(lambda: _settle(partial, copy))
        finally:
            partial.unlink(missing_ok=True)


class VertexCheckpoints(CheckpointOperations):
    """Checkpoints: files in Cloud Storage and an artifact that is PENDING until all of them are there."""

    def __init__(self, site: Site, runs: RunOperations) -> None:
        self._site = site
        self._runs = runs

    @emulated("files in Cloud Storage, with an artifact that is PENDING until all are there")
    def log(self, run_id: str, step: int, source: Path) -> Flow[Checkpoint]:
        files = yield from local(lambda: list(files_of(source)))
        if not files:
            raise InvalidInput(f"There are no files in {str(source)!r}; a checkpoint needs at least one.")
        operation = "checkpoints.log"
        context = yield from self._site.run_context(operation, run_id)
        path = f"checkpoints/{step}/{source.name}"
        body: Json = {
            "displayName": f"checkpoint {step}",
            "schemaTitle": FILE,
            "schemaVersion": SCHEMA_VERSION,
            "state": PENDING,
            "metadata": {STEP: step, PATH: path},
        }
        made = yield from self._site.nodes.log_artifact(operation, context["name"], body)
        kept = yield from keep_files(
            self._site, operation, context, [(file, PurePosixPath(path) / at) for file, at in files]
        )
        size = sum(one.size for one in kept)

        def finish(artifact: Json) -> None:
            artifact["state"] = LIVE
            artifact["metadata"] = {**(artifact.get("metadata") or {}), "checkpoint_size": size}

        return parse_checkpoint(
            (yield from self._site.rest.change(operation, made["name"], "artifact", finish)), run_id
        )

    @emulated("artifacts of the runs with a step")
    def list(self, query: CheckpointQuery) -> Flow[tuple[Checkpoint, ...]]:
        operation = "checkpoints.list"
        runs = query.run_ids
        if runs is None:
            listed = yield from self._runs.list(RunQuery(experiment=query.experiment, limit=sys.maxsize))
            runs = tuple(run.id for run in listed.items)
        parts: Parts = (yield Together([self._of_run(operation, run) for run in runs], PARALLEL)) if runs else []
        return select_checkpoints((one for part in parts for one in part), query)

    @emulated("artifacts of the run with a step")
    def steps(self, run_id: str) -> Flow[tuple[int, ...]]:
        found = yield from self._of_run("checkpoints.steps", run_id)
        return tuple(sorted({one.step for one in found if one.complete}))

    def _of_run(self, operation: str, run_id: str) -> Flow[tuple[Checkpoint, ...]]:
        context = yield from self._site.run_context(operation, run_id)
        kept = yield from checkpoint_artifacts(self._site, operation, context["name"])
        place = self._site.place_of(context)
        name = str(context.get("displayName") or place.run)
        found = (parse_checkpoint(one, run_id) for one in kept)
        return tuple(dataclasses.replace(one, run=name, experiment=place.experiment) for one in found)


def stored(site: Site, operation: str, context: str) -> Flow[list[Json]]:
    """The artifacts of a run that lie in Cloud Storage."""
    found = yield from site.nodes.list(operation, "artifacts", inside(context))
    return [
        one
        for one in found
        if str(one.get("uri", "")).startswith("gs://")
        and one.get("schemaTitle") not in (CLASSIFICATION, TENSORBOARD_RUN)
    ]


def checkpoint_artifacts(site: Site, operation: str, context: str) -> Flow[list[Json]]:
    """The artifacts of a run that are checkpoints, oldest first."""
    found = yield from site.nodes.list(operation, "artifacts", inside(context))
    return [one for one in found if STEP in (one.get("metadata") or {}) and one.get("schemaTitle") == FILE]


def keep_files(
    site: Site, operation: str, context: Json, files: list[tuple[Path, PurePosixPath]]
) -> Flow[tuple[Artifact, ...]]:
    """Upload files under their paths, several at once, and make or renew the artifact of each."""
    folder = yield from site.storage.folder()
    known = {path_of(one): one for one in (yield from stored(site, operation, context["name"]))}
    yield from site.nodes.ensure_store(operation)
    base = f"{folder}/{last(context['name'])}"
    flows = [
        _keep_file(site, operation, context, file, str(path), f"{base}/{path}", known.get(str(path)))
        for file, path in files
    ]
    kept: list[Artifact] = (yield Together(flows, PARALLEL)) if flows else []
    return tuple(kept)


def _keep_file(
    site: Site, operation: str, context: Json, file: Path, path: str, uri: str, known: Json | None
) -> Flow[Artifact]:
    size, digest = yield from local(lambda: _measure(file))
    yield from site.storage.upload(uri, file)
    metadata = {PATH: path, SIZE: size, DIGEST: digest}
    if known is not None:

        def renew(artifact: Json) -> None:
            artifact["metadata"] = {**(artifact.get("metadata") or {}), **metadata}
            artifact["uri"] = uri

        return parse_artifact((yield from site.rest.change(operation, known["name"], "artifact", renew)))
    body: Json = {
        "displayName": PurePosixPath(path).name[:128],
        "uri": uri,
        "state": LIVE,
        "schemaTitle": FILE,
        "schemaVersion": SCHEMA_VERSION,
        "metadata": metadata,
    }
    made = yield from site.nodes.create_artifact(operation, body)
    yield from site.nodes.include(operation, context["name"], artifact=made["name"])
    return parse_artifact(made)


def path_of(artifact: Json) -> str:
    """The path of an artifact within its run; what others kept goes by its display name, or its id."""
    metadata = artifact.get("metadata") or {}
    text = str(metadata.get(PATH) or artifact.get("displayName") or last(artifact["name"]))
    try:
        return artifact_path(text)
    except InvalidInput:
        return last(artifact["name"])


def parse_artifact(artifact: Json) -> Artifact:
    """A file of a run."""
    metadata = artifact.get("metadata") or {}
    size = metadata.get(SIZE)
    return Artifact(
        path=path_of(artifact),
        size=int(size) if isinstance(size, int | float) else 0,
        sha256=str(metadata.get(DIGEST) or ""),
        created_at=moment(artifact.get("updateTime") or artifact.get("createTime")),
    )


def parse_checkpoint(artifact: Json, run_id: str) -> Checkpoint:
    """A checkpoint of a run; one whose upload broke off stays incomplete."""
    metadata = artifact.get("metadata") or {}
    size = metadata.get("checkpoint_size")
    return Checkpoint(
        id=last(artifact["name"]),
        run_id=run_id,
        step=int(metadata.get(STEP) or 0),
        path=str(metadata.get(PATH) or ""),
        size=int(size) if isinstance(size, int | float) else 0,
        complete=artifact.get("state") in _LIVE,
        created_at=moment(artifact.get("createTime")),
    )


def _measure(file: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as reader:
        while block := reader.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def _settle(partial: Path, copy: Path) -> None:
    if not partial.exists():
        partial.touch()  # of no bytes nothing is written
    partial.replace(copy)
