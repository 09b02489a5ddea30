"""The only seam between synchronous and asynchronous code.

An operation is a generator: it yields steps and receives their results, as httpx's own `auth_flow` does. `run` drives
it here and now, `arun` inside an event loop; a step that fails is thrown back into the generator at the place that
yielded it. A stream is such a generator that also yields `Emit`.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class Local:
    """A call that is made in this process; the event loop makes it in a thread unless it is `brief`."""

    __slots__ = ("brief", "call")

    def __init__(self, call: Callable[[], Any], *, brief: bool = False) -> None:
        self.call = call
        self.brief = brief


@dataclass(frozen=True, slots=True)
class Sleep:
    """A pause, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Send:
    """An HTTP request; the result is the response, read whole."""

    request: httpx.Request


@dataclass(frozen=True, slots=True)
class Upload:
    """An HTTP request whose body is (a part of) a file; the result is the response, read whole."""

    request: httpx.Request
    """Without a body."""
    source: Path
    offset: int = 0
    """Where the body begins in the file, in bytes."""
    size: int | None = None
    """Bytes of the body; None for all from the offset."""
    progress: Callable[[int], None] | None = None
    """Told how many bytes were sent since it was last told; perhaps in another thread."""


@dataclass(frozen=True, slots=True)
class Download:
    """An HTTP request whose answer is written behind what a file has already.

    The result is the response: without a body once it was written, and read whole when its status is an error (then
    nothing is written). Redirections are followed. A connection that breaks leaves what came in the file.
    """

    request: httpx.Request
    target: Path
    progress: Callable[[int], None] | None = None
    """Told how many bytes came since it was last told; perhaps in another thread."""


@dataclass(frozen=True, slots=True)
class Together:
    """Several flows at once, at most `limit` at a time; the result has theirs, in the same order.

    The first failure is the failure of the step; flows that have not begun by then never begin.
    """

    flows: Sequence[Flow[Any]]
    limit: int = 8


@dataclass(frozen=True, slots=True)
class Emit:
    """Items of a stream, handed to whoever iterates over it."""

    items: Iterable[Any]


Step: TypeAlias = Local | Sleep | Send | Upload | Download | Together
Flow: TypeAlias = Generator[Step, Any, T]
Streaming: TypeAlias = Generator[Step | Emit, Any, None]


def local(call: Callable[[], T]) -> Flow[T]:
    """The flow of one call in this process."""
    result: T = yield Local(call)
    return result


def drain(stream: Streaming, take: Callable[[Iterable[Any]], object]) -> Flow[None]:
    """The flow that hands all items of a stream to a call in this process, as they come."""
    try:
        step = next(stream)
        while True:
            try:
                result = yield Local(partial(take, step.items)) if isinstance(step, Emit) else step
            except Exception as error:  # noqa: BLE001  # it belongs to the stream
                step = stream.throw(error)
            else:
                step = stream.send(None if isinstance(step, Emit) else result)
    except StopIteration:
        return
    finally:
        stream.close()


def run(flow: Flow[T], http: httpx.Client | None = None) -> T:
    """Drive a flow to its end and return its result."""
    try:
        step = next(flow)
        while True:
            try:
                result = _take(step, http)
            except Exception as error:  # noqa: BLE001  # it belongs to the flow
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()


async def arun(flow: Flow[T], http: httpx.AsyncClient | None = None) -> T:
    """Drive a flow to its end inside an event loop and return its result."""
    try:
        step = next(flow)
        while True:
            try:
                result = await _atake(step, http)
            except Exception as error:  # noqa: BLE001  # it belongs to the flow
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()


def iterate(stream: Streaming, http: httpx.Client | None = None) -> Iterator[Any]:
    """Drive a stream, giving its items one by one."""
    try:
        step = next(stream)
        while True:
            if isinstance(step, Emit):
                yield from step.items
                step = stream.send(None)
                continue
            try:
                result = _take(step, http)
            except Exception as error:  # noqa: BLE001  # it belongs to the flow
                step = stream.throw(error)
            else:
                step = stream.send(result)
    except StopIteration:
        return
    finally:
        stream.close()


async def aiterate(stream: Streaming, http: httpx.AsyncClient | None = None) -> AsyncIterator[Any]:
    """Drive a stream inside an event loop, giving its items one by one."""
    try:
        step = next(stream)
        while True:
            if isinstance(step, Emit):
                for item in step.items:
                    yield item
                step = stream.send(None)
                continue
            try:
                result = await _atake(step, http)
            except Exception as error:  # noqa: BLE001  # it belongs to the flow
                step = stream.throw(error)
            else:
                step = stream.send(result)
    except StopIteration:
        return
    finally:
        stream.close()


def _take(step: Step, http: httpx.Client | None) -> Any:
    if isinstance(step, Local):
        return step.call()
    if isinstance(step, Sleep):
        return time.sleep(step.seconds)
    if isinstance(step, Together):
        return _take_together(step, http)
    if http is None:
        raise RuntimeError(_NO_HTTP)
    if isinstance(step, Send):
        return http.send(step.request)
    from jupyter_tracker import transfer

    return transfer.upload(http, step) if isinstance(step, Upload) else transfer.download(http, step)


def _take_together(step: Together, http: httpx.Client | None) -> list[Any]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max(1, min(step.limit, len(step.flows)))) as pool:
        results = [pool.submit(run, flow, http) for flow in step.flows]
        try:
            return [result.result() for result in results]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


async def _atake(step: Step, http: httpx.AsyncClient | None) -> Any:
    import asyncio

    if isinstance(step, Local):
        return step.call() if step.brief else await asyncio.to_thread(step.call)
    if isinstance(step, Sleep):
        return await asyncio.sleep(step.seconds)
    if isinstance(step, Together):
        return await _atake_together(step, http)
    if http is None:
        raise RuntimeError(_NO_HTTP)
    if isinstance(step, Send):
        return await http.send(step.request)
    from jupyter_tracker import transfer

    return await (transfer.aupload(http, step) if isinstance(step, Upload) else transfer.adownload(http, step))


async def _atake_together(step: Together, http: httpx.AsyncClient | None) -> list[Any]:
    import asyncio

    places = asyncio.Semaphore(max(1, step.limit))

    async def drive(flow: Flow[Any]) -> Any:
        async with places:
            return await arun(flow, http)

    tasks = [asyncio.ensure_future(drive(flow)) for flow in step.flows]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


_NO_HTTP = "This flow sends requests, and no HTTP client was given to drive it."
