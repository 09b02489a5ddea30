"""The experiments of a tracker for views: one poll, however many views look at them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence

from jupyter_tracker.backends.base import Support, capabilities
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.feed.feed import SIGN_OF_LIFE, Push
from jupyter_tracker.feed.wire import Json, error_data, seconds
from jupyter_tracker.models import Experiment, Lifecycle

_FASTEST, _SLOWEST, _FAILING = 2.0, 10.0, 60.0
"""Seconds between two polls: while a run is active, while none is, and at most while polls fail."""
_SHARE = 20
"""A poll that takes long comes so many times its own length after the one before, unless it failed."""

_log = logging.getLogger(__name__)


class OverviewFeed:
    """Reads the experiments again and again while somebody looks at them, and tells the views when they change."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self._tracker = tracker
        self._experiments: Sequence[Experiment] = ()
        self._read = False
        self._version = 0
        self._views: dict[Push, float] = {}
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()

    @property
    def watched(self) -> bool:
        """Whether a view watches."""
        return bool(self._views)

    def watch(self, view: Push) -> None:
        """Tell a view what there is, and whenever it has changed. Must be called in the event loop."""
        self._views[view] = 0.0
        if self._read:
            self._tell([view])
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._poll_on())

    def unwatch(self, view: Push) -> None:
        """Tell a view no more; polling ends with the last one."""
        self._views.pop(view, None)
        if not self._views and self._task is not None:
            self._task.cancel()
            self._task = None

    def wake(self) -> None:
        """Read again soon: something was changed."""
        self._woken.set()

    async def refresh(self) -> None:
        """Read now, and tell the views if something has changed."""
        async with self._lock:
            found = tuple(await self._tracker.experiments.list(lifecycle=Lifecycle.ACTIVE))
            if self._read and found == self._experiments:
                return
            self._read = True
            self._experiments = found
            self._version += 1
        self._tell(list(self._views))

    async def _poll_on(self) -> None:
        pause = _FASTEST
        while self._views:
            self._woken.clear()
            began = time.monotonic()
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001  # the views must hear of it, and the next poll may go well
                if not isinstance(error, TrackerError):
                    _log.exception("Listing experiments failed")
                self._push(list(self._views), {"now": time.time(), "error": error_data(error)})
                pause = min(2 * pause, _FAILING)
            else:
                took = time.monotonic() - began
                pause = max(_FASTEST if self._active() else _SLOWEST, _SHARE * took)
            await self._wait(pause)

    async def _wait(self, pause: float) -> None:
        """Until the next poll, with a sign of life now and then."""
        until = time.monotonic() + pause
        while (left := until - time.monotonic()) > 0 and not self._woken.is_set():
            try:
                await asyncio.wait_for(self._woken.wait(), min(left, SIGN_OF_LIFE))
            except TimeoutError:
                quiet = [view for view, told in self._views.items() if time.monotonic() - told >= SIGN_OF_LIFE]
                self._push(quiet, {"now": time.time()})

    def _active(self) -> int:
        return sum(experiment.active_run_count or 0 for experiment in self._experiments)

    def _tell(self, views: Iterable[Push]) -> None:
        update = {
            "now": time.time(),
            "live": True,
            "version": self._version,
            "experiments": [experiment_data(experiment) for experiment in self._experiments],
            "active": self._active(),
            "location": self._tracker.backend.location,
            "lacking": [
                capability.operation
                for capability in capabilities(self._tracker.backend)
                if capability.support is Support.LACKING
            ],
        }
        self._push(views, update)

    def _push(self, views: Iterable[Push], update: Json) -> None:
        for view in views:
            self._views[view] = time.monotonic()
            view(update, [])


def experiment_data(experiment: Experiment) -> Json:
    """An experiment."""
    return {
        "id": experiment.id,
        "name": experiment.name,
        "description": experiment.description,
        "tags": dict(experiment.tags),
        "lifecycle": str(experiment.lifecycle),
        "updated_at": seconds(experiment.updated_at),
        "runs": experiment.run_count,
        "active": experiment.active_run_count,
    }
