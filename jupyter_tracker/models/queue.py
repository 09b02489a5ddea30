"""Who waits for a place to run, and how many places there are."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_tracker.models.runs import RunState

UNLIMITED = "unlimited"
"""What takes a limit away."""


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How many submitted runs there may be at once, in a store or in one of its experiments.

    The names are UbiOps' (`deployments_versions_create`). None is no limit.
    """

    experiment: str = ""
    """Name of the experiment; empty for the store as a whole."""
    minimum_instances: int = 0
    """Of the places of the store, those that are kept for this experiment."""
    maximum_instances: int | None = None
    """Runs at once; 0 holds all back."""
    maximum_queue_size: int | None = None
    """Runs that may wait."""
    running: int = 0
    """Runs that have a place now."""
    waiting: int = 0
    """Runs that wait now."""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A submitted run that has not ended: it waits for a place, or has one."""

    run_id: str
    name: str
    experiment: str
    state: RunState
    priority: int
    position: int
    """1, 2, 3, … for those that wait, in the order in which they start; 0 for those that have a place."""
    reason: str = ""
    """What it waits for."""
