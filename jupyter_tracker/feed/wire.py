"""Models to the JSON that views read; the mirror of `js/src/core/wire.ts`."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime
from typing import Any

from jupyter_tracker.errors import InvalidFilter, TrackerError
from jupyter_tracker.feed.logrows import LogRow
from jupyter_tracker.models import Event, JsonValue, Level, LogLine, MetricSummary, RunInfo

Json = dict[str, Any]


def run_data(info: RunInfo, actions: dict[str, str | None]) -> Json:
    """A run. `actions` says for each operation why it is not possible now, or None."""
    return {
        "id": info.id,
        "name": info.name,
        "experiment": info.experiment,
        "state": str(info.state),
        "native_state": info.native_state,
        "reason": info.reason,
        "kind": str(info.kind),
        "lifecycle": str(info.lifecycle),
        "notes": info.notes,
        "parent": info.parent,
        "attempt": info.attempt,
        "trimmed_at": seconds(info.trimmed_at),
        "params": {key: plain(value) for key, value in info.params.items()},
        "tags": dict(info.tags),
        "metrics": {
            key: {"value": number(latest.value), "step": latest.step, "time": latest.time.timestamp()}
            for key, latest in info.metrics.items()
        },
        "progress": [
            {
                "operation": progress.operation,
                "value": progress.value,
                "final_value": progress.final_value,
                "units": progress.units,
            }
            for progress in info.progress
        ],
        "created_at": seconds(info.created_at),
        "started_at": seconds(info.started_at),
        "ended_at": seconds(info.ended_at),
        "actions": actions,
    }


def child_data(info: RunInfo, metric: str | None, varied: Collection[str] | None) -> Json:
    """A run that is a part of another one: what differs between it and its siblings."""
    latest = info.metrics.get(metric) if metric else None
    return {
        "id": info.id,
        "name": info.name,
        "state": str(info.state),
        "params": {key: plain(value) for key, value in info.params.items() if varied is None or key in varied},
        "value": None if latest is None else number(latest.value),
    }


def row_data(row: LogRow, level: Level) -> Json:
    """A row of a log."""
    return {
        "line": row.line,
        "time": row.time,
        "stream": str(row.stream),
        "level": str(level),
        "text": row.text,
        "repeats": row.repeats,
    }


def summary_data(summary: MetricSummary) -> Json:
    """A metric over all of its points."""
    return {
        "count": summary.count,
        "last": number(summary.last),
        "first": number(summary.first),
        "min": number(summary.min),
        "max": number(summary.max),
    }


def event_data(event: Event) -> Json:
    """An event."""
    return {
        "sequence": event.sequence,
        "time": event.time.timestamp(),
        "kind": event.kind,
        "level": str(event.level),
        "message": event.message,
        "data": plain(event.data),
    }


def line_data(line: LogLine) -> Json:
    """A log line."""
    return {
        "line": line.line,
        "time": line.time.timestamp(),
        "stream": str(line.stream),
        "text": line.text,
        "terminated": line.terminated,
        "cursor": line.cursor,
    }


def error_data(error: Exception) -> Json:
    """An error as views show it; what is not ours is named without its text, which may hold anything."""
    if isinstance(error, InvalidFilter):
        # The view marks the place itself.
        return {"kind": type(error).__name__, "message": str(error).partition("\n")[0], "column": error.column}
    if isinstance(error, TrackerError):
        return {"kind": type(error).__name__, "message": str(error)}
    message = f"{type(error).__name__} inside jupyter_tracker; the log of the kernel has more."
    return {"kind": "InternalError", "message": message}


def seconds(moment: datetime | None) -> float | None:
    """Seconds since the epoch."""
    return None if moment is None else moment.timestamp()


def number(value: float) -> float | str:
    """A number, or the word for one that JSON cannot hold."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def plain(value: JsonValue) -> JsonValue:
    """A JSON value with the words for numbers that JSON cannot hold."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
