"""One run in the hand: `Run`; its asynchronous twin is in async_run.py.

The properties show the run as it was when it was last read; `refresh`, `wait`, `stop` and `end` read it anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, overload

from jupyter_tracker.client import classifying, cloning, current, exporting, flows, requests, writing
from jupyter_tracker.client.reports import Statistics
from jupyter_tracker.client.results import (
    ClassificationList,
    ClassificationResult,
    EventList,
    LogList,
    RunList,
)
from jupyter_tracker.client.run_files import RunFiles
from jupyter_tracker.models import (
    Artifact,
    Environment,
    Event,
    JsonValue,
    Level,
    LogLine,
    RunInfo,
    RunState,
    Secret,
    Stream,
    Submission,
)

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd

    from jupyter_tracker.client.tracker import Tracker

GRACE_PERIOD = 600.0
"""Seconds between asking a run to end and killing it (Chariot: `stop_run`)."""


class Run(RunFiles):
    """A run. As a context manager it ends with the block: failed when the block raises."""

    def __init__(self, tracker: Tracker, info: RunInfo) -> None:
        self.tracker = tracker
        self.backend = tracker.backend
        self._drive = tracker.drive
        self.info = info

    def __enter__(self) -> Self:
        current.push(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        current.pop(self)
        if error is not None:
            self._drive(writing.log_failure(self.backend, self.id, error))
        self.end(*writing.outcome(error))

    def log(
        self,
        values: Mapping[str, float],
        *,
        step: int | None = None,
        time: float | None = None,
        stage: str | None = None,
    ) -> None:
        """Add one point to each metric.

        Args:
            values: Metric names to numbers; NaN and infinities are kept.
            step: Left out, it continues from the largest.
            time: Seconds since the epoch; left out, it is now.
            stage: `train`, `validation` or a name of your own, which the names of the metrics then begin with:
                `loss` becomes `validation/loss`. `statistics` shows them side by side.

        Raises:
            InvalidMetric: a value is not a number.
            Conflict: the run has ended.
            StoreFull: the disk is full.
        """
        logged = values if stage is None else writing.staged(values, stage)
        self._drive(self.backend.metrics.log(self.info.id, logged, step, time))

    def log_params(self, params: Mapping[str, JsonValue]) -> None:
        """Add params; `Conflict` when one is there with another value, `InvalidParams` when one is not JSON."""
        self._drive(self.backend.runs.log_params(self.id, params))
        self.refresh()

    def set_tags(self, tags: Mapping[str, str | None]) -> None:
        """Set tags; one of value None is removed."""
        self._drive(self.backend.runs.set_tags(self.id, tags))
        self.refresh()

    def update(
        self, *, name: str | None = None, notes: str | None = None, tags: Mapping[str, str | None] | None = None
    ) -> Self:
        """Rename it, write notes about it, set tags; what is left out stays as it is."""
        self.info = self._drive(self.backend.runs.update(self.id, name, notes, tags))
        return self

    def set_progress(
        self, value: float, final_value: float | None = None, *, operation: str = "progress", units: str = ""
    ) -> None:
        """Say how far an operation is, for example `run.set_progress(3, 30, operation="epoch")`."""
        self._drive(writing.set_progress(self.backend, self.id, value, final_value, operation, units))

    def log_statistics(
        self,
        stages: Mapping[str, float | Mapping[str, float]] | None = None,
        *,
        epoch: float | None = None,
        num_epochs: float | None = None,
        progress: float | None = None,
        step: int | None = None,
    ) -> None:
        """Log metrics by stage and say how far the run is (ABEJA: `update_statistics`); 0 is a value like any other.

        Args:
            stages: `{"train": {"loss": 0.1}, "validation": {"loss": 0.3}}`; a number is a metric without a stage.
            epoch: Kept as the progress of the operation `epoch`.
            num_epochs: How many there will be.
            progress: The share of the run that is done, from 0 to 1; else it is told by the epochs.
            step: Of the points; the epoch when it is left out.

        Raises:
            InvalidInput: a stage is no name, the progress no share, or there are num_epochs without an epoch.
            InvalidMetric: a value is not a number.
        """
        logged = writing.log_statistics(self.backend, self.id, stages or {}, epoch, num_epochs, progress, step)
        self._drive(logged)

    def alert(self, title: str, text: str = "", level: str = Level.WARNING) -> Event:
        """Ask for attention: an event of kind `alert`, which `tracker.runs.alerts()` lists.

        Args:
            title: In a few words.
            text: In more words.
            level: info, warning or error.
        """
        return self._drive(writing.alert(self.backend, self.id, title, text, requests.level(level)))

    def log_event(
        self, message: str, *, kind: str = "note", level: str = "info", data: Mapping[str, JsonValue] | None = None
    ) -> Event:
        """Add an event of your own; level is info, warning or error."""
        return self._drive(self.backend.events.append(self.id, kind, message, requests.level(level), data or {}))

    def log_text(self, text: str, stream: str = Stream.STDOUT) -> None:
        """Add text to the log as it was printed; what follows the last line break is continued by the next text."""
        self._drive(self.backend.logs.append(self.id, Stream(stream), text))

    def log_classification(
        self,
        *,
        name: str = "classification",
        labels: Iterable[Any] | None = None,
        matrix: Iterable[Iterable[float]] | None = None,
        fpr: Iterable[float] | None = None,
        tpr: Iterable[float] | None = None,
        thresholds: Iterable[float] | None = None,
        positives: int | None = None,
        negatives: int | None = None,
        y_true: Iterable[Any] | None = None,
        y_score: Iterable[Any] | None = None,
        y_pred: Iterable[Any] | None = None,
        examples: Mapping[tuple[str, str], Sequence[str | Artifact]] | Sequence[str | Artifact] | None = None,
        step: int | None = None,
    ) -> None:
        """Keep a confusion matrix, a ROC curve, or both under a name, given as they are or computed from `y_true`.

        Args:
            name: The same name again replaces what was logged under it.
            labels: Names of the classes.
            matrix: Counts; a row for each true label, a column for each predicted one.
            fpr: False positive rates.
            tpr: True positive rates.
            thresholds: The thresholds that they belong to.
            positives: Samples of the class that the curve tells from the rest; a PR curve needs them.
            negatives: Samples of the rest.
            y_true: The class of each sample, instead of all of the above but `labels`; see `classification_metrics`.
            y_score: The score of each sample, or of each sample and class.
            y_pred: The predicted class of each sample.
            examples: Texts or logged artifacts to look at: by cell, as in `{("cat", "dog"): ["…"]}`, or with `y_true`
                one for each sample. Ten of each cell and 2000 in all are kept, 1000 characters of each.
            step: Where in the training it was computed.

        Raises:
            InvalidInput: parts are missing or of unequal length (Vertex AI: `log_classification_metrics`).
        """
        parts: dict[str, Any] = {"matrix": matrix, "fpr": fpr, "tpr": tpr, "thresholds": thresholds}
        parts |= {"positives": positives, "negatives": negatives, "labels": labels, "examples": examples}
        parts |= {"y_true": y_true, "y_score": y_score, "y_pred": y_pred}
        self._drive(classifying.log_classification(self.backend, self.id, name=name, step=step, **parts))

    def statistics(self) -> Statistics:
        """The latest value of each metric by stage, and epoch, number of epochs and progress; read anew."""
        return Statistics(self._drive(self.backend.runs.get(self.id)))

    def series(self, keys: Sequence[str] | None = None, *, wide: bool = True) -> pd.DataFrame:
        """Every point of some metrics, or of all that the training logged.

        Args:
            keys: Metric names; `system/…` metrics come only when they are named.
            wide: One row a step and one column a metric; else one row a point with columns key, step, time (UTC),
            value.

        Raises:
            NotFound: the run has not logged that metric.
        """
        from jupyter_tracker import frames

        return frames.series(self._drive(flows.read_points(self.backend, self.id, keys)), keys=keys, wide=wide)

    def machine(self) -> pd.DataFrame:
        """Samples of the machine: CPU in percent of a core, memory in bytes, GPUs; indexed by time (UTC)."""
        from jupyter_tracker import frames

        return frames.machine(self._drive(flows.read_points(self.backend, self.id, None, machine=True)))

    @overload
    def events(self, follow: Literal[False] = False, *, after: int = 0) -> EventList: ...
    @overload
    def events(self, follow: Literal[True], *, after: int = 0) -> Iterator[Event]: ...
    @overload
    def events(self, follow: bool, *, after: int = 0) -> EventList | Iterator[Event]: ...
    def events(self, follow: bool = False, *, after: int = 0) -> EventList | Iterator[Event]:
        """What happened, behind the sequence number `after`; with `follow`, as it comes until the run has ended."""
        if follow:
            return self.tracker.iterate(flows.follow_events(self.backend, self.id, after))
        return EventList(self._drive(flows.read_events(self.backend, self.id, after)))

    @overload
    def logs(self, follow: Literal[False] = False, *, tail: int | None = None, after: str | None = None) -> LogList: ...
    @overload
    def logs(
        self, follow: Literal[True], *, tail: int | None = None, after: str | None = None
    ) -> Iterator[LogLine]: ...
    @overload
    def logs(
        self, follow: bool, *, tail: int | None = None, after: str | None = None
    ) -> LogList | Iterator[LogLine]: ...
    def logs(
        self, follow: bool = False, *, tail: int | None = None, after: str | None = None
    ) -> LogList | Iterator[LogLine]:
        """What was printed, behind the cursor `after` or the last `tail` lines; with `follow`, as it is printed."""
        if follow:
            return self.tracker.iterate(flows.follow_logs(self.backend, self.id, after, tail))
        return LogList(self._drive(flows.read_logs(self.backend, self.id, after, tail)))

    def classification(self, name: str | None = None) -> ClassificationResult:
        """The classification metrics of that name, or those logged last, with `confusion_matrix` and `roc_curve`."""
        return ClassificationResult(self._drive(flows.classification(self.backend, self.id, name)))

    def classifications(self) -> ClassificationList:
        """All classification metrics."""
        return ClassificationList(map(ClassificationResult, self._drive(self.backend.classifications.list(self.id))))

    def children(self) -> RunList[Run]:
        """The runs that are a part of it, such as the trials of a sweep, the first one first."""
        return RunList(self._drive(flows.list_children(self.backend, self.id)), partial(Run, self.tracker))

    def environment(self) -> Environment:
        """What surrounded the code: Python, packages, git, executed cells."""
        return self._drive(self.backend.runs.environment(self.id))

    def submission(self) -> Submission | None:
        """What a submitted run was started from, its code above all; None for a run in a kernel."""
        return self._drive(self.backend.runs.submission(self.id))

    def export(self, path: str | os.PathLike[str]) -> Path:
        """Write the run with all that it recorded into one file; see `Runs.export`."""
        return self._drive(exporting.export_run(self.backend, self.id, path))

    def stop(self, grace_period: float = GRACE_PERIOD) -> Self:
        """Ask the run to end; what still runs after `grace_period` seconds is killed. `wait` sees the end.

        Raises:
            Conflict: it has ended.
            InvalidInput: the grace period is negative.
        """
        self.info = self._drive(flows.stop(self.backend, self.id, grace_period))
        return self

    def restart(self, *, variables: Mapping[str, str | Secret] | None = None) -> Self:
        """Start its code, as it was kept, again with the same params: the run goes on as a further attempt.

        Metrics, log and events follow those that are there, and its checkpoints stay; the code finds the number of
        the attempt in `JUPYTER_TRACKER_ATTEMPT`, and `jt.current_run().checkpoints()`.

        Args:
            variables: Its own environment variables again, whose values were not kept.

        Raises:
            Conflict: it has not ended, has succeeded, was deleted, or was no submitted run.
            InvalidInput: a variable that it had is missing.
        """
        self.info = self._drive(self.backend.runs.restart(self.id, variables or {}))
        return self

    def clone(
        self,
        params: Mapping[str, JsonValue] | None = None,
        *,
        name: str | None = None,
        variables: Mapping[str, str | Secret] | None = None,
    ) -> Run:
        """Submit its code, as it was kept, as another run; `params` are those that differ.

        Raises:
            Conflict: it was no submitted run.
            InvalidInput: a variable that it had is missing: values were not kept.
        """
        made = cloning.clone(self.backend, self.id, params or {}, name, variables or {})
        return Run(self.tracker, self._drive(made))

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until the run has ended; `WaitTimeout` when it has not within `timeout` seconds."""
        self.info = self._drive(flows.wait(self.backend, self.id, timeout))
        return self

    def refresh(self) -> Self:
        """Read the run anew."""
        self.info = self._drive(self.backend.runs.get(self.id))
        return self

    def end(self, state: RunState | str = RunState.SUCCEEDED, reason: str = "") -> Self:
        """Record how a run of this process ended; all that was logged is complete afterwards."""
        self.info = self._drive(self.backend.runs.end(self.id, requests.end_state(state), reason))
        return self
