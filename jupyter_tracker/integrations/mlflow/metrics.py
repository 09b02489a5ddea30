"""Metrics, params and tags of runs for MLflow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mlflow.entities import Metric, Param, RunTag
from mlflow.entities.metric import MetricWithRunId
from mlflow.exceptions import MlflowException
from mlflow.store.entities.paged_list import PagedList
from mlflow.utils.search_utils import SearchUtils
from mlflow.utils.validation import _validate_param_keys_unique

from jupyter_tracker import flow
from jupyter_tracker.integrations.mlflow.entities import model_point
from jupyter_tracker.integrations.mlflow.runs import Runs

LONGEST_PARAM = 6000
"""Characters; MLflow refuses longer ones, or cuts them off, as it was set up."""
_STEP_APART = 1e-6
_STEPS_APART = 900
"""How many steps within a millisecond are told apart."""


@dataclass(slots=True)
class _Moment:
    """The last millisecond in which a run logged here."""

    time: int = 0
    step: int = 0
    count: int = 0


class Metrics(Runs):
    """Points go through the journal of this process, a row for all metrics of a step."""

    def __init__(self, store_uri: str, artifact_uri: str | None = None) -> None:
        super().__init__(store_uri, artifact_uri)
        self._moments: dict[str, _Moment] = {}

    def log_metric(self, run_id: str, metric: Metric) -> None:
        time = self._seconds(run_id, metric.timestamp, metric.step)
        self.backend.guests.log(run_id, {metric.key: metric.value}, metric.step, time)
        if metric.model_id:
            self.backend.logged_models.log(metric.model_id, [model_point(metric, run_id)])

    def log_param(self, run_id: str, param: Param) -> None:
        self.log_batch(run_id, [], [param], [])

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        self.log_batch(run_id, [], [], [tag])

    def log_batch(
        self, run_id: str, metrics: Sequence[Metric], params: Sequence[Param], tags: Sequence[RunTag]
    ) -> None:
        _validate_param_keys_unique(params)
        if params or tags or not metrics:
            # First, because these may be refused.
            texts = {param.key: _checked_param(param) for param in params}
            self.write(run_id, texts, {tag.key: str(tag.value) for tag in tags})
        of_models = [metric for metric in metrics if metric.model_id]
        new = self._new(run_id, metrics) if of_models else metrics
        for step, timestamp, values in _rows(new):
            self.backend.guests.log(run_id, values, step, self._seconds(run_id, timestamp, step))
        by_model: dict[str, list[Any]] = {}
        for metric in of_models:
            by_model.setdefault(metric.model_id, []).append(model_point(metric, run_id))
        for model_id, points in by_model.items():
            self.backend.logged_models.log(model_id, points)

    def get_metric_history(
        self, run_id: str, metric_key: str, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList:
        points = [
            Metric(metric_key, value, timestamp, step) for timestamp, step, value in self._history(run_id, metric_key)
        ]
        if max_results is None and not page_token:
            return PagedList(points, None)
        limit = len(points) or 1 if max_results is None else max_results
        return PagedList(*SearchUtils.paginate(points, page_token, limit))

    def get_metric_history_bulk(self, run_ids: Sequence[str], metric_key: str, max_results: int) -> list[Any]:
        found: list[MetricWithRunId] = []
        for run_id in sorted(run_ids):
            left = max_results - len(found)
            found += [
                MetricWithRunId(run_id=run_id, metric=Metric(metric_key, value, timestamp, step))
                for timestamp, step, value in self._history(run_id, metric_key)[:left]
            ]
        return found

    def _new(self, run_id: str, metrics: Sequence[Metric]) -> list[Metric]:
        """Those that the run does not have yet: `log_model` logs again what belongs to its model."""
        known: set[tuple[str, int, int, str]] = set()
        for key in {metric.key for metric in metrics if metric.model_id}:
            known |= {(key, timestamp, step, repr(value)) for timestamp, step, value in self._history(run_id, key)}
        found = []
        for metric in metrics:
            point = (metric.key, metric.timestamp, metric.step, repr(float(metric.value)))
            if not metric.model_id or point not in known:
                found.append(metric)
                known.add(point)
        return found

    def _history(self, run_id: str, key: str) -> list[tuple[int, int, float]]:
        """Time in milliseconds, step and value of each point, in the order of time."""
        self.run(run_id)
        points = flow.run(self.backend.metrics.read(run_id, [key], None))
        rows = [
            row
            for block in points.blocks
            for row in zip(block.times.tolist(), block.steps.tolist(), block.values[0].tolist(), strict=True)
        ]
        rows.sort(key=lambda row: row[:2])
        # Floats this size are exact to a quarter of a microsecond.
        return [(int(time * 1000 + 5e-4), step, value) for time, step, value in rows]

    def _seconds(self, run_id: str, milliseconds: int, step: int) -> float:
        """A time, a little later for each step that was logged in the same millisecond.

        So the latest value stays that of the last step, as in MLflow; a loop logs several steps in a millisecond.
        """
        last = self._moments.get(run_id)
        if last is None:
            last = self._moments.setdefault(run_id, _Moment())
        if milliseconds != last.time:
            last.time, last.step, last.count = milliseconds, step, 0
        elif step > last.step:
            last.step, last.count = step, min(last.count + 1, _STEPS_APART)
        elif step < last.step:
            return milliseconds / 1000
        return milliseconds / 1000 + last.count * _STEP_APART


def _rows(metrics: Sequence[Metric]) -> Iterator[tuple[int, int, dict[str, float]]]:
    """Step, time and values of those that follow each other and belong to one step and time."""
    values: dict[str, float] = {}
    at: tuple[int, int] | None = None
    for metric in metrics:
        here = (metric.step, metric.timestamp)
        if values and (here != at or metric.key in values):
            assert at is not None  # noqa: S101  # there are values
            yield *at, values
            values = {}
        at = here
        values[metric.key] = metric.value
    if at is not None:
        yield *at, values


def _checked_param(param: Param) -> str:
    text = str(param.value)
    if len(text) > LONGEST_PARAM:
        raise MlflowException.invalid_parameter_value(
            f"The param {param.key!r} has {len(text):,} characters; {LONGEST_PARAM:,} are allowed."
        )
    return text
