"""Reading the log file of a run from any place in either direction (logblocks.py has the format).

A place is a cursor: the text `offset of a block.byte of its payload`. It stays true for as long as the file is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from jupyter_tracker.backends.local.logfile.blocks import START, Block, backward, forward, read_mark, whole_end
from jupyter_tracker.backends.local.rows import moment
from jupyter_tracker.errors import InvalidInput, StoreError
from jupyter_tracker.models import LogLine, LogPiece, Page

TAIL_BYTES = 8 << 20
"""How much `LogReader.tail` reads at most, however long the lines are."""


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

    def pieces(self, after: str | None, limit: int) -> Page[LogPiece]:
        """What was written, as it was written, behind a cursor that this gave, until it has more than `limit` bytes."""
        offset, _ = _parse(after)
        found: list[LogPiece] = []
        size = 0
        with _Opened(self._path) as (file, mark):
            if mark is not None:
                for block in forward(file, mark, offset):
                    found.append(LogPiece(block.time, block.stream, block.payload))
                    offset, size = block.end, size + len(block.payload)
                    if size > limit:
                        break
        return Page(tuple(found), _cursor(offset, 0))

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
    end = whole_end(file, mark)  # before looking for blocks: a writer may append one right after
    for block in forward(file, mark, offset):
        if not found and skip and (skip >= len(block.payload) or block.payload[skip - 1] != 10):
            break
        found = True
        yield block
    if not found and (skip or (START < offset < end)):
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
