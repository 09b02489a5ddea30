"""The whole log of a run by row numbers: what is needed to scroll, filter and search it, but not its text.

The text is read again where somebody looks, in chunks, so that a million lines take some megabytes here and a
hundred rows in the browser.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.feed.logrows import LogRow, level_of, plain, rows_of
from jupyter_tracker.models import Level, LogLine, Page, Stream

CHUNK = 2000
"""Lines and parts of lines whose rows are made at once."""
_AT_ONCE = 10 * CHUNK
"""Lines and parts of lines that are read at once while the whole is gone through."""
_KEPT_CHUNKS = 32
_KEPT_SEARCHES = 4
PATIENCE = 0.15
"""Seconds for which a request goes on reading; the view asks again for the rest."""
_LEVELS, _STREAMS = tuple(Level), tuple(Stream)
_FLAGS = len(_LEVELS) * len(_STREAMS)

Read = Callable[[str | None, int], Awaitable[Page[LogLine]]]
"""Lines behind a cursor, at most so many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows a view shows."""

    levels: frozenset[Level] = frozenset(Level)
    streams: frozenset[Stream] = frozenset(Stream)

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return len(self.levels) == len(_LEVELS) and len(self.streams) == len(_STREAMS)

    def flags(self) -> np.ndarray:
        """For each combination of level and stream whether it is shown; bool, shape (9,)."""
        shown = [level in self.levels and stream in self.streams for level in _LEVELS for stream in _STREAMS]
        return np.array(shown)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that are read together."""

    row: int
    """Number of the first one."""
    cursor: str | None
    """Behind which its lines are."""
    begun: LogRow | None
    """The row that the chunk before had begun; it belongs to this one."""


@dataclass(slots=True)
class Search:
    """Where a text occurs, as far as was looked."""

    rows: array[int] = field(default_factory=lambda: array("I"))
    chunks: int = 0
    """Chunks that were looked through to their end."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search has found so far."""

    count: int
    complete: bool
    position: int | None
    """Of the occurrence that was asked for, among the rows that are shown."""
    ordinal: int
    """Which occurrence that is, from 0."""


class LogIndex:
    """The rows of one log.

    Args:
        read: Gives lines behind a cursor.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = asyncio.Lock()
        self._forget()

    def _forget(self) -> None:
        self._chunks = [Chunk(0, None, None)]
        self._flags = bytearray()
        self._times = array("d")
        self._selected: dict[Wanted, tuple[int, np.ndarray]] = {}
        self._texts: OrderedDict[int, list[LogRow]] = OrderedDict()
        self._searches: OrderedDict[tuple[Wanted, str], Search] = OrderedDict()
        self._last: list[LogRow] = []
        self.lines = 0
        self.complete = False

    async def update(self, patience: float = PATIENCE) -> None:
        """Read on, for so many seconds; `complete` says whether that was all there is."""
        async with self._lock:
            try:
                await self._read_on(patience)
            except InvalidInput:
                if len(self._flags) == 0:
                    raise
                # The log is another one than before, for example removed by retention.
                self._forget()
                await self._read_on(patience)

    async def _read_on(self, patience: float) -> None:
        end = time.monotonic() + patience
        self.complete = False
        while not self.complete:
            items = (await self._read(self._chunks[-1].cursor, _AT_ONCE)).items
            for start in range(0, max(len(items), 1), CHUNK):
                self._add(items[start : start + CHUNK])
            self.complete = len(items) < _AT_ONCE
            if time.monotonic() > end:
                return

    def _add(self, lines: Sequence[LogLine]) -> None:
        """Put the lines of the last chunk there, and begin another one when it is full."""
        chunk = self._chunks[-1]
        rows = rows_of(lines, _copy(chunk.begun))
        full = len(lines) >= CHUNK
        begun = rows.pop() if full and not rows[-1].terminated else None
        self._put(chunk.row, rows)
        if lines:
            self.lines = max(self.lines, lines[-1].line + 1)
        self._last = rows
        if full:
            self._chunks.append(Chunk(len(self._flags), lines[-1].cursor, begun))
            self._last = [begun] if begun else []
            self._put(len(self._flags), self._last)

    def _put(self, start: int, rows: list[LogRow]) -> None:
        """Replace the rows from one on."""
        del self._flags[start:], self._times[start:]
        streams, levels = len(_STREAMS), _LEVEL_NUMBER
        self._flags.extend(
            levels[level_of(row.text) if row.stream is not Stream.SYSTEM else Level.INFO] * streams
            + _STREAM_NUMBER[row.stream]
            for row in rows
        )
        self._times.extend(row.time for row in rows)

    def count(self, wanted: Wanted) -> int:
        """How many rows are shown."""
        return len(self._flags) if wanted.everything else len(self._rows_shown(wanted))

    def serious(self) -> dict[Level, int]:
        """How many rows there are of each level."""
        counts = np.bincount(np.frombuffer(bytes(self._flags), np.uint8), minlength=_FLAGS)
        return dict(zip(_LEVELS, counts.reshape(len(_LEVELS), -1).sum(axis=1).tolist(), strict=True))

    def level(self, row: int) -> Level:
        """How serious a row is."""
        return _LEVELS[self._flags[row] // len(_STREAMS)]

    async def window(self, wanted: Wanted, start: int, stop: int) -> list[tuple[int, LogRow]]:
        """The rows at some positions among those shown, each with its number."""
        count = self.count(wanted)
        positions = range(max(0, min(start, count)), max(0, min(stop, count)))
        numbers = (
            positions if wanted.everything else self._rows_shown(wanted)[positions.start : positions.stop].tolist()
        )
        found = []
        for number in numbers:
            at = bisect_right(self._chunks, number, key=lambda chunk: chunk.row) - 1
            rows = await self._text(at)
            offset = number - self._chunks[at].row
            if offset < len(rows):
                found.append((number, rows[offset]))
        return found

    async def search(self, wanted: Wanted, query: str, position: int, step: int, patience: float = PATIENCE) -> Hits:
        """The next (`step` 1) or previous (-1) occurrence of a text, seen from a position; 0 takes one there, too."""
        key = (wanted, plain(query).lower())
        search = self._searches.pop(key, None) or Search()
        self._searches[key] = search
        while len(self._searches) > _KEPT_SEARCHES:
            self._searches.popitem(last=False)
        end = time.monotonic() + patience
        closed = len(self._chunks) - 1
        while search.chunks < closed and time.monotonic() < end:
            for read in await self._closed(search.chunks, min(closed, search.chunks + _AT_ONCE // CHUNK)):
                search.rows.extend(self._occurrences(self._chunks[search.chunks].row, read, *key))
                search.chunks += 1
        reached = search.chunks >= closed
        rows = np.array(search.rows, np.int64)
        if reached:
            last = self._occurrences(self._chunks[closed].row, self._last, *key)
            rows = np.concatenate([rows, np.array(last, np.int64)])
        return self._hit(wanted, rows, position, step, complete=reached and self.complete)

    def next_of(self, wanted: Wanted, level: Level, position: int, step: int) -> int | None:
        """The position of the next or previous row of a level, among those shown; None when there is none."""
        least = _LEVEL_NUMBER[level] * len(_STREAMS)
        rows = np.flatnonzero(np.frombuffer(bytes(self._flags), np.uint8) >= least)
        if not wanted.everything:
            rows = np.intersect1d(rows, self._rows_shown(wanted), assume_unique=True)
        return self._hit(wanted, rows, position, step, complete=self.complete).position

    def at_time(self, wanted: Wanted, moment: float) -> int:
        """The position of the last row until a time."""
        row = max(0, int(np.searchsorted(np.array(self._times), moment, side="right")) - 1)
        return self._position(wanted, row)

    def _hit(self, wanted: Wanted, rows: np.ndarray, position: int, step: int, *, complete: bool) -> Hits:
        count = len(rows)
        if count == 0:
            return Hits(0, complete, None, -1)
        here = self._number(wanted, position)
        ordinal = (
            int(np.searchsorted(rows, here, side="left")) - 1
            if step < 0
            else int(np.searchsorted(rows, here, side="right" if step > 0 else "left"))
        )
        # Round and round, once the end is known.
        if not 0 <= ordinal < count and not complete:
            return Hits(count, complete, None, -1)
        ordinal %= count
        return Hits(count, complete, self._position(wanted, int(rows[ordinal])), ordinal)

    def _number(self, wanted: Wanted, position: int) -> int:
        if wanted.everything:
            return position
        shown = self._rows_shown(wanted)
        return int(shown[position]) if 0 <= position < len(shown) else (-1 if position < 0 else len(self._flags))

    def _position(self, wanted: Wanted, row: int) -> int:
        return row if wanted.everything else int(np.searchsorted(self._rows_shown(wanted), row))

    def _rows_shown(self, wanted: Wanted) -> np.ndarray:
        """The numbers of the rows that are shown; those of chunks that are closed are remembered."""
        closed = self._chunks[-1].row
        shown = wanted.flags()
        known, rows = self._selected.get(wanted, (0, np.zeros(0, np.int64)))
        if known < closed:
            fresh = np.frombuffer(bytes(self._flags[known:closed]), np.uint8)
            rows = np.concatenate([rows, known + np.flatnonzero(shown[fresh])])
            self._selected[wanted] = closed, rows
        fresh = np.frombuffer(bytes(self._flags[closed:]), np.uint8)
        return np.concatenate([rows, closed + np.flatnonzero(shown[fresh])])

    async def _text(self, at: int) -> list[LogRow]:
        """The rows of a chunk; those of closed ones are kept for a while."""
        if at == len(self._chunks) - 1:
            return self._last
        if at not in self._texts:
            (self._texts[at],) = await self._closed(at, at + 1)
        self._texts.move_to_end(at)
        while len(self._texts) > _KEPT_CHUNKS:
            self._texts.popitem(last=False)
        return self._texts[at]

    async def _closed(self, start: int, stop: int) -> list[list[LogRow]]:
        """The rows of some chunks that are closed, read at once."""
        lines = (await self._read(self._chunks[start].cursor, (stop - start) * CHUNK)).items
        found = []
        for at in range(start, stop):
            first = (at - start) * CHUNK
            rows = rows_of(lines[first : first + CHUNK], _copy(self._chunks[at].begun))
            if self._chunks[at + 1].begun is not None:
                rows.pop()
            found.append(rows)
        return found

    def _occurrences(self, start: int, rows: Sequence[LogRow], wanted: Wanted, query: str) -> list[int]:
        """The numbers of the rows that have a text, of rows that begin with number `start`."""
        texts = [row.text.lower() for row in rows]
        shown = wanted.flags()
        return [
            start + offset
            for offset, text in enumerate(texts)
            if query in plain(text) and shown[self._flags[start + offset]]
        ]


def _copy(row: LogRow | None) -> LogRow | None:
    return None if row is None else dataclasses.replace(row)


_LEVEL_NUMBER = {level: number for number, level in enumerate(_LEVELS)}
_STREAM_NUMBER = {stream: number for number, stream in enumerate(_STREAMS)}
