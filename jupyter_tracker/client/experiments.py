"""`tracker.experiments`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracker.client import exporting, requests
from jupyter_tracker.client.results import ExperimentList
from jupyter_tracker.models import Cleanup, Experiment, Lifecycle, RetentionMode

if TYPE_CHECKING:
    from jupyter_tracker.client.tracker import AsyncTracker, Tracker


class Experiments:
    """Named groups of runs; each is given by name or id."""

    def __init__(self, tracker: Tracker) -> None:
        self._drive = tracker.drive
        self._backend = tracker.backend
        self._operations = tracker.backend.experiments

    def create(
        self,
        name: str,
        *,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        retention_mode: str = RetentionMode.FULL,
        retention_time: float | None = None,
    ) -> Experiment:
        """Make an experiment; `Conflict` when the name is taken, also by one that is archived or deleted.

        Args:
            name: 1 to 250 printable characters.
            description: What it is about.
            tags: Text by name.
            retention_mode: What remains of a run when its time is over: `full`, `metadata` (no points, log, artifacts
                and checkpoints) or `none` (UbiOps: `experiments_create`).
            retention_time: Seconds from the end of a run until then; for ever if it is left out.
        """
        kept = requests.retention_mode(retention_mode), requests.duration(retention_time, "retention time")
        return self._drive(self._operations.create(name, description, tags or {}, *kept))

    def get(self, experiment: str) -> Experiment:
        """Find one; `NotFound` suggests close names."""
        return self._drive(self._operations.get(experiment))

    def list(self, *, lifecycle: str = Lifecycle.ACTIVE) -> ExperimentList:
        """All that are active (or `archived`, `deleted`), the one used last first."""
        return ExperimentList(self._drive(self._operations.list(requests.lifecycle(lifecycle))))

    def update(
        self,
        experiment: str,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str | None] | None = None,
        retention_mode: str | None = None,
        retention_time: float | None = None,
    ) -> Experiment:
        """Rename or describe it, say how long its runs are kept, set tags; a tag of value None is removed."""
        mode = None if retention_mode is None else requests.retention_mode(retention_mode)
        time = requests.duration(retention_time, "retention time")
        return self._drive(self._operations.update(experiment, name, description, tags, mode, time))

    def delete(self, experiment: str) -> Experiment:
        """Put it and its runs where only `restore` finds them; `Conflict` while a run has not ended."""
        return self._drive(self._operations.delete(experiment))

    def restore(self, experiment: str) -> Experiment:
        """Bring back what was deleted or archived, and the runs that were deleted with it."""
        return self._drive(self._operations.restore(experiment))

    def archive(self, experiment: str) -> Experiment:
        """Put it away: it leaves the listing and stays readable."""
        return self._drive(self._operations.archive(experiment))

    def unarchive(self, experiment: str) -> Experiment:
        """Take it back into the listing; `Conflict` when it is not archived."""
        return self._drive(self._operations.unarchive(experiment))

    def purge(self, experiment: str) -> Cleanup:
        """Remove it for good with its runs and variables; `Conflict` when it was not deleted before."""
        return self._drive(self._operations.purge(experiment))

    def export(self, experiment: str, path: str | os.PathLike[str]) -> Path:
        """Write an experiment with its runs, but not those that were deleted, into one file; see `Runs.export`."""
        return self._drive(exporting.export_experiment(self._backend, experiment, path))


class AsyncExperiments:
    """Named groups of runs, to await."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self._drive = tracker.drive
        self._backend = tracker.backend
        self._operations = tracker.backend.experiments

    async def create(
        self,
        name: str,
        *,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        retention_mode: str = RetentionMode.FULL,
        retention_time: float | None = None,
    ) -> Experiment:
        """See `Experiments.create`."""
        kept = requests.retention_mode(retention_mode), requests.duration(retention_time, "retention time")
        return await self._drive(self._operations.create(name, description, tags or {}, *kept))

    async def get(self, experiment: str) -> Experiment:
        """See `Experiments.get`."""
        return await self._drive(self._operations.get(experiment))

    async def list(self, *, lifecycle: str = Lifecycle.ACTIVE) -> ExperimentList:
        """See `Experiments.list`."""
        return ExperimentList(await self._drive(self._operations.list(requests.lifecycle(lifecycle))))

    async def update(
        self,
        experiment: str,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str | None] | None = None,
        retention_mode: str | None = None,
        retention_time: float | None = None,
    ) -> Experiment:
        """See `Experiments.update`."""
        mode = None if retention_mode is None else requests.retention_mode(retention_mode)
        time = requests.duration(retention_time, "retention time")
        return await self._drive(self._operations.update(experiment, name, description, tags, mode, time))

    async def delete(self, experiment: str) -> Experiment:
        """See `Experiments.delete`."""
        return await self._drive(self._operations.delete(experiment))

    async def restore(self, experiment: str) -> Experiment:
        """See `Experiments.restore`."""
        return await self._drive(self._operations.restore(experiment))

    async def archive(self, experiment: str) -> Experiment:
        """See `Experiments.archive`."""
        return await self._drive(self._operations.archive(experiment))

    async def unarchive(self, experiment: str) -> Experiment:
        """See `Experiments.unarchive`."""
        return await self._drive(self._operations.unarchive(experiment))

    async def purge(self, experiment: str) -> Cleanup:
        """See `Experiments.purge`."""
        return await self._drive(self._operations.purge(experiment))

    async def export(self, experiment: str, path: str | os.PathLike[str]) -> Path:
        """See `Experiments.export`."""
        return await self._drive(exporting.export_experiment(self._backend, experiment, path))
