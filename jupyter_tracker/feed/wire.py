"""Models to the JSON that views read; the mirror of `js/src/core/wire.ts`."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from jupyter_tracker.errors import InvalidFilter, TrackerError
from jupyter_tracker.models import Event, JsonValue, LogLine, MetricSummary, RunInfo

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
