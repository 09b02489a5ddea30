"""What is told of an import, and what was printed as it travels."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_tracker.models.recording import Stream
from jupyter_tracker.models.runs import RunState


@dataclass(frozen=True, slots=True)
class LogPiece:
    """Bytes that a run printed at once."""

    time: int
    """Microseconds since the epoch."""
    stream: Stream
    data: bytes


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """A run that was imported."""

    id: str
    name: str
    experiment: str
    state: RunState
    points: int
    """Metric points, over all metrics."""
    files: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought."""

    runs: tuple[ImportedRun, ...]
    notes: tuple[str, ...] = ()
    """What was left out or is different here, a sentence each."""
