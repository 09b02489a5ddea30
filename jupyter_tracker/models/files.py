"""Files kept with runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file kept with a run."""

    path: str
    """Name within the run, with `/` between folders."""
    size: int
    """bytes"""
    sha256: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A saved state of training at a step."""

    id: str
    run_id: str
    step: int
    path: str
    """Its artifact path within the run: a file or a folder."""
    size: int
    """bytes of all files; 0 while it is incomplete"""
    complete: bool
    """Whether all of it is there; one whose writer died stays incomplete."""
    created_at: datetime | None = None
    completed_at: datetime | None = None
    run: str = ""
    """The name of its run."""
    experiment: str = ""
    """The name of its experiment."""


@dataclass(frozen=True, slots=True)
class CheckpointQuery:
    """Which checkpoints are listed, in which order; what is None does not matter (Chariot: `get_checkpoints`)."""

    experiment: str | None = None
    """Name or id."""
    run_ids: tuple[str, ...] | None = None
    steps: tuple[int, ...] | None = None
    min_step: int | None = None
    max_step: int | None = None
    complete: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    order_by: str = "step"
    """`step`, `created_at`, `size` or `id`; ties are broken by creation, in the same direction."""
    descending: bool = False
    limit: int | None = None
    offset: int = 0
