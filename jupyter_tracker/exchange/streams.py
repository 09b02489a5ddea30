"""Points and log of a run as rows of blocks, bit for bit. All numbers are little-endian.

points    length of the keys (uint32) · rows (uint32) · keys (JSON array) · steps (int64 each) ·
          times (float64 each, seconds) · for each key its values (float64 each)
log       microseconds since the epoch (int64) · stream (uint8) · length (uint32) · bytes as they were printed
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import IO

from jupyter_tracker.errors import InvalidImport
from jupyter_tracker.exchange.records import shown
from jupyter_tracker.models import LogPiece, PointBlock, Stream

BLOCK_BYTES = 8 * 2**20
"""A larger block of points is written as several, so that reading one takes little memory."""
LARGEST = 2**28
"""Bytes of a block that is read."""

_POINTS = struct.Struct("<II")
_LOG = struct.Struct("<qBI")
_STREAMS = (Stream.STDOUT, Stream.STDERR, Stream.SYSTEM)
_WORD = 8


def write_block(file: IO[bytes], block: PointBlock) -> None:
    """Add points."""
    keys = json.dumps(block.keys).encode()
    rows = max(1, BLOCK_BYTES // (_WORD * (2 + len(block.keys))))
    for start in range(0, len(block), rows):
        part = slice(start, start + rows)
        file.write(_POINTS.pack(len(keys), len(block.steps[part])) + keys)
        file.write(block.steps[part].tobytes())
        for column in (block.times, *block.values):
            file.write(column[part].tobytes())


def read_blocks(file: IO[bytes], where: str) -> Iterator[PointBlock]:
    """All points, block by block; `InvalidImport` where they are damaged."""
    while head := file.read(_POINTS.size):
        length, rows = _POINTS.unpack(head) if len(head) == _POINTS.size else (LARGEST, 0)
        keys = _keys(_exactly(file, length, where), where)
        columns = memoryview(_exactly(file, rows * _WORD * (2 + len(keys)), where))
        parts = [columns[at * rows * _WORD : (at + 1) * rows * _WORD] for at in range(2 + len(keys))]
        if rows:
            yield PointBlock(keys, parts[0].cast("q"), parts[1].cast("d"), tuple(each.cast("d") for each in parts[2:]))


def write_piece(file: IO[bytes], piece: LogPiece) -> None:
    """Add what was printed."""
    file.write(_LOG.pack(piece.time, _STREAMS.index(piece.stream), len(piece.data)) + piece.data)


def read_pieces(file: IO[bytes], where: str) -> Iterator[LogPiece]:
    """All that was printed, piece by piece; `InvalidImport` where it is damaged."""
    while head := file.read(_LOG.size):
        time, stream, length = _LOG.unpack(head) if len(head) == _LOG.size else (0, 0, LARGEST + 1)
        if stream >= len(_STREAMS):
            raise InvalidImport(f"{where} has the stream {stream}; a stream is 0, 1 or 2.")
        yield LogPiece(time, _STREAMS[stream], _exactly(file, length, where))


def _exactly(file: IO[bytes], size: int, where: str) -> bytes:
    data = file.read(size) if size <= LARGEST else b""
    if len(data) < size:
        raise InvalidImport(f"{where} is damaged: a block of {size:,} bytes is not there as a whole.")
    return data


def _keys(data: bytes, where: str) -> tuple[str, ...]:
    try:
        keys = json.loads(data)
    except (ValueError, RecursionError):
        keys = None
    if not isinstance(keys, list) or not keys or len(set(map(str, keys))) < len(keys):
        raise InvalidImport(f"{where} is damaged: {shown(data)} are no names of metrics.")
    return tuple(keys)
