"""Many runs at once, in portions of what a platform takes; once for the synchronous and the asynchronous client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.client import requests
from jupyter_tracker.flow import Flow

PORTION = 10_000
"""Runs that one request moves at most (Databricks: `delete_runs`, `restore_runs`)."""


def delete_before(backend: Backend, experiment: str, time: datetime | str, maximum: int | None) -> Flow[int]:
    """Delete the runs created until a time; how many there were."""
    until = requests.moment(time, "time before which runs are deleted")
    found = yield from backend.experiments.get(experiment)
    return (yield from _portions(lambda most: backend.runs.delete_before(found.id, until, most), maximum))


def restore_after(backend: Backend, experiment: str, time: datetime | str, maximum: int | None) -> Flow[int]:
    """Restore the runs deleted since a time; how many there were."""
    since = requests.moment(time, "time after which runs were deleted")
    found = yield from backend.experiments.get(experiment)
    return (yield from _portions(lambda most: backend.runs.restore_after(found.id, since, most), maximum))


def _portions(move: Callable[[int], Flow[int]], maximum: int | None) -> Flow[int]:
    """Move portions until fewer are moved than were asked for: then there are no more."""
    left = requests.maximum(maximum)
    total = 0
    while left is None or left > 0:
        most = PORTION if left is None else min(PORTION, left)
        moved = yield from move(most)
        total += moved
        if moved < most:
            break
        left = None if left is None else left - moved
    return total
