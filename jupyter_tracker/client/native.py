"""`tracker.native`: the platform's own operations under their documented names."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.errors import Unsupported, did_you_mean

if TYPE_CHECKING:
    from jupyter_tracker.client.tracker import AsyncTracker, Tracker


class Native:
    """The operations of the platform's documentation, with its names, parameters and answers.

    `tracker.native.search_runs(experiment_ids=["0"])`; `dir(tracker.native)` lists them. The local backend has none.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = documented(self._tracker.backend, name)

        @wraps(operation)
        def call(*args: Any, **options: Any) -> Any:
            return self._tracker.drive(operation(*args, **options))

        return call

    def __dir__(self) -> list[str]:
        return names(self._tracker.backend)


class AsyncNative:
    """See `Native`; each operation is awaited."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self._tracker = tracker

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        operation = documented(self._tracker.backend, name)

        @wraps(operation)
        async def call(*args: Any, **options: Any) -> Any:
            return await self._tracker.drive(operation(*args, **options))

        return call

    def __dir__(self) -> list[str]:
        return names(self._tracker.backend)


def names(backend: Backend) -> list[str]:
    """The documented operations of a backend, by name."""
    if backend.native is None:
        return []
    return sorted(name for name, _ in inspect.getmembers(type(backend.native), inspect.isfunction) if name[0] != "_")


def documented(backend: Backend, name: str) -> Callable[..., Any]:
    """A documented operation, which gives a flow; `UnknownOperation` when there is none of that name."""
    if name.startswith("_"):
        raise AttributeError(name)
    known = names(backend)
    if name not in known:
        raise UnknownOperation(backend.name, name, known)
    operation: Callable[..., Any] = getattr(backend.native, name)
    return operation


class UnknownOperation(Unsupported, AttributeError):
    """The platform documents no such operation."""

    def __init__(self, backend: str, name: str, known: list[str]) -> None:
        super().__init__(backend, name)
        hint = did_you_mean(name, known) or (" `%tracker api` lists them." if known else " It has none of its own.")
        self.args = (f"The backend {backend!r} has no documented operation {name!r}.{hint}",)
