"""Lists of models that people hold in a notebook: ordinary lists that print well and turn into DataFrames."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from jupyter_tracker.backends.base import Capability
from jupyter_tracker.models import (
    Artifact,
    Checkpoint,
    Classification,
    Event,
    Experiment,
    LogLine,
    MetricValue,
    RunInfo,
    Variable,
)
from jupyter_tracker.pictures import accuracy, area, classification_picture

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_tracker.client.async_run import AsyncRun
    from jupyter_tracker.client.run import Run
    from jupyter_tracker.client.tracker import AsyncTracker, Tracker

SHOWN_ROWS = 100
SHOWN_LINES = 500
"""Log lines that a notebook shows of a longer log."""

T = TypeVar("T")
R = TypeVar("R", bound="Run | AsyncRun")


class Framed:
    """Has a DataFrame, which can be saved."""

    def frame(self) -> pd.DataFrame:
        """What it holds as a DataFrame."""
        raise NotImplementedError

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the frame to a `.csv`, `.json` or `.parquet` file, whole or not at all; the result is its path."""
        from jupyter_tracker import frames

        return frames.save(self.frame(), path)


class Shown(Framed):
    """Prints well, as what its frame shows."""

    _shown_rows = SHOWN_ROWS
    """Rows that are printed of a longer one."""

    def __len__(self) -> int:
        raise NotImplementedError

    def __repr__(self) -> str:
        from jupyter_tracker import frames

        return frames.text(self.frame(), self._noun, self._shown_rows) if len(self) else f"No {self._noun}."

    def _repr_html_(self) -> str | None:
        from jupyter_tracker import frames

        return frames.html(self.frame(), self._shown_rows) if len(self) else None

    @property
    def _noun(self) -> str:
        return type(self).__name__.removesuffix("List").lower() + "s"


class ResultList(Shown, list[T], Generic[T]):
    """Some models, in the order in which the backend gave them."""

    __len__ = list.__len__

    def frame(self) -> pd.DataFrame:
        """The models as a DataFrame, one row each and one column a field."""
        from jupyter_tracker import frames

        return frames.records(self)


class ExperimentList(ResultList[Experiment]):
    """Experiments."""

    def frame(self) -> pd.DataFrame:
        """Columns id, name, description, runs, active, lifecycle, created_at, updated_at, and `tags.…`."""
        from jupyter_tracker import frames

        return frames.experiments(self)


@dataclass(frozen=True, slots=True)
class Listing:
    """The question that a list of runs answers, so that it can be asked again."""

    tracker: Tracker | AsyncTracker
    experiment: str | None
    where: str
    order_by: str
    lifecycle: str
    limit: int | None


class RunList(Shown, Sequence[R], Generic[R]):
    """Runs, as they were listed; one becomes an object when it is looked at.

    Args:
        infos: What was listed.
        make: Turns one of them into a run.
        listing: Of which question this is the answer.
    """

    def __init__(self, infos: Sequence[RunInfo], make: Callable[[RunInfo], R], listing: Listing | None = None) -> None:
        self.listing = listing
        self._infos = infos
        self._make = make
        self._made: dict[int, tuple[RunInfo, R]] = {}

    def __len__(self) -> int:
        return len(self._infos)

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> list[R]: ...
    def __getitem__(self, index: int | slice) -> R | list[R]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        if at not in self._made:
            info = self._infos[at]
            self._made[at] = info, self._make(info)
        return self._made[at][1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # like a list

    def frame(self) -> pd.DataFrame:
        """One row a run: id, name, experiment, state, times (UTC), duration, then `params.…`, `metrics.…`, `tags.…`."""
        from jupyter_tracker import frames

        if any(run.info is not listed for listed, run in self._made.values()):
            return frames.runs([run.info for run in self])  # some were read anew
        return frames.runs(self._infos)


class EventList(ResultList[Event]):
    """Events."""

    def frame(self) -> pd.DataFrame:
        """Columns sequence, time (UTC), kind, level, message, data."""
        from jupyter_tracker import frames

        return frames.events(self)


class LogList(ResultList[LogLine]):
    """Log lines."""

    def frame(self) -> pd.DataFrame:
        """Columns line, time (UTC), stream, text."""
        from jupyter_tracker import frames

        return frames.logs(self)

    def __str__(self) -> str:
        return "\n".join(line.text for line in self)

    def __repr__(self) -> str:
        if not self:
            return "No log lines."
        left = len(self) - SHOWN_LINES
        last = "\n".join(line.text for line in self[-SHOWN_LINES:])
        return f"… {left:,} earlier lines; print(…) shows all, .frame() has them\n{last}" if left > 0 else last

    def _repr_html_(self) -> str | None:
        return None  # a log reads best as text

    @property
    def _noun(self) -> str:
        return "log lines"


class CapabilityList(ResultList[Capability]):
    """What a backend does itself, emulates and lacks; its frame has the columns operation, support, note."""

    _shown_rows = 1000  # all

    @property
    def _noun(self) -> str:
        return "capabilities"


class LatestMetrics(Framed, dict[str, float]):
    """The latest value of each metric, by name."""

    def __init__(self, metrics: Mapping[str, MetricValue]) -> None:
        super().__init__({key: latest.value for key, latest in metrics.items()})
        self._metrics = metrics

    def frame(self) -> pd.DataFrame:
        """Columns metric, value, step, time (UTC)."""
        from jupyter_tracker import frames

        return frames.latest_metrics(self._metrics)

    def __repr__(self) -> str:
        from jupyter_tracker import frames

        return frames.text(self.frame(), "metrics", SHOWN_ROWS) if self else "No metrics."

    def _repr_html_(self) -> str | None:
        from jupyter_tracker import frames

        return frames.html(self.frame(), SHOWN_ROWS) if self else None


class ArtifactList(ResultList[Artifact]):
    """Artifacts."""

    def frame(self) -> pd.DataFrame:
        """Columns path, size (bytes), sha256, created_at (UTC)."""
        from jupyter_tracker import frames

        return frames.artifacts(self)


class CheckpointList(ResultList[Checkpoint]):
    """Checkpoints."""

    def frame(self) -> pd.DataFrame:
        """Columns id, experiment, run, run_id, step, path, size (bytes), complete, created_at, completed_at (UTC)."""
        from jupyter_tracker import frames

        return frames.checkpoints(self)


class VariableList(ResultList[Variable]):
    """Environment variables."""

    def frame(self) -> pd.DataFrame:
        """Columns name, value (missing for a secret), secret, scope, experiment, inherited, shadows, updated_at."""
        from jupyter_tracker import frames

        return frames.variables(self)


class ClassificationResult:
    """What a run logged under one name: a confusion matrix, a ROC curve, or both."""

    def __init__(self, classification: Classification) -> None:
        self.data = classification

    @property
    def name(self) -> str:
        """The name under which it was logged."""
        return self.data.name

    @property
    def confusion_matrix(self) -> pd.DataFrame:
        """Counts, true labels as rows, predicted ones as columns; empty when no matrix was logged."""
        from jupyter_tracker import frames

        return frames.confusion_matrix(self.data)

    @property
    def roc_curve(self) -> pd.DataFrame:
        """Columns fpr, tpr, threshold; empty when no curve was logged."""
        from jupyter_tracker import frames

        return frames.roc_curve(self.data)

    @property
    def pr_curve(self) -> pd.DataFrame:
        """Columns recall, precision, threshold; empty when no curve was logged, or not of how many samples it is."""
        from jupyter_tracker import frames

        return frames.pr_curve(self.data)

    @property
    def class_curves(self) -> pd.DataFrame:
        """Columns class, threshold, fpr, tpr, precision: each class against the rest."""
        from jupyter_tracker import frames

        return frames.class_curves(self.data)

    @property
    def per_class(self) -> pd.DataFrame:
        """A row a class: support, precision, recall, f1, auc, average_precision; what is not known is missing."""
        from jupyter_tracker import frames

        return frames.per_class(self.data)

    @property
    def auc(self) -> float | None:
        """Area under the ROC curve by the trapezoid rule; None when no curve was logged."""
        return area(self.data.fpr, self.data.tpr)

    @property
    def accuracy(self) -> float | None:
        """The share of the matrix on its diagonal; None when no matrix was logged."""
        return accuracy(self.data.matrix)

    def __repr__(self) -> str:
        parts: list[Any] = [f"classification {self.name!r}"]
        if self.data.matrix:
            parts.append(f"{len(self.data.labels)} classes, accuracy {self.accuracy:.4g}")
            parts.append(str(self.confusion_matrix))
        if self.data.fpr:
            parts.append(f"ROC curve of {len(self.data.fpr)} points, area {self.auc:.4g}")
        return "\n".join(parts)

    def _repr_svg_(self) -> str | None:
        return classification_picture(self.data)


class ClassificationList(ResultList[ClassificationResult]):
    """Classification metrics, by name too: `run.classification()["test"]`."""

    def __init__(self, items: Iterable[ClassificationResult]) -> None:
        super().__init__(items)

    def named(self, name: str) -> ClassificationResult:
        """The one of that name; `NotFound` suggests close names."""
        from jupyter_tracker.errors import NotFound

        for result in self:
            if result.name == name:
                return result
        raise NotFound("classification", name, [result.name for result in self])

    def frame(self) -> pd.DataFrame:
        """Columns name, classes, accuracy, auc, step."""
        from jupyter_tracker import frames

        return frames.classifications(self)
