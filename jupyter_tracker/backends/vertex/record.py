"""What a run has here that Vertex AI has no place for: one text of JSON beside its params and metrics.

Tags, progress, the reason of an end, and what the platform would not give back as it was: it keeps each number as a
float, takes numbers and text only, and knows neither NaN nor the step of a latest value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from jupyter_tracker.backends.common.values import writable
from jupyter_tracker.backends.vertex.resources import Json
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.models import JsonValue, MetricValue, Progress

FIELD = "_jupyter_tracker"
"""In the metadata of a context."""


@dataclass(frozen=True, slots=True)
class ExactParam:
    """A param that the platform cannot hold as it is."""

    value: JsonValue
    shown: float | str
    """What stands for it among the params there."""


@dataclass
class Record:
    """What is kept beside."""

    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, ExactParam] = field(default_factory=dict)
    latest: dict[str, MetricValue] = field(default_factory=dict)
    progress: tuple[Progress, ...] = ()
    """The one updated last first."""
    reason: str = ""
    notes: str = ""
    ended_at: datetime | None = None


def read_record(context: Json) -> Record:
    """The record of a context; an empty one where there is none, or where somebody spoilt it."""
    text = (context.get("metadata") or {}).get(FIELD)
    try:
        kept = json.loads(text) if isinstance(text, str) else {}
        return Record(
            tags={str(key): str(value) for key, value in kept.get("tags", {}).items()},
            params={key: ExactParam(value, shown(value)) for key, value in kept.get("params", {}).items()},
            latest={
                key: MetricValue(float(value), int(step), datetime.fromtimestamp(time, UTC))
                for key, (value, step, time) in kept.get("latest", {}).items()
            },
            progress=tuple(_progress(one) for one in kept.get("progress", [])),
            reason=str(kept.get("reason", "")),
            notes=str(kept.get("notes", "")),
            ended_at=datetime.fromtimestamp(kept["ended"], UTC) if "ended" in kept else None,
        )
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
        return Record()


def write_record(metadata: Json, record: Record) -> None:
    """Put a record into the metadata of a context; an empty one leaves no trace."""
    kept: dict[str, Any] = {
        "tags": record.tags,
        "params": {key: one.value for key, one in record.params.items()},
        "latest": {key: [one.value, one.step, one.time.timestamp()] for key, one in record.latest.items()},
        "progress": [
            [
                one.operation,
                one.value,
                one.final_value,
                one.units,
                one.updated_at.timestamp() if one.updated_at else None,
            ]
            for one in record.progress
        ],
        "reason": record.reason,
        "notes": record.notes,
        "ended": record.ended_at.timestamp() if record.ended_at else None,
    }
    kept = {key: value for key, value in kept.items() if value}
    if kept:
        metadata[FIELD] = json.dumps(kept, separators=(",", ":"), ensure_ascii=False)
    else:
        metadata.pop(FIELD, None)


def exact(params: Mapping[str, JsonValue]) -> dict[str, ExactParam]:
    """Those of some params that the platform would give back as something else."""
    return {key: ExactParam(value, shown(value)) for key, value in params.items() if not _survives(value)}


def shown(value: JsonValue) -> float | str:
    """What stands for a param on the platform: a finite number, or text."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return float(value) if float_keeps(value) else str(value)
    return "None" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def float_keeps(value: int) -> bool:
    """Whether a float holds an integer exactly."""
    return abs(value) <= 2**53


def _survives(value: JsonValue) -> bool:
    return isinstance(value, str) or (isinstance(value, float) and math.isfinite(value))


def _progress(kept: list[Any]) -> Progress:
    operation, value, final, units, time = kept
    updated = None if time is None else datetime.fromtimestamp(time, UTC)
    return Progress(str(operation), float(value), None if final is None else float(final), str(units), updated)


def changed_tags(known: Mapping[str, str], tags: Mapping[str, str | None]) -> dict[str, str]:
    """Tags with some set and some removed.

    Raises:
        InvalidInput: a name or value is not text.
    """
    changed = dict(known)
    for key, value in tags.items():
        if not isinstance(key, str) or not key or not writable(key):
            raise InvalidInput(f"The tag name {key!r} must be text.")
        if value is None:
            changed.pop(key, None)
        elif isinstance(value, str) and writable(value):
            changed[key] = value
        else:
            raise InvalidInput(f"The tag {key!r} must be text, not {value!r} ({type(value).__name__}).")
    return changed
