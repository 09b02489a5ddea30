"""What both kinds of MLflow stores have in common: an experiment and a run of theirs as ours."""

from __future__ import annotations

import json
import math
import os
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from jupyter_tracker.backends.local.importing.target import StagedRun, Target, fitting_name, moment_now
from jupyter_tracker.errors import InvalidImport
from jupyter_tracker.models import (
    Artifact,
    Dataset,
    DatasetUse,
    Environment,
    Experiment,
    Level,
    Lifecycle,
    PointBlock,
    RunInfo,
    RunKind,
    RunState,
)

STATES = {
    "RUNNING": RunState.RUNNING,
    "SCHEDULED": RunState.QUEUED,
    "FINISHED": RunState.SUCCEEDED,
    "FAILED": RunState.FAILED,
    "KILLED": RunState.STOPPED,
}
LARGEST_NUMBER = 1.7976931348623157e308
"""What MLflow keeps in a database in the place of infinity."""
CONTEXT = "mlflow.data.context"
"""The tag with the context of a dataset."""
BATCH = 65_536
"""Points that are read at once."""

Point = tuple[str, int, float, int]
"""key, time in milliseconds, value, step"""


@dataclass
class MlflowRun:
    """A run as MLflow keeps it; times are milliseconds since the epoch."""

    id: str
    name: str | None = None
    status: str = "RUNNING"
    start_time: int | None = None
    end_time: int | None = None
    deleted: bool = False
    artifact_uri: str = ""
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    inputs: list[DatasetUse] = field(default_factory=list)


def experiment(identity: object, name: str | None, fields: Mapping[str, Any], tags: Mapping[str, str]) -> Experiment:
    """An experiment of MLflow as one of ours."""
    created = moment(fields.get("creation_time"), f"experiment {identity}: creation_time")
    return Experiment(
        id="",
        name=fitting_name(name, f"experiment {identity}"),
        tags=dict(tags),
        lifecycle=Lifecycle.DELETED if fields.get("lifecycle_stage") == "deleted" else Lifecycle.ACTIVE,
        created_at=created,
        updated_at=moment(fields.get("last_update_time"), f"experiment {identity}: last_update_time") or created,
    )


def stage(target: Target, place: str, run: MlflowRun, points: Iterable[Point], artifacts: Path | None) -> None:
    """Stage a run with all its points and files."""
    created = moment(run.start_time, f"run {run.id}: start_time")
    ended = moment(run.end_time, f"run {run.id}: end_time")
    state = STATES.get(run.status, RunState.UNKNOWN)
    info = RunInfo(
        id=run.id,
        name=fitting_name(run.name or run.tags.get("mlflow.runName"), "run"),
        experiment_id=place,
        experiment="",
        state=state,
        native_state=run.status,
        kind=RunKind.IN_KERNEL,
        lifecycle=Lifecycle.DELETED if run.deleted else Lifecycle.ACTIVE,
        params=run.params,
        tags=run.tags,
        created_at=created,
        started_at=created,
        ended_at=ended,
    )
    environment = Environment(
        git_commit=run.tags.get("mlflow.source.git.commit", ""), git_branch=run.tags.get("mlflow.source.git.branch", "")
    )
    staged = target.run(info, place, environment, None, None)
    begun = created or moment_now()
    staged.event(begun, "created", "The run was created in MLflow.")
    # The same dataset in the same context is one input here (MLflow: `log_inputs`).
    staged.datasets("input", {(use.dataset.name, use.dataset.digest, use.context): use for use in run.inputs}.values())
    for block in blocks(points):
        staged.points(block)
    copy_artifacts(target, staged, run, artifacts)
    if state.ended:
        level = Level.ERROR if state is RunState.FAILED else Level.INFO
        staged.event(ended or begun, "ended", f"The run {state}.", level, state=str(state))
    staged.finish()


def used_dataset(fields: Mapping[str, Any], tags: Mapping[str, Any]) -> DatasetUse:
    """A dataset that a run read; MLflow keeps its source, schema and profile as JSON text."""
    source = _json(fields.get("source"))
    place = next((source[key] for key in ("uri", "url", "path") if isinstance(source.get(key), str)), None)
    dataset = Dataset(
        name=fitting_name(str(fields.get("name") or ""), "dataset"),
        digest=str(fields.get("digest") or ""),
        source_type=str(fields.get("source_type") or ""),
        source=_address(str(fields.get("source") or "") if place is None else place),
        schema=_json(fields.get("schema")),
        profile=_json(fields.get("profile")),
    )
    texts = {str(key): str(value) for key, value in tags.items()}
    return DatasetUse(dataset, texts.pop(CONTEXT, ""), texts)


def blocks(points: Iterable[Point]) -> Iterator[PointBlock]:
    """Points, those of one metric after those of another, as blocks."""
    rest = iter(points)
    while batch := list(islice(rest, BATCH)):
        for key, group in groupby(batch, lambda point: point[0]):
            rows = list(group)
            yield PointBlock(
                (key,),
                memoryview(array("q", [step for *_, step in rows])),
                memoryview(array("d", [time / 1000 for _, time, _, _ in rows])),
                (memoryview(array("d", [value for _, _, value, _ in rows])),),
            )


def copy_artifacts(target: Target, staged: StagedRun, run: MlflowRun, folder: Path | None) -> None:
    """Copy the files of a run; links are left out, as they may lead anywhere."""
    if folder is None:
        if run.artifact_uri and urlsplit(run.artifact_uri).scheme not in ("", "file"):
            target.notes.append(f"The artifacts of {run.id} lie at {_origin(run.artifact_uri)} and were not copied.")
        return
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            file = Path(parent) / name
            if file.is_symlink() or not file.is_file():
                target.notes.append(f"{file} is a link and was left out.")
                continue
            facts = file.stat()
            created = datetime.fromtimestamp(facts.st_mtime, UTC)
            path = file.relative_to(folder).as_posix()
            with file.open("rb") as stream:
                staged.file(Artifact(path, facts.st_size, created_at=created), stream)


def local_artifacts(run: MlflowRun, near: Iterable[Path]) -> Path | None:
    """Where the files of a run lie: where MLflow says, or where they are when the store was moved.

    MLflow's folders end with the id of the run; no other folder is read, whatever a database says.
    """
    parts = urlsplit(run.artifact_uri)
    told = Path(unquote(parts.path) if parts.scheme == "file" else run.artifact_uri)
    candidates = [told] if parts.scheme in ("", "file") and run.artifact_uri else []
    for folder in near:
        candidates += [folder / told] if candidates and not told.is_absolute() else []
        candidates += [folder / Path(*told.parts[-4:])] if len(told.parts) >= 4 else []
    for candidate in candidates:
        whole = candidate.resolve()
        if whole.name == "artifacts" and whole.parent.name == run.id and whole.is_dir():
            return whole
    return None


def moment(milliseconds: Any, where: str) -> datetime | None:
    """A time of MLflow; `InvalidImport` when it is none."""
    if milliseconds in (None, "", 0):
        return None
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise InvalidImport(f"{where} must be milliseconds since the epoch, not {milliseconds!r}.") from None


def number(value: float, *, nan: bool = False) -> float:
    """A value of a metric as it was logged, from what a database keeps of it."""
    if nan:
        return math.nan
    return math.copysign(math.inf, value) if abs(value) >= LARGEST_NUMBER else float(value)


def _json(text: Any) -> dict[str, Any]:
    """The object that a JSON text is; empty when it is none."""
    try:
        found = json.loads(text or "{}")
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _address(uri: str) -> str:
    """An address without a user's name and password."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else uri


def _origin(uri: str) -> str:
    """Where an address leads, without what may be a credential in it."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
