"""From a server's JSON to the vocabulary of this package; lenient, because servers differ in what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.numbers import from_wire
from jupyter_tracker.models import (
    Experiment,
    JsonValue,
    Lifecycle,
    MetricValue,
    Progress,
    RunInfo,
    RunKind,
    RunState,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(milliseconds: Any) -> datetime | None:
    """A time of the protocol; None for none, which is also written as 0."""
    try:
        number = int(milliseconds or 0)
        return _EPOCH + timedelta(milliseconds=number) if number > 0 else None
    except (TypeError, ValueError, OverflowError):
        return None


def milliseconds(time: datetime) -> int:
    """A time for the protocol."""
    return (time - _EPOCH) // timedelta(milliseconds=1)


def parse_experiment(entry: Mapping[str, Any]) -> Experiment:
    """An experiment of an answer."""
    tags = _pairs(entry.get("tags"))
    return Experiment(
        id=str(entry.get("experiment_id", "")),
        name=str(entry.get("name", "")),
        description=tags.get(wording.NOTE, ""),
        tags={key: value for key, value in tags.items() if not key.startswith(wording.OWN) and key != wording.NOTE},
        lifecycle=_lifecycle(entry, tags),
        created_at=moment(entry.get("creation_time")),
        updated_at=moment(max(_number(entry.get("last_update_time")), _number(tags.get(wording.USED_AT)))),
    )


def parse_run(entry: Mapping[str, Any], experiments: Mapping[str, str]) -> RunInfo:
    """A run of an answer; `experiments` gives their names by id."""
    info, data = entry.get("info") or {}, entry.get("data") or {}
    tags = _pairs(data.get("tags"))
    experiment = str(info.get("experiment_id", ""))
    started = moment(info.get("start_time"))
    native = str(info.get("status") or "")
    return RunInfo(
        id=str(info.get("run_id") or info.get("run_uuid") or ""),
        name=str(info.get("run_name") or tags.get(wording.RUN_NAME) or ""),
        experiment_id=experiment,
        experiment=experiments.get(experiment, experiment),
        state=_state(native, tags),
        native_state=native,
        reason=tags.get(wording.REASON, ""),
        kind=RunKind.SUBMITTED if tags.get(wording.KIND) == RunKind.SUBMITTED else RunKind.IN_KERNEL,
        lifecycle=_lifecycle(info, tags),
        params=_params(data.get("params"), tags),
        metrics={
            str(metric.get("key")): MetricValue(
                from_wire(metric.get("value")), _number(metric.get("step")), moment(metric.get("timestamp")) or _EPOCH
            )
            for metric in data.get("metrics") or ()
        },
        tags={
            key: value
            for key, value in tags.items()
            if not key.startswith(wording.OWN) and key not in (wording.RUN_NAME, wording.NOTE)
        },
        progress=parse_progress(tags.get(wording.PROGRESS, "")),
        created_at=started,
        started_at=None if native == "SCHEDULED" else started,
        ended_at=moment(info.get("end_time")),
        exit_code=_exit_code(tags.get(wording.EXIT_CODE)),
        signal=tags.get(wording.SIGNAL),
        notes=tags.get(wording.NOTE, ""),
        parent=tags.get(wording.PARENT, ""),
    )


def deleted_at(entry: Mapping[str, Any]) -> float:
    """When a run was deleted with this package, in milliseconds; 0 when it was not."""
    try:
        return float(_pairs((entry.get("data") or {}).get("tags")).get(wording.DELETED_AT) or 0)
    except ValueError:
        return 0.0


def own_tags(info: RunInfo) -> dict[str, str]:
    """What the protocol has no field for, as tags."""
    texts = {
        wording.KIND: str(info.kind),
        wording.STATE: "lost" if info.state is RunState.LOST else "",
        wording.REASON: info.reason[:1000],
        wording.EXIT_CODE: "" if info.exit_code is None else str(info.exit_code),
        wording.SIGNAL: info.signal or "",
        wording.NOTE: info.notes,
        wording.PROGRESS: write_progress(info.progress),
        wording.JSON_PARAMS: _json_params(info.params),
        wording.ARCHIVED: "true" if info.lifecycle is Lifecycle.ARCHIVED else "",
    }
    return {key: text for key, text in texts.items() if text}


def write_progress(progress: tuple[Progress, ...]) -> str:
    """Progress as the text of a tag."""
    entries = [
        [each.operation, each.value, each.final_value, each.units, each.updated_at and each.updated_at.isoformat()]
        for each in progress[:10]
    ]
    return json.dumps(entries) if entries else ""


def parse_progress(text: str) -> tuple[Progress, ...]:
    """What `write_progress` wrote; nothing when somebody else wrote it."""
    try:
        return tuple(
            Progress(str(name), float(value), final, str(units), datetime.fromisoformat(at) if at else None)
            for name, value, final, units, at in (json.loads(text) if text else ())
        )
    except (ValueError, TypeError):
        return ()


def _json_params(params: Mapping[str, JsonValue]) -> str:
    names = [name for name, value in params.items() if not isinstance(value, str)]
    text = json.dumps(names) if names else ""
    # Of names that do not fit into a tag, the params are read as text elsewhere.
    return text if len(text) <= 5000 else ""


def _params(entries: Any, tags: Mapping[str, str]) -> dict[str, JsonValue]:
    params: dict[str, JsonValue] = dict(_pairs(entries))
    try:
        names = json.loads(tags.get(wording.JSON_PARAMS, "[]"))
    except ValueError:
        return params
    for name in names if isinstance(names, list) else ():
        if isinstance(name, str) and name in params:
            try:
                params[name] = json.loads(params[name])
            except ValueError:
                continue
    return params


def _pairs(entries: Any) -> dict[str, str]:
    return {str(pair.get("key", "")): str(pair.get("value", "")) for pair in entries or ()}


def _state(native: str, tags: Mapping[str, str]) -> RunState:
    state = wording.STATES.get(native, RunState.UNKNOWN)
    return RunState.LOST if state is RunState.FAILED and tags.get(wording.STATE) == "lost" else state


def _lifecycle(entry: Mapping[str, Any], tags: Mapping[str, str]) -> Lifecycle:
    if entry.get("lifecycle_stage") == "deleted":
        return Lifecycle.DELETED
    return Lifecycle.ARCHIVED if tags.get(wording.ARCHIVED) == "true" else Lifecycle.ACTIVE


def _number(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


def _exit_code(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return None
