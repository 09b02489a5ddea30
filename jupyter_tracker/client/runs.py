"""`tracker.runs`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracker.client import bulk, exporting, flows, requests
from jupyter_tracker.client.imports import ImportList
from jupyter_tracker.client.reports import AlertList
from jupyter_tracker.client.requests import RETRY_DELAY
from jupyter_tracker.client.results import Listing, RunList
from jupyter_tracker.client.run import GRACE_PERIOD, Run
from jupyter_tracker.models import (
    Cleanup,
    Code,
    Environment,
    Goal,
    JsonValue,
    Level,
    Lifecycle,
    QueryPlan,
    Secret,
    Source,
    SweepMethod,
)

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_tracker.client.tracker import Tracker

TIMEOUT = 14_400.0
"""Seconds that a submitted run may take unless it is said otherwise (UbiOps: `experiment_runs_create`)."""


class Runs:
    """Training runs; each is given by id, unique prefix of the id, name, or `last`."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._drive = tracker.drive
        self._backend = tracker.backend

    def submit(
        self,
        experiment: str,
        *,
        code: str | os.PathLike[str] | Code | Source,
        entry_point: str | None = None,
        name: str | None = None,
        params: Mapping[str, JsonValue] | None = None,
        data: str | os.PathLike[str] | None = None,
        resources: Mapping[str, JsonValue] | None = None,
        timeout: float = TIMEOUT,
        variables: Mapping[str, str | Secret] | None = None,
        tags: Mapping[str, str] | None = None,
        history: Sequence[str] = (),
        priority: int = 0,
        retries: int = 0,
        retry_delay: float = RETRY_DELAY,
        restart_interrupted: bool = False,
    ) -> Run:
        """Start training in a process of its own, which goes on when this one ends.

        Args:
            experiment: Name of the experiment; made when it is not there.
            code: A script, notebook or folder by its path, source text (with a line break), or a version of code that
                was kept: `tracker.sources.get("train@3")`. What is given otherwise is kept as such a version.
            entry_point: The file of a folder that is started; `main.py`, `train.py` or `__main__.py` by default.
            name: Name of the run; taken from the code by default.
            params: JSON values, which the code finds as `jt.current_run().params`, in its environment and as arguments.
            data: A file or folder, whose path the code finds in `JUPYTER_TRACKER_DATA`.
            resources: What the run needs and may use at most, in Kubernetes quantities: `cpu`, `memory`,
                `ephemeral_storage`, `gpu`, as in `{"cpu": "500m", "memory": "5Gi", "gpu": 1}`. An event says what of
                it cannot be enforced.
            timeout: Seconds after which an attempt is ended, at most 172,800.
            variables: Environment variables of the process, in front of those of the experiment and the store; their
                values are not recorded, and one given as `Secret` is masked in the log.
            tags: Text by name.
            history: Cells that were executed before, to be kept with the run.
            priority: Of runs that wait for a place (`tracker.queue`), those of a larger number start first.
            retries: How often it is started again when it fails by itself: by its exit code or a signal, not by a stop,
                the timeout or a limit of its resources. Metrics and log go on behind what is there.
            retry_delay: Seconds before the first retry, doubled for each further one, at most an hour.
            restart_interrupted: Start it again, up to 3 times, when its processes vanish, as when the machine restarts;
                its variables are then kept, encrypted, until it has ended.

        Raises:
            InvalidCode: the code is missing, has a syntax error or cannot be executed.
            InvalidParams: a param is not JSON.
            InvalidInput: another value is wrong.
            QueueFull: it would have to wait, and as many wait as may.
        """
        tags = requests.tags_of(self._backend, tags)
        schedule = requests.Schedule(priority, retries, retry_delay, restart_interrupted)
        submission = requests.submission(
            experiment, code, entry_point, name, params, data, resources, timeout, variables, tags, history, schedule
        )
        return Run(self._tracker, self._drive(self._backend.runs.submit(submission)))

    def sweep(
        self,
        experiment: str,
        *,
        code: str | os.PathLike[str] | Code | Source,
        space: Mapping[str, object],
        method: str = SweepMethod.GRID,
        samples: int | None = None,
        metric: str | None = None,
        goal: str = Goal.MINIMIZE,
        parallel: int | None = None,
        seed: int | None = None,
        entry_point: str | None = None,
        name: str | None = None,
        params: Mapping[str, JsonValue] | None = None,
        data: str | os.PathLike[str] | None = None,
        resources: Mapping[str, JsonValue] | None = None,
        timeout: float = TIMEOUT,
        variables: Mapping[str, str | Secret] | None = None,
        tags: Mapping[str, str] | None = None,
        history: Sequence[str] = (),
        priority: int = 0,
        retries: int = 0,
        retry_delay: float = RETRY_DELAY,
        restart_interrupted: bool = False,
    ) -> Run:
        """Search over params: a run whose children are the trials; `run.children()` lists them.

        `space` says what each param may be: a list of values, a `range`, or text: `"0.1,0.01"` (values), `"2:8"` (whole
        numbers, both ends included), `"0.1:0.9:0.2"` (with a step), `"1e-4:1e-1:log"` (on a logarithmic scale).
        `method` is `grid`, which tries all points, `random`, or `optuna`, which tries those that promise most (it takes
        `pip install "jupyter_tracker[sweep]"`); the latter two try `samples` points. The latest value of `metric` says
        how good a trial was, and `goal` is to `minimize` or `maximize` it. `parallel` trials run at once if the queue
        lets them, by default as many as the machine has CPUs. The same `seed` tries the same points; left out, it is a
        new one, which is recorded. The other arguments are those of `submit`, for each trial.

        The best trial is in the tags and an event of the run. Stopping it stops its children. If its own process is
        lost, the children go on, and `restart` goes on with the trials that are left. It takes no place in the queue.

        Raises:
            InvalidInput: the space cannot be searched so, or has too many points.
            InvalidCode: the code is missing, has a syntax error or cannot be executed.
            ConfigError: `optuna` is not installed.
        """
        tags = requests.tags_of(self._backend, tags)
        schedule = requests.Schedule(priority, retries, retry_delay, restart_interrupted)
        trial = requests.submission(
            experiment, code, entry_point, name, params, data, resources, timeout, variables, tags, history, schedule
        )
        submission = requests.sweep(trial, space, method, samples, metric, goal, parallel, seed)
        return Run(self._tracker, self._drive(self._backend.runs.submit(submission)))

    def start(
        self,
        experiment: str,
        *,
        name: str | None = None,
        params: Mapping[str, JsonValue] | None = None,
        tags: Mapping[str, str] | None = None,
        environment: Environment | None = None,
    ) -> Run:
        """Make this process the run: `with tracker.runs.start("digits") as run: run.log({"loss": 0.5})`.

        Args:
            experiment: Name of the experiment; made when it is not there.
            name: Name of the run.
            params: JSON values.
            tags: Text by name.
            environment: What surrounds the code, where the caller knows it.
        """
        made = self._backend.runs.start(
            experiment, name, params or {}, requests.tags_of(self._backend, tags), environment or Environment()
        )
        return Run(self._tracker, self._drive(made))

    def attach(self, run: str) -> Run:
        """Take up a run that was started for this process."""
        return Run(self._tracker, self._drive(self._backend.runs.attach(run)))

    def get(self, run: str) -> Run:
        """Find one; `NotFound` suggests close names, `Ambiguous` lists what a name or prefix fits."""
        return Run(self._tracker, self._drive(self._backend.runs.get(run)))

    def list(
        self,
        experiment: str | None = None,
        *,
        where: str | None = None,
        order_by: str | Sequence[str] | None = None,
        limit: int | None = None,
        lifecycle: str = Lifecycle.ACTIVE,
    ) -> RunList[Run]:
        """The runs of an experiment, or of all; every one unless `limit` says how many.

        Args:
            experiment: Name or id.
            where: A filter, for example `metrics.acc > 0.9 and params.lr < 0.1`.
            order_by: For example `metrics.acc DESC`; newest first by default.
            limit: How many at most.
            lifecycle: `active`, `archived` or `deleted`.

        Raises:
            InvalidFilter: the filter cannot be read; it points at the column.
            NotFound: there is no such experiment.
        """
        query = requests.query(experiment, where, order_by, lifecycle)
        found = self._drive(flows.list_runs(self._backend, query, limit))
        asked = Listing(self._tracker, experiment, where or "", requests.order_text(order_by), lifecycle, limit)
        return RunList(found, partial(Run, self._tracker), asked)

    def explain(self, where: str | None = None, *, order_by: str | Sequence[str] | None = None) -> QueryPlan:
        """Which part of a query the platform answers, and which is looked at here; nothing is sent.

        Raises:
            InvalidFilter: the filter cannot be read; it points at the column.
        """
        query = requests.query(None, where, order_by, Lifecycle.ACTIVE)
        return self._drive(self._backend.runs.explain(query))

    def compare(self, *runs: str) -> pd.DataFrame:
        """One row a run: first the params that differ, then the others, then the latest metrics."""
        from jupyter_tracker import frames

        return frames.compare([self.get(run).info for run in runs])

    def alerts(self, experiment: str | None = None, *, level: str = Level.INFO, limit: int | None = None) -> AlertList:
        """The alerts of a level, or a more serious one, of all runs or those of an experiment; newest first."""
        return AlertList(self._drive(flows.alerts(self._backend, experiment, requests.level(level), limit)))

    def stop(self, run: str, *, grace_period: float = GRACE_PERIOD) -> Run:
        """Ask a run to end; what still runs after `grace_period` seconds is killed."""
        return self.get(run).stop(grace_period)

    def restart(self, run: str, *, variables: Mapping[str, str | Secret] | None = None) -> Run:
        """Let a run that failed, was stopped or is lost go on as a further attempt; see `Run.restart`."""
        return self.get(run).restart(variables=variables)

    def delete(self, run: str) -> Run:
        """Put it where only `restore` finds it; `Conflict` while it has not ended."""
        return Run(self._tracker, self._drive(self._backend.runs.delete(self.get(run).id)))

    def restore(self, run: str) -> Run:
        """Bring back what was deleted (by its id) or archived."""
        return Run(self._tracker, self._drive(self._backend.runs.restore(self.get(run).id)))

    def archive(self, run: str) -> Run:
        """Put it away: it leaves the listing and stays readable."""
        return Run(self._tracker, self._drive(self._backend.runs.archive(self.get(run).id)))

    def unarchive(self, run: str) -> Run:
        """Take it back into the listing; `Conflict` when it is not archived."""
        return Run(self._tracker, self._drive(self._backend.runs.unarchive(self.get(run).id)))

    def purge(self, run: str) -> Cleanup:
        """Remove it for good with all that it logged; `Conflict` when it was not deleted before."""
        return self._drive(self._backend.runs.purge(self.get(run).id))

    def update(
        self,
        run: str,
        *,
        name: str | None = None,
        notes: str | None = None,
        tags: Mapping[str, str | None] | None = None,
    ) -> Run:
        """Rename it, write notes, set tags; a tag of value None is removed. Several runs may have one name."""
        return self.get(run).update(name=name, notes=notes, tags=tags)

    def delete_before(self, experiment: str, time: datetime | str, *, maximum: int | None = None) -> int:
        """Delete the runs of an experiment that were created until a time (Databricks: `delete_runs`).

        Those that have not ended, and archived ones, stay. The oldest go first.

        Args:
            experiment: Name or id.
            time: A datetime, or ISO text, which is local time unless it names a zone. A run created then goes, too.
            maximum: How many at most; all if it is left out.

        Returns:
            How many were deleted.
        """
        return self._drive(bulk.delete_before(self._backend, experiment, time, maximum))

    def restore_after(self, experiment: str, time: datetime | str, *, maximum: int | None = None) -> int:
        """Restore the runs of an experiment that were deleted since a time (Databricks: `restore_runs`).

        The one deleted last comes first. Runs that were deleted with their experiment come back with it instead.

        Args:
            experiment: Name or id; `Conflict` when it is deleted itself.
            time: A datetime, or ISO text, which is local time unless it names a zone.
            maximum: How many at most; all if it is left out.

        Returns:
            How many were restored.
        """
        return self._drive(bulk.restore_after(self._backend, experiment, time, maximum))

    def export(self, run: str, path: str | os.PathLike[str]) -> Path:
        """Write a run with all that it recorded into one file, which `import_from` reads; the result is its path.

        Args:
            run: Which one. While it has not ended, it is written as it is now.
            path: The file, which is replaced if it is there; in a folder, it is named after the run.
        """
        return self._drive(exporting.export_run(self._backend, self.get(run).id, path))

    def import_from(
        self, path: str | os.PathLike[str], *, experiment: str | None = None, again: bool = False
    ) -> ImportList:
        """Take in the runs of an export, of an MLflow store or of TensorBoard event files: all, or none if it fails.

        Ids, times and every point stay as they were. A run that had not ended is `lost` here. Nothing that was there is
        changed: runs join an experiment of the same name.

        Args:
            path: A file that `export` wrote, an MLflow database (`mlflow.db`) or folder (`mlruns`), or a folder with
                event files, of which each sub-folder becomes a run.
            experiment: Where the runs go; by default where they belong, and for TensorBoard the name of the folder.
            again: Runs that are there already come once more, under new ids.

        Raises:
            NotFound: there is nothing at the path.
            InvalidImport: it is nothing that can be imported, is damaged, or holds what may not be in it.
            Conflict: a run is there already, or its experiment was deleted.
        """
        return ImportList(self._drive(exporting.import_from(self._backend, path, experiment, again=again)))
