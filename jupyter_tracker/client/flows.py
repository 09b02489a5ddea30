"""Operations that are made of several of a backend's, once for the synchronous and the asynchronous client."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.backends.operations import RunQuery
from jupyter_tracker.client import requests
from jupyter_tracker.errors import InvalidInput, NotFound, WaitTimeout
from jupyter_tracker.filters import Attribute, Comparison, Operator, Order
from jupyter_tracker.flow import Emit, Flow, Sleep, Streaming
from jupyter_tracker.models import (
    MACHINE_PREFIX,
    Alert,
    Classification,
    Cleanup,
    Event,
    Level,
    LogLine,
    PointBlock,
    Points,
    QueueEntry,
    QueueLimits,
    RunInfo,
)

T = TypeVar("T")

PAGE = 10_000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
LATE_PAUSE = 1.0
"""Seconds between two looks for lines of a log that come late."""


def list_runs(backend: Backend, query: RunQuery, limit: int | None) -> Flow[Sequence[RunInfo]]:
    """All runs of a query, or the first `limit`, page by page."""
    if limit is not None and limit < 0:
        raise InvalidInput(f"The limit must be 0 or more, not {limit}.")
    found: list[RunInfo] = []
    while limit is None or len(found) < limit:
        size = PAGE if limit is None else min(PAGE, limit - len(found))
        page = yield from backend.runs.list(dataclasses.replace(query, limit=size))
        if not found and (page.cursor is None or size == limit):
            return page.items  # the only page stays as it is, which may be a table
        found.extend(page.items)
        if page.cursor is None:
            break
        query = dataclasses.replace(query, cursor=page.cursor)
    return tuple(found)


def list_children(backend: Backend, run_id: str) -> Flow[Sequence[RunInfo]]:
    """The runs that are a part of another one, the first one first."""
    query = RunQuery(
        where=Comparison(Attribute.PARENT, Operator.EQUAL, run_id), order_by=(Order(Attribute.CREATED_AT),)
    )
    return (yield from list_runs(backend, query, None))


def wait(backend: Backend, run_id: str, timeout: float | None) -> Flow[RunInfo]:
    """The run once it has ended.

    Raises:
        WaitTimeout: it has not within `timeout` seconds.
        InvalidInput: the timeout is no time.
    """
    if timeout is not None and not (isinstance(timeout, int | float) and timeout >= 0):
        raise InvalidInput(f"The timeout must be seconds, 0 or more, not {timeout!r}.")
    limit = None if timeout is None else time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while True:
        info = yield from backend.runs.get(run_id)
        if info.state.ended:
            return info
        if limit is not None:
            left = limit - time.monotonic()
            if left <= 0:
                raise WaitTimeout(f"The run {info.name!r} is still {info.state} after {timeout:g} s; it goes on.")
            pause = min(pause, left)
        yield Sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def read_events(backend: Backend, run_id: str, after: int) -> Flow[tuple[Event, ...]]:
    """All events behind a sequence number."""
    found: list[Event] = []
    while page := (yield from backend.events.read(run_id, after, PAGE)):
        found.extend(page)
        after = page[-1].sequence
    return tuple(found)


def alerts(backend: Backend, experiment: str | None, level: Level, limit: int | None) -> Flow[tuple[Alert, ...]]:
    """The alerts of a level or a more serious one, newest first."""
    if limit is not None and limit < 0:
        raise InvalidInput(f"The limit must be 0 or more, not {limit}.")
    levels = list(Level)
    return (yield from backend.events.alerts(experiment, levels[levels.index(level) :], limit))


def follow_events(backend: Backend, run_id: str, after: int) -> Streaming:
    """Events as they come, until the run has ended and all of them were given."""

    def more(cursor: int) -> Flow[tuple[tuple[Event, ...], int, bool]]:
        events = yield from backend.events.read(run_id, cursor, PAGE)
        return events, events[-1].sequence if events else cursor, False

    return _follow(backend, run_id, after, more)


def read_queue(backend: Backend, experiment: str | None) -> Flow[tuple[QueueLimits, tuple[QueueEntry, ...]]]:
    """The limits of a queue, and who stands in it."""
    limits = yield from backend.queue.get(experiment)
    entries = yield from backend.queue.list(experiment)
    return limits, entries


def read_logs(backend: Backend, run_id: str, after: str | None, tail: int | None) -> Flow[tuple[LogLine, ...]]:
    """All lines behind a cursor, or the last `tail`; the parts of a line are put together."""
    if tail is not None:
        if tail < 0:
            raise InvalidInput(f"The tail must be 0 lines or more, not {tail}.")
        page = yield from backend.logs.tail(run_id, tail, None)
        return join_lines(page.items)
    found: list[LogLine] = []
    while True:
        page = yield from backend.logs.read(run_id, after, PAGE)
        if not page.items and not page.late:
            return join_lines(found)
        if not page.items:
            yield Sleep(LATE_PAUSE)
        found.extend(page.items)
        after = page.cursor


def follow_logs(backend: Backend, run_id: str, after: str | None, tail: int | None) -> Streaming:
    """Lines as they are printed, until the run has ended and all of them were given."""
    if tail is not None:
        page = yield from backend.logs.tail(run_id, tail, None)
        yield Emit(page.items)
        after = page.cursor

    def more(cursor: str | None) -> Flow[tuple[Sequence[LogLine], str | None, bool]]:
        page = yield from backend.logs.read(run_id, cursor, PAGE)
        return page.items, page.cursor, page.late

    yield from _follow(backend, run_id, after, more)


def read_points(backend: Backend, run_id: str, keys: Sequence[str] | None, *, machine: bool = False) -> Flow[Points]:
    """All points of some keys, or of all that the training logged; of the machine's samples when `machine`.

    Raises:
        NotFound: a key that the run has not logged, or retention removed the points.
    """
    points = yield from backend.metrics.read(run_id, None if keys is None else tuple(keys), None)
    blocks = points.blocks
    if not blocks:
        info = yield from backend.runs.get(run_id)
        if info.trimmed_at is not None:
            hint = "The retention of its experiment removed the points; the latest values are in `run.metrics`."
            raise NotFound("history of metrics of the run", info.name, (), hint)
    if keys is None:
        chosen = (_only(block, lambda key: key.startswith(MACHINE_PREFIX) == machine) for block in blocks)
        return Points(tuple(block for block in chosen if block.keys), points.cursor)
    missing = set(keys) - {key for block in blocks for key in block.keys}
    if missing:
        info = yield from backend.runs.get(run_id)
        hint = f"The run {info.name!r} logged: {_listed(info.training_metrics)}."
        raise NotFound("metric", min(missing), info.metrics, hint)
    return points


def join_lines(lines: Iterable[LogLine]) -> tuple[LogLine, ...]:
    """Put the parts of each line together, in the order in which the lines began."""
    joined: dict[int, LogLine] = {}
    for part in lines:
        begun = joined.get(part.line)
        joined[part.line] = (
            part if begun is None else dataclasses.replace(part, text=begun.text + part.text, time=begun.time)
        )
    return tuple(joined.values())


def classification(backend: Backend, run_id: str, name: str | None) -> Flow[Classification]:
    """The one of that name, or the one logged last.

    Raises:
        NotFound: the run has none of that name, or none at all.
    """
    logged = yield from backend.classifications.list(run_id)
    for candidate in reversed(logged):
        if name is None or candidate.name == name:
            return candidate
    if name is None:
        raise NotFound("classification of run", run_id[:8], (), "`run.log_classification(…)` logs one.")
    hint = f"It logged: {_listed(known.name for known in logged)}."
    raise NotFound("classification", name, [known.name for known in logged], hint)


def _follow(
    backend: Backend, run_id: str, cursor: T, more: Callable[[T], Flow[tuple[Sequence[object], T, bool]]]
) -> Streaming:
    """What comes of a run, until it has ended and nothing of it is late any more."""
    pace = 0.0 if backend.transport is None else backend.transport.pace
    pause = _FIRST_PAUSE
    while True:
        # Asked before reading: what was written before the end is then read after it.
        info = yield from backend.runs.get(run_id)
        items, cursor, late = yield from more(cursor)
        if items:
            yield Emit(items)
            pause = _FIRST_PAUSE
        elif info.state.ended and not late:
            return
        else:
            yield Sleep(max(pause, pace))
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def _only(block: PointBlock, wanted: Callable[[str], bool]) -> PointBlock:
    if all(map(wanted, block.keys)):
        return block
    chosen = [(key, values) for key, values in zip(block.keys, block.values, strict=True) if wanted(key)]
    return PointBlock(tuple(key for key, _ in chosen), block.steps, block.times, tuple(values for _, values in chosen))


def _listed(names: Iterable[str]) -> str:
    shown = sorted(names)
    return (
        ", ".join(shown[:10]) + (f" and {len(shown) - 10} more" if len(shown) > 10 else "") if shown else "nothing yet"
    )


def stop(backend: Backend, run_id: str, grace_period: float) -> Flow[RunInfo]:
    """Ask a run to end after checking the grace period."""
    if not (isinstance(grace_period, int | float) and 0 <= grace_period < math.inf):
        raise InvalidInput(f"The grace period must be seconds, 0 or more, not {grace_period!r}.")
    return (yield from backend.runs.stop(run_id, float(grace_period)))


def maintain(backend: Backend, time: datetime | str | None, purge_deleted_after: float | None) -> Flow[Cleanup]:
    """Tidy up, as of a time, after checking what is asked for."""
    moment = None if time is None else requests.moment(time, "time")
    age = requests.duration(purge_deleted_after, "age of what is purged")
    return (yield from backend.maintenance.maintain(moment, age))
