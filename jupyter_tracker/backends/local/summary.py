"""What the listing of runs knows of each metric: last, first, least and greatest value."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jupyter_tracker.backends.local.packing import Point, key_names, key_set, pack_points, unpack_points
from jupyter_tracker.models import MetricSummary, PointBlock


def summarize(db: sqlite3.Connection, run: int, block: PointBlock) -> None:
    """Take new points into the table `metrics` and the listing column of their run."""
    latest = read_latest(db, run)
    first_at = _earliest(block.times)
    for (key, last), values in zip(_lasts(block), block.values, strict=True):
        _take(latest, key, last)
        _upsert(db, run, key, len(values), last, _point(block, values, first_at), *_range(values))
    _list(db, run, latest)


def keep_summary(db: sqlite3.Connection, run: int, key: str, latest: Point, summary: MetricSummary) -> None:
    """Take in what is known of a metric whose points are kept nowhere."""
    low, high = (None if math.isnan(each) else each for each in (summary.min, summary.max))
    _upsert(db, run, key, summary.count, latest, (summary.first, *latest[1:]), low, high)
    _list(db, run, read_latest(db, run) | {key: latest})


def _list(db: sqlite3.Connection, run: int, latest: dict[str, Point]) -> None:
    db.execute(
        "UPDATE runs SET metrics = ?, points = ? WHERE number = ?", (key_set(db, [*latest]), pack_points(latest), run)
    )


def read_latest(db: sqlite3.Connection, run: int) -> dict[str, Point]:
    """The latest point of each metric of a run that is settled."""
    names, points = db.execute("SELECT metrics, points FROM runs WHERE number = ?", (run,)).fetchone()
    return unpack_points(key_names(db, {names})[names], points)


def read_summaries(
    db: sqlite3.Connection, run: int, keys: Sequence[str], unsettled: Sequence[PointBlock]
) -> dict[str, MetricSummary]:
    """Some metrics of a run over all points: those that are settled, and those that are not yet."""
    rows = db.execute(
        "SELECT key, count, coalesce(last, 'nan'), last_time, coalesce(first, 'nan'), first_time, coalesce(min, 'nan'),"
        " coalesce(max, 'nan') FROM metrics WHERE run = ? AND key IN (SELECT value FROM json_each(?))",
        (run, json.dumps(list(keys))),
    )
    found = {key: _Span(count, *map(float, rest)) for key, count, *rest in rows}
    for block in unsettled:
        first_at = _earliest(block.times)
        for (key, last), values in zip(_lasts(block), block.values, strict=True):
            if key in keys:
                low, high = _range(values)
                more = _Span(
                    len(values),
                    last[0],
                    last[2],
                    values[first_at],
                    block.times[first_at],
                    math.nan if low is None else low,
                    math.nan if high is None else high,
                )
                found[key] = found[key].joined(more) if key in found else more
    return {key: MetricSummary(span.count, span.last, span.first, span.min, span.max) for key, span in found.items()}


@dataclass(frozen=True, slots=True)
class _Span:
    count: int
    last: float
    last_time: float
    first: float
    first_time: float
    min: float
    max: float

    def joined(self, more: _Span) -> _Span:
        later = _later((more.last, 0, more.last_time)) >= _later((self.last, 0, self.last_time))
        earlier = more.first_time < self.first_time
        lows = [low for low in (self.min, more.min) if not math.isnan(low)]
        highs = [high for high in (self.max, more.max) if not math.isnan(high)]
        return _Span(
            self.count + more.count,
            *((more.last, more.last_time) if later else (self.last, self.last_time)),
            *((more.first, more.first_time) if earlier else (self.first, self.first_time)),
            min(lows, default=math.nan),
            max(highs, default=math.nan),
        )


def with_points(latest: dict[str, Point], blocks: Iterable[PointBlock]) -> dict[str, Point]:
    """The latest points as they are with some more."""
    latest = dict(latest)
    for block in blocks:
        for key, last in _lasts(block):
            _take(latest, key, last)
    return latest


def _take(latest: dict[str, Point], key: str, last: Point) -> None:
    if key not in latest or _later(last) >= _later(latest[key]):
        latest[key] = last


def _upsert(
    db: sqlite3.Connection,
    run: int,
    key: str,
    count: int,
    last: Point,
    first: Point,
    low: float | None,
    high: float | None,
) -> None:
    db.execute(
        """
        INSERT INTO metrics (
            run, key, count, last, last_step, last_time, first, first_step, first_time, min, max
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (run, key) DO UPDATE SET
            count = count + excluded.count,
            (last, last_step, last_time) = (SELECT
                iif(newer, excluded.last, metrics.last),
                iif(newer, excluded.last_step, metrics.last_step),
                iif(newer, excluded.last_time, metrics.last_time)
                FROM (SELECT excluded.last_time > metrics.last_time OR (excluded.last_time = metrics.last_time
                    AND coalesce(excluded.last >= metrics.last, excluded.last IS NOT NULL)) AS newer)),
            first = iif(excluded.first_time < metrics.first_time, excluded.first, metrics.first),
            first_step = iif(excluded.first_time < metrics.first_time, excluded.first_step, metrics.first_step),
            first_time = min(excluded.first_time, metrics.first_time),
            min = coalesce(min(metrics.min, excluded.min), metrics.min, excluded.min),
            max = coalesce(max(metrics.max, excluded.max), metrics.max, excluded.max)
        """,
        (run, key, count, *last, *first, low, high),
    )


def _lasts(block: PointBlock) -> Iterator[tuple[str, Point]]:
    """The latest point of each key."""
    times, rows = block.times, len(block)
    latest = max(times)
    if rows == 1 or max(times[: rows - 1]) < latest:
        last_at = [rows - 1]
    else:
        last_at = [row for row in range(rows) if times[row] == latest]
    for key, values in zip(block.keys, block.values, strict=True):
        yield key, max((_point(block, values, row) for row in last_at), key=_later)


def _earliest(times: memoryview[float]) -> int:
    """The first row of the earliest time."""
    earliest = min(times)
    return next(row for row, time in enumerate(times) if time == earliest)


def _point(block: PointBlock, values: memoryview[float], row: int) -> Point:
    return values[row], block.steps[row], block.times[row]


def _later(point: Point) -> tuple[float, bool, float]:
    """Latest time first, then the largest value, NaN being the least (Databricks: `get_run`)."""
    value, _, time = point
    return (time, False, 0.0) if math.isnan(value) else (time, True, value)


def _range(values: memoryview[float]) -> tuple[float | None, float | None]:
    """Least and greatest value that is a number; None when there is none."""
    if not math.isnan(sum(values)):
        return min(values), max(values)
    numbers = [value for value in values if not math.isnan(value)]
    return (min(numbers), max(numbers)) if numbers else (None, None)
