"""How long runs are kept, and what is told of a clean-up."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum


class RetentionMode(StrEnum):
    """What remains of a run once the retention time of its experiment is over (UbiOps: `request_retention_mode`)."""

    NONE = "none"
    """Nothing: the run is purged."""
    METADATA = "metadata"
    """What is small: params, tags, notes, the latest, first, least and greatest value of each metric, progress,
    classification metrics, events, environment and submission. Points, log, artifacts and checkpoints go."""
    FULL = "full"
    """Everything."""


@dataclass(frozen=True, slots=True, repr=False)
class Cleanup:
    """What was removed for good; two of them add up."""

    runs_purged: int = 0
    runs_trimmed: int = 0
    """Runs of which only the metadata was kept."""
    experiments_purged: int = 0
    sources_purged: int = 0
    templates_purged: int = 0
    models_purged: int = 0
    orphans_removed: int = 0
    """Files, folders, datasets and executions that nothing in the store referred to."""
    bytes_freed: int = 0
    """Size of all files that were removed; the database reuses or gives back its own room."""

    def __add__(self, other: Cleanup) -> Cleanup:
        return Cleanup(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Cleanup)))

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def __repr__(self) -> str:
        purged = {
            "run": self.runs_purged,
            "experiment": self.experiments_purged,
            "source": self.sources_purged,
            "template": self.templates_purged,
            "model": self.models_purged,
        }
        counted = [_counted(count, noun) for noun, count in purged.items() if count]
        parts = [
            f"purged {', '.join(counted)}" if counted else "",
            f"trimmed {_counted(self.runs_trimmed, 'run')} to the metadata" if self.runs_trimmed else "",
            f"removed {_counted(self.orphans_removed, 'orphan')}" if self.orphans_removed else "",
            f"freed {_size(self.bytes_freed)}" if self.bytes_freed else "",
        ]
        told = "; ".join(filter(None, parts))
        return f"{told[0].upper()}{told[1:]}." if told else "There was nothing to remove."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"
