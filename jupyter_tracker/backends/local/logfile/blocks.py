"""The format of a log file: a file header, then blocks that are only ever appended.

    file    MAGIC (8 bytes), 8 random bytes that every block of this file begins with
    block   mark 8s    the random bytes of the file
            stream B   index in STREAMS, then 3 bytes 0
            length I   bytes of payload, 1 … 65,536
            time Q     microseconds since the epoch
            line Q     number of the line that the payload begins with, or goes on with
            next Q     number of the line that the next new one gets after this block
            open 3I    for each stream, `next` minus the number of its unterminated line, 0 when there is none
            payload    as it was printed
            size I     length of the whole block, so that the file can be walked backwards

All integers are little-endian. Only the last line of a payload can be without its end, so a line longer than a payload
is a row of blocks. The random mark keeps text that looks like a block from being taken for one.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_tracker.models import Stream

MAGIC = b"JTLOG\x00\x00\x01"
START = 16
"""Offset of the first block."""
MAX_PAYLOAD = 65_536
HEAD = struct.Struct("<8sB3xIQQQ3I")
TAIL = struct.Struct("<I")
OVERHEAD = HEAD.size + TAIL.size
MAX_BLOCK = MAX_PAYLOAD + OVERHEAD
STREAMS = (Stream.STDOUT, Stream.STDERR, Stream.SYSTEM)
WINDOW = 1 << 20
"""Bytes read at once."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block and where it lies."""

    offset: int
    stream: Stream
    time: int
    line: int
    next_line: int
    open: tuple[int, int, int]
    payload: bytes

    @property
    def end(self) -> int:
        """Offset of the block behind it."""
        return self.offset + OVERHEAD + len(self.payload)

    @property
    def rows(self) -> int:
        """Lines and parts of lines in it."""
        return self.payload.count(b"\n") + (not self.payload.endswith(b"\n"))


def pack(mark: bytes, stream: int, moment: int, line: int, next_line: int, opened: list[int], payload: bytes) -> bytes:
    """A whole block; `opened` holds the number of the unterminated line of each stream after it, or -1."""
    distances = [0 if number < 0 else next_line - number for number in opened]
    head = HEAD.pack(mark, stream, len(payload), moment, line, next_line, *distances)
    return b"".join((head, payload, TAIL.pack(OVERHEAD + len(payload))))


def parse(data: bytes, at: int, mark: bytes, offset: int) -> Block | None:
    """The block at `data[at:]`, which lies at `offset` of the file; None when it is not there as a whole."""
    if len(data) - at < OVERHEAD:
        return None
    found, stream, length, moment, line, next_line, *opened = HEAD.unpack_from(data, at)
    end = at + OVERHEAD + length
    if found != mark or stream >= len(STREAMS) or not 0 < length <= MAX_PAYLOAD or end > len(data):
        return None
    if TAIL.unpack_from(data, end - TAIL.size)[0] != end - at:
        return None
    payload = data[at + HEAD.size : end - TAIL.size]
    return Block(offset, STREAMS[stream], moment, line, next_line, (opened[0], opened[1], opened[2]), payload)


def read_mark(file: int) -> bytes | None:
    """The mark of the blocks of an open file; None when not even the file header is there.

    Raises:
        ValueError: it is not a log file.
    """
    head = os.pread(file, START, 0)
    if len(head) < START:
        return None
    if head[: len(MAGIC)] != MAGIC:
        raise ValueError("it is not a log file of jupyter_tracker, or one of a newer version")
    return head[len(MAGIC) :]


def forward(file: int, mark: bytes, start: int) -> Iterator[Block]:
    """The whole blocks from an offset on; ends at the end of the file or at a torn block."""
    offset = start
    while True:
        data = os.pread(file, WINDOW, offset)
        at = 0
        while (block := parse(data, at, mark, offset + at)) is not None:
            yield block
            at = block.end - offset
        if at == 0:
            return
        offset += at


def backward(file: int, mark: bytes, end: int) -> Iterator[Block]:
    """The blocks that lie before an offset where one ends, the last one first; ends early at a damaged one."""
    while end > START:
        low = max(START, end - WINDOW)
        data = os.pread(file, end - low, low)
        moved = end
        while (block := _ending_at(data, moved - low, mark, low)) is not None:
            yield block
            moved = block.offset
        if moved == end:
            return
        end = moved


def whole_end(file: int, mark: bytes) -> int:
    """Offset behind the last whole block: the size of the file unless its last block is torn."""
    for _ in range(4):
        size = os.fstat(file).st_size
        if size <= START or next(backward(file, mark, size), None) is not None:
            return max(size, START)
        # Most likely another process is just writing it.
        time.sleep(0.001)
    end = START
    for block in forward(file, mark, START):
        end = block.end
    return end


def _ending_at(data: bytes, end: int, mark: bytes, low: int) -> Block | None:
    if end < OVERHEAD:
        return None
    (size,) = TAIL.unpack_from(data, end - TAIL.size)
    if not OVERHEAD < size <= min(end, MAX_BLOCK):
        return None
    block = parse(data, end - size, mark, low + end - size)
    return block if block is not None and block.end == low + end else None


def incomplete_tail(data: bytes) -> int:
    """How many bytes at the end begin a UTF-8 character whose rest is not there: 0 to 3."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            return 0
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4 if byte < 0xF5 else 0
            return back if needed > back else 0
    return 0


def payloads(data: bytes) -> Iterator[bytes]:
    """Cut what was printed into payloads: behind an end of line where there is one, else between two characters."""
    at = 0
    while len(data) - at > MAX_PAYLOAD:
        end = data.rfind(b"\n", at, at + MAX_PAYLOAD) + 1
        if end == 0:
            end = at + MAX_PAYLOAD
            end -= incomplete_tail(data[end - 3 : end])
        yield data[at:end]
        at = end
    if at < len(data):
        yield data[at:]
