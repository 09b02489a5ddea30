"""The vocabulary of experiments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from jupyter_tracker.models.core import Lifecycle


@dataclass(frozen=True, slots=True)
class Experiment:
    """A named group of runs."""

    id: str
    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    created_at: datetime | None = None
    updated_at: datetime | None = None
    run_count: int | None = None
    """Runs that are not deleted; None where the platform does not say."""
    active_run_count: int | None = None
    """Runs that have not ended."""
