"""Starting runs here: each is made on the server, then in the local store beside it (companion.py).

Between the two the run is locked, so that whoever sees it on the server waits until it is here too. When the process
that starts it dies in between, the lock is free and the run is not here: whoever sees it next ends it (outbox.py).
"""

from __future__ import annotations

import dataclasses
import time as clock
from collections.abc import Mapping
from typing import IO

from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.batches import check_params, check_tags, pairs, send_params, send_tags
from jupyter_tracker.backends.mlflow.companion import Companion
from jupyter_tracker.backends.mlflow.experiments import MlflowExperiments
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.backends.mlflow.outbox import Outbox, Sent
from jupyter_tracker.backends.mlflow.reading import own_tags, parse_run
from jupyter_tracker.backends.mlflow.settings import Settings
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Environment, JsonValue, RunInfo, RunKind, Submission

RUN_VARIABLES = ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID")
"""With them, code that logs with `mlflow` logs to the run that it is submitted as."""


class Starter:
    """Makes runs that are both on the server and in the local store."""

    def __init__(
        self,
        settings: Settings,
        native: MlflowOperations,
        limits: wording.Limits,
        experiments: MlflowExperiments,
        companion: Companion,
        outbox: Outbox,
    ) -> None:
        self._settings = settings
        self._native = native
        self._limits = limits
        self._experiments = experiments
        self._companion = companion
        self._outbox = outbox

    def submit(self, submission: Submission, name: str) -> Flow[RunInfo]:
        """Start a process here that trains as a new run; everything about it was checked."""
        made, lock = yield from self._create(
            submission.experiment, name, RunKind.SUBMITTED, submission.params, submission.tags
        )
        own = dict(zip(RUN_VARIABLES, (made.id, made.experiment_id), strict=True))
        variables = {**self._settings.variables, **own, **submission.variables}
        here = dataclasses.replace(submission, experiment=made.experiment, name=name, variables=variables)
        try:
            with lock:
                yield from self._companion.local.local_runs.submit_as(made.id, here)
        except TrackerError:
            if self._companion.has(made.id):
                yield from self._outbox.send(made.id)
            else:
                self._outbox.forget(made.id)
                yield from self._native.delete_run(made.id)
            raise
        return made

    def start(
        self,
        experiment: str,
        name: str,
        params: Mapping[str, JsonValue],
        tags: Mapping[str, str],
        environment: Environment,
    ) -> Flow[RunInfo]:
        """Begin a run of this process."""
        made, lock = yield from self._create(experiment, name, RunKind.IN_KERNEL, params, tags)
        with lock:
            here = yield from self._companion.local.local_runs.start_as(
                made.id, made.experiment, name, params, tags, environment
            )
        return dataclasses.replace(
            made, created_at=here.created_at, started_at=here.started_at, params=here.params, kind=here.kind
        )

    def _create(
        self, experiment: str, name: str, kind: RunKind, params: Mapping[str, JsonValue], tags: Mapping[str, str]
    ) -> Flow[tuple[RunInfo, IO[str]]]:
        """A run on the server, after everything was checked, and what keeps it locked until it is closed."""
        check_params(self._limits, params)
        check_tags(self._limits, tags)
        found = yield from self._experiments.usable(experiment)
        answer = yield from self._native.create_run(
            experiment_id=found.id,
            run_name=name,
            start_time=clock.time_ns() // 1_000_000,
            tags=pairs({wording.KIND: str(kind)}),
        )
        made = parse_run(answer.get("run") or {}, {found.id: found.name})
        lock = yield from self._outbox.open(made, Sent(tags={wording.KIND: str(kind)}))
        try:
            yield from self._experiments.used(found.id)
            if params or tags:
                made = dataclasses.replace(made, kind=kind, params=params, tags=tags)
                texts = {**tags, **own_tags(made)}
                yield from send_params(self._native, self._limits, made.id, params)
                yield from send_tags(self._native, self._limits, made.id, texts)
                self._outbox.keep(made, Sent(params=[*params], tags=texts))
        except BaseException:
            lock.close()
            raise
        return made, lock
