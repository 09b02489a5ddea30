"""Choosing among runs that a platform has given: one by what people call it, many by filter, order and page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from jupyter_tracker.backends.operations import LineageOperations, MetricOperations, RunQuery
from jupyter_tracker.errors import Ambiguous, InvalidInput, NotFound, Unsupported
from jupyter_tracker.filters import Histories, History, datasets_needed, evaluate, history_needed, sort_runs
from jupyter_tracker.flow import Flow, Together
from jupyter_tracker.models import Checkpoint, CheckpointQuery, DatasetUse, MetricValue, Page, Points, RunInfo

LAST = "last"
_HINT = "`%tracker runs` lists them."


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
    raise NotFound("run", reference, [run.name for run in known[:1000]], _HINT)


def page_of(
    query: RunQuery, runs: Iterable[RunInfo], metrics: MetricOperations, lineage: LineageOperations | None = None
) -> Flow[Page[RunInfo]]:
    """One page of the runs that fit a query, in its order; points and datasets are read only where it asks about them.

    Raises:
        Unsupported: it asks about datasets, and `lineage` is left out.
    """
    start = _start(query.cursor)
    known = list(runs)
    kept: dict[str, Histories] = {}
    if keys := tuple(sorted(history_needed(query.where, *query.order_by))):
        summaries = yield from metrics.summaries([run.id for run in known], keys)
        kept = {
            run_id: {key: History(each.first, each.min, each.max) for key, each in found.items()}
            for run_id, found in summaries.items()
        }
    read: dict[str, Sequence[DatasetUse]] = {}
    if datasets_needed(query.where):
        if lineage is None:
            raise Unsupported(metrics.backend, "lineage.inputs")
        uses = yield Together([lineage.inputs(run.id) for run in known])
        read = {run.id: each for run, each in zip(known, uses, strict=True)}
    found = [run for run in known if evaluate(query.where, run, kept.get(run.id, {}), read.get(run.id, ()))]
    ordered = sort_runs(found, query.order_by, lambda run: kept.get(run.id, {}))
    stop = start + query.limit
    return Page(tuple(ordered[start:stop]), str(stop) if stop < len(ordered) else None)


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


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal():
        raise InvalidInput(f"{cursor!r} is not a cursor that listing runs gave.")
    return int(cursor)


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
