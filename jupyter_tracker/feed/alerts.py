"""The alerts of a tracker as they are raised, for views that tell somebody of them."""

from __future__ import annotations

import time
from collections.abc import Iterable

from jupyter_tracker.client import flows
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import Unsupported
from jupyter_tracker.feed.feed import Push
from jupyter_tracker.feed.pace import Pace, Pauses
from jupyter_tracker.feed.polling import PolledFeed
from jupyter_tracker.feed.wire import Json
from jupyter_tracker.models import Alert, Level

MOST = 50
"""Alerts that one poll tells of; of more only the newest, as nobody reads fifty notices."""
PACE = Pace(active=2.0, quiet=5.0)
_SHARE = 50


class AlertFeed(PolledFeed):
    """Tells each view of the alerts that came after the cursor it began with, each once.

    A cursor is `[run, sequence]` of the alert that was told last, or None to begin with what comes from now on.
    """

    def __init__(self, tracker: AsyncTracker) -> None:
        super().__init__(PACE, Pauses(_SHARE, _SHARE))
        self._tracker = tracker
        self._alerts: tuple[Alert, ...] = ()
        """The newest, newest first."""
        self._cursors: dict[Push, Json | None] = {}

    def watch_after(self, view: Push, cursor: Json | None) -> None:
        """Tell a view of what comes after a cursor. Must be called in the event loop."""
        self._cursors[view] = cursor
        self.watch(view)

    def unwatch(self, view: Push) -> None:
        """See `PolledFeed.unwatch`."""
        self._cursors.pop(view, None)
        super().unwatch(view)

    async def _look(self) -> bool:
        try:
            found = await self._tracker.drive(flows.alerts(self._tracker.backend, None, Level.INFO, MOST))
        except Unsupported:
            found = ()
        changed = not self._read or found != self._alerts
        self._read, self._alerts = True, found
        return changed

    def _active(self) -> int:
        return 0

    def _tell(self, views: Iterable[Push]) -> None:
        newest = _cursor(self._alerts[0]) if self._alerts else None
        for view in views:
            cursor = self._cursors.get(view)
            fresh: list[Alert] = []
            if cursor is not None:
                places = [place for place, alert in enumerate(self._alerts) if _cursor(alert) == cursor]
                fresh = list(self._alerts[: places[0] if places else len(self._alerts)])
            self._cursors[view] = newest or {}
            update = {"now": time.time(), "live": True, "cursor": self._cursors[view]}
            self._push([view], {**update, "alerts": [_data(alert) for alert in reversed(fresh)]})


def _cursor(alert: Alert) -> Json:
    return {"run": alert.run_id, "sequence": alert.sequence}


def _data(alert: Alert) -> Json:
    return {
        "run": alert.run_id,
        "name": alert.run,
        "experiment": alert.experiment,
        "time": alert.time.timestamp(),
        "level": str(alert.level),
        "title": alert.title,
        "text": alert.text,
    }
