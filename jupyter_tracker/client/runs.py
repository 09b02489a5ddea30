"""`tracker.runs`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from jupyter_tracker.client import flows, requests
from jupyter_tracker.client.async_run import AsyncRun
from jupyter_tracker.client.reports import AlertList
from jupyter_tracker.client.results import Listing, RunList
from jupyter_tracker.client.run import GRACE_PERIOD, Run
from jupyter_tracker.models import Code, Environment, JsonValue, Level, Lifecycle, Secret, Source

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_tracker.client.tracker import AsyncTracker, Tracker

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
            resources: What the run needs, recorded with it.
            timeout: Seconds after which it is ended, at most 172,800.
            variables: Environment variables of the process, in front of those of the experiment and the store; their
                values are not recorded, and one given as `Secret` is masked in the log.
            tags: Text by name.
            history: Cells that were executed before, to be kept with the run.

        Raises:
            InvalidCode: the code is missing, has a syntax error or cannot be executed.
            InvalidParams: a param is not JSON.
            InvalidInput: another value is wrong.
        """
        submission = requests.submission(
            experiment, code, entry_point, name, params, data, resources, timeout, variables, tags, history
        )
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
        made = self._backend.runs.start(experiment, name, params or {}, tags or {}, environment or Environment())
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

    def delete(self, run: str) -> Run:
        """Put it where only `restore` finds it; `Conflict` while it has not ended."""
        return Run(self._tracker, self._drive(self._backend.runs.delete(self.get(run).id)))

    def restore(self, run: str) -> Run:
        """Bring back what was deleted (by its id) or archived."""
        return Run(self._tracker, self._drive(self._backend.runs.restore(self.get(run).id)))

    def archive(self, run: str) -> Run:
        """Put it away: it leaves the listing and stays readable."""
        return Run(self._tracker, self._drive(self._backend.runs.archive(self.get(run).id)))


class AsyncRuns:
    """Training runs, to await."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self._tracker = tracker
        self._drive = tracker.drive
        self._backend = tracker.backend

    async def submit(
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
    ) -> AsyncRun:
        """See `Runs.submit`."""
        submission = requests.submission(
            experiment, code, entry_point, name, params, data, resources, timeout, variables, tags, history
        )
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.submit(submission)))

    async def start(
        self,
        experiment: str,
        *,
        name: str | None = None,
        params: Mapping[str, JsonValue] | None = None,
        tags: Mapping[str, str] | None = None,
        environment: Environment | None = None,
    ) -> AsyncRun:
        """See `Runs.start`."""
        made = self._backend.runs.start(experiment, name, params or {}, tags or {}, environment or Environment())
        return AsyncRun(self._tracker, await self._drive(made))

    async def attach(self, run: str) -> AsyncRun:
        """See `Runs.attach`."""
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.attach(run)))

    async def get(self, run: str) -> AsyncRun:
        """See `Runs.get`."""
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.get(run)))

    async def list(
        self,
        experiment: str | None = None,
        *,
        where: str | None = None,
        order_by: str | Sequence[str] | None = None,
        limit: int | None = None,
        lifecycle: str = Lifecycle.ACTIVE,
    ) -> RunList[AsyncRun]:
        """See `Runs.list`."""
        query = requests.query(experiment, where, order_by, lifecycle)
        found = await self._drive(flows.list_runs(self._backend, query, limit))
        asked = Listing(self._tracker, experiment, where or "", requests.order_text(order_by), lifecycle, limit)
        return RunList(found, partial(AsyncRun, self._tracker), asked)

    async def compare(self, *runs: str) -> pd.DataFrame:
        """See `Runs.compare`."""
        from jupyter_tracker import frames

        return frames.compare([(await self.get(run)).info for run in runs])

    async def alerts(
        self, experiment: str | None = None, *, level: str = Level.INFO, limit: int | None = None
    ) -> AlertList:
        """See `Runs.alerts`."""
        return AlertList(await self._drive(flows.alerts(self._backend, experiment, requests.level(level), limit)))

    async def stop(self, run: str, *, grace_period: float = GRACE_PERIOD) -> AsyncRun:
        """See `Runs.stop`."""
        return await (await self.get(run)).stop(grace_period)

    async def delete(self, run: str) -> AsyncRun:
        """See `Runs.delete`."""
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.delete((await self.get(run)).id)))

    async def restore(self, run: str) -> AsyncRun:
        """See `Runs.restore`."""
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.restore((await self.get(run)).id)))

    async def archive(self, run: str) -> AsyncRun:
        """See `Runs.archive`."""
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.archive((await self.get(run)).id)))
