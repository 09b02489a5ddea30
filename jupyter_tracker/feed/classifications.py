"""The classification metrics of a run for views: told whole, again when they have changed."""

from __future__ import annotations

import asyncio
import logging
import time
from array import array
from collections.abc import Callable, Sequence

from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.feed.feed import SIGN_OF_LIFE
from jupyter_tracker.feed.wire import Json, error_data, seconds
from jupyter_tracker.models import Classification, RunInfo

Push = Callable[[Json, list[bytes]], None]

PAUSE = 2.0
"""Seconds between two polls."""
_SHARE = 100
"""A poll that takes long comes so many times its own length after the one before."""

_log = logging.getLogger(__name__)


class ClassificationFeed:
    """Reads the classification metrics of a run again and again while somebody looks at them and it goes on."""

    def __init__(self, tracker: AsyncTracker, run_id: str) -> None:
        self._tracker = tracker
        self._run_id = run_id
        self._views: dict[Push, float] = {}
        self._told: tuple[Json, list[bytes]] | None = None
        self._seen: object = None
        self._ended = False
        self._task: asyncio.Task[None] | None = None

    @property
    def watched(self) -> bool:
        """Whether a view watches."""
        return bool(self._views)

    def watch(self, view: Push) -> None:
        """Tell a view everything, and again what has changed. Must be called in the event loop."""
        self._views[view] = 0.0
        if self._told is not None:
            self._tell([view], *self._told)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._poll_on())

    def unwatch(self, view: Push) -> None:
        """Tell a view no more; polling ends with the last one."""
        self._views.pop(view, None)
        if not self._views and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _poll_on(self) -> None:
        while self._views:
            began = time.monotonic()
            try:
                await self._poll()
            except Exception as error:  # noqa: BLE001  # the views must hear of it, and the next poll may go well
                if not isinstance(error, TrackerError):
                    _log.exception("Reading the classification metrics of the run %s failed", self._run_id)
                self._tell(list(self._views), {"now": time.time(), "error": error_data(error)}, [])
            else:
                if self._ended:
                    return
            quiet = [view for view, told in self._views.items() if time.monotonic() - told >= SIGN_OF_LIFE]
            self._tell(quiet, {"now": time.time()}, [])
            await asyncio.sleep(max(PAUSE, _SHARE * (time.monotonic() - began)))

    async def _poll(self) -> None:
        backend, drive = self._tracker.backend, self._tracker.drive
        # The run first: what was written before its end is then read after it.
        info = await drive(backend.runs.get(self._run_id))
        found = await drive(backend.classifications.list(self._run_id))
        self._ended = info.state.ended
        seen = (info.name, info.state, [(each.name, each.step, each.created_at) for each in found])
        if seen != self._seen:
            self._seen = seen
            self._told = await asyncio.to_thread(classifications_data, info, found)
            self._tell(list(self._views), *self._told)

    def _tell(self, views: Sequence[Push], update: Json, buffers: list[bytes]) -> None:
        for view in views:
            self._views[view] = time.monotonic()
            view(update, buffers)


def classifications_data(info: RunInfo, found: Sequence[Classification]) -> tuple[Json, list[bytes]]:
    """Everything that a view shows of them; the numbers are float64 buffers, to which the data refers by place."""
    buffers: list[bytes] = []

    def packed(*columns: Sequence[float]) -> int:
        buffers.append(b"".join(array("d", column).tobytes() for column in columns))
        return len(buffers) - 1

    shown = []
    for each in found:
        curves = [
            {
                "label": curve.label,
                "positives": curve.positives,
                "negatives": curve.negatives,
                "buffer": packed(curve.fpr, curve.tpr, curve.thresholds),
            }
            for curve in each.curves
        ]
        positives, negatives = each.counts or (None, None)
        if each.fpr:
            buffer = packed(each.fpr, each.tpr, each.thresholds)
            whole = {"label": each.positive, "positives": positives, "negatives": negatives, "buffer": buffer}
            curves.insert(0, whole)
        shown.append(
            {
                "name": each.name,
                "step": each.step,
                "created_at": seconds(each.created_at),
                "labels": list(each.labels),
                "matrix": packed(*each.matrix) if each.matrix else None,
                "curves": curves,
                "pooled": bool(each.fpr) and bool(each.curves),
                "examples": [
                    {"true": one.true, "predicted": one.predicted, "text": one.text, "artifact": one.artifact}
                    for one in each.examples
                ],
            }
        )
    run = {"id": info.id, "name": info.name, "experiment": info.experiment, "state": str(info.state)}
    update = {"now": time.time(), "live": not info.state.ended, "of": run, "classifications": shown}
    return update, buffers
