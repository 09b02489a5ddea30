"""The points of a run in memory, and what a view of so many pixel columns needs of them."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jupyter_tracker.models import PointBlock

Lines = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Steps, times (seconds) and values of one metric, float64, shape (points,)"""


@dataclass
class Summary:
    """One metric over all of its points."""

    total: int = 0
    last: float = math.nan
    last_time: float = -math.inf
    min: float = math.nan
    max: float = math.nan

    def add(self, times: np.ndarray, values: np.ndarray) -> None:
        """Take in more points."""
        self.total += len(values)
        newest = int(np.argmax(times))
        if times[-1] >= times[newest]:
            newest = len(times) - 1
        if times[newest] >= self.last_time:
            self.last, self.last_time = float(values[newest]), float(times[newest])
        if not np.isnan(values).all():
            self.min = float(np.fmin(self.min, np.nanmin(values)))
            self.max = float(np.fmax(self.max, np.nanmax(values)))


@dataclass
class Columns:
    """The points of one set of keys: growing buffers, each number held once."""

    keys: tuple[str, ...]
    steps: array[int] = field(default_factory=lambda: array("q"))
    times: array[float] = field(default_factory=lambda: array("d"))
    values: list[array[float]] = field(default_factory=list)
    ordered: bool = True
    """Whether steps and times only grow, as they nearly always do."""

    def __len__(self) -> int:
        return len(self.steps)

    def extend(self, block: PointBlock) -> None:
        """Append a block of the same keys."""
        self.values = self.values or [array("d") for _ in self.keys]
        self.ordered = self.ordered and _follows(self.steps, block.steps) and _follows(self.times, block.times)
        self.steps.frombytes(block.steps.cast("B"))
        self.times.frombytes(block.times.cast("B"))
        for column, values in zip(self.values, block.values, strict=True):
            column.frombytes(values.cast("B"))

    def lines(self, key: str, rows: slice) -> Lines:
        """Copies, so that the buffers can go on growing."""
        return (
            np.array(self.steps[rows], np.float64),
            np.array(self.times[rows], np.float64),
            np.array(self.values[self.keys.index(key)][rows], np.float64),
        )

    def rows(self, axis: str, start: float, stop: float) -> slice:
        """As `within` chooses them; only where they are ordered."""
        x: Sequence[float] = self.times if axis == "time" else self.steps
        first, end = bisect_left(x, start), bisect_right(x, stop)
        return slice(max(first - 1, 0), end + 1) if first < end else slice(0)


class PointStore:
    """All points of a run, by key set."""

    def __init__(self) -> None:
        self.columns: dict[tuple[str, ...], Columns] = {}
        self.summaries: dict[str, Summary] = {}

    def extend(self, blocks: Iterable[PointBlock]) -> None:
        """Take in the points that came since the last time."""
        for block in blocks:
            self.columns.setdefault(block.keys, Columns(block.keys)).extend(block)
            times = np.asarray(block.times)
            for key, values in zip(block.keys, block.values, strict=True):
                self.summaries.setdefault(key, Summary()).add(times, np.asarray(values))

    def rows(self) -> dict[tuple[str, ...], int]:
        """How many rows there are of each key set."""
        return {keys: len(columns) for keys, columns in self.columns.items()}

    def lines(self, key: str, behind: dict[tuple[str, ...], int]) -> Lines:
        """The points of a metric behind some rows of each key set, by step."""
        parts = [
            columns.lines(key, slice(behind.get(keys, 0), None))
            for keys, columns in self.columns.items()
            if key in keys
        ]
        parts = [part for part in parts if len(part[0])]
        if len(parts) == 1:
            return _ordered(parts[0])
        if not parts:
            empty = np.empty(0)
            return empty, empty, empty
        return _ordered(tuple(map(np.concatenate, zip(*parts, strict=True))))  # type: ignore[arg-type]  # three of them

    def within(self, key: str, axis: str, start: float, stop: float) -> Lines:
        """The points of a metric from `start` to `stop`; see `within`. Of a million only those are touched."""
        parts = [columns for keys, columns in self.columns.items() if key in keys]
        if len(parts) == 1 and parts[0].ordered:
            return parts[0].lines(key, parts[0].rows(axis, start, stop))
        return within(self.lines(key, {}), axis, start, stop)


def within(lines: Lines, axis: str, start: float, stop: float) -> Lines:
    """The points from `start` to `stop` on the axis `step` or `time`, with one neighbour on each side for the line."""
    steps, times, values = lines
    x = times if axis == "time" else steps
    inside = np.flatnonzero((x >= start) & (x <= stop))
    if not len(inside):
        return steps[:0], times[:0], values[:0]
    chosen = slice(max(inside[0] - 1, 0), inside[-1] + 2)
    return steps[chosen], times[chosen], values[chosen]


def envelope(lines: Lines, columns: int) -> tuple[Lines, bool]:
    """At most four points for each of so many columns, least and greatest among them, so that no spike is lost.

    Returns:
        The points, and whether some were left out.
    """
    steps, times, values = lines
    size, columns = len(values), max(columns, 1)
    if size <= 4 * columns:
        return lines, False
    width = -(-size // columns)
    shaped = np.append(values, np.full(-size % width, np.nan)).reshape(-1, width)
    finite = np.isfinite(shaped)
    start = np.arange(0, size, width)
    low = np.where(finite, shaped, np.inf).argmin(axis=1) + start
    high = np.where(finite, shaped, -np.inf).argmax(axis=1) + start
    gap = (~finite).argmax(axis=1) + start  # the first that is no number, so that the line keeps its gap
    chosen = np.unique(np.concatenate([start, low, high, gap[~finite.all(axis=1)], [size - 1]]))
    chosen = chosen[chosen < size]
    return (steps[chosen], times[chosen], values[chosen]), True


def share(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Where values lie between the least (0) and the greatest (1) of some finite ones; 0.5 where these are the same."""
    if not len(among):
        return np.full(len(values), np.nan)
    scale = float(np.abs(among).max()) or 1.0  # numbers of ±1e308 cannot be subtracted as they are
    low, high = float(among.min()) / scale, float(among.max()) / scale
    return (values / scale - low) / (high - low) if high > low else np.full(len(values), 0.5)


def packed(lines: Lines) -> bytes:
    """The bytes that travel: steps, times, values, one behind the other."""
    return np.concatenate(lines).astype("<f8", copy=False).tobytes()


def _follows(before: Sequence[float], block: memoryview[Any]) -> bool:
    """Whether numbers only grow, also from those before them."""
    added = np.asarray(block)
    return not len(added) or bool((not before or before[-1] <= added[0]) and (added[1:] >= added[:-1]).all())


def _ordered(lines: Lines) -> Lines:
    steps, times, values = lines
    if (steps[1:] >= steps[:-1]).all():
        return lines
    order = np.argsort(steps, kind="stable")
    return steps[order], times[order], values[order]
