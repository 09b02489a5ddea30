"""One connection of the server: its client, its feeds, and a thread in which they live.

A connection has an event loop and threads of its own, so that one that hangs or works hard holds up neither the others
nor the server.

No answer of a platform is kept to be asked for again by its ETag or date: none is known to send either with what is
polled. An `mlflow server` sends none, and the `etag` of Vertex AI is a field that guards writing. What has not changed
is recognised by the feeds, and not sent on to the browser.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

from jupyter_tracker import flow, rpc
from jupyter_tracker.backends.remote.retry import patience
from jupyter_tracker.client.tracker import AsyncTracker, connect_async
from jupyter_tracker.errors import PlatformFailure, Unreachable
from jupyter_tracker.feed.params import Params
from jupyter_tracker.feed.wire import Json
from jupyter_tracker.server import frames
from jupyter_tracker.server.breaker import Breaker

T = TypeVar("T")
Packed = str | bytes
Push = Callable[[Packed], None]
Leave = Callable[[], None]

LIMIT = 60.0
"""Seconds for one operation of a platform."""
PATIENCE = 4.0
"""Seconds of pauses between attempts at one operation; the next poll tries again anyway."""
THREADS = 4
"""Calls of one connection that can be in its store at the same time."""
_CLOSING = 2.0
"""Seconds in which a connection gives back what it holds."""


class GuardedTracker(AsyncTracker):
    """A tracker whose operations end in time, and are refused at once while the platform does not answer."""

    def __init__(self, tracker: AsyncTracker, name: str, limit: float = LIMIT) -> None:
        self.breaker = Breaker(name)
        self._name = name
        self._limit = limit
        super().__init__(tracker.backend, tracker.address)

    async def drive(self, operation: flow.Flow[T]) -> T:
        """See `AsyncTracker.drive`.

        Raises:
            Unreachable: it took too long, or nothing was sent because the platform did not answer before.
        """
        self.breaker.check()
        patience.set(PATIENCE)  # for this task and what it awaits
        try:
            async with asyncio.timeout(self._limit) as limit:
                result = await super().drive(operation)
        except TimeoutError as error:
            if not limit.expired():  # somebody waited for the end of a run, say
                self.breaker.succeeded()
                raise
            self.breaker.failed()
            raise Unreachable(
                f"{self._name} did not answer within {self._limit:.0f} s.", operation="connect"
            ) from error
        except (Unreachable, PlatformFailure):
            self.breaker.failed()
            raise
        except Exception:
            self.breaker.succeeded()
            raise
        self.breaker.succeeded()
        return result


class Connection:
    """A connection in use; it opens with the first thing that is asked of it.

    Args:
        name: Of the profile.
        address: Where it leads.
        limit: Seconds for one operation.
    """

    def __init__(self, name: str, address: str, limit: float = LIMIT) -> None:
        self.name = name
        self.address = address
        self._limit = limit
        self._loop = asyncio.new_event_loop()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"jupyter-tracker-{name}")
        self._loop.set_default_executor(self._threads)
        self._session: rpc.Session | None = None
        self._tracker: GuardedTracker | None = None
        self._thread = Thread(target=self._live, name=f"jupyter-tracker-{name}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> float:
        """Seconds until the platform is asked again, when it does not answer; else 0."""
        return 0.0 if self._tracker is None else self._tracker.breaker.waiting

    async def call(self, operation: str, params: Params) -> Packed:
        """Answer one request; see `rpc.call`."""

        async def answer() -> Packed:
            result, buffers = await rpc.call(self._opened(), operation, params)
            return frames.packed({"result": result}, buffers)

        return await asyncio.wrap_future(self._submit(answer()))

    async def test(self) -> Json:
        """Ask the platform for its experiments, also while it counts as one that does not answer."""

        async def ask() -> Json:
            session = self._opened()
            if self._tracker is not None:
                self._tracker.breaker.succeeded()
            found = await session.tracker.experiments.list()
            return {"experiments": len(found), "location": session.tracker.backend.location}

        return await asyncio.wrap_future(self._submit(ask()))

    async def follow(self, key: str, topic: str, params: Params, push: Push) -> Leave:
        """Begin to push a topic; the result ends it. `push` is called in the loop of the caller."""
        home = asyncio.get_running_loop()
        left = False

        def tell(packed: Packed) -> None:
            if not left:
                push(packed)

        def pack(update: Json, buffers: list[bytes]) -> None:
            packed = frames.packed({"push": key, "update": update}, buffers)
            with suppress(RuntimeError):  # the server has closed its loop
                home.call_soon_threadsafe(tell, packed)

        async def begin() -> rpc.Leave:
            return self._opened().follow(topic, params, pack)

        end = await asyncio.wrap_future(self._submit(begin()))

        def leave() -> None:
            nonlocal left
            left = True
            with suppress(RuntimeError):  # the connection has closed its loop
                self._loop.call_soon_threadsafe(end)

        return leave

    async def close(self) -> None:
        """End its feeds, and give back its client and its threads. One that hangs is not waited for."""
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(self._submit(self._close())), _CLOSING)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join, _CLOSING)

    def _live(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _opened(self) -> rpc.Session:
        if self._session is None:
            self._tracker = GuardedTracker(connect_async(self.address), self.name, self._limit)
            self._session = rpc.Session(self._tracker)
        return self._session

    def _submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _close(self) -> None:
        own = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not own]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._tracker is not None:
            await self._tracker.close()
