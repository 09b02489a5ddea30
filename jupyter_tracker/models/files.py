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
    complete: bool
    created_at: datetime | None = None
