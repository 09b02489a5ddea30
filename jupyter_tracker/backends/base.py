"""What a backend offers: one class per noun, one flow per operation.

A backend overrides what its platform can do. What it does not override raises `Unsupported` before anything is sent,
and `capabilities` reads the table that people see from the same fact, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, NoReturn, TypeVar

from jupyter_tracker.errors import Unsupported
from jupyter_tracker.filters import And, Expression, Order
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import (
    Artifact,
    Checkpoint,
    Classification,
    Environment,
    Event,
    Experiment,
    JsonValue,
    Level,
    Lifecycle,
    LogLine,
    Page,
    Points,
    Progress,
    RunInfo,
    RunState,
    Stream,
    Submission,
)

EVERYTHING = And(())
"""The filter that selects every run."""

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs are listed, in which order."""

    experiment: str | None = None
    """Name or id; None lists those of all experiments."""
    where: Expression = EVERYTHING
    """Everything unless it is given."""
    order_by: tuple[Order, ...] = ()
    """Ties are broken by creation, newest first; so is everything when this is empty."""
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    limit: int = 1000
    cursor: str | None = None


class Operations:
    """Operations on one noun."""

    noun: ClassVar[str]
    backend: str = ""
    """Name of the backend, for messages."""

    def _lacks(self, verb: str) -> NoReturn:
        raise Unsupported(self.backend, f"{self.noun}.{verb}")


class ExperimentOperations(Operations):
    """Named groups of runs."""

    noun = "experiments"

    def create(self, name: str, description: str, tags: Mapping[str, str]) -> Flow[Experiment]:
        """Make an experiment; `Conflict` when the name is taken."""
        self._lacks("create")

    def get(self, reference: str) -> Flow[Experiment]:
        """Find one by id or name; `NotFound` suggests close names."""
        self._lacks("get")

    def list(self, lifecycle: Lifecycle) -> Flow[tuple[Experiment, ...]]:
        """All of a lifecycle, the one used last first."""
        self._lacks("list")

    def update(
        self, reference: str, name: str | None, description: str | None, tags: Mapping[str, str | None] | None
    ) -> Flow[Experiment]:
        """Change what is not None; a tag of value None is removed."""
        self._lacks("update")

    def delete(self, reference: str) -> Flow[Experiment]:
        """Put it and its runs where only `restore` finds them."""
        self._lacks("delete")

    def restore(self, reference: str) -> Flow[Experiment]:
        """Bring back what was deleted or archived."""
        self._lacks("restore")

    def archive(self, reference: str) -> Flow[Experiment]:
        """Put it away: it leaves the listing and stays readable."""
        self._lacks("archive")


class RunOperations(Operations):
    """Training runs, from the first word to the end."""

    noun = "runs"

    def submit(self, submission: Submission) -> Flow[RunInfo]:
        """Start training on the platform."""
        self._lacks("submit")

    def start(
        self,
        experiment: str,
        name: str | None,
        params: Mapping[str, JsonValue],
        tags: Mapping[str, str],
        environment: Environment,
    ) -> Flow[RunInfo]:
        """Make a run of which this process is the training."""
        self._lacks("start")

    def attach(self, run_id: str) -> Flow[RunInfo]:
        """Take up a run that was started for this process, so that it can log."""
        self._lacks("attach")

    def end(self, run_id: str, state: RunState, reason: str) -> Flow[RunInfo]:
        """Record the end of a run of this process; everything that was logged is complete afterwards."""
        self._lacks("end")

    def get(self, reference: str) -> Flow[RunInfo]:
        """Find one by id, unique prefix of the id, name, or `last`."""
        self._lacks("get")

    def list(self, query: RunQuery) -> Flow[Page[RunInfo]]:
        """One page of the runs that a query selects."""
        self._lacks("list")

    def stop(self, run_id: str, grace_period: float) -> Flow[RunInfo]:
        """Ask a run to end; it is killed when `grace_period` seconds have passed."""
        self._lacks("stop")

    def delete(self, run_id: str) -> Flow[RunInfo]:
        """Put it where only `restore` finds it; `Conflict` while it runs."""
        self._lacks("delete")

    def restore(self, run_id: str) -> Flow[RunInfo]:
        """Bring back what was deleted or archived."""
        self._lacks("restore")

    def archive(self, run_id: str) -> Flow[RunInfo]:
        """Put it away: it leaves the listing and stays readable."""
        self._lacks("archive")

    def log_params(self, run_id: str, params: Mapping[str, JsonValue]) -> Flow[None]:
        """Add params; `Conflict` when one is there with another value (MLflow: `log_param`)."""
        self._lacks("log_params")

    def set_tags(self, run_id: str, tags: Mapping[str, str | None]) -> Flow[None]:
        """Set tags; one of value None is removed."""
        self._lacks("set_tags")

    def set_progress(self, run_id: str, progress: Progress) -> Flow[None]:
        """Record how far an operation of the run is."""
        self._lacks("set_progress")

    def environment(self, run_id: str) -> Flow[Environment]:
        """What surrounded the code when the run started."""
        self._lacks("environment")

    def submission(self, run_id: str) -> Flow[Submission | None]:
        """What a submitted run was started from; None for a run in a kernel."""
        self._lacks("submission")


class MetricOperations(Operations):
    """Numbers over steps."""

    noun = "metrics"

    def log(self, run_id: str, values: Mapping[str, float], step: int | None, time: float | None) -> Flow[None]:
        """Add one point to each metric.

        A step left out continues from the largest (Vertex AI: `log_time_series_metrics`).
        """
        self._lacks("log")

    def read(self, run_id: str, keys: Sequence[str] | None, after: str | None) -> Flow[Points]:
        """All points behind a cursor, of some keys or of all."""
        self._lacks("read")


class EventOperations(Operations):
    """What happened to a run, in order."""

    noun = "events"

    def append(self, run_id: str, kind: str, message: str, level: Level, data: Mapping[str, JsonValue]) -> Flow[Event]:
        """Add an event."""
        self._lacks("append")

    def read(self, run_id: str, after: int, limit: int) -> Flow[tuple[Event, ...]]:
        """The events behind a sequence number, oldest first."""
        self._lacks("read")


class LogOperations(Operations):
    """What a run printed."""

    noun = "logs"

    def append(self, run_id: str, stream: Stream, text: str) -> Flow[None]:
        """Add text as it was printed, with or without an end of line."""
        self._lacks("append")

    def read(self, run_id: str, after: str | None, limit: int) -> Flow[Page[LogLine]]:
        """The lines behind a cursor, oldest first; the page's cursor goes on from there."""
        self._lacks("read")

    def tail(self, run_id: str, lines: int, before: str | None) -> Flow[Page[LogLine]]:
        """The last lines, or the last before a cursor, oldest first."""
        self._lacks("tail")


class ClassificationOperations(Operations):
    """Confusion matrices and ROC curves."""

    noun = "classifications"

    def log(self, run_id: str, classification: Classification) -> Flow[None]:
        """Keep one under its name; the same name again replaces it (Vertex AI: `log_classification_metrics`)."""
        self._lacks("log")

    def list(self, run_id: str) -> Flow[tuple[Classification, ...]]:
        """All of a run, oldest first."""
        self._lacks("list")


class ArtifactOperations(Operations):
    """Files kept with a run."""

    noun = "artifacts"

    def log(self, run_id: str, source: Path, path: str) -> Flow[tuple[Artifact, ...]]:
        """Keep a file, or each file of a folder, under an artifact path."""
        self._lacks("log")

    def list(self, run_id: str) -> Flow[tuple[Artifact, ...]]:
        """All of a run, by path."""
        self._lacks("list")

    def download(self, run_id: str, path: str, target: Path) -> Flow[Path]:
        """Copy a file or folder into the folder `target`; the result is where it lies."""
        self._lacks("download")


class CheckpointOperations(Operations):
    """Saved states of training."""

    noun = "checkpoints"

    def log(self, run_id: str, step: int, source: Path) -> Flow[Checkpoint]:
        """Keep a file or folder as the checkpoint of a step; it counts as incomplete until all of it is there."""
        self._lacks("log")

    def list(self, run_id: str) -> Flow[tuple[Checkpoint, ...]]:
        """All of a run, by step."""
        self._lacks("list")


NOUNS: Mapping[str, type[Operations]] = {
    kind.noun: kind
    for kind in (
        ExperimentOperations,
        RunOperations,
        MetricOperations,
        EventOperations,
        LogOperations,
        ClassificationOperations,
        ArtifactOperations,
        CheckpointOperations,
    )
}


@dataclass
class Backend:
    """One connection to one platform: its nouns. A noun that is not given is lacking as a whole."""

    name: str
    location: str
    """Where it leads, for people: a folder, or host and project; never a secret."""
    experiments: ExperimentOperations = field(default_factory=ExperimentOperations)
    runs: RunOperations = field(default_factory=RunOperations)
    metrics: MetricOperations = field(default_factory=MetricOperations)
    events: EventOperations = field(default_factory=EventOperations)
    logs: LogOperations = field(default_factory=LogOperations)
    classifications: ClassificationOperations = field(default_factory=ClassificationOperations)
    artifacts: ArtifactOperations = field(default_factory=ArtifactOperations)
    checkpoints: CheckpointOperations = field(default_factory=CheckpointOperations)

    def __post_init__(self) -> None:
        for noun in NOUNS:
            getattr(self, noun).backend = self.name

    def close(self) -> None:
        """Give back what the backend holds; it opens again when it is used again."""


class Support(StrEnum):
    """How a backend does an operation."""

    NATIVE = "native"
    EMULATED = "emulated"
    LACKING = "lacking"


@dataclass(frozen=True, slots=True)
class Capability:
    """One operation of the shared model on one backend."""

    operation: str
    """`noun.verb`, the word that client, magics and panels use."""
    support: Support
    note: str = ""
    """How an emulated operation comes about."""


def emulated(note: str) -> Callable[[F], F]:
    """Mark an operation that the platform does not have and that is made from others; `note` says how."""

    def mark(function: F) -> F:
        function.__dict__["emulation"] = note
        return function

    return mark


def capabilities(backend: Backend) -> tuple[Capability, ...]:
    """What a backend does itself, emulates and lacks, in the order of the nouns above."""
    found = []
    for noun, declared in NOUNS.items():
        actual = type(getattr(backend, noun))
        for verb, lacking in vars(declared).items():
            if verb.startswith("_") or not callable(lacking):
                continue
            function = getattr(actual, verb)
            note = getattr(function, "emulation", "")
            support = Support.LACKING if function is lacking else Support.EMULATED if note else Support.NATIVE
            found.append(Capability(f"{noun}.{verb}", support, note))
    return tuple(found)
