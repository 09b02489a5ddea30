"""What can be done with the queue of submitted runs."""

from __future__ import annotations

from typing import Literal

from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import QueueEntry, QueueLimits, RunInfo


class QueueOperations(Operations):
    """Places for submitted runs, and who waits for one."""

    noun = "queue"

    def get(self, experiment: str | None) -> Flow[QueueLimits]:
        """The limits of the store, or of an experiment, and how many runs and wait there."""
        self._lacks("get")

    def list(self, experiment: str | None) -> Flow[tuple[QueueEntry, ...]]:
        """Those that run, then those that wait, in the order in which they start."""
        self._lacks("list")

    def update(
        self,
        experiment: str | None,
        minimum_instances: int | None,
        maximum_instances: int | Literal["unlimited"] | None,
        maximum_queue_size: int | Literal["unlimited"] | None,
    ) -> Flow[QueueLimits]:
        """Change the limits that are not None (UbiOps: `deployment_versions_update`)."""
        self._lacks("update")

    def prioritize(self, run_id: str, priority: int) -> Flow[RunInfo]:
        """Let a run that waits start sooner or later; `Conflict` when it does not wait."""
        self._lacks("prioritize")
