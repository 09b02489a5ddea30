"""The asynchronous client, called like the synchronous one."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Self

from jupyter_tracker.client.results import RunList
from jupyter_tracker.client.tracker import AsyncTracker


class Awaited:
    """An object of the asynchronous client that is called like its synchronous twin."""

    def __init__(self, target: Any, runner: asyncio.Runner) -> None:
        self.target = target
        self.runner = runner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.target, name)
        return (
            (lambda *args, **options: self._dressed(value(*args, **options)))
            if _is_method(value)
            else self._dressed(value)
        )

    def __enter__(self) -> Self:
        self._wait(self.target.__aenter__())
        return self

    def __exit__(self, *failure: object) -> None:
        self._wait(self.target.__aexit__(*failure))

    def __repr__(self) -> str:
        return repr(self.target)

    def _wait(self, result: Awaitable[Any]) -> Any:
        async def wait() -> Any:
            return await result

        # Not `runner.run`: for Ctrl-C it looks at the task in a way that prints what the task gives.
        return self.runner.get_loop().run_until_complete(wait())

    def _dressed(self, value: Any) -> Any:
        if inspect.isawaitable(value):
            value = self._wait(value)
        if isinstance(value, AsyncIterator):
            return self._iterate(value)
        if isinstance(value, RunList):
            runs = [self._dressed(run) for run in value]
            made = {id(run.info): run for run in runs}
            return RunList([run.info for run in runs], lambda info: made[id(info)])
        if type(value).__module__.startswith("jupyter_tracker.client") and type(value).__name__.startswith("Async"):
            return Awaited(value, self.runner)
        if isinstance(value, AbstractAsyncContextManager):
            return self._entered(value)
        return value

    @contextmanager
    def _entered(self, manager: Any) -> Iterator[Any]:
        entered = self._wait(manager.__aenter__())
        try:
            yield entered
        except BaseException as error:
            if not self._wait(manager.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self._wait(manager.__aexit__(None, None, None))

    def _iterate(self, stream: Any) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._wait(anext(stream))
                except StopAsyncIteration:
                    return
        finally:
            self._wait(stream.aclose())


def _is_method(value: Any) -> bool:
    return inspect.ismethod(value) and not isinstance(value, AsyncTracker)
