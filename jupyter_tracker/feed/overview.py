"""The experiments of a tracker for views: one poll, however many views look at them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from jupyter_tracker.backends.base import Support, capabilities
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.feed.feed import Push
from jupyter_tracker.feed.pace import Pace, Pauses
from jupyter_tracker.feed.polling import PolledFeed
from jupyter_tracker.feed.wire import Json, seconds
from jupyter_tracker.models import Experiment, Lifecycle

PACE = Pace(active=2.0, quiet=10.0)
"""Seconds between two polls: while a run is active, and while none is."""
_SHARE = 20
"""A poll that takes long comes so many times its own length after the one before, unless it failed."""


class OverviewFeed(PolledFeed):
    """Reads the experiments again and again while somebody looks at them, and tells the views when they change."""

    def __init__(self, tracker: AsyncTracker) -> None:
        super().__init__(PACE, Pauses(_SHARE, _SHARE))
        self._tracker = tracker
        self._experiments: Sequence[Experiment] = ()

    async def _look(self) -> bool:
        found = tuple(await self._tracker.experiments.list(lifecycle=Lifecycle.ACTIVE))
        changed = not self._read or found != self._experiments
        if changed:
            self._experiments = found
            self._version += 1
        self._read = True
        return changed

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
