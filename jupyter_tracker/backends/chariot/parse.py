"""From the platform's JSON to the shared model; what is missing or unknown is no error."""

from __future__ import annotations

import dataclasses
import json
import math
from array import array
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from jupyter_tracker.backends.chariot.requests import Json, Messages, moment, seconds
from jupyter_tracker.backends.remote.selection import latest
from jupyter_tracker.models import (
    Checkpoint,
    Event,
    Experiment,
    Level,
    Lifecycle,
    MetricValue,
    PointBlock,
    Points,
    Progress,
    RunInfo,
    RunState,
    Template,
)

STATES: Mapping[str, RunState] = {
    "run_created": RunState.QUEUED,
    "run_restart_requested": RunState.QUEUED,
    "job_created": RunState.QUEUED,
    "job_submitted": RunState.QUEUED,
    "job_pending": RunState.QUEUED,
    "job_running": RunState.RUNNING,
    "run_stop_requested": RunState.STOPPING,
    "job_terminate_requested": RunState.STOPPING,
    "job_terminating": RunState.STOPPING,
    "job_completed": RunState.SUCCEEDED,
    "job_failed": RunState.FAILED,
    "job_create_failed": RunState.FAILED,
    "job_terminated": RunState.STOPPED,
    "job_unknown": RunState.UNKNOWN,
}
MESSAGES: Mapping[str, str] = {
    "run_created": "The run was created.",
    "run_stop_requested": "The run was asked to stop.",
    "run_restart_requested": "The run was asked to start again.",
    "job_create_failed": "Its job could not be made.",
    "job_created": "Its job was made.",
    "job_submitted": "Its job was submitted.",
    "job_pending": "Its job waits for resources.",
    "job_running": "Its job runs.",
    "job_terminate_requested": "Its job is asked to end.",
    "job_terminating": "Its job ends.",
    "job_terminated": "Its job was stopped.",
    "job_failed": "Its job failed.",
    "job_completed": "Its job is complete.",
}
MISSING = "missing"
"""The kind of an event that stands for one which the platform does not give."""


def parse_run(run: Json, metrics: Mapping[str, MetricValue] | None = None) -> RunInfo:
    """A version of a run name."""
    native = str(run.get("status") or "")
    state = STATES.get(native, RunState.UNKNOWN)
    created, changed = moment(run.get("created_at")), moment(run.get("status_updated_at"))
    name = str(run.get("name") or "")
    tags = {key: str(run[key]) for key in ("task_type", "blueprint_id", "user_id") if run.get(key)}
    begun = state in (RunState.RUNNING, RunState.STOPPING) or state.ended
    return RunInfo(
        id=str(run["id"]),
        name=str(run.get("version") or run["id"]),
        experiment_id=name,
        experiment=name,
        state=state,
        native_state=native,
        reason="Its job could not be made." if native == "job_create_failed" else "",
        notes=str(run.get("notes") or ""),
        params=dict(run.get("config") or {}),
        metrics=metrics or {},
        tags=tags,
        progress=parse_progress(run),
        created_at=created,
        started_at=created if begun else None,
        ended_at=changed if state.ended else None,
    )


def parse_progress(run: Json) -> tuple[Progress, ...]:
    """How far its operations are."""
    updated = moment(run.get("progress_updated_at"))
    return tuple(
        Progress(
            str(one.get("operation") or ""),
            float(one.get("value") or 0.0),
            None if one.get("final_value") is None else float(one["final_value"]),
            str(one.get("units") or ""),
            updated,
        )
        for one in run.get("progress") or ()
    )


def parse_experiments(runs: Iterable[RunInfo]) -> tuple[Experiment, ...]:
    """The names of some runs, each an experiment, the one used last first."""
    by_name: dict[str, list[RunInfo]] = {}
    for run in runs:
        by_name.setdefault(run.experiment, []).append(run)
    found = []
    for name, versions in by_name.items():
        times = [run.created_at for run in versions if run.created_at is not None]
        found.append(
            Experiment(
                id=name,
                name=name,
                created_at=min(times, default=None),
                updated_at=max(times, default=None),
                run_count=len(versions),
                active_run_count=sum(not run.state.ended for run in versions),
            )
        )
    unknown = datetime.fromtimestamp(0, UTC)
    return tuple(sorted(found, key=lambda one: one.updated_at or unknown, reverse=True))


def parse_events(events: Messages, *, ended: bool, now: datetime, patience: float) -> tuple[Event, ...]:
    """Events, numbered from 1 without gaps.

    The platform's numbers have no gaps in the end. Where one is missing, what stands behind it is held back as long as
    it may still come; then an event of the kind `missing` stands in its place, so that no reader waits for ever.
    """
    found: list[Event] = []
    if not events:
        return ()
    first = min(1, int(events[0]["sequence"]))
    expected = first
    for one in events:
        sequence, time = int(one["sequence"]), moment(one.get("created_at")) or now
        if sequence > expected and not ended and (now - time).total_seconds() < patience:
            break
        for gap in range(expected, sequence):
            text = f"Chariot gave no event {gap}."
            found.append(Event(gap - first + 1, time, MISSING, text, Level.WARNING))
        status = str(one.get("status") or "")
        state = STATES.get(status, RunState.UNKNOWN)
        level = Level.ERROR if state is RunState.FAILED else Level.INFO
        details = one.get("details")
        told = details.get("message") if isinstance(details, Mapping) else None
        message = str(told or MESSAGES.get(status, status))
        found.append(Event(sequence - first + 1, time, status, message, level, dict(details or {})))
        expected = sequence + 1
    return tuple(found)


def parse_points(metrics: Messages) -> Points:
    """Metrics as points, a block for each metric, by step; a value of null is not a number."""
    by_tag: dict[str, list[tuple[int, float, float]]] = {}
    for one in metrics:
        value = one.get("value")
        number = float(value) if isinstance(value, int | float) else math.nan
        point = (int(one.get("global_step") or 0), seconds(float(one.get("created_at") or 0.0)), number)
        by_tag.setdefault(str(one.get("tag") or ""), []).append(point)
    blocks = []
    for tag in sorted(by_tag, key=lambda tag: min(point[1] for point in by_tag[tag])):
        points = sorted(by_tag[tag], key=lambda point: point[:2])
        columns = list(zip(*points, strict=True))
        blocks.append(
            PointBlock(
                (tag,),
                memoryview(array("q", columns[0])),
                memoryview(array("d", columns[1])),
                (memoryview(array("d", columns[2])),),
            )
        )
    return Points(tuple(blocks), "")


def parse_latest(metrics: Messages) -> Mapping[str, MetricValue]:
    """The latest value of each metric."""
    return latest(parse_points(metrics))


def parse_checkpoint(checkpoint: Json, runs: Mapping[str, Json]) -> Checkpoint:
    """A checkpoint; its size is not told. `runs` are by their ids, its own among them."""
    known = runs.get(str(checkpoint.get("run_id")))
    run = None if known is None else parse_run(known)
    complete = checkpoint.get("status") == "complete"
    return Checkpoint(
        id=str(checkpoint["id"]),
        run_id=str(checkpoint.get("run_id") or ""),
        step=int(checkpoint.get("global_step") or 0),
        path=str(checkpoint.get("key_prefix") or checkpoint["id"]),
        size=0,
        complete=complete,
        created_at=moment(checkpoint.get("created_at")),
        completed_at=moment(checkpoint.get("status_updated_at")) if complete else None,
        run="" if run is None else run.name,
        experiment="" if run is None else run.experiment,
    )


def parse_template(blueprint: Json) -> Template:
    """A blueprint."""
    version = str(blueprint.get("version") or "")
    schema = blueprint.get("config_schema") or blueprint.get("schema") or {}
    return Template(
        id=str(blueprint["id"]),
        name=str(blueprint.get("name") or ""),
        version=int(version) if version.isdigit() else version,
        source="",
        schema=schema if isinstance(schema, Mapping) else {},
        description=str(blueprint.get("description") or json.dumps(blueprint.get("task_type") or "").strip('"')),
        created_at=moment(blueprint.get("created_at")),
    )


def deleted(info: RunInfo) -> RunInfo:
    """The run as it was, now gone."""
    return dataclasses.replace(info, lifecycle=Lifecycle.DELETED)
