"""Experiments, runs and templates of a project of Chariot: run names, versions of them, and blueprints."""

from __future__ import annotations

import math
from collections.abc import Mapping

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.chariot import paging
from jupyter_tracker.backends.chariot.checks import ilike
from jupyter_tracker.backends.chariot.operations import PARALLEL, ChariotOperations
from jupyter_tracker.backends.chariot.parse import deleted, parse_experiments, parse_latest, parse_run, parse_template
from jupyter_tracker.backends.chariot.recording import ChariotMetrics
from jupyter_tracker.backends.chariot.requests import Json, Requests
from jupyter_tracker.backends.operations import ExperimentOperations, RunOperations, RunQuery, TemplateOperations
from jupyter_tracker.backends.remote.packing import refuse_schedule
from jupyter_tracker.backends.remote.selection import choose, page_of
from jupyter_tracker.errors import Conflict, InvalidInput, NotFound, RemoteInvalid, RemoteNotFound, Unsupported
from jupyter_tracker.flow import Flow, Together
from jupyter_tracker.models import (
    Code,
    CodeKind,
    ConfigMistake,
    Experiment,
    JsonValue,
    Lifecycle,
    MetricValue,
    Page,
    RunInfo,
    Submission,
    Template,
)

Infos = list[RunInfo]
Latest = Mapping[str, MetricValue]


class ChariotExperiments(ExperimentOperations):
    """Run names of the project, each with its versions."""

    def __init__(self, native: ChariotOperations, project: str) -> None:
        self._native = native
        self._project = project

    @emulated("the names of the project's runs")
    def get(self, reference: str) -> Flow[Experiment]:
        runs = yield from paging.all_runs(self._native, self._project, ilike(reference))
        found = parse_experiments(run for run in map(parse_run, runs) if run.experiment == reference)
        if found:
            return found[0]
        known = yield from self.list(Lifecycle.ACTIVE)
        raise NotFound("experiment", reference, [one.name for one in known], "`%tracker experiments` lists them.")

    @emulated("the names of the project's runs")
    def list(self, lifecycle: Lifecycle) -> Flow[tuple[Experiment, ...]]:
        if lifecycle is not Lifecycle.ACTIVE:
            return ()
        return parse_experiments(map(parse_run, (yield from paging.all_runs(self._native, self._project))))


class ChariotRuns(RunOperations):
    """Versions of run names."""

    takes_tags = False
    numbers_runs = True

    def __init__(self, native: ChariotOperations, requests: Requests, metrics: ChariotMetrics, project: str) -> None:
        self._native = native
        self._requests = requests
        self._metrics = metrics
        self._project = project
        self._ended: dict[str, Latest] = {}
        """Latest metrics of runs that have ended, which no longer change."""

    def submit(self, submission: Submission) -> Flow[RunInfo]:
        if not submission.template:
            raise NeedsBlueprint(self.backend)
        _check(submission)
        resources = dict(submission.resources)
        task_type = resources.pop("task_type", None) or submission.tags.get("task_type")
        if not task_type:
            raise InvalidInput(
                "Chariot asks for the task type of a run: give it with the resources,"
                " as in resources={'cpu': '1', 'memory': '2Gi', 'task_type': 'Image Classification'}."
            )
        version = submission.name
        if version is None:
            version = yield from self._next_version(submission.experiment)
        created = yield from self._native.create_run(
            submission.experiment,
            version,
            resources,
            submission.params,
            str(task_type),
            submission.template,
            self._project,
        )
        return parse_run((yield from self._native.get_run(created)))

    def get(self, reference: str) -> Flow[RunInfo]:
        if reference and reference != "last":
            try:
                return (yield from self._with_metrics((yield from self._native.get_run(reference))))
            except NotFound:
                pass  # it may be a name, or the beginning of an id
        runs = yield from paging.all_runs(self._native, self._project)
        found = choose(map(parse_run, runs), reference)
        return (yield from self._with_metrics(next(run for run in runs if str(run["id"]) == found.id)))

    def list(self, query: RunQuery) -> Flow[Page[RunInfo]]:
        name = query.experiment
        runs = yield from paging.all_runs(self._native, self._project, None if name is None else ilike(name))
        runs = [run for run in runs if name is None or run.get("name") == name]
        if name is not None and not runs:
            known = parse_experiments(map(parse_run, (yield from paging.all_runs(self._native, self._project))))
            raise NotFound("experiment", name, [one.name for one in known], "`%tracker experiments` lists them.")
        if query.lifecycle is not Lifecycle.ACTIVE:
            return Page((), None)
        flows = [self._with_metrics(run) for run in runs]
        infos: Infos = (yield Together(flows, PARALLEL)) if flows else []
        return (yield from page_of(query, infos, self._metrics))

    def stop(self, run_id: str, grace_period: float) -> Flow[RunInfo]:
        info = parse_run((yield from self._native.get_run(run_id)))
        if info.state.ended:
            raise Conflict(f"The run {run_id} has ended already ({info.state}).")
        # A second is the least that the platform takes.
        yield from self._native.stop_run(run_id, max(1, math.ceil(grace_period)))
        return parse_run((yield from self._native.get_run(run_id)))

    def delete(self, run_id: str) -> Flow[RunInfo]:
        info = parse_run((yield from self._native.get_run(run_id)))
        if not info.state.ended:
            raise Conflict(f"The run {run_id} has not ended. Stop it first: `%tracker stop {run_id}`.")
        yield from self._native.delete_run(run_id)
        return deleted(info)

    @emulated("from the run's own fields")
    def submission(self, run_id: str) -> Flow[Submission | None]:
        run = yield from self._native.get_run(run_id)
        if not run.get("blueprint_id"):
            return None
        return Submission(
            experiment=str(run.get("name") or ""),
            code=Code(CodeKind.FOLDER),
            name=str(run.get("version") or "") or None,
            params=dict(run.get("config") or {}),
            resources={**(run.get("resources") or {}), "task_type": run.get("task_type") or ""},
            template=str(run["blueprint_id"]),
        )

    def _with_metrics(self, run: Json) -> Flow[RunInfo]:
        """The run with the latest of each metric among its last 1,000 points."""
        info = parse_run(run)
        if info.id in self._ended:
            return parse_run(run, self._ended[info.id])
        found = parse_latest((yield from self._native.get_metrics(info.id)))
        if info.state.ended:
            self._ended[info.id] = found
        return parse_run(run, found)

    def _next_version(self, name: str) -> Flow[str]:
        runs = yield from paging.all_runs(self._native, self._project, ilike(name))
        numbers = [int(text) for run in runs if (text := str(run.get("version") or "")).isdigit()]
        return str(max(numbers, default=0) + 1)


class ChariotTemplates(TemplateOperations):
    """Blueprints, by `name` (the newest) or `name@version`."""

    def __init__(self, native: ChariotOperations, requests: Requests) -> None:
        self._native = native
        self._requests = requests

    def get(self, reference: str) -> Flow[Template]:
        name, _, version = reference.rpartition("@") if "@" in reference else (reference, "", "")
        query = {
            "name": name,
            "version_ilike": ilike(version) if version else None,
            "sort": ["created_at:desc"],
            "limit": 1,
        }
        found = yield from self._requests.many("lookup_blueprint_id", query=query)
        if not found:
            raise NotFound("template", reference, (), "Blueprints are found by their exact name.")
        return parse_template(found[0])

    def validate(self, reference: str, config: Mapping[str, JsonValue]) -> Flow[tuple[ConfigMistake, ...]]:
        try:
            yield from self._native.validate_run_config(reference, config)
        except RemoteNotFound:
            template = yield from self.get(reference)
            return (yield from self.validate(template.id, config)) if template.id != reference else ()
        except RemoteInvalid as error:
            if not error.mistakes:
                raise
            return tuple(one for one in error.mistakes if isinstance(one, ConfigMistake))
        return ()


def _check(submission: Submission) -> None:
    """Refuse what the platform would not carry out."""
    refuse_schedule("chariot", submission)
    if set(submission.tags) - {"task_type"}:
        raise Unsupported("chariot", "runs.set_tags")
    if submission.variables:
        raise Unsupported("chariot", "variables.create")
    if submission.data is not None:
        raise InvalidInput("Chariot takes no data beside the config: name it there, as the blueprint asks for it.")
    if submission.timeout != Submission.__dataclass_fields__["timeout"].default:
        raise InvalidInput("Chariot has no time limit of a run: leave timeout out, and stop the run where it is slow.")


class NeedsBlueprint(Unsupported):
    """A run is made from a blueprint; no code is taken."""

    def __init__(self, backend: str) -> None:
        super().__init__(backend, "sources.create")
        self.args = (
            "Chariot takes no code: its runs are made from blueprints. `tracker.templates.submit(…)` makes one.",
        )
