"""Experiments of UbiOps: versions of the deployment for training."""

from __future__ import annotations

import math
from collections.abc import Mapping

from jupyter_tracker.backends.common.values import checked_name, writable
from jupyter_tracker.backends.operations import ExperimentOperations
from jupyter_tracker.backends.ubiops.project import Project
from jupyter_tracker.backends.ubiops.reading import parse_experiment
from jupyter_tracker.errors import Conflict, InvalidInput, RemoteConflict
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Experiment, Lifecycle, RetentionMode

LONGEST_NAME = 64
LONGEST_DESCRIPTION = 400


class UbiOpsExperiments(ExperimentOperations):
    """Experiments as versions."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def create(
        self,
        name: str,
        description: str,
        tags: Mapping[str, str],
        retention_mode: RetentionMode,
        retention_time: float | None,
    ) -> Flow[Experiment]:
        settings = self._project.settings
        data = {
            "name": _checked(name),
            "environment": settings.environment,
            "instance_type": settings.instance_type,
            "default_bucket": settings.bucket,
            "description": _described(description) or None,
            "labels": _labels(tags) or None,
            "request_retention_mode": retention_mode.value,
            "request_retention_time": _seconds(retention_time),
        }
        try:
            found = yield from self._project.native.experiments_create(self._project.name, data)
        except RemoteConflict as error:
            raise _taken(name) from error
        return parse_experiment(found)

    def get(self, reference: str) -> Flow[Experiment]:
        return (yield from self._project.experiment(reference))

    def list(self, lifecycle: Lifecycle) -> Flow[tuple[Experiment, ...]]:
        if lifecycle is not Lifecycle.ACTIVE:
            return ()  # what was deleted is gone
        found = yield from self._project.experiments()
        times = {each.id: each.updated_at or each.created_at for each in found}
        return tuple(
            sorted(found, key=lambda each: time.timestamp() if (time := times[each.id]) else 0.0, reverse=True)
        )

    def update(
        self,
        reference: str,
        name: str | None,
        description: str | None,
        tags: Mapping[str, str | None] | None,
        retention_mode: RetentionMode | None,
        retention_time: float | None,
    ) -> Flow[Experiment]:
        found = yield from self._project.experiment(reference)
        # UbiOps replaces labels as a whole.
        labels = {key: value for key, value in {**found.tags, **(tags or {})}.items() if value is not None}
        data = {
            "name": None if name is None else _checked(name),
            "description": None if description is None else _described(description),
            "labels": None if tags is None else _labels(labels),
            "request_retention_mode": None if retention_mode is None else retention_mode.value,
            "request_retention_time": _seconds(retention_time),
        }
        try:
            changed = yield from self._project.native.experiments_update(self._project.name, found.name, data)
        except RemoteConflict as error:
            raise _taken(str(name)) from error
        return parse_experiment(changed)

    def delete(self, reference: str) -> Flow[Experiment]:
        """Remove it and its runs for good; `Conflict` while a run has not ended."""
        found = yield from self._project.experiment(reference)
        for status in ("processing", "pending"):
            active = yield from self._project.native.experiment_runs_list(
                self._project.name, found.name, status=status, limit=1
            )
            if active:
                raise Conflict(f"Runs of {found.name!r} have not ended. Stop them first.")
        yield from self._project.native.experiments_delete(self._project.name, found.name)
        return Experiment(found.id, found.name, found.description, found.tags, Lifecycle.DELETED, found.created_at)


def usable(project: Project, experiments: UbiOpsExperiments, reference: str) -> Flow[str]:
    """The name of the experiment for a new run, which is made when it is not there."""
    known = yield from project.experiments()
    for each in known:
        if reference in (each.name, each.id):
            return each.name
    made = yield from experiments.create(reference, "", {}, RetentionMode.FULL, None)
    return made.name


def _checked(name: str) -> str:
    checked_name("experiment", name)
    if len(name) > LONGEST_NAME or name in (".", ".."):
        raise InvalidInput(f"The experiment name {name[:80]!r} must be 1 to {LONGEST_NAME} characters on UbiOps.")
    return name


def _described(text: str) -> str:
    if len(text) > LONGEST_DESCRIPTION:
        raise InvalidInput(f"The description has {len(text)} characters; UbiOps takes {LONGEST_DESCRIPTION}.")
    return text


def _seconds(time: float | None) -> int | None:
    """A retention time as UbiOps takes it: whole seconds, of its own choice when there is none."""
    return None if time is None or not math.isfinite(time) else math.ceil(time)


def _labels(tags: Mapping[str, str]) -> dict[str, str]:
    for key, value in tags.items():
        if not isinstance(key, str) or not key or not isinstance(value, str) or not writable(key + value):
            raise InvalidInput(f"The tag {key!r} must be text, not {value!r}.")
    return dict(tags)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is an experiment {name!r} already. Use it, or choose another name.")
