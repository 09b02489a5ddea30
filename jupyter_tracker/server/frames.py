"""Answers and updates as bytes: JSON, and behind it binary buffers where there are some.

A frame is a row of unsigned 32-bit numbers (little-endian): how many parts there are, and the length of each; then the
parts. The first part is JSON (UTF-8); each further one is a buffer. `js/src/lab/frames.ts` reads it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

from jupyter_tracker.feed.wire import Json


def text(content: Json) -> str:
    """The JSON; `ValueError` for a number that JSON does not have."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


def frame(content: Json, buffers: Sequence[bytes]) -> bytes:
    """JSON and buffers in one."""
    parts = [text(content).encode(), *buffers]
    return struct.pack(f"<{1 + len(parts)}I", len(parts), *map(len, parts)) + b"".join(parts)


def packed(content: Json, buffers: Sequence[bytes]) -> str | bytes:
    """The plain JSON where there are no buffers, else a frame."""
    return frame(content, buffers) if buffers else text(content)


def unpacked(data: bytes) -> tuple[Json, list[bytes]]:
    """What `frame` was given."""
    (count,) = struct.unpack_from("<I", data)
    lengths = struct.unpack_from(f"<{count}I", data, 4)
    parts, at = [], 4 * (1 + count)
    for length in lengths:
        parts.append(data[at : at + length])
        at += length
    return json.loads(parts[0]), parts[1:]
