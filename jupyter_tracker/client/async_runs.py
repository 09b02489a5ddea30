"""`tracker.runs` of the asynchronous client; the synchronous twin is in runs.py."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracker.client import bulk, exporting, flows, requests
from jupyter_tracker.client.async_run import AsyncRun
from jupyter_tracker.client.imports import ImportList
from jupyter_tracker.client.reports import AlertList
from jupyter_tracker.client.requests import RETRY_DELAY
from jupyter_tracker.client.results import Listing, RunList
from jupyter_tracker.client.run import GRACE_PERIOD
from jupyter_tracker.client.runs import TIMEOUT
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

    from jupyter_tracker.client.tracker import AsyncTracker


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
        priority: int = 0,
        retries: int = 0,
        retry_delay: float = RETRY_DELAY,
        restart_interrupted: bool = False,
    ) -> AsyncRun:
        """See `Runs.submit`."""
        tags = requests.tags_of(self._backend, tags)
        schedule = requests.Schedule(priority, retries, retry_delay, restart_interrupted)
        submission = requests.submission(
            experiment, code, entry_point, name, params, data, resources, timeout, variables, tags, history, schedule
        )
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.submit(submission)))

    async def sweep(
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
    ) -> AsyncRun:
        """See `Runs.sweep`."""
        tags = requests.tags_of(self._backend, tags)
        schedule = requests.Schedule(priority, retries, retry_delay, restart_interrupted)
        trial = requests.submission(
            experiment, code, entry_point, name, params, data, resources, timeout, variables, tags, history, schedule
        )
        submission = requests.sweep(trial, space, method, samples, metric, goal, parallel, seed)
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
        made = self._backend.runs.start(
            experiment, name, params or {}, requests.tags_of(self._backend, tags), environment or Environment()
        )
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

    async def explain(self, where: str | None = None, *, order_by: str | Sequence[str] | None = None) -> QueryPlan:
        """See `Runs.explain`."""
        query = requests.query(None, where, order_by, Lifecycle.ACTIVE)
        return await self._drive(self._backend.runs.explain(query))

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

    async def restart(self, run: str, *, variables: Mapping[str, str | Secret] | None = None) -> AsyncRun:
        """See `Runs.restart`."""
        return await (await self.get(run)).restart(variables=variables)

    async def delete(self, run: str) -> AsyncRun:
        """See `Runs.delete`."""
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.delete((await self.get(run)).id)))

    async def restore(self, run: str) -> AsyncRun:
        """See `Runs.restore`."""
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.restore((await self.get(run)).id)))

    async def archive(self, run: str) -> AsyncRun:
        """See `Runs.archive`."""
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.archive((await self.get(run)).id)))

    async def unarchive(self, run: str) -> AsyncRun:
        """See `Runs.unarchive`."""
        return AsyncRun(self._tracker, await self._drive(self._backend.runs.unarchive((await self.get(run)).id)))

    async def purge(self, run: str) -> Cleanup:
        """See `Runs.purge`."""
        return await self._drive(self._backend.runs.purge((await self.get(run)).id))

    async def update(
        self,
        run: str,
        *,
        name: str | None = None,
        notes: str | None = None,
        tags: Mapping[str, str | None] | None = None,
    ) -> AsyncRun:
        """See `Runs.update`."""
        return await (await self.get(run)).update(name=name, notes=notes, tags=tags)

    async def delete_before(self, experiment: str, time: datetime | str, *, maximum: int | None = None) -> int:
        """See `Runs.delete_before`."""
        return await self._drive(bulk.delete_before(self._backend, experiment, time, maximum))

    async def restore_after(self, experiment: str, time: datetime | str, *, maximum: int | None = None) -> int:
        """See `Runs.restore_after`."""
        return await self._drive(bulk.restore_after(self._backend, experiment, time, maximum))

    async def export(self, run: str, path: str | os.PathLike[str]) -> Path:
        """See `Runs.export`."""
        return await self._drive(exporting.export_run(self._backend, (await self.get(run)).id, path))

    async def import_from(
        self, path: str | os.PathLike[str], *, experiment: str | None = None, again: bool = False
    ) -> ImportList:
        """See `Runs.import_from`."""
        return ImportList(await self._drive(exporting.import_from(self._backend, path, experiment, again=again)))
