"""What is known of a run that one holds, the same for `Run` and `AsyncRun`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from jupyter_tracker.client.reports import ProgressList
from jupyter_tracker.client.results import LatestMetrics
from jupyter_tracker.models import JsonValue, Lifecycle, Progress, RunInfo, RunState

SHOWN_PROGRESS = 3
"""Operations whose progress stands in the line of a run."""


class RunProperties:
    """What is known of a run."""

    info: RunInfo
    """All of it, as it was when the run was read last."""

    @property
    def id(self) -> str:
        """Its identity on its platform."""
        return self.info.id

    @property
    def name(self) -> str:
        """Its name, which others may have, too."""
        return self.info.name

    @property
    def experiment(self) -> str:
        """The name of its experiment."""
        return self.info.experiment

    @property
    def state(self) -> RunState:
        """Where it stands."""
        return self.info.state

    @property
    def params(self) -> Mapping[str, JsonValue]:
        """Its params, with the types that they were given."""
        return self.info.params

    @property
    def metrics(self) -> LatestMetrics:
        """The latest value of each metric of the training; `machine` has the samples of the machine."""
        return LatestMetrics(self.info.training_metrics)

    @property
    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        return self.info.tags

    @property
    def notes(self) -> str:
        """What people wrote about it."""
        return self.info.notes

    @property
    def progress(self) -> Progress | None:
        """The operation whose progress was reported last."""
        return self.info.progress[0] if self.info.progress else None

    @property
    def progresses(self) -> ProgressList:
        """The progress of all operations, the one that was reported last first."""
        return ProgressList(self.info.progress)

    @property
    def created_at(self) -> datetime | None:
        """When it was made (UTC)."""
        return self.info.created_at

    @property
    def started_at(self) -> datetime | None:
        """When its code started (UTC)."""
        return self.info.started_at

    @property
    def ended_at(self) -> datetime | None:
        """When it ended (UTC)."""
        return self.info.ended_at

    def __repr__(self) -> str:
        info = self.info
        parts = [f"{info.experiment} / {info.name}  {info.state}  {info.id[:8]}"]
        parts += [str(progress) for progress in info.progress[:SHOWN_PROGRESS]]
        if info.reason:
            parts.append(info.reason)
        parts += [f"{key} {value:.4g}" for key, value in list(self.metrics.items())[:5]]
        if info.lifecycle is not Lifecycle.ACTIVE:
            parts.append(str(info.lifecycle))
        if info.trimmed_at is not None:
            parts.append(f"points, log and files removed by retention on {info.trimmed_at:%Y-%m-%d}")
        return "\n".join(filter(None, [" · ".join(parts), info.notes]))
