"""The event loop of the panels: a thread of its own, so that they live while the kernel trains."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")


class PanelLoop:
    """Runs coroutines in one background thread, which starts when it is first needed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._owner = 0

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the thread; the caller need not wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._running())

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._owner != os.getpid():  # threads do not survive a fork
                self._loop, self._owner = asyncio.new_event_loop(), os.getpid()
                Thread(target=self._loop.run_forever, name="jupyter-tracker-panels", daemon=True).start()
            return self._loop


LOOP = PanelLoop()
"""All panels of a process share one thread."""
