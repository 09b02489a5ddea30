"""The documented operations of `ExperimentRun`, under their names; each first names experiment and run.

`tracker.native.log_params("digits", "first", {"lr": 0.1})`. Answers are the platform's own JSON. A run whose changes
are merged is always read anew: what others wrote meanwhile stays.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracker.backends.vertex import checks
from jupyter_tracker.backends.vertex.frameworks import EXAMPLE_FILE, save_example, save_model
from jupyter_tracker.backends.vertex.nodes import Nodes, Place, child_of, inside, titled
from jupyter_tracker.backends.vertex.properties import Properties
from jupyter_tracker.backends.vertex.resources import (
    BACKING_TENSORBOARD,
    CLASSIFICATION,
    CUSTOM_JOBS,
    LIVE,
    METRICS,
    MODEL,
    PARAMS,
    PIPELINE_RUN,
    RUN,
    SCHEMA_VERSION,
    STATE,
    Json,
    Messages,
    Names,
    last,
)
from jupyter_tracker.backends.vertex.rest import Rest
from jupyter_tracker.backends.vertex.series import PARALLEL, Point, Series
from jupyter_tracker.backends.vertex.storage import Storage
from jupyter_tracker.errors import Conflict, PlatformFailure
from jupyter_tracker.flow import Flow, Local, Sleep, Together
from jupyter_tracker.models import Points
from jupyter_tracker.progress import bar

if TYPE_CHECKING:
    import pandas as pd

PIPELINE_PAUSE, PIPELINE_WAIT = 1.0, 600.0
"""Seconds between looks at a pipeline that has no context yet, and of all of them together."""


class VertexOperations(Properties):
    """What `google.cloud.aiplatform.ExperimentRun` can do.

    Raises, beside what each operation says:
        RemoteError: the platform refused, with its status and code.
        Conflict: the run is of the preview age, and the operation is not for those.
    """

    def __init__(self, rest: Rest, nodes: Nodes, series: Series, storage: Storage, names: Names) -> None:
        super().__init__(nodes)
        self._rest = rest
        self._series = series
        self._storage = storage
        self._names = names

    # A run, and many

    def create(
        self, experiment: str, run_name: str, *, tensorboard: str | None = None, state: str | int = "RUNNING"
    ) -> Flow[Json]:
        """Make a run in an experiment that is there; the answer is its context.

        Args:
            experiment: Name of the experiment.
            run_name: Its name: a–z, 0–9 and `-`; with that of the experiment at most 120 characters.
            tensorboard: Id or resource name of the Tensorboard for its time series; that of the experiment by default.
            state: Its state, by name or number.
        """
        place = Place(experiment, run_name)
        _ = place.id  # checked before anything is sent
        parent = yield from self._nodes.experiment("create", experiment)
        context = yield from self._nodes.create_run("create", place, run_name, checks.state(state), {})
        board = self._names.tensorboard(tensorboard) if tensorboard else _backing(parent)
        if board:
            yield from self._rest.get("create", board)
            yield from self._series.link("create", place, board, context["name"])
        yield from self._nodes.adopt("create", parent["name"], context["name"])
        return (yield from self._nodes.context("create", place.id))

    def get(self, experiment: str, run_name: str) -> Flow[Json | None]:
        """The context of a run; the execution that a run of the preview age is; None when there is none."""
        place = Place(experiment, run_name)
        found = yield from self._rest.find("get", self._names.context(place.id))
        return found or (yield from self._rest.find("get", self._names.execution(place.id)))

    def list(self, experiment: str) -> Flow[Messages]:
        """The contexts of all runs of an experiment, and the executions of those of the preview age."""
        parent = yield from self._nodes.experiment("list", experiment)
        runs = yield from self._nodes.list("list", "contexts", titled(RUN), child_of(parent["name"]))
        legacy = yield from self._nodes.list("list", "executions", titled("system.Run"), inside(parent["name"]))
        return runs + legacy

    def delete(self, experiment: str, run_name: str, *, delete_backing_tensorboard_run: bool = False) -> Flow[None]:
        """Remove a run for good; its time series only when that is asked for, too."""
        place = Place(experiment, run_name)
        context = yield from self._nodes.run("delete", place)
        if delete_backing_tensorboard_run:
            run = yield from self._series.linked("delete", place)
            if run is not None:
                if (yield from self._rest.find("delete", run)) is not None:
                    yield from self._rest.delete("delete", run)
                yield from self._rest.delete("delete", self._names.artifact(f"{place.id}-tb-run"))
        yield from self._nodes.delete_context("delete", context["name"])

    # What it logs

    def log(self, experiment: str, run_name: str, *, pipeline_job: str) -> Flow[None]:
        """Add a pipeline job, by id or resource name, once it has begun."""
        context = yield from self._nodes.run("log", Place(experiment, run_name))
        name = pipeline_job if "/" in pipeline_job else f"{self._names.parent}/pipelineJobs/{pipeline_job}"
        waited = 0.0
        while True:
            job = yield from self._rest.get("log", name)
            made = ((job.get("jobDetail") or {}).get("pipelineRunContext") or {}).get("name")
            if made:
                break
            if waited >= PIPELINE_WAIT:
                raise PlatformFailure(
                    f"The pipeline job {pipeline_job!r} has not begun within {PIPELINE_WAIT:g} s.",
                    backend="vertex",
                    operation="log",
                )
            yield Sleep(PIPELINE_PAUSE)
            waited += PIPELINE_PAUSE
        yield from self._nodes.adopt("log", context["name"], made)

    def log_params(self, experiment: str, run_name: str, params: Mapping[str, float | str]) -> Flow[None]:
        """Set params: finite numbers or text; those of the same key are overwritten, others stay.

        Raises:
            InvalidParams: a value is neither a finite number nor text.
        """
        checked = checks.params(params)
        yield from self._merge("log_params", Place(experiment, run_name), PARAMS, checked)

    def log_metrics(self, experiment: str, run_name: str, metrics: Mapping[str, float | str]) -> Flow[None]:
        """Set summary metrics: finite numbers or text; those of the same key are overwritten, others stay.

        Raises:
            InvalidMetric: a value is neither; NaN has no place among summary metrics.
        """
        checked = checks.metrics(metrics)
        yield from self._merge("log_metrics", Place(experiment, run_name), METRICS, checked)

    def log_time_series_metrics(
        self,
        experiment: str,
        run_name: str,
        metrics: Mapping[str, float],
        step: int | None = None,
        wall_time: str | None = None,
    ) -> Flow[None]:
        """Add a point to each time series; one at the same step is overwritten.

        Args:
            experiment: Name of the experiment.
            run_name: Name of the run.
            metrics: Numbers by name of the series.
            step: Left out, it is one more than the largest of the run, or 1.
            wall_time: As RFC 3339; left out, it is now.

        Raises:
            InvalidMetric: a value, the step or the time is wrong.
            Conflict: the run has no Tensorboard.
        """
        values, time = checks.series(metrics, step), checks.wall_time(wall_time)
        operation = "log_time_series_metrics"
        run = yield from self._tensorboard_run(operation, Place(experiment, run_name))
        known: dict[str, str] = {}
        yield from self._series.ensure(operation, run, values, known)
        if step is None:
            largest = yield from self._series.largest_step(operation, run)
            step = 1 if largest is None else largest + 1
        points = [Point(key, step, time, value) for key, value in values.items()]
        yield from self._series.write(operation, run, points, known)

    def log_classification_metrics(
        self,
        experiment: str,
        run_name: str,
        *,
        labels: Sequence[str] | None = None,
        matrix: Sequence[Sequence[float]] | None = None,
        fpr: Sequence[float] | None = None,
        tpr: Sequence[float] | None = None,
        threshold: Sequence[float] | None = None,
        display_name: str | None = None,
    ) -> Flow[Json]:
        """Keep a confusion matrix, a ROC curve, or both; the answer is the artifact.

        Raises:
            InvalidInput: `labels` come without `matrix`, `fpr` without `tpr` and `threshold`, or lengths differ.
        """
        metadata = checks.classification(labels, matrix, fpr, tpr, threshold)
        operation = "log_classification_metrics"
        context = yield from self._nodes.run(operation, Place(experiment, run_name))
        body = {"schemaTitle": CLASSIFICATION, "schemaVersion": SCHEMA_VERSION, "metadata": metadata, "state": LIVE}
        if display_name:
            body["displayName"] = display_name
        return (yield from self._nodes.log_artifact(operation, context["name"], body))

    def log_model(
        self,
        experiment: str,
        run_name: str,
        model: object,
        artifact_id: str | None = None,
        *,
        uri: str | None = None,
        input_example: object = None,
        display_name: str | None = None,
        staging_bucket: str | None = None,
    ) -> Flow[Json]:
        """Put a model of scikit-learn, XGBoost or TensorFlow into Cloud Storage, and its artifact into the run.

        Args:
            experiment: Name of the experiment.
            run_name: Name of the run.
            model: The model.
            artifact_id: Id of the artifact; one of the platform's by default.
            uri: The folder `gs://…` of its files; by default a new one in the bucket.
            input_example: A list, dict, array or DataFrame that it takes.
            display_name: Name of the artifact.
            staging_bucket: `gs://BUCKET`; by default that of the connection, or the project's own, which is made.

        Raises:
            InvalidInput: it is no such model.
        """
        context = yield from self._nodes.run("log_model", Place(experiment, run_name))
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)

            def save() -> Any:
                if input_example is not None:
                    save_example(input_example, folder)
                return save_model(model, folder)

            saved = yield Local(save)
            target = uri.rstrip("/") if uri else ""
            if not target:
                base = yield from self._storage.folder(staging_bucket)
                target = f"{base}/{checks.unique_name()}-{saved.framework}-model"
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            with bar("upload the model", sum(file.stat().st_size for file in files)) as progress:
                for file in files:
                    yield from self._storage.upload(f"{target}/{file.relative_to(folder).as_posix()}", file, progress)
        metadata: Json = {
            "frameworkName": saved.framework,
            "frameworkVersion": saved.version,
            "modelFile": saved.file,
            "modelClass": saved.model_class,
        }
        if input_example is not None:
            metadata["predictSchemata"] = {"instanceSchemaUri": f"{target}/{EXAMPLE_FILE}"}
        body = {
            "uri": target,
            "schemaTitle": MODEL,
            "schemaVersion": SCHEMA_VERSION,
            "metadata": metadata,
            "state": LIVE,
        }
        if display_name:
            body["displayName"] = display_name
        return (yield from self._nodes.log_artifact("log_model", context["name"], body, artifact_id))

    # What it has

    def get_params(self, experiment: str, run_name: str) -> Flow[Json]:
        """Its params; integers are floats here."""
        found = yield from self._nodes.run_or_legacy("get_params", Place(experiment, run_name))
        metadata: Json = found.get("metadata") or {}
        params: Json = (metadata.get(PARAMS) or {}) if found.get("schemaTitle") == RUN else metadata
        return params

    def get_metrics(self, experiment: str, run_name: str) -> Flow[Json]:
        """Its summary metrics; integers are floats here."""
        place = Place(experiment, run_name)
        found = yield from self._nodes.run_or_legacy("get_metrics", place)
        if found.get("schemaTitle") != RUN:
            found = (yield from self._rest.find("get_metrics", self._names.artifact(f"{place.id}-metrics"))) or {}
            return found.get("metadata") or {}
        return (found.get("metadata") or {}).get(METRICS) or {}

    def get_time_series_data_frame(self, experiment: str, run_name: str) -> Flow[pd.DataFrame]:
        """All points of all time series: a row for each step and wall time, a column for each series."""
        operation = "get_time_series_data_frame"
        place = Place(experiment, run_name)
        yield from self._nodes.run(operation, place)
        run = yield from self._series.linked(operation, place)
        series = [] if run is None else (yield from self._series.list(operation, run))
        blocks = [] if run is None else (yield from self._series.read(operation, run, series))
        from jupyter_tracker import frames

        return frames.time_series(Points(tuple(blocks), ""))

    def get_classification_metrics(self, experiment: str, run_name: str) -> Flow[Messages]:
        """The artifacts of its classification metrics."""
        return (yield from self._members("get_classification_metrics", experiment, run_name, CLASSIFICATION))

    def get_artifacts(self, experiment: str, run_name: str) -> Flow[Messages]:
        """All artifacts of the run."""
        return (yield from self._members("get_artifacts", experiment, run_name))

    def get_executions(self, experiment: str, run_name: str) -> Flow[Messages]:
        """All executions of the run."""
        context = yield from self._nodes.run("get_executions", Place(experiment, run_name))
        return (yield from self._nodes.list("get_executions", "executions", inside(context["name"])))

    def get_experiment_models(self, experiment: str, run_name: str) -> Flow[Messages]:
        """The artifacts of its models."""
        return (yield from self._members("get_experiment_models", experiment, run_name, MODEL))

    def get_logged_custom_jobs(self, experiment: str, run_name: str) -> Flow[Messages]:
        """The custom jobs that resumed the run."""
        context = yield from self._nodes.run("get_logged_custom_jobs", Place(experiment, run_name))
        kept = (context.get("metadata") or {}).get(CUSTOM_JOBS) or []
        jobs = [self._rest.get("get_logged_custom_jobs", one["custom_job_resource_name"]) for one in kept]
        found: Messages = (yield Together(jobs, PARALLEL)) if jobs else []
        return found

    def get_logged_pipeline_jobs(self, experiment: str, run_name: str) -> Flow[Messages]:
        """The pipeline jobs that were logged to the run."""
        operation = "get_logged_pipeline_jobs"
        context = yield from self._nodes.run(operation, Place(experiment, run_name))
        runs = yield from self._nodes.list(operation, "contexts", titled(PIPELINE_RUN), child_of(context["name"]))
        names = [f"{self._names.parent}/pipelineJobs/{one.get('displayName') or last(one['name'])}" for one in runs]
        found: Messages = (
            (yield Together([self._rest.get(operation, name) for name in names], PARALLEL)) if names else []
        )
        return found

    # What it is

    def assign_backing_tensorboard(self, experiment: str, run_name: str, tensorboard: str) -> Flow[None]:
        """Give the run a Tensorboard, by id or resource name; `Conflict` when it has one."""
        operation, place = "assign_backing_tensorboard", Place(experiment, run_name)
        context = yield from self._nodes.run(operation, place)
        known = yield from self._series.linked(operation, place)
        if known is not None:
            raise Conflict(f"The run {run_name!r} of {experiment!r} has a Tensorboard already: {known}.")
        board = yield from self._rest.get(operation, self._names.tensorboard(tensorboard))
        yield from self._series.link(operation, place, board["name"], context["name"])

    def associate_execution(self, experiment: str, run_name: str, execution: str) -> Flow[None]:
        """Put an execution, by id or resource name, into the run."""
        context = yield from self._nodes.run("associate_execution", Place(experiment, run_name))
        name = execution if "/" in execution else self._names.execution(execution)
        yield from self._nodes.include("associate_execution", context["name"], execution=name)

    def update_state(self, experiment: str, run_name: str, state: str | int) -> Flow[None]:
        """Set the state, by name or number."""
        yield from self._set_state("update_state", experiment, run_name, checks.state(state))

    def end_run(self, experiment: str, run_name: str, *, state: str | int = "COMPLETE") -> Flow[None]:
        """End the run in a state."""
        yield from self._set_state("end_run", experiment, run_name, checks.state(state))

    def _merge(self, operation: str, place: Place, field: str, values: Mapping[str, object]) -> Flow[None]:
        try:
            yield from self._nodes.merge(operation, place.id, field, values)
        except LookupError:
            yield from self._nodes.run(operation, place)  # says what is missing
            raise

    def _members(self, operation: str, experiment: str, run_name: str, schema: str = "") -> Flow[Messages]:
        context = yield from self._nodes.run(operation, Place(experiment, run_name))
        conditions = [*([titled(schema)] if schema else []), inside(context["name"])]
        return (yield from self._nodes.list(operation, "artifacts", *conditions))

    def _set_state(self, operation: str, experiment: str, run_name: str, state: str) -> Flow[None]:
        place = Place(experiment, run_name)
        yield from self._nodes.run(operation, place)
        yield from self._nodes.change_run(operation, place.id, lambda metadata: metadata.update({STATE: state}))

    def _tensorboard_run(self, operation: str, place: Place) -> Flow[str]:
        yield from self._nodes.run(operation, place)
        run = yield from self._series.linked(operation, place)
        if run is None:
            raise Conflict(
                f"The run {place.run!r} of {place.experiment!r} has no Tensorboard for time series. Give it one with"
                " `assign_backing_tensorboard`."
            )
        return run


def _backing(experiment: Json) -> str:
    return str((experiment.get("metadata") or {}).get(BACKING_TENSORBOARD) or "")
