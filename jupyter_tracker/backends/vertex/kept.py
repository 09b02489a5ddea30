"""Files in Cloud Storage, each known to its run by an artifact of the metadata store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from jupyter_tracker.backends.common.files import artifact_path
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.nodes import inside
from jupyter_tracker.backends.vertex.resources import (
    CLASSIFICATION,
    DATASET,
    FILE,
    LIVE,
    SCHEMA_VERSION,
    TENSORBOARD_RUN,
    Json,
    Messages,
    last,
)
from jupyter_tracker.backends.vertex.series import PARALLEL
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.backends.vertex.storage import split_uri
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.flow import Flow, Local, Together, local
from jupyter_tracker.models import Artifact
from jupyter_tracker.progress import bar

PATH, SIZE, DIGEST = "path", "size", "sha256"
"""Fields of the metadata of our artifacts."""
_BLOCK = 2**20
_OF_OTHERS = frozenset({CLASSIFICATION, TENSORBOARD_RUN, DATASET})
"""Artifacts that may lie in Cloud Storage and are no files of the run."""

Copies = list[tuple[str, Path]]
"""Where files lie in Cloud Storage, and where each goes here."""


def stored(site: Site, operation: str, context: str) -> Flow[Messages]:
    """The artifacts of a run that lie in Cloud Storage."""
    found = yield from site.nodes.list(operation, "artifacts", inside(context))
    return [
        one for one in found if str(one.get("uri", "")).startswith("gs://") and one.get("schemaTitle") not in _OF_OTHERS
    ]


def keep_files(
    site: Site, operation: str, context: Json, files: list[tuple[Path, PurePosixPath]]
) -> Flow[tuple[Artifact, ...]]:
    """Upload files under their paths, several at once, and make or renew the artifact of each."""
    folder = yield from site.storage.folder()
    known = {path_of(one): one for one in (yield from stored(site, operation, context["name"]))}
    yield from site.nodes.ensure_store(operation)
    base = f"{folder}/{last(context['name'])}"
    kept: list[Artifact] = []
    what = files[0][0].name if len(files) == 1 else f"{len(files):,} files"
    total = yield from local(lambda: sum(file.stat().st_size for file, _ in files))
    with bar(f"upload {what}", total) as progress:
        flows = [
            _keep_file(site, operation, context, file, str(path), f"{base}/{path}", known.get(str(path)), progress)
            for file, path in files
        ]
        if flows:
            kept = yield Together(flows, PARALLEL)
    return tuple(kept)


def fetch_files(site: Site, copies: Copies) -> Flow[None]:
    """Copy files from Cloud Storage, several at once; each is whole or not there."""
    what = copies[0][1].name if len(copies) == 1 else f"{len(copies):,} files"
    with bar(f"download {what}") as progress:
        if copies:
            yield Together([_fetch(site, uri, copy, progress) for uri, copy in copies], PARALLEL)


def copies_of(site: Site, artifact: Json, target: Path) -> Flow[Copies]:
    """What an artifact is in Cloud Storage: one file, or all files of a folder, and where each goes."""
    uri = str(artifact["uri"])
    if SIZE in (artifact.get("metadata") or {}):
        return [(uri, target)]
    bucket, prefix = split_uri(uri)
    found: Copies = []
    for one in (yield from site.storage.list(uri)):
        name = str(one["name"])
        if name.endswith("/"):
            continue
        inner = name.removeprefix(f"{prefix.rstrip('/')}/")
        found.append((f"gs://{bucket}/{name}", target / artifact_path(inner)))
    return found or [(uri, target)]


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


def _keep_file(
    site: Site,
    operation: str,
    context: Json,
    file: Path,
    path: str,
    uri: str,
    known: Json | None,
    progress: Callable[[int], None],
) -> Flow[Artifact]:
    size, digest = yield from local(lambda: _measure(file))
    yield from site.storage.upload(uri, file, progress)
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


def _fetch(site: Site, uri: str, copy: Path, progress: Callable[[int], None]) -> Flow[None]:
    partial = copy.with_name(f".{copy.name}.{os.urandom(4).hex()}")
    yield Local(lambda: copy.parent.mkdir(parents=True, exist_ok=True))
    try:
        yield from site.storage.download(uri, partial, progress)
        yield Local(lambda: partial.replace(copy))
    finally:
        partial.unlink(missing_ok=True)


def _measure(file: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as reader:
        while block := reader.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()
