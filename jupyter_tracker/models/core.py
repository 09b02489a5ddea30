"""The shared vocabulary of experiments and runs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from jupyter_tracker.models.variables import Secret

T = TypeVar("T")

JsonValue = Any
"""None, bool, int, float, str, a list of these or a dict of these by str."""


MACHINE_PREFIX = "system/"
"""Metrics of this prefix are samples of the machine; they have steps of their own and are left out unless asked for."""


class RunState(StrEnum):
    """Where a run stands. The platform's own word is kept beside it in `RunInfo.native_state`."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"
    UNKNOWN = "unknown"

    @property
    def ended(self) -> bool:
        """Whether nothing more will come from a run in this state."""
        return self in _ENDED


_ENDED = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.STOPPED, RunState.LOST})


class RunKind(StrEnum):
    """Who runs the training: a process started for it, or the process that logs."""

    SUBMITTED = "submitted"
    IN_KERNEL = "in_kernel"


class Lifecycle(StrEnum):
    """Whether a record is in use, put away, or deleted and still restorable."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


class Level(StrEnum):
    """How serious an event is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Stream(StrEnum):
    """Where a log line came from; `system` is the tracker itself."""

    STDOUT = "stdout"
    STDERR = "stderr"
    SYSTEM = "system"


class CodeKind(StrEnum):
    """What a submitted run executes."""

    SCRIPT = "script"
    FOLDER = "folder"
    NOTEBOOK = "notebook"
    CELL = "cell"


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


@dataclass(frozen=True, slots=True)
class MetricValue:
    """The latest value of one metric: latest time, then largest value (Databricks: `get_run`)."""

    value: float
    step: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an operation of a run is, for example epoch 12 of 30."""

    operation: str
    value: float
    final_value: float | None = None
    units: str = ""
    updated_at: datetime | None = None

    def __str__(self) -> str:
        of = "" if self.final_value is None else f" of {self.final_value:g}"
        units = f" {self.units}" if self.units else ""
        return f"{self.operation} {self.value:g}{of}{units}"


@dataclass(frozen=True, slots=True)
class Code:
    """What a run executes, and where it came from."""

    kind: CodeKind
    path: str = ""
    """The script, notebook or folder; empty for a cell."""
    entry_point: str = ""
    """The file of a folder that is started, relative to it."""
    text: str = ""
    """The source of a cell."""
    working_directory: str = ""
    source: str = ""
    """Id of the kept source that is executed instead of what lies at a path."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What surrounded the code of a run when it started."""

    python: str = ""
    platform: str = ""
    host: str = ""
    git_commit: str = ""
    git_branch: str = ""
    git_dirty: bool = False
    packages: Mapping[str, str] = field(default_factory=dict)
    """Installed distributions, name to version."""
    history: tuple[str, ...] = ()
    """Cells executed in the notebook before the run, oldest first."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One run as it was known when it was read."""

    id: str
    name: str
    experiment_id: str
    experiment: str
    state: RunState
    native_state: str
    reason: str = ""
    """Why the run is in this state, in a sentence; empty when there is nothing to say."""
    kind: RunKind = RunKind.SUBMITTED
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    metrics: Mapping[str, MetricValue] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    progress: tuple[Progress, ...] = ()
    """The operations that the run reports, the one updated last first."""
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None
    source: str = ""
    """Id of the source that has its code; empty where none was kept."""
    signal: str | None = None
    """The signal that ended the process, for example `SIGKILL`."""

    @property
    def training_metrics(self) -> Mapping[str, MetricValue]:
        """The metrics that are no samples of the machine."""
        return {key: latest for key, latest in self.metrics.items() if not key.startswith(MACHINE_PREFIX)}


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Columns of some rows of a table of runs: those whose runs have the same fields."""

    rows: Sequence[int]
    """Where in the table they are."""
    columns: Mapping[str, memoryview[float] | memoryview[int] | Sequence[JsonValue]]
    """`params.…`, `metrics.…` and `tags.…`, each as long as `rows`."""


@dataclass(frozen=True, slots=True)
class RunColumns:
    """What a table of runs shows, column by column; all columns are equally long."""

    id: Sequence[str]
    name: Sequence[str]
    experiment: Sequence[str]
    state: Sequence[str]
    created_at: Sequence[int | None]
    """Microseconds since the epoch, like the other times."""
    started_at: Sequence[int | None]
    ended_at: Sequence[int | None]
    fields: Sequence[FieldGroup]
    """Params, latest metrics and tags."""


class RunTable(Sequence[RunInfo]):
    """Many runs as they were read: a run becomes an object when it is looked at, a column a list when it is asked for.

    A tuple of runs does as well; this spares the objects where only a table of them is wanted.
    """

    @abstractmethod
    def columns(self) -> RunColumns:
        """All runs, column by column."""


@dataclass(frozen=True, slots=True)
class Submission:
    """All that a submitted run is started from."""

    experiment: str
    code: Code
    name: str | None = None
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    data: str | None = None
    """A file or folder handed to the code in `JUPYTER_TRACKER_DATA`."""
    resources: Mapping[str, JsonValue] = field(default_factory=dict)
    timeout: float = 14_400.0
    """Seconds after which the run is ended; UbiOps' default and maximum (172,800 s) hold here, too."""
    variables: Mapping[str, str | Secret] = field(default_factory=dict)
    """Environment variables of the process, in front of those of the experiment and the store."""
    tags: Mapping[str, str] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    """Cells executed in the notebook before it."""
    template: str = ""
    """Id of the template that it was made from."""


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


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items and where to go on reading."""

    items: Sequence[T]
    cursor: str | None
    """None when nothing can follow."""


def span(seconds: float) -> str:
    """A duration as people say it: `0.4 s`, `12 s`, `1 m 02 s`, `3 h 07 m`, `2 d 05 h`."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 1:
        return f"{minutes} m {rest:02d} s"
    days, hours = divmod(hours, 24)
    return f"{hours} h {minutes:02d} m" if days < 1 else f"{days} d {hours:02d} h"
