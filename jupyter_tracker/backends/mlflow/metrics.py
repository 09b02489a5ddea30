"""Metric histories: of runs that were started here from the local store, of all others from the server."""

from __future__ import annotations

import json
import math
import time as clock
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.companion import Companion
from jupyter_tracker.backends.mlflow.histories import AT_ONCE, HistoryReader
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.backends.mlflow.sender import Sender
from jupyter_tracker.backends.operations import MetricOperations
from jupyter_tracker.errors import Conflict, InvalidInput, InvalidMetric, NotFound, RemoteNotFound
from jupyter_tracker.filters import Histories, History
from jupyter_tracker.flow import Emit, Flow, Streaming, Together
from jupyter_tracker.models import PointBlock, Points, RunInfo


class MlflowMetrics(MetricOperations):
    """Metrics; each history is read whole, whatever its length."""

    def __init__(self, native: MlflowOperations, companion: Companion, sender: Sender) -> None:
        self._native = native
        self._companion = companion
        self._sender = sender
        self._reader = HistoryReader(native)
        self._checked: set[str] = set()

    def log(self, run_id: str, values: Mapping[str, float], step: int | None, time: float | None) -> Flow[None]:
        if not self._checked.issuperset(values):
            self._check(values)
        if isinstance(time, int | float) and time < 0:
            raise InvalidMetric(f"The time of a point must be 0 or more seconds since the epoch, not {time!r}.")
        if self._companion.has(run_id):
            self._sender.raise_failure(run_id)
            yield from self._companion.local.metrics.log(run_id, values, step, time)
        else:
            yield from self._log_there(run_id, values, step, time)

    def read(self, run_id: str, keys: Sequence[str] | None, after: str | None) -> Flow[Points]:
        here, there = _parse_cursor(after)
        if not self._companion.has(run_id):
            points = yield from self._read_there(run_id, keys, (), there)
            return Points(points.blocks, _format_cursor("", there))
        own = yield from self._companion.local.metrics.read(run_id, keys, here or None)
        latest = yield from self._companion.local.runs.get(run_id)
        if after is not None and not latest.state.ended and not there:
            # Followed while it runs here: what others log to it comes with the next whole reading.
            return Points(own.blocks, _format_cursor(own.cursor, there))
        others = yield from self._read_there(run_id, keys, tuple(latest.metrics), there)
        return Points((*own.blocks, *others.blocks), _format_cursor(own.cursor, there))

    @emulated("from all points, read at once")
    def stream(self, run_id: str) -> Streaming:
        points = yield from self.read(run_id, None, None)
        yield Emit(points.blocks)

    def histories(self, runs: Sequence[RunInfo], keys: Collection[str]) -> Flow[dict[str, Histories]]:
        """First, smallest and largest value of some metrics of some runs, by run."""
        found: dict[str, dict[str, History]] = {run.id: {} for run in runs}
        own = {run.id: run for run in runs if self._companion.has(run.id)}
        for key in keys:
            logged = [run.id for run in runs if run.id not in own and key in run.metrics]
            for run_id, (steps, _, values) in (yield from self._reader.of_runs(key, logged)).items():
                found[run_id][key] = _history(zip(steps, values, strict=True))
        read = yield Together([self._own_histories(run, keys) for run in own.values()], AT_ONCE)
        return {**found, **dict(zip(own, read, strict=True))}

    def _own_histories(self, run: RunInfo, keys: Collection[str]) -> Flow[Histories]:
        logged = [key for key in keys if key in run.metrics]
        points = yield from self.read(run.id, logged, None)
        return {key: _history(_values(points, key)) for key in logged}

    def _read_there(
        self, run_id: str, keys: Sequence[str] | None, here: Sequence[str], counts: dict[str, Any]
    ) -> Flow[Points]:
        """What the server has of metrics that were not logged here; `counts` says how far that was read already."""
        try:
            answer = yield from self._native.get_run(run_id)
        except RemoteNotFound:
            raise NotFound("run", run_id, (), "`%tracker runs` lists them.") from None
        latest = {
            str(metric["key"]): [metric.get("value"), metric.get("step"), metric.get("timestamp")]
            for metric in ((answer.get("run") or {}).get("data") or {}).get("metrics") or ()
        }
        wanted = [
            key
            for key in (latest if keys is None else keys)
            if key in latest and key not in here and counts.get(key, [0, None])[1] != latest[key]
        ]
        read = yield from self._reader.of_run(run_id, {key: latest[key][1] for key in wanted})
        columns: dict[tuple[bytes, bytes], list[tuple[str, array[float]]]] = {}
        for key, history in zip(wanted, read, strict=True):
            seen = counts.get(key, [0, None])[0]
            counts[key] = [len(history[0]), latest[key]]
            steps, times, values = history[0][seen:], history[1][seen:], history[2][seen:]
            if steps:
                columns.setdefault((steps.tobytes(), times.tobytes()), []).append((key, values))
        # Metrics that were logged together have the same steps and times: they become one block.
        blocks = [
            PointBlock(
                tuple(key for key, _ in group),
                memoryview(steps).cast("q"),
                memoryview(times).cast("d"),
                tuple(memoryview(values) for _, values in group),
            )
            for (steps, times), group in columns.items()
        ]
        return Points(tuple(blocks), "")

    def _log_there(self, run_id: str, values: Mapping[str, float], step: int | None, time: float | None) -> Flow[None]:
        """Add points to a run that was started elsewhere, with a request."""
        answer = yield from self._native.get_run(run_id)
        run = answer.get("run") or {}
        state = wording.STATES.get(str((run.get("info") or {}).get("status")))
        if state is not None and state.ended:
            raise Conflict(f"The run {run_id[:8]} has ended ({state}); nothing can be logged to it any more.")
        if step is None:
            steps = [int(metric.get("step") or 0) for metric in (run.get("data") or {}).get("metrics") or ()]
            step = max(steps, default=-1) + 1
        timestamp = round((clock.time() if time is None else time) * 1000)
        points = [
            {"key": key, "value": _number(key, value), "timestamp": timestamp, "step": step}
            for key, value in values.items()
        ]
        for start in range(0, len(points), wording.BATCH_METRICS):
            yield from self._native.log_batch(run_id=run_id, metrics=points[start : start + wording.BATCH_METRICS])

    def _check(self, values: Mapping[str, float]) -> None:
        for key in values:
            if isinstance(key, str) and key and len(key) <= 250 and wording.wrong_key(key):
                raise InvalidMetric(f"The metric name {key!r} {wording.wrong_key(key)}.")
        if len(self._checked) > 100_000:
            self._checked.clear()
        self._checked.update(values)


def _number(key: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidMetric(f"The metric {key!r} must be a number, not {value!r}.") from None


def _values(points: Points, key: str) -> Iterator[tuple[int, float]]:
    for block in points.blocks:
        if key in block.keys:
            yield from zip(block.steps, block.values[block.keys.index(key)], strict=True)


def _history(values: Iterable[tuple[int, float]]) -> History:
    numbers = [value for _, value in sorted(values, key=lambda pair: pair[0]) if not math.isnan(value)]
    if not numbers:
        return History(math.nan, math.nan, math.nan)
    return History(numbers[0], min(numbers), max(numbers))


def _parse_cursor(text: str | None) -> tuple[str, dict[str, Any]]:
    """Where to go on in the local store, and for each metric of the server how many points were read."""
    if text is None:
        return "", {}
    try:
        here, there = json.loads(text)
        return str(here), dict(there)
    except (ValueError, TypeError):
        raise InvalidInput(f"{text!r} is not a cursor that reading metrics gave.") from None


def _format_cursor(here: str, there: Mapping[str, Any]) -> str:
    return json.dumps([here, there])
