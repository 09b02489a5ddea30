"""Choosing among runs that a platform has given: one by what people call it, many by filter, order and page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from jupyter_tracker.backends.operations import RunQuery
from jupyter_tracker.errors import Ambiguous, InvalidInput, NotFound
from jupyter_tracker.filters import Histories, History, Wildcard, evaluate, history_needed, pattern_parts, sort_runs
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Checkpoint, CheckpointQuery, MetricValue, Page, PointBlock, Points, RunInfo

LAST = "last"
_HINT = "`%tracker runs` lists them."

PointReader = Callable[[RunInfo, Sequence[str]], Flow[Points]]
"""Reads all points of some metrics of a run."""


def choose(runs: Iterable[RunInfo], reference: str) -> RunInfo:
    """The run of that id, name or unique beginning of an id; the one created last for `last`.

    Raises:
        NotFound: there is none; close names are suggested.
        Ambiguous: a name or beginning fits several.
    """
    known = sort_runs(runs, ())
    if reference == LAST:
        if not known:
            raise NotFound("run", reference, (), "There are no runs yet.")
        return known[0]
    tests: Sequence[Callable[[RunInfo], bool]] = (
        lambda run: run.id == reference,
        lambda run: run.name == reference,
        lambda run: bool(reference) and run.id.startswith(reference),
    )
    for fits in tests:
        found = [run for run in known if fits(run)]
        if len(found) == 1:
            return found[0]
        if found:
            raise Ambiguous("run", reference, [f"{run.id} ({run.experiment} / {run.name})" for run in found])
    raise NotFound("run", reference, [run.name for run in known], _HINT)


def select(runs: Iterable[RunInfo], query: RunQuery, read: PointReader) -> Flow[Page[RunInfo]]:
    """One page of the runs that fit a query, in its order; points are read only where a filter asks about them."""
    start = _start(query.cursor)
    needed = history_needed(query.where, *query.order_by)
    known = list(runs)
    histories: dict[str, Histories] = {}
    for run in known if needed else ():
        points = yield from read(run, sorted(needed))
        histories[run.id] = {key: history(points, key) for key in needed & keys_of(points)}
    found = [run for run in known if evaluate(query.where, run, histories.get(run.id, {}))]
    ordered = sort_runs(found, query.order_by, lambda run: histories.get(run.id, {}))
    stop = start + query.limit
    return Page(tuple(ordered[start:stop]), str(stop) if stop < len(ordered) else None)


def keys_of(points: Points) -> set[str]:
    """The metrics that have points."""
    return {key for block in points.blocks if len(block) for key in block.keys}


def history(points: Points, key: str) -> History:
    """What filters ask about all points of a metric."""
    first_at, first, low, high = float("inf"), float("nan"), float("nan"), float("nan")
    for block, values in _of(points.blocks, key):
        for time, value in zip(block.times, values, strict=True):
            if time < first_at:
                first_at, first = time, value
            low = value if not value >= low else low  # NaN gives way
            high = value if not value <= high else high
    return History(first, low, high)


def latest(points: Points) -> Mapping[str, MetricValue]:
    """The latest value of each metric: latest time, then largest value (Databricks: `get_run`)."""
    found: dict[str, tuple[tuple[float, bool, float], int]] = {}
    for block in points.blocks:
        for key, values in zip(block.keys, block.values, strict=True):
            for step, time, value in zip(block.steps, block.times, values, strict=True):
                rank = later(time, value)
                if key not in found or rank >= found[key][0]:
                    found[key] = (rank, step)
    return {
        key: MetricValue(value if number else float("nan"), step, datetime.fromtimestamp(time, UTC))
        for key, ((time, number, value), step) in found.items()
    }


def later(time: float, value: float) -> tuple[float, bool, float]:
    """What makes a point the latest: its time, then that it is a number, then how large it is."""
    return (time, True, value) if value == value else (time, False, 0.0)  # noqa: PLR0124  # NaN differs from itself


def _of(blocks: Iterable[PointBlock], key: str) -> Iterable[tuple[PointBlock, memoryview[float]]]:
    for block in blocks:
        for name, values in zip(block.keys, block.values, strict=True):
            if name == key:
                yield block, values


def _start(cursor: str | None) -> int:
    try:
        return 0 if cursor is None else int(cursor)
    except ValueError:
        raise InvalidInput(f"{cursor!r} is not a cursor that listing runs gave.") from None


def select_checkpoints(found: Iterable[Checkpoint], query: CheckpointQuery) -> tuple[Checkpoint, ...]:
    """Those of some checkpoints that a query selects, in its order; run and experiment are not looked at."""
    oldest = datetime.fromtimestamp(0, UTC)
    chosen = [
        one
        for one in found
        if (query.run_ids is None or one.run_id in query.run_ids)
        and (query.steps is None or one.step in query.steps)
        and (query.min_step is None or one.step >= query.min_step)
        and (query.max_step is None or one.step <= query.max_step)
        and (query.complete is None or one.complete is query.complete)
        and (query.created_after is None or (one.created_at or oldest) > query.created_after)
        and (query.created_before is None or (one.created_at or oldest) < query.created_before)
    ]
    chosen.sort(key=lambda one: one.created_at or oldest, reverse=query.descending)
    chosen.sort(
        key=lambda one: (
            getattr(one, query.order_by) or oldest if query.order_by == "created_at" else getattr(one, query.order_by)
        ),
        reverse=query.descending,
    )
    stop = None if query.limit is None else query.offset + query.limit
    return tuple(chosen[query.offset : stop])


def fits(name: str, pattern: str) -> bool:
    """Whether a name fits an ILIKE pattern."""
    signs = {Wildcard.ANY_TEXT: ".*", Wildcard.ONE_CHARACTER: "."}
    parts = (signs[part] if isinstance(part, Wildcard) else re.escape(part) for part in pattern_parts(pattern))
    return re.fullmatch("".join(parts), name, re.IGNORECASE | re.DOTALL) is not None
