"""One poll of a list of runs, shared by all views of it.

Views hold only the rows that they show: they are told that something changed, and ask for rows by their place.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jupyter_tracker.backends.operations import RunQuery
from jupyter_tracker.client import flows
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.feed.feed import Push
from jupyter_tracker.feed.pace import Pace, Pauses
from jupyter_tracker.feed.points import Lines, PointStore, envelope, share
from jupyter_tracker.feed.polling import PolledFeed
from jupyter_tracker.feed.wire import Json, number, plain, run_data, summary_data
from jupyter_tracker.filters import lower_is_better
from jupyter_tracker.models import MACHINE_PREFIX, JsonValue, MetricSummary, RunInfo, RunState, RunTable

LIMIT = 100_000
"""Runs that a table holds at most; the view says when there are more."""
GROUPS = 1000
"""Groups that a view is told of at most."""
PAGE = 500
"""Rows that a view may ask for at once."""
PACE = Pace(active=1.0, quiet=5.0)
"""Seconds between two polls: while a run of the table is active, and while none is."""
_SHARE, _QUIET_SHARE = 20, 100
"""A poll that takes long comes so many times its own length after the one before; the same two cases."""
_SPARKS = 2000
"""Curves of ended runs that are kept."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field that some of the runs have."""

    name: str
    """`params.…`, `metrics.…` or `tags.…`"""
    count: int
    """Runs that have it."""
    varies: bool
    """Whether they differ in it."""
    numeric: bool
    best: float | None = None
    """The least of their latest values where lower is better, else the greatest; None for what is no metric."""


class TableFeed(PolledFeed):
    """Reads the runs of a query again and again while somebody looks at them."""

    def __init__(self, tracker: AsyncTracker, query: RunQuery) -> None:
        super().__init__(PACE, Pauses(_SHARE, _QUIET_SHARE))
        self._tracker = tracker
        self._query = query
        self._runs: Sequence[RunInfo] = ()
        self._columns: tuple[Column, ...] = ()
        self._more = False
        self._sparks: dict[tuple[str, str, int], tuple[bytes, int]] = {}
        self._places: Mapping[str, int] | None = None

    async def _look(self) -> bool:
        found = await self._tracker.drive(flows.list_runs(self._tracker.backend, self._query, LIMIT + 1))
        more, runs = len(found) > LIMIT, found[:LIMIT]
        changed = not self._read or more != self._more or not await asyncio.to_thread(same, runs, self._runs)
        if changed:
            self._columns = await asyncio.to_thread(columns_of, runs)
            self._runs, self._more = runs, more
            self._places = None
            self._version += 1
        self._read = True
        return changed

    async def rows(
        self,
        start: int,
        stop: int,
        aggregates: Sequence[str] = (),
        *,
        anchor: str | None = None,
        known: Mapping[str, object] | None = None,
    ) -> Json:
        """The runs from one place to another; with the metrics' history for those of which it is asked.

        Args:
            start: Place of the first run.
            stop: Place behind the last one.
            aggregates: Metrics whose history each row has.
            anchor: Id of a run of which the place is told, too.
            known: Digests of rows that the view has, by id; of those that are the same only the id is sent.
        """
        await self.begun()
        start = max(0, start)
        version, count, infos = self._version, len(self._runs), list(self._runs[start : min(stop, start + PAGE)])
        place = None if anchor is None else self._place(anchor)
        rows = await self._rows(infos, aggregates)
        known = known or {}
        rows = [{"id": row["id"], "same": True} if known.get(row["id"]) == row["digest"] else row for row in rows]
        return {"version": version, "start": start, "count": count, "anchor": place, "rows": rows}

    async def rows_of(self, ids: Sequence[str], aggregates: Sequence[str] = ()) -> Json:
        """Some runs by their ids, in the order of the table; those that are not in it are left out."""
        await self.begun()
        places = sorted(place for place in map(self._place, ids[:PAGE]) if place is not None)
        return {"version": self._version, "rows": await self._rows([self._runs[at] for at in places], aggregates)}

    async def _rows(self, infos: Sequence[RunInfo], aggregates: Sequence[str]) -> list[Json]:
        histories = await self._histories([info.id for info in infos], aggregates)
        return [row_data(info, histories.get(info.id, {})) for info in infos]

    def _place(self, run_id: str) -> int | None:
        if self._places is None:
            self._places = {known: place for place, known in enumerate(self._ids())}
        return self._places.get(run_id)

    def _ids(self) -> Sequence[str]:
        return self._runs.columns().id if isinstance(self._runs, RunTable) else [info.id for info in self._runs]

    def ids(self, start: int, stop: int) -> list[str]:
        """The ids of the runs from one place to another."""
        return list(self._ids()[max(0, start) : max(0, stop)])

    def groups(self, param: str) -> list[Json]:
        """Where runs of the same value of a param begin, in a table that is ordered by it, and how many they are."""
        found: list[Json] = []
        missing = object()
        for place, value in enumerate(self._values(f"params.{param}", missing)):
            group = {"missing": True} if value is missing else {"value": plain(value)}
            if not found or any(found[-1].get(key) != group.get(key) for key in ("missing", "value")):
                if len(found) == GROUPS:
                    break
                found.append({**group, "start": place, "count": 0})
            found[-1]["count"] += 1
        return found

    def _values(self, name: str, missing: object) -> Sequence[object]:
        """A column of the table, with a word of its own for runs that lack it."""
        if not isinstance(self._runs, RunTable):
            key = name.partition(".")[2]
            return [info.params.get(key, missing) for info in self._runs]
        values: list[object] = [missing] * len(self._runs)
        for group in self._runs.columns().fields:
            for row, value in zip(group.rows, group.columns.get(name, ()), strict=False):
                values[row] = value
        return values

    async def sparks(self, ids: Sequence[str], key: str, columns: int) -> tuple[Json, list[bytes]]:
        """The curve of a metric for some runs, thinned to so many pixel columns and drawn into a box of 1 × 1.

        Each buffer has the steps and behind them the values, as float32 from 0 to 1; a gap is NaN.
        """
        found: list[Json] = []
        buffers: list[bytes] = []
        for run_id in ids:
            if (curve := await self._spark(run_id, key, columns)) is not None:
                found.append({"run": run_id, "count": curve[1], "buffer": len(buffers)})
                buffers.append(curve[0])
        return {"sparks": found}, buffers

    async def _spark(self, run_id: str, key: str, columns: int) -> tuple[bytes, int] | None:
        known = self._sparks.get((run_id, key, columns))
        if known is not None:
            return known
        info = await self._tracker.drive(self._tracker.backend.runs.get(run_id))
        if key not in info.metrics:
            return None
        points = await self._tracker.drive(self._tracker.backend.metrics.read(run_id, (key,), None))
        store = PointStore()
        store.extend(points.blocks)
        lines, _ = envelope(store.lines(key, {}), columns)
        curve = boxed(lines), len(lines[0])
        if info.state.ended:
            if len(self._sparks) >= _SPARKS:
                self._sparks.pop(next(iter(self._sparks)))
            self._sparks[run_id, key, columns] = curve
        return curve

    async def _histories(self, ids: Sequence[str], keys: Sequence[str]) -> Mapping[str, Mapping[str, MetricSummary]]:
        if not keys or not ids:
            return {}
        return await self._tracker.drive(self._tracker.backend.metrics.summaries(ids, keys))

    def _active(self) -> int:
        if isinstance(self._runs, RunTable):
            states = Counter(self._runs.columns().state)
            return sum(count for state, count in states.items() if not RunState(state).ended)
        return sum(not info.state.ended for info in self._runs)

    def _tell(self, views: Iterable[Push]) -> None:
        update = {
            "now": time.time(),
            "live": True,
            "version": self._version,
            "count": len(self._runs),
            "more": self._more,
            "active": self._active(),
            "columns": [
                {
                    "name": column.name,
                    "count": column.count,
                    "varies": column.varies,
                    "numeric": column.numeric,
                    "best": None if column.best is None else number(column.best),
                }
                for column in self._columns
            ],
        }
        self._push(views, update)


def row_data(info: RunInfo, histories: Mapping[str, MetricSummary]) -> Json:
    """A run as a row of a table."""
    row = run_data(info, {})
    row["metrics"] = {key: value for key, value in row["metrics"].items() if not key.startswith(MACHINE_PREFIX)}
    row["histories"] = {
        key: {**summary_data(summary), "best": number(summary.min if lower_is_better(key) else summary.max)}
        for key, summary in histories.items()
    }
    row["digest"] = f"{zlib.crc32(json.dumps(row).encode()):x}"
    return row


def boxed(lines: Lines) -> bytes:
    """A curve as shares of its box: steps, then values; float32 has more digits than a sparkline has pixels."""
    steps, _, values = lines
    finite = np.isfinite(values)
    across, down = share(steps, steps), share(values, values[finite])
    return np.concatenate((across, np.where(finite, down, np.nan))).astype("<f4").tobytes()


def same(runs: Sequence[RunInfo], others: Sequence[RunInfo]) -> bool:
    """Whether nothing that a table shows differs."""
    if len(runs) != len(others):
        return False
    if isinstance(runs, RunTable) and isinstance(others, RunTable):
        return repr_of(runs) == repr_of(others)
    return list(runs) == list(others)


def repr_of(table: RunTable) -> list[object]:
    """What a table shows, as values that can be compared; NaN is equal to itself here."""
    columns = table.columns()
    shown: list[object] = [columns.id, columns.name, columns.state, columns.started_at, columns.ended_at]
    for group in columns.fields:
        shown.append(list(group.rows) if not isinstance(group.rows, range) else group.rows)
        for name, values in group.columns.items():
            shown += [name, values.tobytes() if isinstance(values, memoryview) else list(values)]
    return shown


def columns_of(runs: Sequence[RunInfo]) -> tuple[Column, ...]:
    """The fields of some runs: params that differ first, then the others, then metrics, then tags."""
    values: dict[str, list[Sequence[JsonValue] | memoryview[float] | memoryview[int]]] = {}
    for name, part in _parts(runs):
        values.setdefault(name, []).append(part)
    columns = [_column(name, parts, len(runs)) for name, parts in values.items()]
    order = {"params": 0, "metrics": 2, "tags": 3}

    def place(column: Column) -> int:
        scope = column.name.partition(".")[0]
        return order[scope] + (scope == "params" and not column.varies)

    return tuple(sorted(columns, key=place))


def _parts(runs: Sequence[RunInfo]) -> Iterable[tuple[str, Sequence[JsonValue] | memoryview[float] | memoryview[int]]]:
    if isinstance(runs, RunTable):
        for group in runs.columns().fields:
            yield from ((name, part) for name, part in group.columns.items() if not _of_machine(name))
        return
    found: dict[str, list[JsonValue]] = {}
    for info in runs:
        for key, value in info.params.items():
            found.setdefault(f"params.{key}", []).append(value)
        for key, latest in info.training_metrics.items():
            found.setdefault(f"metrics.{key}", []).append(latest.value)
        for key, tag in info.tags.items():
            found.setdefault(f"tags.{key}", []).append(tag)
    yield from found.items()


def _of_machine(name: str) -> bool:
    return name.startswith(f"metrics.{MACHINE_PREFIX}")


def _column(name: str, parts: Sequence[Sequence[JsonValue] | memoryview[float] | memoryview[int]], size: int) -> Column:
    count = sum(map(len, parts))
    numeric = all(_is_numeric(part) for part in parts)
    best = None
    if numeric:
        numbers = np.concatenate([np.asarray(part, np.float64) for part in parts])
        low, high = np.min(numbers), np.max(numbers)
        varies = bool(low != high) and not bool(np.isnan(numbers).all())
        if name.startswith("metrics.") and not np.isnan(numbers).all():
            best = float(np.nanmin(numbers) if lower_is_better(name) else np.nanmax(numbers))
    else:
        varies = len({str(value) for part in parts for value in part}) > 1
    return Column(name, count, varies or 0 < count < size, numeric, best)


def _is_numeric(part: Sequence[JsonValue] | memoryview[float] | memoryview[int]) -> bool:
    if isinstance(part, memoryview | array):
        return True
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in part)
