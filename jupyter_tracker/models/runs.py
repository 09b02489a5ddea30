"""The vocabulary of runs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar, overload

from jupyter_tracker.models.core import JsonValue, Lifecycle
from jupyter_tracker.models.recording import MACHINE_PREFIX, MetricValue, Progress

T = TypeVar("T")


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
    SWEEP = "sweep"
    """A search over params: what it trains are its children."""


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
    notes: str = ""
    """What people wrote about it."""
    trimmed_at: datetime | None = None
    """When the retention of its experiment removed points, log, artifacts and checkpoints; None while they are kept."""
    parent: str = ""
    """Id of the run that it is a part of, such as a sweep; empty for most."""
    attempt: int = 1
    """Counts how often its code was started; more than 1 after a retry or a restart."""
    priority: int = 0
    """Of two runs that wait, the one with the larger number starts first."""

    @property
    def training_metrics(self) -> Mapping[str, MetricValue]:
        """The metrics that are no samples of the machine."""
        return {key: latest for key, latest in self.metrics.items() if not key.startswith(MACHINE_PREFIX)}


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """How a query is answered: what the platform is asked, and what is looked at here of the runs that it gives."""

    there: str
    """In the platform's own language; empty when it is asked for all runs."""
    here: tuple[str, ...] = ()
    """Conditions that only this package can say."""
    ordered_there: bool = True
    """Whether the platform gives the runs in the order that is asked for, so that a limit spares requests."""

    def __repr__(self) -> str:
        lines = [
            f"asked there: {self.there or 'all runs'}",
            f"looked at here: {' AND '.join(self.here) or 'nothing'}",
            f"ordered {'there' if self.ordered_there else 'here, which takes all runs that are selected'}",
        ]
        return "\n".join(lines)


class Repeated(Sequence[T]):
    """Values of which the same few stand in many places, each kept once.

    Args:
        distinct: The values.
        places: Which of them stands at each place.
    """

    def __init__(self, distinct: Sequence[T], places: memoryview[int]) -> None:
        self.distinct = distinct
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Repeated[T]: ...
    def __getitem__(self, index: int | slice) -> T | Repeated[T]:
        if isinstance(index, slice):
            return Repeated(self.distinct, self.places[index])
        return self.distinct[self.places[index]]

    def __iter__(self) -> Iterator[T]:
        return map(self.distinct.__getitem__, self.places)


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
