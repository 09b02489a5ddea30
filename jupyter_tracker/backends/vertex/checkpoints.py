"""Checkpoints: files in Cloud Storage, and an artifact that is PENDING until all of them are there.

The artifact stays when a checkpoint is deleted, as the record that there was one: events never lose their numbers.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.files import check_empty, files_of, settle_links
from jupyter_tracker.backends.operations import CheckpointOperations, RunOperations, RunQuery
from jupyter_tracker.backends.remote.selection import select_checkpoints
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.kept import PATH, copies_of, fetch_files, keep_files, path_of, stored
from jupyter_tracker.backends.vertex.nodes import field_is, inside, titled
from jupyter_tracker.backends.vertex.resources import FILE, LIVE, PENDING, SCHEMA_VERSION, Json, Messages, last, usable
from jupyter_tracker.backends.vertex.series import PARALLEL
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.errors import Ambiguous, Conflict, InvalidInput, NotFound
from jupyter_tracker.flow import Flow, Local, Together, local
from jupyter_tracker.models import Checkpoint, CheckpointQuery, RunInfo

RUN, STEP, TOTAL, COMPLETED, DELETED = "run", "step", "checkpoint_size", "completed_at", "deleted_at"
"""Fields of the metadata of the artifact."""
_LIVE = (LIVE, "LIVE")
_NOTE = "files in Cloud Storage, with an artifact that is PENDING until all are there"
_LISTED = "artifacts with a step"

Checkpoints: TypeAlias = tuple[Checkpoint, ...]


class VertexCheckpoints(CheckpointOperations):
    """Checkpoints of runs."""

    def __init__(self, site: Site, runs: RunOperations) -> None:
        self._site = site
        self._runs = runs
        self._folder: Path | None = None
        """Has a folder for each checkpoint that is written here; it goes with this object."""

    @emulated(_NOTE)
    def log(self, run_id: str, step: int, source: Path) -> Flow[Checkpoint]:
        files = yield from local(lambda: list(files_of(source)))
        if not files:
            raise InvalidInput(f"The folder {str(source)!r} has no files; a checkpoint needs some.")
        name = source.name if source.name not in ("", "..") else source.resolve().name
        made = yield from self._begun("checkpoints.log", run_id, step, name)
        return (yield from self._kept("checkpoints.log", made, files))

    @emulated(_NOTE)
    def begin(self, run_id: str, step: int) -> Flow[tuple[Checkpoint, Path]]:
        made = yield from self._begun("checkpoints.begin", run_id, step, "")
        place: Path = yield Local(lambda: self._place(last(made["name"])))
        yield Local(place.mkdir)
        return parse_checkpoint(made), place

    @emulated(_NOTE)
    def complete(self, checkpoint_id: str) -> Flow[Checkpoint]:
        operation = "checkpoints.complete"
        made = yield from self._found(operation, checkpoint_id)
        place: Path = yield Local(lambda: self._place(last(made["name"])))
        if not place.is_dir():
            raise Conflict(f"The checkpoint {checkpoint_id[:12]} is complete already, or another process writes it.")
        yield Local(lambda: settle_links(place))
        files = yield from local(lambda: list(files_of(place)))
        if not files:
            raise InvalidInput(f"Nothing was written into {place}; the checkpoint stays incomplete.")
        whole = yield from self._kept(operation, made, files)
        yield Local(lambda: shutil.rmtree(place, ignore_errors=True))
        return whole

    @emulated(_LISTED)
    def get(self, reference: str) -> Flow[Checkpoint]:
        found = yield from self._found("checkpoints.get", reference)
        return parse_checkpoint(found, (yield from self._info(found)))

    @emulated(_LISTED)
    def list(self, query: CheckpointQuery) -> Flow[Checkpoints]:
        operation = "checkpoints.list"
        infos = yield from self._infos(query.experiment)
        if query.run_ids is None:
            found = yield from self._site.nodes.list(operation, "artifacts", titled(FILE))
        else:
            wanted = query.run_ids if query.experiment is None else tuple(set(query.run_ids) & infos.keys())
            of_runs = [field_is(RUN, run) for run in wanted]
            parts: list[Messages] = []
            if wanted:
                lists = [self._site.nodes.list(operation, "artifacts", titled(FILE), one) for one in of_runs]
                parts = yield Together(lists, PARALLEL)
            found = [one for part in parts for one in part]
        known = [parse_checkpoint(one, infos) for one in found if is_checkpoint(one)]
        return select_checkpoints([one for one in known if query.run_ids is not None or one.run_id in infos], query)

    @emulated(_LISTED)
    def steps(self, run_id: str) -> Flow[tuple[int, ...]]:
        context = yield from self._site.run_context("checkpoints.steps", run_id)
        kept = yield from checkpoint_artifacts(self._site, "checkpoints.steps", context["name"])
        found = [parse_checkpoint(one) for one in kept if is_checkpoint(one)]
        return tuple(sorted({one.step for one in found if one.complete}))

    @emulated("files in Cloud Storage")
    def download(self, reference: str, target: Path) -> Flow[Path]:
        operation = "checkpoints.download"
        found = yield from self._found(operation, reference)
        checkpoint = parse_checkpoint(found)
        if not checkpoint.complete:
            raise Conflict(
                f"The checkpoint {checkpoint.id[:12]} of step {checkpoint.step} is incomplete: it is still written, or"
                " its writer has died."
            )
        yield Local(lambda: check_empty(target))
        yield Local(lambda: target.mkdir(parents=True, exist_ok=True))
        copies = []
        for path, artifact in (yield from self._files(operation, checkpoint)).items():
            copies += yield from copies_of(self._site, artifact, target / path)
        yield from fetch_files(self._site, copies)
        return target

    @emulated("its files are removed, and the artifact says so")
    def delete(self, references: Sequence[str] | None, run_id: str | None) -> Flow[int]:
        operation = "checkpoints.delete"
        if references is None and run_id is None:
            raise InvalidInput("Say which checkpoints are deleted: ids, a run, or both. Without that all would be.")
        found: Messages
        if references is None:
            listed = yield from self._site.nodes.list(operation, "artifacts", titled(FILE), field_is(RUN, run_id or ""))
            found = [one for one in listed if is_checkpoint(one)]
        else:
            named: Messages = yield Together([self._found(operation, reference) for reference in references], PARALLEL)
            chosen = {one["name"]: one for one in named if run_id in (None, one["metadata"].get(RUN))}
            found = [*chosen.values()]
        now = datetime.now(UTC).isoformat()
        if found:
            yield Together([self._removed(operation, one, now) for one in found], PARALLEL)
        return len(found)

    def _place(self, identity: str) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="jupyter-tracker-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder / identity

    def _begun(self, operation: str, run_id: str, step: int, name: str) -> Flow[Json]:
        context = yield from self._site.run_context(operation, run_id)
        identity = os.urandom(16).hex()
        body: Json = {
            "displayName": f"checkpoint {step}",
            "schemaTitle": FILE,
            "schemaVersion": SCHEMA_VERSION,
            "state": PENDING,
            "metadata": {RUN: run_id, STEP: step, PATH: str(PurePosixPath(f"{folder_of(step, identity)}/{name}"))},
        }
        return (yield from self._site.nodes.log_artifact(operation, context["name"], body, identity))

    def _kept(self, operation: str, made: Json, files: Sequence[tuple[Path, PurePosixPath]]) -> Flow[Checkpoint]:
        """Upload the files of a checkpoint; it is complete then."""
        context = yield from self._site.run_context(operation, str(made["metadata"][RUN]))
        path = str(made["metadata"][PATH])
        yield from keep_files(self._site, operation, context, [(file, PurePosixPath(path) / at) for file, at in files])
        size = yield from local(lambda: sum(file.stat().st_size for file, _ in files))

        def finish(artifact: Json) -> None:
            metadata = artifact.setdefault("metadata", {})
            if DELETED in metadata:
                return
            artifact["state"] = LIVE
            metadata |= {TOTAL: size, COMPLETED: datetime.now(UTC).isoformat()}

        found = yield from self._site.rest.change(operation, made["name"], "artifact", finish)
        whole = parse_checkpoint(found, (yield from self._info(found)))
        if not is_checkpoint(found):
            yield from self._emptied(operation, whole)
            raise _missing(whole.id)
        return whole

    def _found(self, operation: str, reference: str) -> Flow[Json]:
        """The artifact of the checkpoint of that id, or of the only id that begins so."""
        if usable(reference):
            exact = yield from self._site.rest.find(operation, self._site.names.artifact(reference))
            if exact is not None and is_checkpoint(exact):
                return exact
        listed = yield from self._site.nodes.list(operation, "artifacts", titled(FILE))
        found = [one for one in listed if is_checkpoint(one) and reference and last(one["name"]).startswith(reference)]
        if not found:
            raise _missing(reference)
        if len(found) > 1:
            told = [f"{last(one['name'])[:12]} (step {parse_checkpoint(one).step})" for one in found]
            raise Ambiguous("checkpoint", reference, told)
        return found[0]

    def _infos(self, experiment: str | None) -> Flow[Mapping[str, RunInfo]]:
        listed = yield from self._runs.list(RunQuery(experiment=experiment, limit=sys.maxsize))
        return {run.id: run for run in listed.items}

    def _info(self, artifact: Json) -> Flow[Mapping[str, RunInfo]]:
        """The run of a checkpoint by its id; none where it was deleted."""
        try:
            found = yield from self._runs.get(str(artifact["metadata"].get(RUN)))
        except NotFound:
            return {}
        return {found.id: found}

    def _files(self, operation: str, checkpoint: Checkpoint) -> Flow[dict[str, Json]]:
        """The artifacts of the files of a checkpoint by their paths in it."""
        context = self._site.names.context(checkpoint.run_id)
        folder = f"{folder_of(checkpoint.step, checkpoint.id)}/"
        kept = yield from stored(self._site, operation, context)
        return {path_of(one).removeprefix(folder): one for one in kept if path_of(one).startswith(folder)}

    def _removed(self, operation: str, artifact: Json, now: str) -> Flow[None]:
        def mark(one: Json) -> None:
            one.setdefault("metadata", {}).setdefault(DELETED, now)

        marked = yield from self._site.rest.change(operation, artifact["name"], "artifact", mark)
        yield from self._emptied(operation, parse_checkpoint(marked))

    def _emptied(self, operation: str, checkpoint: Checkpoint) -> Flow[None]:
        for artifact in (yield from self._files(operation, checkpoint)).values():
            yield from self._site.storage.delete(str(artifact["uri"]))
            yield from self._site.rest.delete(operation, artifact["name"])


def checkpoint_artifacts(site: Site, operation: str, context: str) -> Flow[Messages]:
    """The artifacts of a run that are checkpoints, oldest first; also of deleted ones."""
    found = yield from site.nodes.list(operation, "artifacts", inside(context))
    return [one for one in found if STEP in (one.get("metadata") or {}) and one.get("schemaTitle") == FILE]


def is_checkpoint(artifact: Json) -> bool:
    """Whether an artifact is a checkpoint that was not deleted."""
    metadata = artifact.get("metadata") or {}
    return artifact.get("schemaTitle") == FILE and STEP in metadata and DELETED not in metadata


def folder_of(step: int, identity: str) -> str:
    """The folder of the files of a checkpoint, within its run."""
    return f"checkpoints/step-{step}-{identity[:8]}"


def parse_checkpoint(artifact: Json, runs: Mapping[str, RunInfo] | None = None) -> Checkpoint:
    """A checkpoint of a run; one whose upload broke off stays incomplete."""
    metadata = artifact.get("metadata") or {}
    size = metadata.get(TOTAL)
    complete = artifact.get("state") in _LIVE
    run = (runs or {}).get(str(metadata.get(RUN) or ""))
    return Checkpoint(
        id=last(artifact["name"]),
        run_id=str(metadata.get(RUN) or ""),
        step=int(metadata.get(STEP) or 0),
        path=str(metadata.get(PATH) or ""),
        size=int(size) if isinstance(size, int | float) else 0,
        complete=complete,
        created_at=moment(artifact.get("createTime")),
        completed_at=moment(metadata.get(COMPLETED) or artifact.get("updateTime")) if complete else None,
        run="" if run is None else run.name,
        experiment="" if run is None else run.experiment,
    )


def _missing(reference: str) -> NotFound:
    return NotFound("checkpoint", reference, (), "`%tracker checkpoints` lists them.")
