"""Experiments of ABEJA: job definitions."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from jupyter_tracker.backends.abeja.organization import Organization, movable
from jupyter_tracker.backends.abeja.reading import parse_experiment
from jupyter_tracker.backends.common.values import checked_name
from jupyter_tracker.backends.operations import ExperimentOperations
from jupyter_tracker.errors import Conflict, RemoteConflict, Unsupported
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Experiment, Lifecycle, RetentionMode


class AbejaExperiments(ExperimentOperations):
    """Experiments as job definitions, which have a name and nothing else."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization

    def create(
        self,
        name: str,
        description: str,
        tags: Mapping[str, str],
        retention_mode: RetentionMode,
        retention_time: float | None,
    ) -> Flow[Experiment]:
        checked_name("experiment", name)
        if description or tags or retention_mode is not RetentionMode.FULL or retention_time is not None:
            raise Unsupported("abeja", "experiments.update")  # it keeps none of them
        native, identity = self._organization.native, self._organization.id
        try:
            made = yield from native.create_training_job_definition(identity, name)
        except RemoteConflict as error:
            taken = yield from self._organization.experiment(name)
            hint = " Bring it back with unarchive" if taken.lifecycle is Lifecycle.ARCHIVED else " Use it"
            raise Conflict(
                f"There is an experiment {name!r} already ({taken.lifecycle}).{hint}, or choose another name."
            ) from error
        _ = made["job_definition_id"]  # without it nothing was made
        return parse_experiment(made)

    def get(self, reference: str) -> Flow[Experiment]:
        return (yield from self._organization.experiment(reference))

    def list(self, lifecycle: Lifecycle) -> Flow[tuple[Experiment, ...]]:
        if lifecycle is Lifecycle.DELETED:
            return ()  # what was deleted is gone
        found = yield from self._organization.experiments()
        chosen = [each for each in found if each.lifecycle is lifecycle]
        return tuple(
            sorted(chosen, key=lambda each: each.updated_at.timestamp() if each.updated_at else 0.0, reverse=True)
        )

    def delete(self, reference: str) -> Flow[Experiment]:
        """Remove it and its runs for good; `Conflict` while a run has not ended."""
        found = yield from self._organization.experiment(reference)
        runs = yield from self._organization.runs(found.name)
        active = [run for run in runs if not run.state.ended]
        if active:
            raise Conflict(f"{len(active)} runs of {found.name!r} have not ended. Stop them first.")
        yield from self._organization.native.delete_training_job_definition(self._organization.id, found.name)
        return dataclasses.replace(found, lifecycle=Lifecycle.DELETED)

    def unarchive(self, reference: str) -> Flow[Experiment]:
        found = yield from self._organization.experiment(reference)
        movable(f"experiment {found.name!r}", found.lifecycle, Lifecycle.ACTIVE)
        yield from self._organization.native.unarchive_training_job_definition(self._organization.id, found.name)
        return (yield from self._organization.experiment(found.name))

    def archive(self, reference: str) -> Flow[Experiment]:
        found = yield from self._organization.experiment(reference)
        movable(f"experiment {found.name!r}", found.lifecycle, Lifecycle.ARCHIVED)
        yield from self._organization.native.archive_training_job_definition(self._organization.id, found.name)
        return (yield from self._organization.experiment(found.name))


def usable(organization: Organization, experiments: AbejaExperiments, reference: str) -> Flow[str]:
    """The name of the experiment for a new run, which is made when it is not there."""
    known = yield from organization.experiments()
    for each in known:
        if reference in (each.name, each.id):
            return each.name
    made = yield from experiments.create(reference, "", {}, RetentionMode.FULL, None)
    return made.name
