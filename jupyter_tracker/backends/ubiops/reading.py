"""From the JSON of UbiOps to the shared model: lenient, since fields come and go with its versions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.models import Code, CodeKind, Experiment, MetricValue, RetentionMode, RunInfo, RunState, Submission

STATES = {
    "pending": RunState.QUEUED,
    "processing": RunState.RUNNING,
    "cancelled_pending": RunState.STOPPING,
    "completed": RunState.SUCCEEDED,
    "failed": RunState.FAILED,
    "cancelled": RunState.STOPPED,
}


def parse_experiment(version: Mapping[str, Any]) -> Experiment:
    """A version as an experiment."""
    name, mode = _text(version.get("version")), version.get("request_retention_mode")
    kept = version.get("request_retention_time")
    return Experiment(
        id=_text(version.get("id")) or name,
        name=name,
        description=_text(version.get("description")),
        tags={_text(key): _text(value) for key, value in _mapping(version.get("labels")).items()},
        created_at=moment(version.get("creation_date")),
        updated_at=moment(version.get("last_updated")),
        retention_mode=RetentionMode(mode) if mode in list(RetentionMode) else RetentionMode.FULL,
        retention_time=float(kept) if isinstance(kept, int | float) else None,
    )


def parse_run(request: Mapping[str, Any], experiments: Mapping[str, str]) -> RunInfo:
    """A request as a run; `experiments` has the ids of experiments by name."""
    given = _mapping(request.get("request_data"))
    ended = moment(request.get("time_completed"))
    word, experiment = _text(request.get("status")), _text(request.get("version"))
    state = STATES.get(word, RunState.UNKNOWN)
    if state is RunState.SUCCEEDED and request.get("success") is False:
        state = RunState.FAILED
    time = ended or moment(request.get("time_created")) or datetime.now(UTC)
    return RunInfo(
        id=_text(request.get("id")),
        name=_text(given.get("name")) or _text(request.get("id"))[:8],
        experiment_id=experiments.get(experiment, experiment),
        experiment=experiment,
        state=state,
        native_state=word,
        reason=_text(request.get("error_message")),
        params=_mapping(given.get("parameters")),
        metrics={key: MetricValue(value, 0, time) for key, value in result_metrics(request).items()},
        created_at=moment(request.get("time_created")),
        started_at=moment(request.get("time_started")),
        ended_at=ended,
        source=_text(given.get("training_code")),
    )


def parse_submission(request: Mapping[str, Any]) -> Submission | None:
    """What a run was started from; None where the platform has forgotten it."""
    given = _mapping(request.get("request_data"))
    if not given:
        return None
    return Submission(
        experiment=_text(request.get("version")),
        code=Code(CodeKind.FOLDER, source=_text(given.get("training_code"))),
        name=_text(given.get("name")) or None,
        params=_mapping(given.get("parameters")),
        data=_text(given.get("training_data")) or None,
        timeout=float(request.get("timeout") or 14_400),
    )


def result_metrics(request: Mapping[str, Any]) -> dict[str, float]:
    """The numbers that a run gave as its result; those in a dict are called `outer/inner`."""
    return dict(_numbers(_mapping(_mapping(request.get("result")).get("metrics")), ""))


def result_files(request: Mapping[str, Any]) -> tuple[str, ...]:
    """URIs of the files that a run gave as its result."""
    result = _mapping(request.get("result"))
    more = result.get("additional_output_files")  # ASSUMED, as in wire/ubiops.md
    found = [result.get("artifact"), *(more if isinstance(more, list) else ())]
    return tuple(dict.fromkeys(uri for uri in found if isinstance(uri, str) and uri))


def _numbers(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, float]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{key}/")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{key}", _float(value)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
