"""`Tracker` and `AsyncTracker`: the way into a backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_tracker import flow
from jupyter_tracker.backends import open_backend
from jupyter_tracker.backends.base import Backend, capabilities
from jupyter_tracker.client.experiments import AsyncExperiments, Experiments
from jupyter_tracker.client.queue import AsyncQueue, Queue
from jupyter_tracker.client.results import CapabilityList
from jupyter_tracker.client.runs import AsyncRuns, Runs
from jupyter_tracker.client.sources import AsyncSources, Sources
from jupyter_tracker.client.templates import AsyncTemplates, Templates
from jupyter_tracker.client.variables import AsyncVariables, Variables

if TYPE_CHECKING:
    from typing import Self

T = TypeVar("T")
C = TypeVar("C")

DEFAULT = "local"


def connect(address: str = DEFAULT) -> Tracker:
    """A tracker on a backend: `local` (the default), `local:///folder`, or another one by its connection string.

    Raises:
        ConfigError: the address cannot be understood.
    """
    return Tracker(open_backend(address), address)


def connect_async(address: str = DEFAULT) -> AsyncTracker:
    """The same, to await; see `connect`."""
    return AsyncTracker(open_backend(address), address)


class Tracker:
    """The operations of a backend, by noun."""

    def __init__(self, backend: Backend, address: str = DEFAULT) -> None:
        self.backend = backend
        self.address = address
        self.experiments = Experiments(self)
        self.runs = Runs(self)
        self.queue = Queue(self)
        self.sources = Sources(self)
        self.templates = Templates(self)
        self.variables = Variables(self)

    def drive(self, operation: flow.Flow[T]) -> T:
        """Carry out an operation of the backend."""
        return flow.run(operation)

    def iterate(self, stream: flow.Streaming) -> Iterator[Any]:
        """Carry out a stream of the backend, item by item."""
        return flow.iterate(stream)

    def capabilities(self) -> CapabilityList:
        """What the backend does itself, emulates and lacks."""
        return CapabilityList(capabilities(self.backend))

    def close(self) -> None:
        """Give back connections and files."""
        self.backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Tracker({self.backend.name}, {self.backend.location})"


class AsyncTracker:
    """The operations of a backend, by noun, to await."""

    def __init__(self, backend: Backend, address: str = DEFAULT) -> None:
        self.backend = backend
        self.address = address
        self.experiments = AsyncExperiments(self)
        self.runs = AsyncRuns(self)
        self.queue = AsyncQueue(self)
        self.sources = AsyncSources(self)
        self.templates = AsyncTemplates(self)
        self.variables = AsyncVariables(self)

    async def drive(self, operation: flow.Flow[T]) -> T:
        """See `Tracker.drive`."""
        return await flow.arun(operation)

    def iterate(self, stream: flow.Streaming) -> AsyncIterator[Any]:
        """See `Tracker.iterate`."""
        return flow.aiterate(stream)

    async def collect(self, kind: Callable[[Iterable[T]], C], operation: flow.Flow[Iterable[T]]) -> C:
        """Carry out an operation and put its items into a list of some kind."""
        return kind(await self.drive(operation))

    def capabilities(self) -> CapabilityList:
        """See `Tracker.capabilities`."""
        return CapabilityList(capabilities(self.backend))

    async def close(self) -> None:
        """See `Tracker.close`."""
        self.backend.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncTracker({self.backend.name}, {self.backend.location})"
