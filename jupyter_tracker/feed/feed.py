"""One poll of a run, shared by all views of it; each view gets only what it has not got yet."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jupyter_tracker import flow
from jupyter_tracker.backends.base import Support, capabilities
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.feed.log import LogIndex
from jupyter_tracker.feed.pace import Retries
from jupyter_tracker.feed.points import PointStore, envelope, packed
from jupyter_tracker.feed.wire import Json, error_data, event_data, line_data, number, run_data
from jupyter_tracker.models import MACHINE_PREFIX, Event, Lifecycle, LogLine, Page, Points, RunInfo, RunKind, RunState

FIRST_LINES = 500
"""Log lines that a view gets at first; it asks for older ones when somebody scrolls up."""
_HELD_LINES = 2000
_HELD_EVENTS = 5000
_LINES_A_POLL = 2000
SIGN_OF_LIFE = 5.0
"""Seconds after which a view is told that nothing is new, so that it can tell a quiet run from a dead kernel."""
_FASTEST, _SLOWEST = 0.2, 1.0
"""Seconds between two polls: while something comes, and while nothing does."""
_LONGEST_RETRY = 10.0
"""Seconds between two polls at most while they fail."""

PARTS = ("points", "log", "events")
"""What a view can be told of, besides the run itself."""

Push = Callable[[Json, list[bytes]], None]


@dataclass(eq=False)
class Subscription:
    """One view: how wide it is, and what it has got."""

    push: Push
    columns: int
    parts: frozenset[str] = frozenset(PARTS)
    """What it is told of, besides the run itself."""
    rows: dict[tuple[str, ...], int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    last_step: dict[str, float] = field(default_factory=dict)
    lines: int = 0
    log_part: int = 0
    events: int = 0
    run: Json | None = None
    begun: bool = False
    told_at: float = 0.0

    def tell(self, update: Json, buffers: list[bytes]) -> None:
        """Send an update."""
        self.told_at = time.monotonic()
        self.push(update, buffers)


@dataclass(frozen=True, slots=True)
class _News:
    """What one poll has read."""

    info: RunInfo
    points: Points
    log: Page[LogLine] | None
    """None where the platform has no logs."""
    skipped: bool
    """Whether lines before those of `log` were left out."""
    events: Sequence[Event]


class RunFeed:
    """Reads a run again and again while somebody watches, and tells the views what is new."""

    def __init__(self, tracker: AsyncTracker, run_id: str) -> None:
        self._tracker = tracker
        self._run_id = run_id
        self._info: RunInfo | None = None
        self._points = PointStore()
        self._cursor: str | None = None
        self._log: deque[tuple[int, LogLine]] = deque(maxlen=_HELD_LINES)
        self._has_logs = any(
            one.operation == "logs.tail" and one.support is not Support.LACKING for one in capabilities(tracker.backend)
        )
        self._log_cursor: str | None = None
        self._log_count = 0
        self._log_part = 0
        self._log_total = 0
        self._log_late = False
        self._events: deque[Event] = deque(maxlen=_HELD_EVENTS)
        self._sequence = 0
        self._views: set[Subscription] = set()
        self._task: asyncio.Task[None] | None = None
        self._complete = False
        self._lock = asyncio.Lock()
        self._index: LogIndex | None = None
        self._retries = Retries(_LONGEST_RETRY)

    @property
    def log(self) -> LogIndex:
        """The whole log by row numbers; read when somebody asks for rows."""
        if self._index is None:
            logs, drive = self._tracker.backend.logs, self._tracker.drive
            self._index = LogIndex(lambda after, limit: drive(logs.read(self._run_id, after, limit)))
        return self._index

    @property
    def info(self) -> RunInfo | None:
        """The run as it was read last."""
        return self._info

    @property
    def watched(self) -> bool:
        """Whether a view watches."""
        return bool(self._views)

    def watch(self, view: Subscription) -> None:
        """Tell a view everything, and then what is new. Must be called in the event loop."""
        self._views.add(view)
        if self._info is not None:
            self._tell(view)
        self._go_on()

    def _go_on(self) -> None:
        """Poll, also a run that had ended: it may have been restarted."""
        self._complete = False
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._poll_on())

    def unwatch(self, view: Subscription) -> None:
        """Tell a view no more; polling ends with the last one."""
        self._views.discard(view)
        if not self._views and self._task is not None:
            self._task.cancel()
            self._task = None

    async def refresh(self) -> RunInfo:
        """Read what is new now, and tell the views."""
        self._complete = False
        await self._poll()
        if self._views and not self._complete:
            self._go_on()
        return self._known()

    async def points(
        self, keys: list[str], axis: str, start: float, stop: float, columns: int
    ) -> tuple[Json, list[bytes]]:
        """The points of a range at the resolution of so many columns, for zooming."""
        # While it is polled, what is known is new enough, and nobody waits for the next look.
        if self._info is None or self._task is None or self._task.done():
            await self._poll()
        found: list[Json] = []
        buffers: list[bytes] = []
        for key in keys:
            if key in self._points.summaries:
                lines, sampled = envelope(self._points.within(key, axis, start, stop), columns)
                found.append(self._points_data(key, len(lines[0]), len(buffers), reset=True, sampled=sampled))
                buffers.append(packed(lines))
        return {"points": found}, buffers

    async def _poll_on(self) -> None:
        transport = self._tracker.backend.transport
        pace = 0.0 if transport is None else transport.pace
        pause = _FASTEST
        while self._views and not self._complete:
            try:
                lively = await self._poll()
            except Exception as error:  # noqa: BLE001  # the views must hear of it, and the next poll may go well
                if not isinstance(error, TrackerError):
                    _log.exception("Reading the run %s failed", self._run_id)
                for view in list(self._views):
                    view.tell({"now": time.time(), "error": error_data(error)}, [])
                await asyncio.sleep(self._retries.failed())
                continue
            for view in self._views:
                if time.monotonic() - view.told_at >= SIGN_OF_LIFE:
                    view.tell({"now": time.time()}, [])
            self._retries.succeeded()
            pause = _FASTEST if lively else min(pause * 1.3, _SLOWEST)
            if not self._complete:
                await asyncio.sleep(max(pause, pace))

    async def _poll(self) -> bool:
        """Read and tell what is new; the result is whether to look again soon."""
        async with self._lock:
            if self._complete:
                return False
            if self._tracker.backend.transport is None:
                # Nothing is sent: one thread reads all, instead of one for each step.
                news = await asyncio.to_thread(flow.run, self._read())
            else:
                news = await self._tracker.drive(self._read())
            self._points.extend(news.points.blocks)
            self._cursor = news.points.cursor
            if news.log is not None:
                self._take_lines(news.log, skipped=news.skipped)
            self._events.extend(news.events)
            self._sequence = news.events[-1].sequence if news.events else self._sequence
            more = bool(news.points.blocks or (news.log and news.log.items) or news.events)
            changed = more or news.info != self._info
            lively = self._lively(news)
            self._info = info = news.info
            self._complete = info.state.ended and not (more or self._log_late)
        if changed:
            for view in list(self._views):
                self._tell(view)
        return lively or (info.state.ended and not self._log_late)

    def _lively(self, news: _News) -> bool:
        """Whether more may come soon; what a run uses of its machine comes by itself, every other second."""
        return bool(
            any(not key.startswith(MACHINE_PREFIX) for block in news.points.blocks for key in block.keys)
            or (news.log and news.log.items)
            or news.events
            or self._info is None
            or (news.info.state, news.info.progress) != (self._info.state, self._info.progress)
        )

    def _read(self) -> flow.Flow[_News]:
        """What there is since the last time; perhaps in another thread."""
        backend = self._tracker.backend
        # The run first: what was written before its end is then read after it.
        info = yield from backend.runs.get(self._run_id)
        points = yield from backend.metrics.read(self._run_id, None, self._cursor)
        log, skipped = None, False
        if self._has_logs and self._log_cursor is None:
            log = yield from backend.logs.tail(self._run_id, FIRST_LINES, None)
        elif self._has_logs:
            log = yield from backend.logs.read(self._run_id, self._log_cursor, _LINES_A_POLL)
            if len(log.items) == _LINES_A_POLL:
                # It prints faster than anybody reads: go on at the end; a view can ask for what lies between.
                log, skipped = (yield from backend.logs.tail(self._run_id, FIRST_LINES, None)), True
        events = yield from backend.events.read(self._run_id, self._sequence, _HELD_EVENTS)
        return _News(info, points, log, skipped, events)

    def _take_lines(self, page: Page[LogLine], *, skipped: bool) -> None:
        if skipped:
            self._log.clear()
            self._log_part += 1
        for line in page.items:
            self._log.append((self._log_count, line))
            self._log_count += 1
            self._log_total = max(self._log_total, line.line + 1)
        self._log_cursor = page.cursor if page.items else self._log_cursor
        self._log_late = page.late

    def _tell(self, view: Subscription) -> None:
        info = self._known()
        update: Json = {"now": time.time()}
        buffers: list[bytes] = []
        run = run_data(info, actions(self._tracker, info))
        if run != view.run:
            view.run = update["run"] = run
            update["live"] = not info.state.ended
        points = self._new_points(view, buffers) if "points" in view.parts else []
        if points or not view.begun:
            update["points"] = points
        fresh = [line for number_, line in self._log if number_ >= view.lines]
        # Who wants no lines still hears that there are more.
        lines = [line_data(line) for line in fresh] if "log" in view.parts else []
        if fresh or not view.begun:
            reset = not view.begun or view.log_part != self._log_part
            update["log"] = {"reset": reset, "lines": lines, "total": self._log_total}
        view.lines, view.log_part = self._log_count, self._log_part
        wanted = self._events if "events" in view.parts else ()
        events = [event_data(event) for event in wanted if event.sequence > view.events]
        if events or not view.begun:
            update["events"] = {"reset": not view.begun, "events": events}
        view.events = self._sequence
        view.begun = True
        if len(update) > 1:
            view.tell(update, buffers)

    def _new_points(self, view: Subscription, buffers: list[bytes]) -> list[Json]:
        found = []
        fresh = {keys for keys, rows in self._points.rows().items() if rows > view.rows.get(keys, 0)}
        for key in dict.fromkeys(key for keys in self._points.columns if keys in fresh for key in keys):
            lines = self._points.lines(key, view.rows)
            held = view.held.get(key, 0)
            reset = key not in view.held or held + len(lines[0]) > 8 * view.columns
            reset = reset or bool(lines[0][0] < view.last_step[key])
            sampled = False
            if reset:
                lines, sampled = envelope(self._points.lines(key, {}), view.columns)
                held = 0
            view.held[key] = held + len(lines[0])
            view.last_step[key] = float(lines[0][-1])
            found.append(self._points_data(key, len(lines[0]), len(buffers), reset=reset, sampled=sampled))
            buffers.append(packed(lines))
        view.rows = self._points.rows()
        return found

    def _points_data(self, key: str, count: int, buffer: int, *, reset: bool, sampled: bool) -> Json:
        summary = self._points.summaries[key]
        return {
            "key": key,
            "reset": reset,
            "count": count,
            "buffer": buffer,
            "total": summary.total,
            "last": number(summary.last),
            "min": number(summary.min),
            "max": number(summary.max),
            "sampled": sampled,
        }

    def _known(self) -> RunInfo:
        if self._info is None:
            raise RuntimeError("The feed has not been polled yet.")
        return self._info


def actions(tracker: AsyncTracker, info: RunInfo) -> dict[str, str | None]:
    """What can be done with a run now: for each operation None, or the reason why not."""
    found: dict[str, str | None] = {}
    support = {capability.operation: capability.support for capability in capabilities(tracker.backend)}
    for operation in sorted(_ACTIONS):
        # A clone is a submission of what was submitted.
        lacking = support["runs.submit" if operation == "runs.clone" else operation] is Support.LACKING
        reason = f"{tracker.backend.name} has no {operation}." if lacking else None
        found[operation] = reason or _not_now(operation, info)
    return found


_log = logging.getLogger(__name__)
_ACTIONS = frozenset(
    {
        "runs.archive",
        "runs.clone",
        "runs.delete",
        "runs.restart",
        "runs.restore",
        "runs.set_tags",
        "runs.stop",
        "runs.unarchive",
        "runs.update",
    }
)


def _not_now(operation: str, info: RunInfo) -> str | None:
    ended, lifecycle = info.state.ended, info.lifecycle
    reasons: dict[str, str | None] = {
        "runs.stop": "The run has ended." if ended else None,
        "runs.delete": _why_not_delete(info),
        "runs.restore": None if lifecycle is not Lifecycle.ACTIVE else "The run was not deleted.",
        "runs.archive": None if lifecycle is Lifecycle.ACTIVE else f"The run is {lifecycle} already.",
        "runs.unarchive": None if lifecycle is Lifecycle.ARCHIVED else "The run was not archived.",
        "runs.restart": _why_not_restart(info),
        "runs.clone": _IN_KERNEL if info.kind is RunKind.IN_KERNEL else None,
    }
    return reasons.get(operation)


_IN_KERNEL = "The run was the work of a notebook or script: run that again."


def _why_not_delete(info: RunInfo) -> str | None:
    if info.lifecycle is Lifecycle.DELETED:
        return "The run is deleted already."
    return None if info.state.ended else "The run has not ended."


def _why_not_restart(info: RunInfo) -> str | None:
    if info.kind is RunKind.IN_KERNEL:
        return _IN_KERNEL
    if not info.state.ended:
        return "The run has not ended."
    if info.state is RunState.SUCCEEDED:
        return "The run has succeeded; there is nothing to restart. Clone it to run its code again."
    return "The run was deleted; restore it first." if info.lifecycle is Lifecycle.DELETED else None
