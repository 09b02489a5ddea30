"""`Tracker` and `AsyncTracker`: the way into a backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_tracker import flow
from jupyter_tracker.backends import open_backend
from jupyter_tracker.backends.base import Backend, capabilities
from jupyter_tracker.client import flows
from jupyter_tracker.client.async_runs import AsyncRuns
from jupyter_tracker.client.checkpoints import AsyncCheckpoints, Checkpoints
from jupyter_tracker.client.experiments import AsyncExperiments, Experiments
from jupyter_tracker.client.lineage import LIMIT, Lineage, trace
from jupyter_tracker.client.models import AsyncModels, Models
from jupyter_tracker.client.native import AsyncNative, Native
from jupyter_tracker.client.queue import AsyncQueue, Queue
from jupyter_tracker.client.results import CapabilityList
from jupyter_tracker.client.runs import Runs
from jupyter_tracker.client.sources import AsyncSources, Sources
from jupyter_tracker.client.templates import AsyncTemplates, Templates
from jupyter_tracker.client.variables import AsyncVariables, Variables
from jupyter_tracker.models import Cleanup

if TYPE_CHECKING:
    from typing import Self

    import httpx

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
        self._http: httpx.Client | None = None
        self.native = Native(self)
        self.experiments = Experiments(self)
        self.runs = Runs(self)
        self.checkpoints = Checkpoints(self)
        self.models = Models(self)
        self.queue = Queue(self)
        self.sources = Sources(self)
        self.templates = Templates(self)
        self.variables = Variables(self)

    def drive(self, operation: flow.Flow[T]) -> T:
        """Carry out an operation of the backend."""
        return flow.run(operation, self._client())

    def iterate(self, stream: flow.Streaming) -> Iterator[Any]:
        """Carry out a stream of the backend, item by item."""
        return flow.iterate(stream, self._client())

    def maintain(self, *, purge_deleted_after: float | None = None, time: datetime | str | None = None) -> Cleanup:
        """Apply the retention of each experiment, remove what crashes left behind, and give free room back.

        Others may go on meanwhile. A run that has not ended is never touched.

        Args:
            purge_deleted_after: Purge, too, what was deleted longer ago than so many seconds; nothing by default.
            time: The moment that counts as now, as a datetime or ISO text.
        """
        return self.drive(flows.maintain(self.backend, time, purge_deleted_after))

    def lineage(
        self, run: str | None = None, *, dataset: str | None = None, model: str | None = None, limit: int = LIMIT
    ) -> Lineage:
        """What led to something and what followed from it: `tracker.lineage(dataset="mnist")` has its runs.

        Args:
            run: Id, unique beginning of an id, name, or `last`.
            dataset: Name (with all its digests), digest, or `name@digest`; a digest may be cut short.
            model: Id, name (its latest version), or `name@version`.
            limit: How many nodes at most, the nearest ones.
        """
        return Lineage(self.drive(trace(self.backend, run, dataset, model, limit)))

    def capabilities(self) -> CapabilityList:
        """What the backend does itself, emulates and lacks."""
        return CapabilityList(capabilities(self.backend))

    def close(self) -> None:
        """Give back connections and files."""
        self.backend.close()
        if self._http is not None:
            self._http.close()
            self._http = None

    def _client(self) -> httpx.Client | None:
        """The HTTP client, made when it is first needed; None for a backend that sends nothing."""
        if self._http is None and self.backend.transport is not None:
            import httpx

            from jupyter_tracker import transfer

            self._http = httpx.Client(**transfer.client_options(self.backend.transport))
        return self._http

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
        self._http: httpx.AsyncClient | None = None
        self.native = AsyncNative(self)
        self.experiments = AsyncExperiments(self)
        self.runs = AsyncRuns(self)
        self.checkpoints = AsyncCheckpoints(self)
        self.models = AsyncModels(self)
        self.queue = AsyncQueue(self)
        self.sources = AsyncSources(self)
        self.templates = AsyncTemplates(self)
        self.variables = AsyncVariables(self)

    async def drive(self, operation: flow.Flow[T]) -> T:
        """See `Tracker.drive`."""
        return await flow.arun(operation, self._client())

    def iterate(self, stream: flow.Streaming) -> AsyncIterator[Any]:
        """See `Tracker.iterate`."""
        return flow.aiterate(stream, self._client())

    async def collect(self, kind: Callable[[Iterable[T]], C], operation: flow.Flow[Iterable[T]]) -> C:
        """Carry out an operation and put its items into a list of some kind."""
        return kind(await self.drive(operation))

    async def maintain(
        self, *, purge_deleted_after: float | None = None, time: datetime | str | None = None
    ) -> Cleanup:
        """See `Tracker.maintain`."""
        return await self.drive(flows.maintain(self.backend, time, purge_deleted_after))

    async def lineage(
        self, run: str | None = None, *, dataset: str | None = None, model: str | None = None, limit: int = LIMIT
    ) -> Lineage:
        """See `Tracker.lineage`."""
        return Lineage(await self.drive(trace(self.backend, run, dataset, model, limit)))

    def capabilities(self) -> CapabilityList:
        """See `Tracker.capabilities`."""
        return CapabilityList(capabilities(self.backend))

    async def close(self) -> None:
        """See `Tracker.close`."""
        self.backend.close()
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def _client(self) -> httpx.AsyncClient | None:
        """See `Tracker`; it belongs to the event loop in which it is first used."""
        if self._http is None and self.backend.transport is not None:
            import httpx

            from jupyter_tracker import transfer

            self._http = httpx.AsyncClient(**transfer.client_options(self.backend.transport))
        return self._http

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncTracker({self.backend.name}, {self.backend.location})"
