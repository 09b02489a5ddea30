"""Finding runs among those that a platform lists, for platforms that cannot be asked in our language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from jupyter_tracker.backends.operations import MetricOperations, RunQuery
from jupyter_tracker.errors import Ambiguous, InvalidInput, NotFound
from jupyter_tracker.filters import Histories, History, evaluate, history_needed, sort_runs
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Page, RunInfo

LAST = "last"


def find_run(reference: str, runs: Sequence[RunInfo]) -> RunInfo:
    """The run of that id, name or unique beginning of an id, or the one created last.

    Raises:
        NotFound: there is none; close names are suggested.
        Ambiguous: a name or beginning fits several.
    """
    newest = sort_runs(runs, ())
    if reference == LAST:
        if not newest:
            raise NotFound("run", reference, (), "There are no runs yet.")
        return newest[0]
    found = (
        [run for run in newest if run.id == reference]
        or [run for run in newest if run.name == reference]
        or [run for run in newest if reference and run.id.startswith(reference)]
    )
    if not found:
        raise NotFound("run", reference, [run.name for run in newest[:1000]], "`%tracker runs` lists them.")
    if len(found) > 1:
        raise Ambiguous("run", reference, [f"{run.id[:8]} ({run.experiment} / {run.name})" for run in found])
    return found[0]


def page_of(query: RunQuery, runs: Sequence[RunInfo], metrics: MetricOperations) -> Flow[Page[RunInfo]]:
    """The page of a query over all runs that it is about; the filter and the order are worked out here."""
    start = _place(query.cursor)
    kept = {}
    if keys := tuple(sorted(history_needed(query.where, *query.order_by))):
        summaries = yield from metrics.summaries([run.id for run in runs], keys)
        kept = {
            run_id: {key: History(each.first, each.min, each.max) for key, each in found.items()}
            for run_id, found in summaries.items()
        }
    histories: Callable[[RunInfo], Histories] = lambda run: kept.get(run.id, {})  # noqa: E731
    chosen = [run for run in runs if evaluate(query.where, run, histories(run))]
    ordered = sort_runs(chosen, query.order_by, histories)
    stop = start + query.limit
    return Page(tuple(ordered[start:stop]), str(stop) if stop < len(ordered) else None)


def moment(text: object) -> datetime | None:
    """A time from ISO 8601, with nanoseconds or without; None from anything else."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.astimezone()


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal():
        raise InvalidInput(f"{cursor!r} is not a cursor that listing runs gave.")
    return int(cursor)
