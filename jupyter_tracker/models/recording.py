"""What a run records as it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jupyter_tracker.models.core import JsonValue, Level

MACHINE_PREFIX = "system/"
"""Metrics of this prefix are samples of the machine; they have steps of their own and are left out unless asked for."""


class Stream(StrEnum):
    """Where a log line came from; `system` is the tracker itself."""

    STDOUT = "stdout"
    STDERR = "stderr"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class MetricValue:
    """The latest value of one metric: latest time, then largest value (Databricks: `get_run`)."""

    value: float
    step: int
    time: datetime


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric over all of its points."""

    count: int
    last: float
    first: float
    min: float
    """Of the values that are numbers, like `max`; NaN when there is none."""
    max: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an operation of a run is, for example epoch 12 of 30."""

    operation: str
    value: float
    final_value: float | None = None
    units: str = ""
    updated_at: datetime | None = None

    @property
    def fraction(self) -> float | None:
        """How much is done, from 0 to 1; None where no final value is known."""
        return self.value / self.final_value if self.final_value else None

    def __str__(self) -> str:
        of = "" if self.final_value is None else f" of {self.final_value:g}"
        units = f" {self.units}" if self.units else ""
        return f"{self.operation} {self.value:g}{of}{units}"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a run."""

    sequence: int
    """1, 2, 3, … without gaps within a run; give it as `after` to go on behind this event."""
    time: datetime
    kind: str
    message: str
    level: Level = Level.INFO
    data: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """An event that asks for attention: of kind `alert`, with the run that raised it."""

    run_id: str
    run: str
    """The name of the run."""
    experiment: str
    """The name of its experiment."""
    sequence: int
    """Of the event within the run."""
    time: datetime
    level: Level
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line, or the part of a line, that a run printed."""

    line: int
    """Number of the line within the run, from 0; the parts of one line share it."""
    time: datetime
    stream: Stream
    text: str
    cursor: str
    """Give it as `after` to go on behind this line."""
    terminated: bool = True
    """False when the rest of the line follows under the same number."""


@dataclass(frozen=True, slots=True)
class PointBlock:
    """Metric points that were logged together, column by column; plain buffers, so that no array library is needed."""

    keys: tuple[str, ...]
    steps: memoryview[int]
    """int64, shape (rows,)"""
    times: memoryview[float]
    """float64, shape (rows,), seconds since the epoch"""
    values: tuple[memoryview[float], ...]
    """one float64 buffer of shape (rows,) for each key"""

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, slots=True)
class Points:
    """Metric points of a run and where to go on reading."""

    blocks: tuple[PointBlock, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class ClassCurve:
    """How well one class is told from all others: its ROC curve."""

    label: str
    fpr: tuple[float, ...]
    tpr: tuple[float, ...]
    thresholds: tuple[float, ...]
    positives: int | None = None
    """Samples of the class; None where it is not known, and then there is no precision."""
    negatives: int | None = None
    """Samples of all other classes."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sample of one cell of a confusion matrix, for people to look at."""

    true: str
    predicted: str
    text: str = ""
    artifact: str = ""
    """Path of an artifact of the run, an image for example."""


@dataclass(frozen=True, slots=True)
class Classification:
    """A confusion matrix, a ROC curve, or both (Vertex AI: `log_classification_metrics`)."""

    name: str
    labels: tuple[str, ...] = ()
    matrix: tuple[tuple[float, ...], ...] = ()
    """Rows are true labels, columns predicted ones."""
    fpr: tuple[float, ...] = ()
    tpr: tuple[float, ...] = ()
    thresholds: tuple[float, ...] = ()
    step: int | None = None
    created_at: datetime | None = None
    positive: str = ""
    """The class that the curve tells from the other one; empty where it is pooled over all classes, or not known."""
    positives: int | None = None
    """Samples for which the curve's answer is yes; None where it is not known."""
    negatives: int | None = None
    """Samples for which it is no."""
    curves: tuple[ClassCurve, ...] = ()
    """Of more than two classes, one for each."""
    examples: tuple[Example, ...] = ()

    @property
    def counts(self) -> tuple[int, int] | None:
        """Positive and negative samples behind the curve: as they were logged, else from a matrix of two classes."""
        if self.positives is not None and self.negatives is not None:
            return self.positives, self.negatives
        rows = [sum(row) for row in self.matrix]
        whole = all(cell.is_integer() and cell >= 0 for row in self.matrix for cell in row)
        if len(rows) != 2 or not whole:
            return None
        positive = self.labels.index(self.positive) if self.positive in self.labels else 1
        return int(rows[positive]), int(rows[1 - positive])
