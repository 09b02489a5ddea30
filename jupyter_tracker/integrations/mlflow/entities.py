"""Runs, experiments, datasets and logged models of this package as MLflow's entities, and tags back again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from mlflow.entities import (
    Dataset,
    DatasetInput,
    Experiment,
    ExperimentTag,
    InputTag,
    LifecycleStage,
    LoggedModel,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunOutputs,
    RunStatus,
    RunTag,
)
from mlflow.utils.mlflow_tags import (
    MLFLOW_DATASET_CONTEXT,
    MLFLOW_PARENT_RUN_ID,
    MLFLOW_RUN_NAME,
    MLFLOW_RUN_NOTE,
    MLFLOW_USER,
)

from jupyter_tracker import models
from jupyter_tracker.backends.local import logged_models
from jupyter_tracker.backends.local.importing.mlflow.runs import used_dataset
from jupyter_tracker.filters import param_text
from jupyter_tracker.models import Lifecycle, RunState

LOCATION_TAG = "jupyter_tracker.artifactLocation"
"""The tag of an experiment whose artifacts were asked to lie elsewhere."""

STATUS = {
    RunState.QUEUED: RunStatus.SCHEDULED,
    RunState.RUNNING: RunStatus.RUNNING,
    RunState.STOPPING: RunStatus.RUNNING,
    RunState.UNKNOWN: RunStatus.RUNNING,
    RunState.SUCCEEDED: RunStatus.FINISHED,
    RunState.FAILED: RunStatus.FAILED,
    RunState.LOST: RunStatus.FAILED,
    RunState.STOPPED: RunStatus.KILLED,
}
STATES = {
    RunStatus.SCHEDULED: RunState.RUNNING,
    RunStatus.RUNNING: RunState.RUNNING,
    RunStatus.FINISHED: RunState.SUCCEEDED,
    RunStatus.FAILED: RunState.FAILED,
    RunStatus.KILLED: RunState.STOPPED,
}
_SAMPLE = re.compile(r"system/(cpu_percent|memory_bytes|gpu\d+_(percent|memory_bytes))")
"""Samples of the machine, which nobody logged with `mlflow`."""
_SOURCES = {"http": "url", "hugging_face": "path", "delta_table": "path"}
"""The field that holds the address of a dataset, by type of its source; `uri` in all others."""


def milliseconds(time: datetime | None) -> int | None:
    """A time as MLflow counts it."""
    return None if time is None else round(time.timestamp() * 1000)


def experiment_entity(found: models.Experiment, location: str) -> Experiment:
    """An experiment; its description is a tag there."""
    tags = {**found.tags, **({MLFLOW_RUN_NOTE: found.description} if found.description else {})}
    tags.pop(LOCATION_TAG, None)
    return Experiment(
        found.id,
        found.name,
        location,
        _stage(found.lifecycle),
        tags=[ExperimentTag(key, value) for key, value in tags.items()],
        creation_time=milliseconds(found.created_at),
        last_update_time=milliseconds(found.updated_at),
    )


def run_entity(
    info: models.RunInfo,
    artifact_uri: str,
    datasets: Iterable[models.DatasetUse] = (),
    uses: Iterable[logged_models.ModelUse] = (),
    *,
    samples: bool = False,
) -> Run:
    """A run with what it has logged, and with samples of the machine if they are wanted.

    Its name, notes and parent are tags there, too.
    """
    tags = {**info.tags, MLFLOW_RUN_NAME: info.name}
    if info.notes:
        tags[MLFLOW_RUN_NOTE] = info.notes
    if info.parent:
        tags[MLFLOW_PARENT_RUN_ID] = info.parent
    began = milliseconds(info.started_at or info.created_at) or 0
    uses = list(uses)
    return Run(
        RunInfo(
            run_id=info.id,
            experiment_id=info.experiment_id,
            user_id=info.tags.get(MLFLOW_USER, ""),
            status=RunStatus.to_string(STATUS[info.state]),
            start_time=began,
            end_time=milliseconds(info.ended_at),
            lifecycle_stage=_stage(info.lifecycle),
            artifact_uri=artifact_uri,
            run_name=info.name,
        ),
        RunData(
            metrics=[
                Metric(key, latest.value, milliseconds(latest.time), latest.step)
                for key, latest in info.metrics.items()
                if samples or not _SAMPLE.fullmatch(key)
            ],
            params=[Param(key, param_text(value)) for key, value in info.params.items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        ),
        RunInputs(
            dataset_inputs=[_dataset_input(use) for use in datasets],
            model_inputs=[LoggedModelInput(use.model_id) for use in uses if use.role == "input"],
        ),
        RunOutputs(model_outputs=[LoggedModelOutput(use.model_id, use.step) for use in uses if use.role == "output"]),
    )


def dataset_use(given: DatasetInput) -> models.DatasetUse:
    """A dataset that a run reads, from MLflow's."""
    return used_dataset(given.dataset.to_dictionary(), {tag.key: tag.value for tag in given.tags or ()})


def model_entity(model: logged_models.LoggedModel, location: str) -> LoggedModel:
    """A logged model."""
    return LoggedModel(
        experiment_id=model.experiment_id,
        model_id=model.id,
        name=model.name,
        artifact_location=location,
        creation_timestamp=model.created_at // 1000,
        last_updated_timestamp=model.updated_at // 1000,
        model_type=model.kind or None,
        source_run_id=model.run_id or None,
        status=LoggedModelStatus(model.status),
        tags=dict(model.tags),
        params=dict(model.params),
        metrics=[
            Metric(
                point.key,
                point.value,
                point.time // 1000,
                point.step,
                model_id=model.id,
                dataset_name=point.dataset or None,
                dataset_digest=point.digest or None,
                run_id=point.run_id or None,
            )
            for point in model.points
        ],
    )


def model_point(metric: Metric, run_id: str) -> logged_models.ModelPoint:
    """A metric of a logged model."""
    return logged_models.ModelPoint(
        metric.key,
        float(metric.value),
        metric.step,
        metric.timestamp * 1000,
        metric.run_id or run_id,
        metric.dataset_name or "",
        metric.dataset_digest or "",
    )


def _dataset_input(use: models.DatasetUse) -> DatasetInput:
    known = use.dataset
    tags = {**use.tags, **({MLFLOW_DATASET_CONTEXT: use.context} if use.context else {})}
    return DatasetInput(
        Dataset(
            name=known.name,
            digest=known.digest,
            source_type=known.source_type,
            source=_source(known),
            schema=_json(known.schema),
            profile=_json(known.profile),
        ),
        [InputTag(key, value) for key, value in tags.items()],
    )


def _source(known: models.Dataset) -> str:
    """Where a dataset lies as the JSON object that MLflow reads; one without an address is such an object already."""
    try:
        if isinstance(json.loads(known.source), dict):
            return known.source
    except ValueError:
        pass  # an address
    return json.dumps({_SOURCES.get(known.source_type, "uri"): known.source})


def _json(fields: Mapping[str, object]) -> str | None:
    return json.dumps(dict(fields)) if fields else None


def _stage(lifecycle: Lifecycle) -> str:
    stage: str = LifecycleStage.DELETED if lifecycle is Lifecycle.DELETED else LifecycleStage.ACTIVE
    return stage
