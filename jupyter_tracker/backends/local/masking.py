"""Taking secrets out of what is printed, also when one comes in pieces."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from jupyter_tracker.models.variables import MASK

SECRETS_VARIABLE = "JUPYTER_TRACKER_SECRETS"
"""Holds the names of the environment variables that are secrets, with commas between."""
SHORTEST = 4
"""Characters of a secret that is masked; a shorter one would be found in every other line."""

MOST_HELD = 1 << 17
"""Bytes that may wait; only a secret that overlaps itself without end comes to that."""

_MASK = MASK.encode()


class Masker:
    """Replaces secrets by `***` in a stream of bytes that comes in pieces of any size.

    Masked are a secret as a whole, each of its lines, and what it becomes in JSON, in `repr` and in a URL. The end of
    a piece that may be the beginning of a secret waits for the next piece, so that the cuts make no difference.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        found = {pattern for secret in secrets for pattern in _patterns(secret)}
        self._patterns = sorted(found, key=len, reverse=True)
        self._held = b""

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def feed(self, data: bytes) -> bytes:
        """Take a piece; the result is what is certain by now."""
        if not self._patterns:
            return data
        data = self._held + data
        intervals = _merged(self._occurrences(data))
        end = self._uncertain(data)
        for start, stop in intervals:
            if start < end < stop and stop - start <= MOST_HELD:
                end = start
        self._held = data[end:]
        return _replaced(data[:end], [(start, min(stop, end)) for start, stop in intervals if start < end])

    def flush(self) -> bytes:
        """What has been waiting, when nothing follows."""
        held, self._held = self._held, b""
        return _replaced(held, _merged(self._occurrences(held)))

    def whole(self, data: bytes) -> bytes:
        """The same for data that comes at once; what is waiting is not touched."""
        return _replaced(data, _merged(self._occurrences(data))) if self._patterns else data

    def text(self, value: Any) -> Any:
        """All texts in lists and dicts of JSON, masked; keys stay."""
        if isinstance(value, str):
            return self.whole(value.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
        if isinstance(value, list):
            return [self.text(item) for item in value]
        if isinstance(value, dict):
            return type(value)({key: self.text(item) for key, item in value.items()})
        return value

    def _occurrences(self, data: bytes) -> Iterator[tuple[int, int]]:
        for pattern in self._patterns:
            start = data.find(pattern)
            while start >= 0:
                yield start, start + len(pattern)
                start = data.find(pattern, start + 1)

    def _uncertain(self, data: bytes) -> int:
        """Where the longest end begins that may be the beginning of a secret."""
        earliest = len(data)
        for pattern in self._patterns:
            head = pattern[:SHORTEST]
            start = data.find(head, max(0, len(data) - len(pattern) + 1))
            while 0 <= start < earliest:
                if pattern.startswith(data[start:]):
                    earliest = start
                    break
                start = data.find(head, start + 1)
            for length in range(min(SHORTEST - 1, len(data)), 0, -1):
                if data.endswith(head[:length]):
                    earliest = min(earliest, len(data) - length)
                    break
        return earliest


def own_masker(environment: Mapping[str, str] = os.environ) -> Masker:
    """A masker for the secrets that a submitted run was given, in its own process."""
    names = environment.get(SECRETS_VARIABLE, "").split(",")
    return Masker(environment[name] for name in names if name in environment)


def _patterns(secret: str) -> Iterator[bytes]:
    for text in (secret, *secret.splitlines()):
        # Code often strips what it reads.
        bare = text.strip()
        if len(bare) >= SHORTEST:
            for form in (bare, json.dumps(bare)[1:-1], repr(bare)[1:-1], quote(bare, safe="")):
                yield form.encode("utf-8", "surrogateescape")
        elif len(text) >= SHORTEST:
            yield text.encode("utf-8", "surrogateescape")


def _merged(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same, in order, with those that overlap made one."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(intervals):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _replaced(data: bytes, intervals: list[tuple[int, int]]) -> bytes:
    if not intervals:
        return data
    parts, position = [], 0
    for start, stop in intervals:
        parts += [data[position:start], _MASK]
        position = stop
    return b"".join([*parts, data[position:]])
