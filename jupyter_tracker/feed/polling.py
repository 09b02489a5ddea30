"""What feeds have in common that read something again and again while somebody looks at it."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from jupyter_tracker.errors import TrackerError
from jupyter_tracker.feed.feed import SIGN_OF_LIFE, Push
from jupyter_tracker.feed.pace import Pace, Pauses
from jupyter_tracker.feed.wire import Json, error_data

_log = logging.getLogger(__name__)


class PolledFeed(ABC):
    """One poll, however many views look.

    Args:
        pace: Of views that ask for none of their own.
        pauses: How much longer it waits after slow polls and failed ones.
    """

    def __init__(self, pace: Pace, pauses: Pauses) -> None:
        self._pace = pace
        self._pauses = pauses
        self._views: dict[Push, float] = {}
        self._paces: dict[Push, Pace] = {}
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._read = False
        self._problem: Json | None = None
        # A view that comes back may find another feed: its versions must be others, too.
        self._version = secrets.randbits(40)
        self._lock = asyncio.Lock()

    @property
    def watched(self) -> bool:
        """Whether a view watches."""
        return bool(self._views)

    def watch(self, view: Push, pace: Pace | None = None, known: object = None) -> None:
        """Tell a view what there is, and whenever it has changed. Must be called in the event loop.

        Args:
            view: Who is told.
            pace: How often it wants to know.
            known: The version that the view has; what it has is not sent again.
        """
        self._views[view] = 0.0
        self._paces[view] = pace or self._pace
        if self._read and known == self._version:
            self._push([view], {"now": time.time(), "live": True})
        elif self._read:
            self._tell([view])
        if self._task is None or self._task.done():
            self._problem = None
            self._task = asyncio.get_running_loop().create_task(self._poll_on())
        elif self._problem is not None:  # the next poll may be a while
            self._push([view], {"now": time.time(), "error": self._problem})

    def unwatch(self, view: Push) -> None:
        """Tell a view no more; polling ends with the last one."""
        self._views.pop(view, None)
        self._paces.pop(view, None)
        if not self._views and self._task is not None:
            self._task.cancel()
            self._task = None

    def wake(self) -> None:
        """Read again soon: something was changed."""
        self._woken.set()

    async def refresh(self) -> None:
        """Read now, and tell the views if something has changed."""
        async with self._lock:
            changed = await self._look()
        # Views that were told of a problem are told that it is over.
        if changed or self._problem is not None:
            self._problem = None
            self._tell(list(self._views))

    async def begun(self) -> None:
        """Have read it once; what was read before is there, also while a poll hangs."""
        if self._read:
            return
        async with self._lock:
            changed = not self._read and await self._look()
        if changed:
            self._tell(list(self._views))

    @abstractmethod
    async def _look(self) -> bool:
        """Read; the result is whether something has changed. Only one task is in here at a time."""

    @abstractmethod
    def _active(self) -> int:
        """Runs that are active, as far as it is known."""

    @abstractmethod
    def _tell(self, views: Iterable[Push]) -> None:
        """Tell views everything."""

    async def _poll_on(self) -> None:
        while self._views:
            self._woken.clear()
            began = time.monotonic()
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001  # the views must hear of it, and the next poll may go well
                if not isinstance(error, TrackerError):
                    if _process_ends():
                        return
                    _log.exception("A poll of %s failed", type(self).__name__)
                self._problem = error_data(error)
                self._push(list(self._views), {"now": time.time(), "error": self._problem})
                pause = self._pauses.failed()
            else:
                took = time.monotonic() - began
                pause = self._pauses.after(took, self._paces.values(), active=self._active() > 0)
            await self._wait(pause)

    async def _wait(self, pause: float) -> None:
        """Until the next poll, with a sign of life now and then."""
        until = time.monotonic() + pause
        while (left := until - time.monotonic()) > 0 and not self._woken.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), min(left, SIGN_OF_LIFE))
            quiet = [view for view, told in self._views.items() if time.monotonic() - told >= SIGN_OF_LIFE]
            self._push(quiet, {"now": time.time()})

    def _push(self, views: Iterable[Push], update: Json) -> None:
        for view in views:
            self._views[view] = time.monotonic()
            view(update, [])


def _process_ends() -> bool:
    """Whether this process is ending: no thread starts any more, so nothing can be read."""
    try:
        with ThreadPoolExecutor(1) as threads:
            threads.submit(int)
    except RuntimeError:
        return True
    return False
