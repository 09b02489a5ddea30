"""What can be done with runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from jupyter_tracker.backends.operations.noun import Operations, emulated
from jupyter_tracker.filters import And, Expression, Order, to_text
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import (
    Cleanup,
    Environment,
    Imported,
    JsonValue,
    Lifecycle,
    Page,
    Progress,
    QueryPlan,
    RunInfo,
    RunState,
    Secret,
    Submission,
)

EVERYTHING = And(())
"""The filter that selects every run."""


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs are listed, in which order."""

    experiment: str | None = None
    """Name or id; None lists those of all experiments."""
    where: Expression = EVERYTHING
    """Everything unless it is given."""
    order_by: tuple[Order, ...] = ()
    """Ties are broken by creation, newest first; so is everything when this is empty."""
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    limit: int = 1000
    cursor: str | None = None


class RunOperations(Operations):
    """Training runs, from the first word to the end."""

    noun = "runs"
    takes_tags: ClassVar[bool] = True
    """Whether a new run can be given tags."""
    numbers_runs: ClassVar[bool] = False
    """Whether the name of a run is its number in the experiment, which no other one gets."""

    def submit(self, submission: Submission) -> Flow[RunInfo]:
        """Start training on the platform."""
        self._lacks("submit")

    def start(
        self,
        experiment: str,
        name: str | None,
        params: Mapping[str, JsonValue],
        tags: Mapping[str, str],
        environment: Environment,
    ) -> Flow[RunInfo]:
        """Make a run of which this process is the training."""
        self._lacks("start")

    def attach(self, run_id: str) -> Flow[RunInfo]:
        """Take up a run that was started for this process, so that it can log."""
        self._lacks("attach")

    def end(self, run_id: str, state: RunState, reason: str) -> Flow[RunInfo]:
        """Record the end of a run of this process; everything that was logged is complete afterwards."""
        self._lacks("end")

    def get(self, reference: str) -> Flow[RunInfo]:
        """Find one by id, unique prefix of the id, name, or `last`."""
        self._lacks("get")

    def list(self, query: RunQuery) -> Flow[Page[RunInfo]]:
        """One page of the runs that a query selects."""
        self._lacks("list")

    @emulated("every condition is looked at here")
    def explain(self, query: RunQuery) -> Flow[QueryPlan]:
        """How a query is answered: which part the platform does. Nothing is sent."""
        yield from ()
        where = () if query.where == EVERYTHING else (to_text(query.where),)
        return QueryPlan("", where, ordered_there=not query.order_by)

    def stop(self, run_id: str, grace_period: float) -> Flow[RunInfo]:
        """Ask a run to end; it is killed when `grace_period` seconds have passed."""
        self._lacks("stop")

    def restart(self, run_id: str, variables: Mapping[str, str | Secret]) -> Flow[RunInfo]:
        """Start the code of a run that has ended again, as a further attempt of the same run; `Conflict` if it runs."""
        self._lacks("restart")

    def delete(self, run_id: str) -> Flow[RunInfo]:
        """Put it where only `restore` finds it; `Conflict` while it runs."""
        self._lacks("delete")

    def restore(self, run_id: str) -> Flow[RunInfo]:
        """Bring back what was deleted or archived."""
        self._lacks("restore")

    def archive(self, run_id: str) -> Flow[RunInfo]:
        """Put it away: it leaves the listing and stays readable."""
        self._lacks("archive")

    def unarchive(self, run_id: str) -> Flow[RunInfo]:
        """Take it back into the listing; `Conflict` when it is not archived."""
        self._lacks("unarchive")

    def purge(self, run_id: str) -> Flow[Cleanup]:
        """Remove it for good with all that belongs to it; `Conflict` when it is not deleted."""
        self._lacks("purge")

    def update(
        self, run_id: str, name: str | None, notes: str | None, tags: Mapping[str, str | None] | None
    ) -> Flow[RunInfo]:
        """Change what is not None; a tag of value None is removed. Names need not be unique (MLflow: `update_run`)."""
        self._lacks("update")

    def delete_before(self, experiment: str, time: datetime, maximum: int) -> Flow[int]:
        """Delete the ended, active runs created until `time`, the oldest first, at most 10,000 at once; how many.

        (Databricks: `delete_runs`, `max_timestamp_millis` and `max_runs`)
        """
        self._lacks("delete_before")

    def restore_after(self, experiment: str, time: datetime, maximum: int) -> Flow[int]:
        """Restore the runs deleted since `time`, the one deleted last first, at most 10,000 at once; how many.

        (Databricks: `restore_runs`, `min_timestamp_millis` and `max_runs`)
        """
        self._lacks("restore_after")

    def log_params(self, run_id: str, params: Mapping[str, JsonValue]) -> Flow[None]:
        """Add params; `Conflict` when one is there with another value (MLflow: `log_param`)."""
        self._lacks("log_params")

    def set_tags(self, run_id: str, tags: Mapping[str, str | None]) -> Flow[None]:
        """Set tags; one of value None is removed."""
        self._lacks("set_tags")

    def set_progress(self, run_id: str, progress: Progress) -> Flow[None]:
        """Record how far an operation of the run is."""
        self._lacks("set_progress")

    def environment(self, run_id: str) -> Flow[Environment]:
        """What surrounded the code when the run started."""
        self._lacks("environment")

    def submission(self, run_id: str) -> Flow[Submission | None]:
        """What a submitted run was started from; None for a run in a kernel."""
        self._lacks("submission")

    def import_from(self, path: Path, experiment: str | None, again: bool) -> Flow[Imported]:
        """Take in runs from an export, an MLflow store or TensorBoard files: all of them, or none when it fails.

        They go to `experiment`, or where they belong when it is None. `Conflict` when a run is there already, unless it
        is to come `again` under another id.
        """
        self._lacks("import_from")
