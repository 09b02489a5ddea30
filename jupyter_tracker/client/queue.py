"""`tracker.queue`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jupyter_tracker.client import flows
from jupyter_tracker.client.assets import QueueList
from jupyter_tracker.client.async_run import AsyncRun
from jupyter_tracker.client.run import Run
from jupyter_tracker.models import QueueLimits

if TYPE_CHECKING:
    from jupyter_tracker.client.tracker import AsyncTracker, Tracker


class Queue:
    """Places for submitted runs of the store and, with `experiment` (name or id), of an experiment.

    Without a limit each run starts at once. A run that has to wait says in its `reason` what for, and starts as soon as
    another one ends, whether or not anybody looks on.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._drive = tracker.drive
        self._backend = tracker.backend
        self._operations = tracker.backend.queue

    def get(self, experiment: str | None = None) -> QueueLimits:
        """The limits, and how many runs and wait now."""
        return self._drive(self._operations.get(experiment))

    def list(self, experiment: str | None = None) -> QueueList:
        """Those that run, then those that wait, in the order in which they start."""
        return QueueList(*self._drive(flows.read_queue(self._backend, experiment)))

    def update(
        self,
        experiment: str | None = None,
        *,
        minimum_instances: int | None = None,
        maximum_instances: int | Literal["unlimited"] | None = None,
        maximum_queue_size: int | Literal["unlimited"] | None = None,
    ) -> QueueLimits:
        """Change limits; those that are not given stay (UbiOps: `deployment_versions_update`).

        Args:
            experiment: Left out, the limits of the store are changed.
            minimum_instances: Of the places of the store, those that are kept for the experiment.
            maximum_instances: Submitted runs at once; 0 holds all back. Runs that run go on.
            maximum_queue_size: Runs that may wait; submitting one more raises `QueueFull`.

        Raises:
            InvalidInput: a limit is no whole number, or more places are kept than there are.
        """
        return self._drive(
            self._operations.update(experiment, minimum_instances, maximum_instances, maximum_queue_size)
        )

    def prioritize(self, run: str, priority: int) -> Run:
        """Let a run that waits start sooner or later: the larger number first, 0 by default; `Conflict` if it runs."""
        found = self._tracker.runs.get(run)
        return Run(self._tracker, self._drive(self._operations.prioritize(found.id, priority)))


class AsyncQueue:
    """Places for submitted runs, to await."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self._tracker = tracker
        self._drive = tracker.drive
        self._backend = tracker.backend
        self._operations = tracker.backend.queue

    async def get(self, experiment: str | None = None) -> QueueLimits:
        """See `Queue.get`."""
        return await self._drive(self._operations.get(experiment))

    async def list(self, experiment: str | None = None) -> QueueList:
        """See `Queue.list`."""
        return QueueList(*await self._drive(flows.read_queue(self._backend, experiment)))

    async def update(
        self,
        experiment: str | None = None,
        *,
        minimum_instances: int | None = None,
        maximum_instances: int | Literal["unlimited"] | None = None,
        maximum_queue_size: int | Literal["unlimited"] | None = None,
    ) -> QueueLimits:
        """See `Queue.update`."""
        return await self._drive(
            self._operations.update(experiment, minimum_instances, maximum_instances, maximum_queue_size)
        )

    async def prioritize(self, run: str, priority: int) -> AsyncRun:
        """See `Queue.prioritize`."""
        found = await self._tracker.runs.get(run)
        return AsyncRun(self._tracker, await self._drive(self._operations.prioritize(found.id, priority)))
