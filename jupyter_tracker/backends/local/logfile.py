"""The log file of a run: written block by block, read from any place in either direction (see logblocks.py).

Several processes may write and read one file at the same time. A place is a cursor, the text `block offset.byte in payload`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from jupyter_tracker.backends.local.logblocks import (
    MAGIC,
    START,
    STREAMS,
    Block,
    backward,
    forward,
    incomplete_tail,
    pack,
    payloads,
    read_mark,
    whole_end,
)
from jupyter_tracker.backends.local.rows import moment
from jupyter_tracker.backends.local.store import now
from jupyter_tracker.errors import InvalidInput, StoreError
from jupyter_tracker.models import LogLine, Page, Stream

try:
    import fcntl
except ImportError:  # Windows, where one process writes a log
    fcntl = None  # type: ignore[assignment]

TAIL_BYTES = 8 << 20
"""How much `LogReader.tail` reads at most, however long the lines are."""


class LogWriteError(OSError):
    """A block could not be written. `consumed` bytes of the data were taken; the rest was not and may be given again."""

    def __init__(self, cause: OSError, consumed: int) -> None:
        super().__init__(cause.errno, cause.strerror, cause.filename)
        self.consumed = consumed


class LogWriter:
    """Appends to the log file of a run; made if it is not there, gone on with if it is. Threads may share it.

    Raises:
        StoreError: the file is there and is no log file.
        OSError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._held = [b""] * len(STREAMS)
        self._next = 0
        self._open = [-1] * len(STREAMS)
        self._end = -1
        self._file = -1
        self._reopen()

    def append(self, stream: Stream, data: bytes, time: int | None = None) -> None:
        """Add bytes as they were printed, with or without an end of line; `time` is microseconds, None is now.

        The first bytes of a character whose rest is not there are kept back until the rest comes or `flush`.

        Raises:
            LogWriteError: they could not be written, wholly or in part.
        """
        index = STREAMS.index(stream)
        with self._lock:
            held = self._held[index]
            data = held + data
            keep = incomplete_tail(data)
            rest = data[len(data) - keep :]
            try:
                self._write(index, data[: len(data) - keep], now() if time is None else time)
            except LogWriteError as error:
                # What was held counts as not given yet unless it got into the file.
                self._held[index] = b"" if error.consumed else held
                error.consumed = max(0, error.consumed - len(held))
                raise
            self._held[index] = rest

    def flush(self) -> None:
        """Write the characters that were kept back, incomplete as they are."""
        with self._lock:
            for index, held in enumerate(self._held):
                if held:
                    self._write(index, held, now())
                    self._held[index] = b""

    def close(self) -> None:
        """Flush and give the file back."""
        try:
            self.flush()
        finally:
            with self._lock:
                if self._file >= 0:
                    os.close(self._file)
                    self._file = -1

    def _reopen(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._owner = os.getpid()
        self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        try:
            with _Locked(self._file):
                try:
                    mark = read_mark(self._file)
                except ValueError as error:
                    raise StoreError(f"{self._path}: {error}.") from error
                if mark is None:
                    mark = os.urandom(START - len(MAGIC))
                    os.ftruncate(self._file, 0)
                    _write_all(self._file, MAGIC + mark, 0)
                self._mark = mark
                self._resume()
        except BaseException:
            os.close(self._file)
            self._file = -1
            raise

    def _resume(self) -> None:
        """Learn from the last block where the numbers stand, and cut off a torn one."""
        end = whole_end(self._file, self._mark)
        if end < os.fstat(self._file).st_size:
            os.ftruncate(self._file, end)
        self._end = end
        last = next(backward(self._file, self._mark, end), None)
        if last is None:
            self._next, self._open = 0, [-1] * len(STREAMS)
        else:
            self._next = last.next_line
            self._open = [last.next_line - back if back else -1 for back in last.open]

    def _write(self, index: int, data: bytes, time: int) -> None:
        consumed = 0
        try:
            if self._owner != os.getpid() or self._file < 0:
                # After a fork the two processes would share one lock.
                self._reopen()
            with _Locked(self._file):
                if os.fstat(self._file).st_size != self._end:
                    self._resume()
                for payload in payloads(data):
                    self._write_block(index, payload, time)
                    consumed += len(payload)
        except OSError as error:
            raise LogWriteError(error, consumed) from error

    def _write_block(self, index: int, payload: bytes, time: int) -> None:
        terminated = payload.endswith(b"\n")
        rows = payload.count(b"\n") + (not terminated)
        continues = self._open[index] >= 0
        line = self._open[index] if continues else self._next
        next_line = self._next + rows - continues
        opened = self._open.copy()
        opened[index] = -1 if terminated else line if rows == 1 else next_line - 1
        block = pack(self._mark, index, time, line, next_line, opened, payload)
        _write_all(self._file, block, self._end)
        self._end += len(block)
        self._next, self._open = next_line, opened


class LogReader:
    """Reads the log file of a run, also while it is written and before it is there.

    Raises:
        StoreError: the file is no log file.
        InvalidInput: a cursor is not of this log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def count(self) -> int:
        """Lines in the file, an unterminated one included."""
        with _Opened(self._path) as (file, mark):
            if mark is None:
                return 0
            last = next(backward(file, mark, whole_end(file, mark)), None)
            return 0 if last is None else last.next_line

    def read(self, after: str | None, limit: int) -> Page[LogLine]:
        """At most `limit` lines and parts of lines behind a cursor, oldest first; the page's cursor goes on there."""
        offset, skip = _parse(after)
        lines: list[LogLine] = []
        with _Opened(self._path) as (file, mark):
            if mark is not None and limit > 0:
                for block in _blocks_from(file, mark, offset, skip):
                    lines.extend(_lines(block, skip if block.offset == offset else 0, limit - len(lines)))
                    if len(lines) >= limit:
                        break
        return Page(tuple(lines), lines[-1].cursor if lines else after or _cursor(START, 0))

    def tail(self, lines: int, before: str | None = None) -> Page[LogLine]:
        """The last `lines` lines with their parts, oldest first; those before the line of the cursor `before` if given.

        At most `TAIL_BYTES` are read. The page's cursor is the place behind its last line; to page backwards, give the
        cursor of its first line as `before`.
        """
        found: list[LogLine] = []
        cursor = before
        with _Opened(self._path) as (file, mark):
            if mark is not None:
                offset, upto = (whole_end(file, mark), 0) if before is None else _parse(before)
                cursor = _cursor(offset, upto)
                if lines > 0:
                    found = _last_lines(file, mark, offset, upto, lines, exclude=before)
        return Page(tuple(found), found[-1].cursor if found else cursor or _cursor(START, 0))


def _last_lines(file: int, mark: bytes, offset: int, upto: int, lines: int, exclude: str | None) -> list[LogLine]:
    newest_first: list[LogLine] = []
    numbers: set[int] = set()
    taken = 0
    for block in _blocks_before(file, mark, offset, upto):
        for line in reversed(_lines(block, 0, block.rows)):
            if exclude is not None and _parse(line.cursor) >= (offset, upto):
                continue
            numbers.add(line.line)
            if len(numbers) > lines:
                return newest_first[::-1]
            newest_first.append(line)
        taken += len(block.payload)
        if taken >= TAIL_BYTES:
            break
    return newest_first[::-1]


def _blocks_from(file: int, mark: bytes, offset: int, skip: int) -> Iterator[Block]:
    found = False
    for block in forward(file, mark, offset):
        if not found and skip and (skip >= len(block.payload) or block.payload[skip - 1] != 10):
            break
        found = True
        yield block
    if not found and (skip or (START < offset < whole_end(file, mark))):
        raise InvalidInput(f"The cursor '{offset}.{skip}' is not of this log; begin again without one.")


def _blocks_before(file: int, mark: bytes, offset: int, upto: int) -> Iterator[Block]:
    if upto:
        yield next(_blocks_from(file, mark, offset, upto))
    previous = backward(file, mark, offset)
    first = next(previous, None)
    if first is None:
        if offset > START:
            raise InvalidInput(f"The cursor '{offset}.{upto}' is not of this log; begin again without one.")
        return
    yield first
    yield from previous


def _lines(block: Block, skip: int, limit: int) -> list[LogLine]:
    """At most `limit` lines of a block, from a byte of its payload on, which begins a line."""
    payload = block.payload[skip:] if skip else block.payload
    # No byte of a longer character is a line feed, so text and bytes fall into the same lines.
    raw = payload.split(b"\n")
    texts = payload.decode("utf-8", "replace").split("\n")
    terminated = not raw[-1]
    if terminated:
        raw.pop()
    rows, time, at = len(raw), moment(block.time), skip
    lines = []
    for index in range(min(rows, limit)):
        at += len(raw[index]) + 1
        last = index == rows - 1
        number = block.line if index == 0 and skip == 0 else block.next_line - rows + index
        cursor = _cursor(block.end, 0) if last else _cursor(block.offset, at)
        lines.append(LogLine(number, time, block.stream, texts[index], cursor, terminated or not last))
    return lines


def _cursor(offset: int, skip: int) -> str:
    return f"{offset}.{skip}"


def _parse(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return START, 0
    offset, _, skip = cursor.partition(".")
    if not (offset.isascii() and offset.isdigit() and skip.isascii() and skip.isdigit() and len(cursor) < 40):
        raise InvalidInput(f"A cursor of a log looks like '16.0', not {cursor!r}.")
    return max(int(offset), START), int(skip)


def _write_all(file: int, data: bytes, at: int) -> None:
    """Append all of it or nothing."""
    try:
        written = os.write(file, data)
        if written < len(data):
            # The disk is nearly full: let it say so itself, or take the rest.
            written += os.write(file, data[written:])
        if written < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except BaseException:
        os.ftruncate(file, at)
        raise


class _Locked:
    """No other process appends meanwhile."""

    __slots__ = ("_file",)

    def __init__(self, file: int) -> None:
        self._file = file

    def __enter__(self) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)


class _Opened:
    """The open file and its mark; the mark is None when there is nothing in it yet."""

    __slots__ = ("_file", "_path")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def __enter__(self) -> tuple[int, bytes | None]:
        try:
            self._file = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return -1, None
        try:
            return self._file, read_mark(self._file)
        except ValueError as error:
            os.close(self._file)
            raise StoreError(f"{self._path}: {error}.") from error

    def __exit__(self, *_: object) -> None:
        if self._file >= 0:
            os.close(self._file)
