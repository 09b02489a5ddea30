"""From the JSON of ABEJA to the shared model: lenient, since fields come and go."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.models import (
    CodeKind,
    Experiment,
    JsonValue,
    Lifecycle,
    MetricValue,
    Progress,
    RunInfo,
    RunState,
    Source,
)

STATES = {
    "Pending": RunState.QUEUED,
    "Active": RunState.RUNNING,
    "Complete": RunState.SUCCEEDED,
    "Failed": RunState.FAILED,
    "Stopped": RunState.STOPPED,
}
ENDED = frozenset({"Complete", "Failed", "Stopped"})
PARAMS_VARIABLE, TAGS_VARIABLE = "JUPYTER_TRACKER_PARAMS", "JUPYTER_TRACKER_TAGS"
"""Jobs have no params and tags beside their variables: all of them, as JSON, are two of these."""
SOURCE_VARIABLE = "JUPYTER_TRACKER_SOURCE"
"""What the platform does not know of the code of a version, as JSON."""
PROGRESS_KEYS = ("epoch", "num_epochs", "progress_percentage")


def parse_experiment(definition: Mapping[str, Any]) -> Experiment:
    """A job definition as an experiment."""
    name = text(definition.get("name"))
    return Experiment(
        id=text(definition.get("job_definition_id")) or name,
        name=name,
        lifecycle=_lifecycle(definition),
        created_at=moment(definition.get("created_at")),
        updated_at=moment(definition.get("modified_at")),
    )


def parse_run(job: Mapping[str, Any], experiment: str) -> RunInfo:
    """A job as a run of the experiment of that name."""
    identity, word = text(job.get("training_job_id") or job.get("id")), text(job.get("status"))
    variables = mapping(job.get("environment")) or mapping(job.get("user_parameters"))
    said = text(job.get("description")).strip()
    version = job.get("job_definition_version")
    statistics = mapping(job.get("statistics"))
    time = moment(job.get("modified_at")) or datetime.now(UTC)
    return RunInfo(
        id=identity,
        name=said.splitlines()[0][:250] if said else identity,
        experiment_id=text(job.get("job_definition_id")) or experiment,
        experiment=experiment,
        state=STATES.get(word, RunState.UNKNOWN),
        native_state=word,
        lifecycle=_lifecycle(job),
        params=_params(variables),
        metrics={key: MetricValue(value, step_of(statistics), time) for key, value in metrics_of(statistics).items()},
        tags={text(key): text(value) for key, value in _json(variables.get(TAGS_VARIABLE)).items()},
        progress=tuple(_progress(statistics, time)),
        created_at=moment(job.get("created_at")),
        started_at=moment(job.get("start_time")),
        ended_at=moment(job.get("completion_time")),
        source=f"{experiment}@{version}" if version is not None else "",
    )


def parse_source(version: Mapping[str, Any], definition: str) -> Source:
    """A version of a job definition as a source."""
    number = version.get("job_definition_version")
    about = _json(mapping(version.get("environment")).get(SOURCE_VARIABLE))
    kind = text(about.get("kind"))
    handler = text(version.get("handler"))
    return Source(
        id=f"{definition}@{number}",
        name=definition,
        version=int(number) if isinstance(number, int) else 0,
        digest=text(about.get("digest")),
        kind=CodeKind(kind) if kind in list(CodeKind) else CodeKind.FOLDER,
        entry_point=text(about.get("entry_point")) or handler,
        origin=text(version.get("image")),
        description=text(version.get("description")),
        lifecycle=_lifecycle(version),
        file_count=int(about.get("files") or 0),
        size=int(about.get("size") or 0),
        created_at=moment(version.get("created_at")),
        updated_at=moment(version.get("modified_at")),
    )


def metrics_of(statistics: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of statistics: `train/loss` of a stage, or as they are called at the top. Zero is one."""
    return dict(_numbers(statistics))


def step_of(statistics: Mapping[str, Any]) -> int:
    """The epoch that statistics are of; 0 where they say none."""
    epoch = statistics.get("epoch")
    return int(epoch) if isinstance(epoch, int | float) and math.isfinite(epoch) else 0


def mapping(value: object) -> Mapping[str, Any]:
    """A mapping, empty for anything else."""
    return value if isinstance(value, Mapping) else {}


def text(value: object) -> str:
    """Text, empty for nothing."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def _numbers(statistics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for stage, values in mapping(statistics.get("stages")).items():
        for key, value in mapping(values).items():
            if (number := _number(value)) is not None:
                yield f"{stage}/{key}", number
    for key, value in statistics.items():
        if key not in (*PROGRESS_KEYS, "stages") and (number := _number(value)) is not None:
            yield key, number


def _number(value: object) -> float | None:
    """A number; also the texts that the SDK's tracking helper writes for what JSON cannot hold."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else None


def _progress(statistics: Mapping[str, Any], time: datetime) -> Iterator[Progress]:
    share, epoch, epochs = (_number(statistics.get(key)) for key in ("progress_percentage", "epoch", "num_epochs"))
    if epoch is not None:
        yield Progress("epoch", epoch, epochs, updated_at=time)
    if share is not None:
        yield Progress("progress", share, 1.0, updated_at=time)


def _params(variables: Mapping[str, Any]) -> Mapping[str, JsonValue]:
    if PARAMS_VARIABLE in variables:
        return _json(variables[PARAMS_VARIABLE])
    return {key: value for key, value in variables.items() if not key.startswith("JUPYTER_TRACKER_")}


def _json(value: object) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(value)) if isinstance(value, str) else {}
    except ValueError:
        return {}


def _lifecycle(thing: Mapping[str, Any]) -> Lifecycle:
    return Lifecycle.ARCHIVED if thing.get("archived") is True else Lifecycle.ACTIVE
