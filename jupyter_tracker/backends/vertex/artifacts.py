"""Artifacts of runs: files in Cloud Storage."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.files import artifact_path, files_of
from jupyter_tracker.backends.operations import ArtifactOperations
from jupyter_tracker.backends.vertex.kept import (
    Copies,
    copies_of,
    fetch_files,
    keep_files,
    parse_artifact,
    path_of,
    stored,
)
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.errors import NotFound
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Artifact


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
            copies += yield from copies_of(self._site, known[name], target / PurePosixPath(name).relative_to(base))
        yield from fetch_files(self._site, copies)
        return target / PurePosixPath(wanted).name
