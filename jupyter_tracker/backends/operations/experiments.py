"""What can be done with experiments."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Cleanup, Experiment, Lifecycle, RetentionMode


class ExperimentOperations(Operations):
    """Named groups of runs."""

    noun = "experiments"

    def create(
        self,
        name: str,
        description: str,
        tags: Mapping[str, str],
        retention_mode: RetentionMode,
        retention_time: float | None,
    ) -> Flow[Experiment]:
        """Make an experiment; `Conflict` when the name is taken, also by a deleted one."""
        self._lacks("create")

    def get(self, reference: str) -> Flow[Experiment]:
        """Find one by id or name; `NotFound` suggests close names."""
        self._lacks("get")

    def list(self, lifecycle: Lifecycle) -> Flow[tuple[Experiment, ...]]:
        """All of a lifecycle, the one used last first."""
        self._lacks("list")

    def update(
        self,
        reference: str,
        name: str | None,
        description: str | None,
        tags: Mapping[str, str | None] | None,
        retention_mode: RetentionMode | None,
        retention_time: float | None,
    ) -> Flow[Experiment]:
        """Change what is not None; a tag of value None is removed."""
        self._lacks("update")

    def delete(self, reference: str) -> Flow[Experiment]:
        """Put it and its runs where only `restore` finds them; `Conflict` while a run has not ended."""
        self._lacks("delete")

    def restore(self, reference: str) -> Flow[Experiment]:
        """Bring back what was deleted or archived, and the runs that were deleted with it."""
        self._lacks("restore")

    def archive(self, reference: str) -> Flow[Experiment]:
        """Put it away: it leaves the listing and stays readable."""
        self._lacks("archive")

    def unarchive(self, reference: str) -> Flow[Experiment]:
        """Take it back into the listing; `Conflict` when it is not archived."""
        self._lacks("unarchive")

    def purge(self, reference: str) -> Flow[Cleanup]:
        """Remove it for good, with its runs and variables; `Conflict` when it is not deleted."""
        self._lacks("purge")
