"""Runs of ABEJA: training jobs."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from jupyter_tracker.backends.abeja.experiments import AbejaExperiments, usable
from jupyter_tracker.backends.abeja.organization import Organization, movable
from jupyter_tracker.backends.abeja.reading import (
    PARAMS_VARIABLE,
    SOURCE_VARIABLE,
    TAGS_VARIABLE,
    mapping,
    parse_run,
)
from jupyter_tracker.backends.abeja.sources import FUNCTION, AbejaSources
from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.code.reading import default_name
from jupyter_tracker.backends.common.values import checked_name, plain_params
from jupyter_tracker.backends.common.variables import check_variables, revealed
from jupyter_tracker.backends.operations import MetricOperations, RunOperations, RunQuery
from jupyter_tracker.backends.remote.packing import pack_run, refuse_schedule
from jupyter_tracker.backends.remote.selection import page_of
from jupyter_tracker.errors import Conflict, InvalidCode, InvalidInput
from jupyter_tracker.flow import Flow, Local
from jupyter_tracker.models import Code, Lifecycle, Page, Progress, RunInfo, Submission

RESOURCES = ("instance_type", "datasets")


class AbejaRuns(RunOperations):
    """Runs as jobs."""

    def __init__(
        self,
        organization: Organization,
        experiments: AbejaExperiments,
        sources: AbejaSources,
        metrics: MetricOperations,
    ) -> None:
        self._organization = organization
        self._experiments = experiments
        self._sources = sources
        self._metrics = metrics

    def submit(self, submission: Submission) -> Flow[RunInfo]:
        """Start training: the code becomes a version of the job definition, unless one has it, and a job of it starts.

        Params, tags and variables are variables of the job.
        """
        environment = _environment(submission)
        name = checked_name("run", default_name(submission.code) if submission.name is None else submission.name)
        native, identity = self._organization.native, self._organization.id
        settings = self._organization.settings
        instance_type = submission.resources.get("instance_type", settings.instance_type)
        if submission.code.source:
            source = yield from self._sources.get(submission.code.source)
            definition = yield from usable(self._organization, self._experiments, submission.experiment)
            if source.name != definition:
                raise InvalidCode(
                    f"The source {source.label} belongs to the experiment {source.name!r}; ABEJA runs it only there."
                )
        else:
            with tempfile.TemporaryDirectory(prefix="jupyter-tracker-", ignore_cleanup_errors=True) as made:
                packed = yield Local(lambda: pack_run(submission.code, FUNCTION, Path(made), lone_file=False))
                definition = yield from usable(self._organization, self._experiments, submission.experiment)
                source = yield from self._sources.keep(packed, definition, "")
        job = yield from native.create_training_job(
            identity,
            definition,
            source.version,
            environment=environment,
            datasets=submission.resources.get("datasets"),
            instance_type=instance_type,
            description=name,
            export_log=True,
        )
        self._organization.known[str(job["training_job_id"])] = definition
        return parse_run(job, definition)

    def attach(self, run_id: str) -> Flow[RunInfo]:
        return (yield from self._organization.run(run_id))

    def get(self, reference: str) -> Flow[RunInfo]:
        return (yield from self._organization.run(reference))

    def list(self, query: RunQuery) -> Flow[Page[RunInfo]]:
        runs = yield from self._organization.runs(query.experiment)
        chosen = [run for run in runs if run.lifecycle is query.lifecycle]
        return (yield from page_of(query, chosen, self._metrics))

    def stop(self, run_id: str, grace_period: float) -> Flow[RunInfo]:
        """Stop it; the platform knows no grace period."""
        info = yield from self._organization.run(run_id)
        if info.state.ended:
            raise Conflict(f"The run {info.name!r} has ended already: {info.state}.")
        yield from self._organization.native.stop_training_job(self._organization.id, info.experiment, info.id)
        return (yield from self._organization.run(info.id))

    def archive(self, run_id: str) -> Flow[RunInfo]:
        info = yield from self._organization.run(run_id)
        movable(f"run {info.name!r}", info.lifecycle, Lifecycle.ARCHIVED)
        yield from self._organization.native.archive_training_job(self._organization.id, info.experiment, info.id)
        return (yield from self._organization.run(info.id))

    def unarchive(self, run_id: str) -> Flow[RunInfo]:
        info = yield from self._organization.run(run_id)
        movable(f"run {info.name!r}", info.lifecycle, Lifecycle.ACTIVE)
        yield from self._organization.native.unarchive_training_job(self._organization.id, info.experiment, info.id)
        return (yield from self._organization.run(info.id))

    @emulated("as statistics of the job: `epoch`, or a share of the whole")
    def set_progress(self, run_id: str, progress: Progress) -> Flow[None]:
        job = yield from self._organization.job(run_id)
        statistics = dict(mapping(job.get("statistics")))
        if progress.operation == "epoch":
            statistics["epoch"] = progress.value
            if progress.final_value is not None:
                statistics["num_epochs"] = progress.final_value
        elif progress.final_value:
            statistics["progress_percentage"] = progress.value / progress.final_value
        else:
            raise InvalidInput("The progress of ABEJA is an epoch, or a share: give a final value, too.")
        yield from self._organization.native.update_statistics(
            self._organization.id, self._organization.known[run_id], run_id, statistics
        )

    def submission(self, run_id: str) -> Flow[Submission | None]:
        info = yield from self._organization.run(run_id)
        job = yield from self._organization.job(info.id)
        own = (PARAMS_VARIABLE, TAGS_VARIABLE, SOURCE_VARIABLE)
        source = yield from self._sources.get(info.source)
        resources = {key: job[key] for key in RESOURCES if job.get(key)}
        variables = {key: "" for key in mapping(job.get("environment")) if key not in own}
        return Submission(
            info.experiment,
            Code(source.kind, source=source.id),
            info.name,
            info.params,
            resources=resources,
            variables=variables,
            tags=info.tags,
        )


def _environment(submission: Submission) -> dict[str, str]:
    """The variables of a job that a submission asks for, if the platform can carry it out as it is."""
    check_variables(submission.variables)
    refuse_schedule("abeja", submission)
    params = plain_params(submission.params)
    for key, value in submission.tags.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise InvalidInput(f"The tag {key!r} must be text, not {value!r}.")
    unknown = sorted(set(submission.resources) - set(RESOURCES))
    if unknown:
        raise InvalidInput(f"The resource {unknown[0]!r} is none of ABEJA's: {', '.join(RESOURCES)}.")
    if submission.data is not None:
        raise InvalidInput(
            "ABEJA takes data by the ids of its datasets, not as files:"
            " resources={'datasets': {'train': '1410000000000'}}."
        )
    if submission.timeout != Submission.__dataclass_fields__["timeout"].default:
        raise InvalidInput(
            "ABEJA has no time limit of a job: leave timeout out, and stop the run where it is too slow."
        )
    return {
        **{name: revealed(value) for name, value in submission.variables.items()},
        PARAMS_VARIABLE: json.dumps(params),
        **({TAGS_VARIABLE: json.dumps(dict(submission.tags))} if submission.tags else {}),
    }
