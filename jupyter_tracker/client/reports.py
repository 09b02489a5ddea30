"""What runs report beside their log: statistics by stage, progress, alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracker.client.results import SHOWN_ROWS, Framed, ResultList
from jupyter_tracker.models import Alert, Progress, RunInfo

if TYPE_CHECKING:
    import pandas as pd

OVERALL = "overall"
"""The stage of metrics that were logged without one."""
EPOCH = "epoch"
"""The operation whose progress is the epoch."""
PROGRESS = "progress"
"""The operation whose progress is that of the whole run."""


class Statistics(Framed, dict[str, dict[str, float]]):
    """The latest value of each metric by stage: `run.statistics()["validation"]["loss"]` (ABEJA: `update_statistics`).

    A metric belongs to the stage that its name begins with: `validation/loss` is `loss` of `validation`, and `loss` is
    `loss` of `overall`.
    """

    def __init__(self, info: RunInfo) -> None:
        super().__init__()
        for key, latest in info.training_metrics.items():
            stage, _, name = key.partition("/")
            # A metric whose name is already `overall/…` keeps that name, so that none hides another.
            if not name or not stage or stage == OVERALL:
                stage, name = OVERALL, key
            self.setdefault(stage, {})[name] = latest.value
        self.progresses = ProgressList(info.progress)
        """The operations that the run reports, the one updated last first."""

    @property
    def epoch(self) -> float | None:
        """The epoch that was reported last."""
        return self._value(EPOCH, "value")

    @property
    def num_epochs(self) -> float | None:
        """How many epochs there will be."""
        return self._value(EPOCH, "final_value")

    @property
    def progress(self) -> float | None:
        """How much of the run is done, from 0 to 1: as it was reported, else by its epochs."""
        for name in (PROGRESS, EPOCH):
            reported = self.progresses.named(name)
            if reported is not None and reported.fraction is not None:
                return reported.fraction
        return None

    def frame(self) -> pd.DataFrame:
        """One row a metric, one column a stage; what a stage does not have is missing."""
        from jupyter_tracker import frames

        return frames.statistics(self)

    def __repr__(self) -> str:
        from jupyter_tracker import frames

        epochs = self.progresses.named(EPOCH)
        done = None if self.progress is None else f"{self.progress:.0%}"
        head = " · ".join(filter(None, (None if epochs is None else str(epochs), done)))
        table = frames.text(self.frame().reset_index(), "metrics", SHOWN_ROWS) if self else "No metrics."
        return f"{head}\n\n{table}" if head else table

    def _repr_html_(self) -> str | None:
        from jupyter_tracker import frames

        return frames.html(self.frame(), SHOWN_ROWS) if self else None

    def _value(self, operation: str, part: str) -> float | None:
        reported = self.progresses.named(operation)
        return None if reported is None else getattr(reported, part)


class ProgressList(ResultList[Progress]):
    """How far the operations of a run are."""

    def named(self, operation: str) -> Progress | None:
        """That of one operation, or None."""
        return next((each for each in self if each.operation == operation), None)

    def frame(self) -> pd.DataFrame:
        """Columns operation, value, final_value, percent, units, updated_at (UTC)."""
        from jupyter_tracker import frames

        return frames.progress(self)

    @property
    def _noun(self) -> str:
        return "progress"


class AlertList(ResultList[Alert]):
    """What asks for attention, newest first."""

    def frame(self) -> pd.DataFrame:
        """Columns time (UTC), level, title, text, experiment, run, run_id, sequence."""
        from jupyter_tracker import frames

        return frames.alerts(self)
