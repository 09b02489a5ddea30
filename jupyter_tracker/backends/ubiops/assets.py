"""Files of UbiOps: what runs gave as their results, and the code that they were given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.operations import ArtifactOperations, SourceOperations
from jupyter_tracker.backends.remote import archives
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.ubiops.operations.files import SCHEME, Uri, uri_of
from jupyter_tracker.backends.ubiops.project import Project
from jupyter_tracker.backends.ubiops.reading import result_files
from jupyter_tracker.errors import Conflict, InvalidInput, NotFound, RemoteNotFound
from jupyter_tracker.flow import Flow, Local, Together
from jupyter_tracker.models import Artifact, Lifecycle, Source

PAGE = 1000
"""Files that are asked for at once."""


class UbiOpsArtifacts(ArtifactOperations):
    """The files of a run's result."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def list(self, run_id: str) -> Flow[tuple[Artifact, ...]]:
        places = yield from self._places(run_id)
        found = yield Together([self._artifact(name, place) for name, place in places.items()])
        return tuple(artifact for artifact in found if artifact is not None)

    def download(self, run_id: str, path: str, target: Path) -> Flow[Path]:
        places = yield from self._places(run_id)
        if path not in places:
            if path.startswith("/") or ".." in Path(path).parts:
                raise InvalidInput(f"The artifact path {path!r} must stay within the run.")
            raise NotFound("artifact", path, places, "`run.artifacts()` lists them.")
        target.mkdir(parents=True, exist_ok=True)
        return (yield from self._project.native.download_file(self._project.name, str(places[path]), target / path))

    def _places(self, run_id: str) -> Flow[dict[str, Uri]]:
        """Where the files lie, by name; one whose name is taken gets a number before it."""
        request = yield from self._project.request(run_id)
        found: dict[str, Uri] = {}
        for number, text in enumerate(result_files(request)):
            if text.startswith(SCHEME):
                place = uri_of(text)
                name = Path(place.file).name or "artifact"
                found[f"{number}-{name}" if name in found else name] = place
        return dict(sorted(found.items()))

    def _artifact(self, name: str, place: Uri) -> Flow[Artifact | None]:
        try:
            about = yield from self._project.native.files_get(self._project.name, place.bucket, place.file)
        except RemoteNotFound:
            return None  # it was removed from the bucket
        return Artifact(name, int(about.get("size") or 0), created_at=moment(about.get("time_created")))


class UbiOpsSources(SourceOperations):
    """The code that runs were given, as it lies in the bucket: its id is `ubiops-file://BUCKET/FILE`."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @emulated("the training code of runs, in the bucket of their experiment")
    def get(self, reference: str) -> Flow[Source]:
        if reference.startswith(SCHEME):
            place = uri_of(reference)
            try:
                about = yield from self._project.native.files_get(self._project.name, place.bucket, place.file)
            except RemoteNotFound:
                raise NotFound("source", reference, (), "`%tracker sources` lists them.") from None
            return Source(
                reference,
                Path(place.file).stem,
                1,
                "",
                size=int(about.get("size") or 0),
                created_at=moment(about.get("time_created")),
                file_count=1,
            )
        name, _, version = reference.partition("@")
        known = yield from self.list(name, Lifecycle.ACTIVE)
        for source in known:
            if not version or str(source.version) == version:
                return source
        raise NotFound("source", reference, [source.label for source in known], "`%tracker sources` lists them.")

    @emulated("the training code of runs, counted by time in each experiment")
    def list(self, name: str | None, lifecycle: Lifecycle) -> Flow[tuple[Source, ...]]:
        if lifecycle is not Lifecycle.ACTIVE:
            return ()
        experiments = yield from self._project.experiments()
        chosen = [each.name for each in experiments if name in (None, each.name)]
        found = yield Together([self._of(each) for each in chosen])
        newest = sorted(
            (source for sources in found for source in sources),
            key=lambda source: source.created_at.timestamp() if source.created_at else 0.0,
            reverse=True,
        )
        return tuple(newest)

    @emulated("from the bucket; an archive is unpacked")
    def download(self, reference: str, target: Path) -> Flow[Path]:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise Conflict(f"{target} is not an empty folder. Name one that is empty or not there.")
        source = yield from self.get(reference)
        target.mkdir(parents=True, exist_ok=True)
        file = yield from self._project.native.download_file(self._project.name, source.id, target)
        if file.suffix == ".zip":
            yield Local(lambda: _unpack(file, target))
        return target

    def _of(self, experiment: str) -> Flow[Sequence[Source]]:
        bucket = yield from self._project.native._bucket(self._project.name, experiment)  # noqa: SLF001  # not documented
        files, token = [], None
        while True:
            page = yield from self._project.native.files_list(
                self._project.name, bucket, f"experiments/{experiment}/runs/", None, token, PAGE
            )
            files += [file for file in page.get("files") or () if "/code/" in str(file.get("file"))]
            token = page.get("continuation_token")
            if not token:
                break
        files.sort(key=lambda file: str(file.get("time_created")))
        return [
            Source(
                str(Uri(bucket, file["file"])),
                experiment,
                number,
                "",
                origin=str(file["file"]),
                size=int(file.get("size") or 0),
                created_at=moment(file.get("time_created")),
                file_count=1,
            )
            for number, file in enumerate(files, start=1)
        ]


def _unpack(file: Path, target: Path) -> None:
    try:
        archives.unpack(file, target, "ubiops")
    finally:
        file.unlink()
