"""Lists to their end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_tracker.backends.chariot.requests import Json, Messages
from jupyter_tracker.errors import PlatformFailure
from jupyter_tracker.flow import Flow

if TYPE_CHECKING:
    from jupyter_tracker.backends.chariot.operations import ChariotOperations

PAGE = 100
METRICS_PAGE = 1000
CROWD = 100_000
"""Metrics of one time that are read at most: the keyset cannot tell them apart."""


def all_runs(operations: ChariotOperations, project: str, name_ilike: str | None = None) -> Flow[Messages]:
    """All runs of a project, by id: a keyset, so that runs that come or go meanwhile shift nothing."""
    found: Messages = []
    after: str | None = None
    while True:
        page = yield from operations.get_runs(
            project_ids=[project],
            name_ilikes=None if name_ilike is None else [name_ilike],
            sort=["id:asc"],
            id_after=after,
            limit=PAGE,
        )
        found += page
        if len(page) < PAGE:
            return found
        after = str(page[-1]["id"])


def all_events(operations: ChariotOperations, run_id: str) -> Flow[Messages]:
    """All events of a run, oldest first; each sequence number once."""
    found: dict[int, Json] = {}
    offset = 0
    while True:
        page = yield from operations.get_events(run_id, limit=PAGE, offset=offset, sort=["sequence:asc"])
        found |= {int(one["sequence"]): one for one in page}
        offset += len(page)
        if len(page) < PAGE:
            return [found[number] for number in sorted(found)]


def all_checkpoints(
    operations: ChariotOperations, run_ids: Sequence[str] | None, project: str | None = None
) -> Flow[Messages]:
    """All checkpoints of some runs, or of a project."""
    projects = None if project is None else [project]
    found: dict[str, Json] = {}
    offset = 0
    while True:
        page = yield from operations.get_checkpoints(
            run_ids=run_ids, project_ids=projects, sort=["id:asc"], limit=PAGE, offset=offset
        )
        found |= {str(one["id"]): one for one in page}
        offset += len(page)
        if len(page) < PAGE:
            return list(found.values())


def metrics_since(
    operations: ChariotOperations, run_id: str, since: float | None, tags: Sequence[str] | None
) -> Flow[Messages]:
    """All metrics of a run that are not older than an epoch number of the platform, newest first, each once.

    Several metrics share a time, so each page begins a unit behind the time at which the one before ended, and what was
    seen is left out.
    """
    found: dict[str, Json] = {}
    before: float | None = None
    limit = METRICS_PAGE
    while True:
        page = yield from operations.get_metrics(run_id, tags=tags, limit=limit, created_before=before)
        fresh = [one for one in page if str(one["id"]) not in found]
        found |= {str(one["id"]): one for one in fresh}
        oldest = min((float(one["created_at"]) for one in page), default=0.0)
        if len(page) < limit or (since is not None and oldest < since):
            return [one for one in found.values() if since is None or float(one["created_at"]) >= since]
        if fresh and (before is None or oldest + 1 < before):
            before, limit = oldest + 1, METRICS_PAGE
        elif limit < CROWD:
            limit *= 10  # a page of one time only
        else:
            raise PlatformFailure(
                f"More than {CROWD:,} metrics of the run {run_id} share one time; Chariot cannot list them all.",
                backend="chariot",
                operation="get_all_metrics",
            )
