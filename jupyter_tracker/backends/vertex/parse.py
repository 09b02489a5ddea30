"""From the platform's JSON to the shared model; what is missing or unknown is no error."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import UTC, datetime

from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.record import Record, read_record
from jupyter_tracker.backends.vertex.resources import METRICS, PARAMS, STATE, Json, last, state_name
from jupyter_tracker.models import (
    Classification,
    Experiment,
    JsonValue,
    Lifecycle,
    MetricValue,
    RunInfo,
    RunKind,
    RunState,
)

STATES: Mapping[str, RunState] = {
    "NEW": RunState.QUEUED,
    "RUNNING": RunState.RUNNING,
    "COMPLETE": RunState.SUCCEEDED,
    "CACHED": RunState.SUCCEEDED,
    "FAILED": RunState.FAILED,
    "CANCELLED": RunState.STOPPED,
}
NATIVE_STATES: Mapping[RunState, str] = {
    RunState.SUCCEEDED: "COMPLETE",
    RunState.FAILED: "FAILED",
    RunState.LOST: "FAILED",
    RunState.STOPPED: "CANCELLED",
}


def number(value: float) -> float | str:
    """A double as JSON of protocol buffers has it: text where JSON has no number."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def parse_number(value: object) -> float:
    """A double that came as number or text; NaN for what is neither."""
    if isinstance(value, int | float | str):
        try:
            return float(value)
        except ValueError:
            return math.nan
    return math.nan


def parse_experiment(context: Json) -> Experiment:
    """An experiment from its context."""
    record = read_record(context)
    return Experiment(
        id=last(context["name"]),
        name=str(context.get("displayName") or last(context["name"])),
        description=str(context.get("description") or ""),
        tags=record.tags,
        created_at=moment(context.get("createTime")),
        updated_at=moment(context.get("updateTime")),
    )


def parse_run(context: Json, experiments: Mapping[str, str]) -> RunInfo:
    """A run from its context.

    Args:
        context: As it was read.
        experiments: Names of experiments by their id.
    """
    metadata = context.get("metadata") or {}
    identity = last(context["name"])
    record = read_record(context)
    parents = context.get("parentContexts") or []
    experiment = last(parents[0]) if parents else ""
    native = state_name(metadata.get(STATE))
    state = STATES.get(native, RunState.UNKNOWN)
    created, updated = moment(context.get("createTime")), moment(context.get("updateTime"))
    return RunInfo(
        id=identity,
        name=str(context.get("displayName") or identity),
        experiment_id=experiment,
        experiment=experiments.get(experiment, experiment),
        state=state,
        native_state=native,
        reason=record.reason,
        notes=record.notes,
        kind=RunKind.IN_KERNEL,
        params=parse_params(metadata.get(PARAMS), record),
        metrics=parse_latest(metadata.get(METRICS), record, updated or created),
        tags=record.tags,
        progress=record.progress,
        created_at=created,
        started_at=created,
        ended_at=(record.ended_at or updated) if state.ended else None,
    )


def parse_params(params: object, record: Record) -> dict[str, JsonValue]:
    """Params: those that we wrote with their exact types, others as the platform has them (each number a float)."""
    known = params if isinstance(params, Mapping) else {}
    exact = {key: kept.value for key, kept in record.params.items() if key in known and kept.shown == known[key]}
    return {**known, **exact}


def parse_latest(metrics: object, record: Record, updated: datetime | None) -> dict[str, MetricValue]:
    """The latest value of each metric: of the summary metrics, with step and time where they come from a series."""
    known = metrics if isinstance(metrics, Mapping) else {}
    found = {
        key: MetricValue(parse_number(value), 0, updated or datetime.fromtimestamp(0, UTC))
        for key, value in known.items()
        if isinstance(value, int | float) or not math.isnan(parse_number(value)) or value == "NaN"
    }
    # Somebody may have set the summary metric since.
    unchanged = {
        key: latest
        for key, latest in record.latest.items()
        if key not in known or parse_number(known[key]) == latest.value or not math.isfinite(latest.value)
    }
    return {**found, **unchanged}


def parse_classification(artifact: Json) -> Classification:
    """Classification metrics from their artifact."""
    metadata = artifact.get("metadata") or {}
    matrix = metadata.get("confusionMatrix") or {}
    curve = metadata.get("confidenceMetrics") or []
    labels = [str(spec.get("displayName", "")) for spec in matrix.get("annotationSpecs") or []]
    # Pipelines write each row as {"row": […]}.
    rows = [row.get("row") or [] if isinstance(row, Mapping) else row for row in matrix.get("rows") or []]
    step = (artifact.get("labels") or {}).get("jupyter_tracker_step")
    return Classification(
        name=str(artifact.get("displayName") or last(artifact["name"])),
        labels=tuple(labels),
        matrix=tuple(tuple(map(parse_number, row)) for row in rows),
        fpr=tuple(parse_number(point.get("falsePositiveRate", 0.0)) for point in curve),
        tpr=tuple(parse_number(point.get("recall", 0.0)) for point in curve),
        thresholds=tuple(parse_number(point.get("confidenceThreshold", 0.0)) for point in curve),
        step=int(step) if isinstance(step, str) and step.lstrip("-").isdigit() else None,
        created_at=moment(artifact.get("createTime")),
    )


def deleted(info: RunInfo) -> RunInfo:
    """The run as it was, now gone."""
    return dataclasses.replace(info, lifecycle=Lifecycle.DELETED)
