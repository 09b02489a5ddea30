"""Runs of UbiOps: batch requests to the version that is their experiment."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.code.reading import default_name
from jupyter_tracker.backends.common.values import checked_name, plain_params
from jupyter_tracker.backends.common.variables import check_variables
from jupyter_tracker.backends.operations import EventOperations, MetricOperations, RunOperations, RunQuery
from jupyter_tracker.backends.remote import happened
from jupyter_tracker.backends.remote.packing import pack_run, refuse_schedule
from jupyter_tracker.backends.remote.selection import page_of
from jupyter_tracker.backends.ubiops.experiments import UbiOpsExperiments, usable
from jupyter_tracker.backends.ubiops.operations.files import SCHEME, uri_of
from jupyter_tracker.backends.ubiops.project import Project
from jupyter_tracker.backends.ubiops.reading import parse_run, parse_submission
from jupyter_tracker.errors import Conflict, InvalidInput, InvalidParams, Unsupported
from jupyter_tracker.flow import Flow, Local
from jupyter_tracker.models import Event, JsonValue, Lifecycle, Page, RunInfo, Submission

FUNCTION = "train"
"""What UbiOps calls: `train(training_data, parameters, context)` of `train.py`."""
SHORTEST_TIMEOUT = 10
"""Seconds."""


class UbiOpsRuns(RunOperations):
    """Runs as requests."""

    takes_tags = False

    def __init__(self, project: Project, experiments: UbiOpsExperiments, metrics: MetricOperations) -> None:
        self._project = project
        self._experiments = experiments
        self._metrics = metrics

    def submit(self, submission: Submission) -> Flow[RunInfo]:
        """Start training; code without a function `train` goes with a file that has it and starts the code."""
        params = _checked(submission)
        name = checked_name("run", default_name(submission.code) if submission.name is None else submission.name)
        with _folder() as folder:
            code = submission.code.source
            if code:
                uri_of(code)
            else:
                packed = yield Local(lambda: pack_run(submission.code, FUNCTION, folder, lone_file=True))
                code = str(packed.path)
            experiment = yield from usable(self._project, self._experiments, submission.experiment)
            data = {"name": name, "training_code": code, "training_data": submission.data, "parameters": params}
            made = yield from self._project.native.experiment_runs_create(
                self._project.name, experiment, data, timeout=math.ceil(submission.timeout)
            )
        self._project.known[made["id"]] = experiment
        return (yield from self._project.run(made["id"]))

    def get(self, reference: str) -> Flow[RunInfo]:
        return (yield from self._project.run(reference))

    def list(self, query: RunQuery) -> Flow[Page[RunInfo]]:
        if query.lifecycle is not Lifecycle.ACTIVE:
            return Page((), None)  # what was deleted is gone
        runs = yield from self._project.runs(query.experiment)
        return (yield from page_of(query, runs, self._metrics))

    def stop(self, run_id: str, grace_period: float) -> Flow[RunInfo]:
        """Cancel it; the platform knows no grace period."""
        info = yield from self._project.run(run_id)
        if info.state.ended:
            raise Conflict(f"The run {info.name!r} has ended already: {info.state}.")
        yield from self._project.native.experiment_runs_update(
            self._project.name, info.experiment, info.id, {"status": "cancelled"}
        )
        return (yield from self._project.run(info.id))

    def delete(self, run_id: str) -> Flow[RunInfo]:
        """Remove it for good; `Conflict` while it has not ended."""
        info = yield from self._project.run(run_id)
        if not info.state.ended:
            raise Conflict(f"The run {info.id[:8]} has not ended. Stop it first: `%tracker stop {info.id[:8]}`.")
        yield from self._project.native.experiment_runs_delete(self._project.name, info.experiment, info.id)
        return dataclasses.replace(info, lifecycle=Lifecycle.DELETED)

    def submission(self, run_id: str) -> Flow[Submission | None]:
        found = yield from self._project.request(run_id)
        return parse_submission(found)


class UbiOpsEvents(EventOperations):
    """What the times of a run tell."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @emulated(happened.NOTE)
    def read(self, run_id: str, after: int, limit: int) -> Flow[tuple[Event, ...]]:
        request = yield from self._project.request(run_id, recent=after > 0)
        info = parse_run(request, {})
        return happened.behind(happened.events_of(info), after, limit)


def _checked(submission: Submission) -> dict[str, JsonValue]:
    """The params of a submission that the platform can carry out as it is."""
    check_variables(submission.variables)
    refuse_schedule("ubiops", submission)
    for key, value in submission.tags.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise InvalidInput(f"The tag {key!r} must be text, not {value!r}.")
    params = plain_params(submission.params)
    for key, number in params.items():
        if isinstance(number, float) and not math.isfinite(number):
            raise InvalidParams(f"The param {key!r} is {number}, which UbiOps cannot take: JSON has no such number.")
    if submission.resources:
        raise InvalidInput(
            "UbiOps gives machines to experiments, not to runs, so resources cannot be given here: connect with"
            " ubiops://PROJECT?instance_type=… and make another experiment."
        )
    if submission.variables:
        raise InvalidInput(
            "UbiOps gives variables to experiments, not to runs: `tracker.variables.create(…, experiment=…)`."
        )
    if submission.timeout < SHORTEST_TIMEOUT:
        raise InvalidInput(f"The timeout must be {SHORTEST_TIMEOUT} seconds or more on UbiOps.")
    if submission.data is not None and submission.data.startswith(SCHEME):
        uri_of(submission.data)
    if submission.tags:
        raise Unsupported("ubiops", "runs.set_tags")
    return params


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="jupyter-tracker-", ignore_cleanup_errors=True) as made:
        yield Path(made)
