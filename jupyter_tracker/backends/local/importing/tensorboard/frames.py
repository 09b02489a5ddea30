"""The frames of an event file: TFRecord, which is length, data and a CRC-32C of each."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import IO

LARGEST_CHECKED = 16_384
"""Bytes of a record whose content is compared with its checksum. Numbers take far fewer; what is larger is left out
anyway, and where the next record begins is checked with its length."""

_HEAD = struct.Struct("<QI")
_TAIL = struct.Struct("<I")
_WORD = struct.Struct("<H")
_DELTA = 0xA282EAD8
_POLYNOMIAL = 0x82F63B78


@cache
def _tables() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What a byte and what two bytes do to a checksum; by two, there are half as many steps."""
    single = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        single.append(crc)
    double = [single[(single[value & 0xFF] ^ value >> 8) & 0xFF] ^ single[value & 0xFF] >> 8 for value in range(65536)]
    return tuple(single), tuple(double)


def masked_crc(data: bytes) -> int:
    """CRC-32C of data, rotated and shifted as TFRecord does."""
    single, double = _tables()
    crc = 0xFFFFFFFF
    even = len(data) & ~1
    for (word,) in _WORD.iter_unpack(data[:even]):
        crc = double[(crc ^ word) & 0xFFFF] ^ crc >> 16
    for byte in data[even:]:
        crc = single[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _DELTA) & 0xFFFFFFFF


_crc_of_length = lru_cache(4096)(masked_crc)
"""Most records have one of few lengths."""


class EventFile:
    """The whole and undamaged records of a file, up to the first that is not; `left_out` says how much follows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.left_out = 0
        """Bytes at the end that are damaged or incomplete; known when all records were read."""

    def __iter__(self) -> Iterator[bytes]:
        size = self._path.stat().st_size
        end = 0
        with self._path.open("rb", buffering=1 << 20) as file:
            while (record := _record(file, size - end)) is not None:
                end += _HEAD.size + len(record) + _TAIL.size
                yield record
        self.left_out = size - end


def _record(file: IO[bytes], left: int) -> bytes | None:
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, crc = _HEAD.unpack(head)
    if _crc_of_length(head[:8]) != crc or length > left:
        return None
    data = file.read(length)
    tail = file.read(_TAIL.size)
    if len(data) < length or len(tail) < _TAIL.size:
        return None
    if length <= LARGEST_CHECKED and masked_crc(data) != _TAIL.unpack(tail)[0]:
        return None
    return data
