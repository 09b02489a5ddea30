"""Time series of runs: written in the background a portion at a time, read completely.

A request for each `run.log` would take longer than the training step it tells of, so points wait up to a second. They
are written when the run ends, when it or its points are read in this process, and when the interpreter ends.
"""

from __future__ import annotations

import json
import threading
import time as clock
from array import array
from collections.abc import Callable, Mapping, Sequence

import httpx

from jupyter_tracker import flow, transfer
from jupyter_tracker.backends.base import Transport, emulated
from jupyter_tracker.backends.operations import MetricOperations
from jupyter_tracker.backends.remote.buffer import Buffer
from jupyter_tracker.backends.remote.points import checked_step, checked_time, checked_values
from jupyter_tracker.backends.remote.selection import later
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.nodes import Place
from jupyter_tracker.backends.vertex.parse import STATES, parse_run
from jupyter_tracker.backends.vertex.record import read_record, write_record
from jupyter_tracker.backends.vertex.resources import METRICS, STATE, Json, state_name
from jupyter_tracker.backends.vertex.series import WRITE_LIMIT, Point
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.errors import Conflict, InvalidInput
from jupyter_tracker.flow import Emit, Flow, Local, Streaming
from jupyter_tracker.models import MetricValue, PointBlock, Points, RunState

DELAY = 1.0
"""Seconds that a point waits at most."""
SUMMARY_EVERY = 10.0
"""Seconds between two updates of the summary metrics while a run logs."""


class VertexMetrics(MetricOperations):
    """Metrics as time series of a Tensorboard, and their latest values as summary metrics."""

    def __init__(self, site: Site, transport: Transport) -> None:
        self._site = site
        self._transport = transport
        self._writers: dict[str, Writer] = {}
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None

    def drive(self, operation: Flow[object]) -> None:
        """Carry out an operation of a writer, in whatever thread; all writers share the connections."""
        with self._lock:
            if self._http is None:
                self._http = httpx.Client(**transfer.client_options(self._transport))
        flow.run(operation, self._http)

    def log(self, run_id: str, values: Mapping[str, float], step: int | None, time: float | None) -> Flow[None]:
        writer = self._writers.get(run_id) or (yield from self._opened(run_id))
        yield Local(lambda: writer.log(values, step, time), brief=True)

    def read(self, run_id: str, keys: Sequence[str] | None, after: str | None) -> Flow[Points]:
        seen = _parse_cursor(after)
        yield from self.flush(run_id)
        place = yield from self._site.place("metrics.read", run_id)
        series = self._site.series
        run = yield from series.linked("metrics.read", place)
        listed = [] if run is None else (yield from series.list("metrics.read", run))
        wanted = [one for one in listed if keys is None or one.get("displayName") in keys]
        # A series whose largest step and time are those that were seen has nothing new.
        changed = [one for one in wanted if not _unchanged(one, seen)]
        blocks = [] if run is None else (yield from series.read("metrics.read", run, changed))
        found = tuple(fresh for block in blocks if len(fresh := _behind(block, seen)))
        return Points(found, _format_cursor(seen, blocks))

    @emulated("from all points, which are held meanwhile")
    def stream(self, run_id: str) -> Streaming:
        points = yield from self.read(run_id, None, None)
        yield Emit(points.blocks)

    def started(self, context: Json, place: Place) -> None:
        """A run that this process has just made, and of which nothing needs to be read before it logs."""
        with self._lock:
            identity = place.id
            self._writers[identity] = Writer(self._site, self.drive, context["name"], place, 0)

    def flush(self, run_id: str | None = None) -> Flow[None]:
        """Write what waits, of one run or of all; the summary metrics, too."""
        writers = [one for identity, one in list(self._writers.items()) if run_id in (None, identity)]
        for writer in writers:
            if writer.waiting:
                yield Local(writer.flush)

    def end(self, run_id: str) -> Flow[None]:
        """Write what waits of a run; logging to it conflicts from now on."""
        writer = self._writers.get(run_id)
        if writer is not None:
            yield Local(writer.end)

    def close(self) -> None:
        """Write what waits of all runs, and end the threads that do it."""
        try:
            for writer in list(self._writers.values()):
                writer.close()
        finally:
            with self._lock:
                http, self._http = self._http, None
            if http is not None:
                http.close()

    def _opened(self, run_id: str) -> Flow[Writer]:
        context = yield from self._site.run_context("metrics.log", run_id)
        info = parse_run(context, {})
        if info.state.ended:
            raise Conflict(f"The run {run_id} has ended ({info.state}); start another one to log.")
        place = self._site.place_of(context)
        run = yield from self._site.series.linked("metrics.log", place)
        largest = None if run is None else (yield from self._site.series.largest_step("metrics.log", run))
        made = Writer(self._site, self.drive, context["name"], place, 0 if largest is None else largest + 1)
        with self._lock:
            return self._writers.setdefault(run_id, made)


class Writer:
    """The points of this process for one run."""

    def __init__(
        self, site: Site, drive: Callable[[Flow[object]], None], context: str, place: Place, next_step: int
    ) -> None:
        self._site = site
        self._drive = drive
        self._context = context
        self._place = place
        self._next_step = next_step
        self._run: str | None = None
        self._known: dict[str, str] = {}
        self._latest: dict[str, tuple[tuple[float, bool, float], Point]] = {}
        self._summed_at = clock.monotonic()
        self._unsummed = False
        self._ended = False
        self._lock = threading.Lock()
        self._sending = threading.RLock()
        self._buffer: Buffer[Point] = Buffer(self._write, delay=DELAY, size=WRITE_LIMIT)

    @property
    def waiting(self) -> bool:
        """Whether something is still to be written."""
        return len(self._buffer) > 0 or self._unsummed

    def log(self, values: Mapping[str, float], step: int | None, time: float | None) -> None:
        """Take a point of each metric, or raise and take none."""
        checked, seconds = checked_values(values), checked_time(time)
        at = None if step is None else checked_step(step)
        with self._lock:
            if self._ended:
                raise Conflict(f"The run {self._place.id} has ended; start another one to log.")
            at = self._next_step if at is None else at
            self._next_step = max(self._next_step, at + 1)
            self._buffer.add([Point(key, at, seconds, value) for key, value in checked.items()])

    def flush(self) -> None:
        """Write all that was logged before."""
        self._buffer.flush()
        with self._sending:
            self._sum_up()

    def end(self) -> None:
        """Write what waits, and take nothing any more."""
        with self._lock:
            self._ended = True
        self.close()

    def close(self) -> None:
        """Write what waits, and give back the connection."""
        self._buffer.close()
        with self._sending:
            self._sum_up()

    def _write(self, points: Sequence[Point]) -> None:
        """Write a portion; in whatever thread."""
        with self._sending:
            self._drive(self._written(points))
            for point in points:
                rank = later(point.time, point.value)
                if point.key not in self._latest or rank >= self._latest[point.key][0]:
                    self._latest[point.key] = (rank, point)
            self._unsummed = True
            if clock.monotonic() - self._summed_at > SUMMARY_EVERY:
                self._sum_up()

    def _written(self, points: Sequence[Point]) -> Flow[None]:
        operation, series = "metrics.log", self._site.series
        if self._run is None:
            self._run = yield from self._site.tensorboard_run(operation, self._place, self._context)
        keys = dict.fromkeys(point.key for point in points)
        yield from series.ensure(operation, self._run, keys, self._known)
        yield from series.write(operation, self._run, points, self._known)

    def _sum_up(self) -> None:
        """Bring the summary metrics up to the latest points."""
        if not self._unsummed:
            return
        found = {
            key: MetricValue(point.value, point.step, self._site.moment(point.time))
            for key, (_, point) in self._latest.items()
        }

        def edit(metadata: Json) -> None:
            record = read_record({"metadata": metadata})
            record.latest = {**record.latest, **found}
            # A Struct has no number that is none; the record has.
            finite = {key: one.value for key, one in found.items() if abs(one.value) < float("inf")}
            kept = {key: value for key, value in (metadata.get(METRICS) or {}).items() if key not in found}
            metadata[METRICS] = {**kept, **finite}
            write_record(metadata, record)
            # Stopped by somebody else: the code is told when it logs again.
            self._ended = self._ended or STATES.get(state_name(metadata.get(STATE)), RunState.UNKNOWN).ended

        self._drive(self._site.nodes.change_run("metrics.log", self._place.id, edit))
        self._unsummed = False
        self._summed_at = clock.monotonic()


def _unchanged(series: Json, seen: Mapping[str, tuple[int, float]]) -> bool:
    told = series.get("metadata") or {}
    time = moment(told.get("maxWallTime"))
    known = seen.get(str(series.get("displayName")))
    return known is not None and time is not None and (int(told.get("maxStep", 0)), time.timestamp()) == known


def _behind(block: PointBlock, seen: Mapping[str, tuple[int, float]]) -> PointBlock:
    """The points of a series that are of a later step or a later time than all that were seen."""
    known = seen.get(block.keys[0])
    if known is None:
        return block
    rows = [
        row
        for row, (step, time) in enumerate(zip(block.steps, block.times, strict=True))
        if step > known[0] or time > known[1]
    ]
    return PointBlock(
        block.keys,
        memoryview(array("q", [block.steps[row] for row in rows])),
        memoryview(array("d", [block.times[row] for row in rows])),
        (memoryview(array("d", [block.values[0][row] for row in rows])),),
    )


def _format_cursor(seen: Mapping[str, tuple[int, float]], blocks: Sequence[PointBlock]) -> str:
    """What was seen of each series: its largest step and its latest time."""
    found = {**seen, **{block.keys[0]: (block.steps[-1], max(block.times)) for block in blocks if len(block)}}
    return json.dumps({key: list(place) for key, place in found.items()}, separators=(",", ":"))


def _parse_cursor(text: str | None) -> dict[str, tuple[int, float]]:
    try:
        kept = json.loads(text) if text else {}
        return {str(key): (int(step), float(time)) for key, (step, time) in kept.items()}
    except (ValueError, TypeError, AttributeError):
        raise InvalidInput(f"{text!r} is not a cursor that reading metrics gave.") from None
