"""One run in the hand, asynchronously: `AsyncRun`, the twin of `Run`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, overload

from jupyter_tracker.client import classifying, cloning, exporting, flows, registry, requests, writing
from jupyter_tracker.client.reports import Statistics
from jupyter_tracker.client.results import (
    ArtifactList,
    CheckpointList,
    ClassificationList,
    ClassificationResult,
    EventList,
    LogList,
    RunList,
)
from jupyter_tracker.client.run import GRACE_PERIOD
from jupyter_tracker.client.run_lineage import AsyncRunLineage
from jupyter_tracker.models import (
    Artifact,
    Checkpoint,
    Environment,
    Event,
    JsonValue,
    Level,
    LogLine,
    Model,
    RunInfo,
    RunState,
    Secret,
    Stream,
    Submission,
)

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd

    from jupyter_tracker.client.tracker import AsyncTracker


class AsyncRun(AsyncRunLineage):
    """A run, asynchronously. As a context manager it ends with the block: failed when the block raises."""

    def __init__(self, tracker: AsyncTracker, info: RunInfo) -> None:
        self.tracker = tracker
        self.backend = tracker.backend
        self._drive = tracker.drive
        self.info = info

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            await self._drive(writing.log_failure(self.backend, self.id, error))
        await self.end(*writing.outcome(error))

    async def log(
        self,
        values: Mapping[str, float],
        *,
        step: int | None = None,
        time: float | None = None,
        stage: str | None = None,
    ) -> None:
        """See `Run.log`."""
        logged = values if stage is None else writing.staged(values, stage)
        await self._drive(self.backend.metrics.log(self.info.id, logged, step, time))

    async def log_params(self, params: Mapping[str, JsonValue]) -> None:
        """See `Run.log_params`."""
        await self._drive(self.backend.runs.log_params(self.id, params))
        await self.refresh()

    async def set_tags(self, tags: Mapping[str, str | None]) -> None:
        """See `Run.set_tags`."""
        await self._drive(self.backend.runs.set_tags(self.id, tags))
        await self.refresh()

    async def update(
        self, *, name: str | None = None, notes: str | None = None, tags: Mapping[str, str | None] | None = None
    ) -> Self:
        """See `Run.update`."""
        self.info = await self._drive(self.backend.runs.update(self.id, name, notes, tags))
        return self

    async def set_progress(
        self, value: float, final_value: float | None = None, *, operation: str = "progress", units: str = ""
    ) -> None:
        """See `Run.set_progress`."""
        await self._drive(writing.set_progress(self.backend, self.id, value, final_value, operation, units))

    async def log_statistics(
        self,
        stages: Mapping[str, float | Mapping[str, float]] | None = None,
        *,
        epoch: float | None = None,
        num_epochs: float | None = None,
        progress: float | None = None,
        step: int | None = None,
    ) -> None:
        """See `Run.log_statistics`."""
        logged = writing.log_statistics(self.backend, self.id, stages or {}, epoch, num_epochs, progress, step)
        await self._drive(logged)

    async def alert(self, title: str, text: str = "", level: str = Level.WARNING) -> Event:
        """See `Run.alert`."""
        return await self._drive(writing.alert(self.backend, self.id, title, text, requests.level(level)))

    async def log_event(
        self, message: str, *, kind: str = "note", level: str = "info", data: Mapping[str, JsonValue] | None = None
    ) -> Event:
        """See `Run.log_event`."""
        return await self._drive(self.backend.events.append(self.id, kind, message, requests.level(level), data or {}))

    async def log_text(self, text: str, stream: str = Stream.STDOUT) -> None:
        """See `Run.log_text`."""
        await self._drive(self.backend.logs.append(self.id, Stream(stream), text))

    async def log_classification(
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
        """See `Run.log_classification`."""
        parts: dict[str, Any] = {"matrix": matrix, "fpr": fpr, "tpr": tpr, "thresholds": thresholds}
        parts |= {"positives": positives, "negatives": negatives, "labels": labels, "examples": examples}
        parts |= {"y_true": y_true, "y_score": y_score, "y_pred": y_pred}
        await self._drive(classifying.log_classification(self.backend, self.id, name=name, step=step, **parts))

    async def log_artifact(self, source: str | os.PathLike[str], path: str | None = None) -> list[Artifact]:
        """See `Run.log_artifact`."""
        return list(await self._drive(writing.log_artifact(self.backend, self.id, source, path)))

    async def log_checkpoint(self, step: int, source: str | os.PathLike[str]) -> Checkpoint:
        """See `Run.log_checkpoint`."""
        return await self._drive(writing.log_checkpoint(self.backend, self.id, step, source))

    @asynccontextmanager
    async def checkpoint(self, step: int) -> AsyncIterator[Path]:
        """See `Run.checkpoint`."""
        begun, folder = await self._drive(writing.begin_checkpoint(self.backend, self.id, step))
        yield folder
        await self._drive(self.backend.checkpoints.complete(begun.id))

    async def log_model(
        self,
        source: str | os.PathLike[str],
        name: str,
        *,
        version: str | None = None,
        summary: str = "",
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Model:
        """See `Run.log_model`."""
        made = registry.create_model(self.backend, name, None, source, self.id, version, summary, metrics, tags)
        return await self._drive(made)

    async def statistics(self) -> Statistics:
        """See `Run.statistics`."""
        return Statistics(await self._drive(self.backend.runs.get(self.id)))

    async def series(self, keys: Sequence[str] | None = None, *, wide: bool = True) -> pd.DataFrame:
        """See `Run.series`."""
        from jupyter_tracker import frames

        return frames.series(await self._drive(flows.read_points(self.backend, self.id, keys)), keys=keys, wide=wide)

    async def machine(self) -> pd.DataFrame:
        """See `Run.machine`."""
        from jupyter_tracker import frames

        return frames.machine(await self._drive(flows.read_points(self.backend, self.id, None, machine=True)))

    @overload
    def events(self, follow: Literal[False] = False, *, after: int = 0) -> Awaitable[EventList]: ...
    @overload
    def events(self, follow: Literal[True], *, after: int = 0) -> AsyncIterator[Event]: ...
    @overload
    def events(self, follow: bool, *, after: int = 0) -> Awaitable[EventList] | AsyncIterator[Event]: ...
    def events(self, follow: bool = False, *, after: int = 0) -> Awaitable[EventList] | AsyncIterator[Event]:
        """See `Run.events`: to await, or with `follow` for `async for`."""
        if follow:
            return self.tracker.iterate(flows.follow_events(self.backend, self.id, after))
        return self.tracker.collect(EventList, flows.read_events(self.backend, self.id, after))

    @overload
    def logs(
        self, follow: Literal[False] = False, *, tail: int | None = None, after: str | None = None
    ) -> Awaitable[LogList]: ...
    @overload
    def logs(
        self, follow: Literal[True], *, tail: int | None = None, after: str | None = None
    ) -> AsyncIterator[LogLine]: ...
    @overload
    def logs(
        self, follow: bool, *, tail: int | None = None, after: str | None = None
    ) -> Awaitable[LogList] | AsyncIterator[LogLine]: ...
    def logs(
        self, follow: bool = False, *, tail: int | None = None, after: str | None = None
    ) -> Awaitable[LogList] | AsyncIterator[LogLine]:
        """See `Run.logs`: to await, or with `follow` for `async for`."""
        if follow:
            return self.tracker.iterate(flows.follow_logs(self.backend, self.id, after, tail))
        return self.tracker.collect(LogList, flows.read_logs(self.backend, self.id, after, tail))

    async def classification(self, name: str | None = None) -> ClassificationResult:
        """See `Run.classification`."""
        return ClassificationResult(await self._drive(flows.classification(self.backend, self.id, name)))

    async def classifications(self) -> ClassificationList:
        """See `Run.classifications`."""
        found = await self._drive(self.backend.classifications.list(self.id))
        return ClassificationList(map(ClassificationResult, found))

    async def artifacts(self) -> ArtifactList:
        """See `Run.artifacts`."""
        return ArtifactList(await self._drive(self.backend.artifacts.list(self.id)))

    async def download_artifact(self, path: str, target: str | os.PathLike[str] = ".") -> Path:
        """See `Run.download_artifact`."""
        return await self._drive(self.backend.artifacts.download(self.id, path, Path(target)))

    async def checkpoints(
        self,
        *,
        step: int | Sequence[int] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
        status: str | None = None,
        order_by: str = "step",
        limit: int | None = None,
    ) -> CheckpointList:
        """See `Run.checkpoints`."""
        wanted = registry.wanted(step, min_step, max_step, status, None, None, order_by, limit, 0)
        return CheckpointList(await self._drive(registry.list_checkpoints(self.backend, wanted, None, self.id)))

    async def checkpoint_steps(self) -> tuple[int, ...]:
        """See `Run.checkpoint_steps`."""
        return await self._drive(self.backend.checkpoints.steps(self.id))

    async def children(self) -> RunList[AsyncRun]:
        """See `Run.children`."""
        return RunList(await self._drive(flows.list_children(self.backend, self.id)), partial(AsyncRun, self.tracker))

    async def environment(self) -> Environment:
        """See `Run.environment`."""
        return await self._drive(self.backend.runs.environment(self.id))

    async def submission(self) -> Submission | None:
        """See `Run.submission`."""
        return await self._drive(self.backend.runs.submission(self.id))

    async def export(self, path: str | os.PathLike[str]) -> Path:
        """Write the run with all that it recorded into one file; see `Runs.export`."""
        return await self._drive(exporting.export_run(self.backend, self.id, path))

    async def stop(self, grace_period: float = GRACE_PERIOD) -> Self:
        """See `Run.stop`."""
        self.info = await self._drive(flows.stop(self.backend, self.id, grace_period))
        return self

    async def restart(self, *, variables: Mapping[str, str | Secret] | None = None) -> Self:
        """See `Run.restart`."""
        self.info = await self._drive(self.backend.runs.restart(self.id, variables or {}))
        return self

    async def clone(
        self,
        params: Mapping[str, JsonValue] | None = None,
        *,
        name: str | None = None,
        variables: Mapping[str, str | Secret] | None = None,
    ) -> AsyncRun:
        """See `Run.clone`."""
        made = cloning.clone(self.backend, self.id, params or {}, name, variables or {})
        return AsyncRun(self.tracker, await self._drive(made))

    async def wait(self, timeout: float | None = None) -> Self:
        """See `Run.wait`."""
        self.info = await self._drive(flows.wait(self.backend, self.id, timeout))
        return self

    async def refresh(self) -> Self:
        """See `Run.refresh`."""
        self.info = await self._drive(self.backend.runs.get(self.id))
        return self

    async def end(self, state: RunState | str = RunState.SUCCEEDED, reason: str = "") -> Self:
        """See `Run.end`."""
        self.info = await self._drive(self.backend.runs.end(self.id, requests.end_state(state), reason))
        return self
