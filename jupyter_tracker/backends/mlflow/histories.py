"""Whole metric histories of one run or many, in as few requests as the server lets."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.numbers import column
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.errors import PermissionDenied, PlatformFailure, RemoteInvalid, RemoteNotFound, Unsupported
from jupyter_tracker.flow import Flow, Together

Columns: TypeAlias = "tuple[array[int], array[float], array[float]]"
"""Steps, times in seconds, values."""

AT_ONCE = 8
"""Requests under way at the same time."""


class HistoryReader:
    """Reads with the request of the open-source server's own pages, which costs the server less and takes many runs.

    A server that has no such request, or a proxy before it that does not let it through, is asked for each history.
    """

    def __init__(self, native: MlflowOperations) -> None:
        self._native = native
        self._bulk = True

    def of_run(self, run_id: str, latest: Mapping[str, Any]) -> Flow[list[Columns]]:
        """The histories of some metrics of a run; `latest` has the step of the latest point of each."""
        read: list[Columns] = yield Together(
            [self._of_metric(run_id, key, step) for key, step in latest.items()], AT_ONCE
        )
        return read

    def of_runs(self, key: str, run_ids: Sequence[str]) -> Flow[dict[str, Columns]]:
        """The histories of a metric of some runs, by run; a run without it has an empty one."""
        size = wording.HISTORY_RUNS
        chunks = [run_ids[start : start + size] for start in range(0, len(run_ids), size)]
        found: list[dict[str, Columns]] = yield Together([self._of_chunk(key, chunk) for chunk in chunks], AT_ONCE)
        return {run_id: columns for each in found for run_id, columns in each.items()}

    def _of_metric(self, run_id: str, key: str, step: Any) -> Flow[Columns]:
        points = yield from self._together(key, [run_id])
        if points is not None:
            # Here, not when all are there: the others are still being read meanwhile.
            columns = _columns(points)
            if int(step or 0) in columns[0]:
                return columns
        return (yield from self._alone(run_id, key))

    def _of_chunk(self, key: str, run_ids: Sequence[str]) -> Flow[dict[str, Columns]]:
        points = yield from self._together(key, run_ids)
        if points is not None:
            by_run: dict[str, list[Mapping[str, Any]]] = {run_id: [] for run_id in run_ids}
            for point in points:
                if point.get("run_id") in by_run:
                    by_run[point["run_id"]].append(point)
            return {run_id: _columns(each) for run_id, each in by_run.items()}
        if self._bulk and len(run_ids) > 1:
            middle = len(run_ids) // 2
            first = yield from self._of_chunk(key, run_ids[:middle])
            return {**first, **(yield from self._of_chunk(key, run_ids[middle:]))}
        read: list[Columns] = yield Together([self._alone(run_id, key) for run_id in run_ids], AT_ONCE)
        return dict(zip(run_ids, read, strict=True))

    def _together(self, key: str, run_ids: Sequence[str]) -> Flow[list[Mapping[str, Any]] | None]:
        """The points of some runs; None where the server does not give them so, or may have left some out."""
        if not self._bulk:
            return None
        try:
            answer = yield from self._native.get_history_bulk(key, run_ids=run_ids, max_results=wording.HISTORY_PAGE)
        except (Unsupported, PermissionDenied, RemoteInvalid, RemoteNotFound, PlatformFailure):
            # Whatever is wrong with this request, the documented one says whether the server is well.
            self._bulk = False
            return None
        points = answer.get("metrics")
        if not isinstance(points, list) or len(points) >= wording.HISTORY_PAGE:
            return None
        return points

    def _alone(self, run_id: str, key: str) -> Flow[Columns]:
        answer = yield from self._native.get_history(key, run_id=run_id, max_results=wording.HISTORY_PAGE)
        return _columns(answer["metrics"])


def _columns(points: Sequence[Mapping[str, Any]]) -> Columns:
    try:
        steps = array("q", [point["step"] for point in points])
        times = array("d", [point["timestamp"] / 1000 for point in points])
    except (KeyError, TypeError):  # one is left out, or text
        steps = array("q", [int(point.get("step") or 0) for point in points])
        times = array("d", [int(point.get("timestamp") or 0) / 1000 for point in points])
    return steps, times, column([point.get("value") for point in points])
