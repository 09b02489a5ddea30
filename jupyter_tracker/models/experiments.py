"""The vocabulary of experiments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from jupyter_tracker.models.core import Lifecycle
from jupyter_tracker.models.retention import RetentionMode


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
    retention_mode: RetentionMode = RetentionMode.FULL
    """What remains of a run once its time is over."""
    retention_time: float | None = None
    """Seconds from the end of a run until then; None for as long as it likes."""
