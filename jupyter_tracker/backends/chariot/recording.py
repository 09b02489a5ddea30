"""What a run of Chariot records: metrics, events and checkpoints. Only the job writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from jupyter_tracker.backends.chariot import paging
from jupyter_tracker.backends.chariot.operations import ChariotOperations
from jupyter_tracker.backends.chariot.parse import parse_checkpoint, parse_events, parse_points, parse_run
from jupyter_tracker.backends.operations import CheckpointOperations, EventOperations, MetricOperations
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Checkpoint, Event, Points

PATIENCE = 10.0
"""Seconds for which an event is held back because one before it is missing."""


class ChariotMetrics(MetricOperations):
    """Metrics by global step."""

    def __init__(self, native: ChariotOperations) -> None:
        self._native = native

    def read(self, run_id: str, keys: Sequence[str] | None, after: str | None) -> Flow[Points]:
        since, seen = _parse_cursor(after)
        yield from self._native.get_run(run_id)
        found = yield from paging.metrics_since(self._native, run_id, since, None if keys is None else list(keys))
        fresh = [one for one in found if str(one["id"]) not in seen]
        if not fresh:
            return Points((), after or _format_cursor(None, []))
        newest = max(float(one["created_at"]) for one in found)
        # Others of the same time may still come; those that came are known by their ids.
        kept = [str(one["id"]) for one in found if float(one["created_at"]) == newest]
        return Points(parse_points(fresh).blocks, _format_cursor(newest, kept))


class ChariotEvents(EventOperations):
    """Events with the platform's sequence."""

    def __init__(self, native: ChariotOperations) -> None:
        self._native = native

    def read(self, run_id: str, after: int, limit: int) -> Flow[tuple[Event, ...]]:
        # The run first: what happened before its end is then read after it.
        ended = parse_run((yield from self._native.get_run(run_id))).state.ended
        found = yield from paging.all_events(self._native, run_id)
        events = parse_events(found, ended=ended, now=datetime.now(UTC), patience=PATIENCE)
        return tuple(event for event in events if event.sequence > after)[:limit]


class ChariotCheckpoints(CheckpointOperations):
    """Checkpoints; one that is still uploaded is incomplete."""

    def __init__(self, native: ChariotOperations) -> None:
        self._native = native

    def list(self, run_id: str) -> Flow[tuple[Checkpoint, ...]]:
        found = yield from paging.all_checkpoints(self._native, run_id)
        return tuple(sorted(map(parse_checkpoint, found), key=lambda one: (one.step, one.id)))


def _format_cursor(newest: float | None, ids: Sequence[str]) -> str:
    return json.dumps([newest, sorted(ids)], separators=(",", ":"))


def _parse_cursor(text: str | None) -> tuple[float | None, set[str]]:
    if text is None:
        return None, set()
    try:
        newest, ids = json.loads(text)
        return (None if newest is None else float(newest)), {str(one) for one in ids}
    except (ValueError, TypeError):
        raise InvalidInput(f"{text!r} is not a cursor that reading metrics gave.") from None
