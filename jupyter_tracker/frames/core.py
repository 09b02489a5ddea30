"""Experiments, runs and what they record to pandas DataFrames.

Times are timezone-aware (UTC), steps int64, values float64; what is not there is missing (NaN, NaT, None).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jupyter_tracker.frames.columns import TIME
from jupyter_tracker.frames.columns import text as _text
from jupyter_tracker.frames.columns import times as _times
from jupyter_tracker.models import (
    Artifact,
    Checkpoint,
    Classification,
    Event,
    Experiment,
    LogLine,
    MetricValue,
    PointBlock,
    Points,
    RunInfo,
    span,
)

if TYPE_CHECKING:
    from jupyter_tracker.client.results import ClassificationResult


def runs(infos: Sequence[RunInfo]) -> pd.DataFrame:
    """One row a run: what it is, then a column for each param, metric (latest value) and tag."""
    now = datetime.now(UTC)
    started = _times(info.started_at for info in infos)
    ended = _times(info.ended_at for info in infos)
    columns: dict[str, Any] = {
        "id": _text(info.id for info in infos),
        "name": _text(info.name for info in infos),
        "experiment": _text(info.experiment for info in infos),
        "state": _text(str(info.state) for info in infos),
        "created_at": _times(info.created_at for info in infos),
        "started_at": started,
        "ended_at": ended,
        "duration": ended.fillna(pd.Timestamp(now)) - started,
    }
    columns.update(_spread("params", [info.params for info in infos]))
    columns.update(_metric_columns(infos))
    columns.update(_spread("tags", [info.tags for info in infos]))
    return pd.DataFrame(columns)


def experiments(found: Sequence[Experiment]) -> pd.DataFrame:
    """One row an experiment."""
    columns: dict[str, Any] = {
        "id": _text(item.id for item in found),
        "name": _text(item.name for item in found),
        "description": _text(item.description for item in found),
        "runs": pd.array([item.run_count for item in found], dtype="Int64"),
        "active": pd.array([item.active_run_count for item in found], dtype="Int64"),
        "lifecycle": _text(str(item.lifecycle) for item in found),
        "created_at": _times(item.created_at for item in found),
        "updated_at": _times(item.updated_at for item in found),
    }
    columns.update(_spread("tags", [item.tags for item in found]))
    return pd.DataFrame(columns)


def series(points: Points, *, keys: Sequence[str] | None, wide: bool) -> pd.DataFrame:
    """All points: wide, with one row a step, or long, with one row a point.

    Where a metric was logged several times at one step, the wide frame has several rows of that step, so that no point
    is lost. `attrs["sampled"]` is False: these are all points.
    """
    frame = _wide(points.blocks, keys) if wide else _long(points.blocks)
    frame.attrs["sampled"] = False
    return frame


def machine(points: Points) -> pd.DataFrame:
    """Samples of the machine, indexed by time."""
    frames = [
        pd.DataFrame(
            dict(zip(block.keys, map(np.asarray, block.values), strict=True)),
            index=pd.DatetimeIndex(_moments(block.times), name="time"),
        )
        for block in points.blocks
    ]
    if not frames:
        return pd.DataFrame(index=pd.DatetimeIndex([], dtype=TIME, name="time"))
    return pd.concat(frames).sort_index()


def events(found: Sequence[Event]) -> pd.DataFrame:
    """One row an event."""
    return pd.DataFrame(
        {
            "sequence": np.fromiter((event.sequence for event in found), np.int64, len(found)),
            "time": _times(event.time for event in found),
            "kind": _text(event.kind for event in found),
            "level": _text(str(event.level) for event in found),
            "message": _text(event.message for event in found),
            "data": pd.Series([dict(event.data) for event in found], dtype=object),
        }
    )


def logs(lines: Sequence[LogLine]) -> pd.DataFrame:
    """One row a line."""
    return pd.DataFrame(
        {
            "line": np.fromiter((line.line for line in lines), np.int64, len(lines)),
            "time": _times(line.time for line in lines),
            "stream": _text(str(line.stream) for line in lines),
            "text": _text(line.text for line in lines),
        }
    )


def artifacts(found: Sequence[Artifact]) -> pd.DataFrame:
    """One row a file."""
    return pd.DataFrame(
        {
            "path": _text(item.path for item in found),
            "size": np.fromiter((item.size for item in found), np.int64, len(found)),
            "sha256": _text(item.sha256 for item in found),
            "created_at": _times(item.created_at for item in found),
        }
    )


def checkpoints(found: Sequence[Checkpoint]) -> pd.DataFrame:
    """One row a checkpoint."""
    return pd.DataFrame(
        {
            "id": _text(item.id for item in found),
            "step": np.fromiter((item.step for item in found), np.int64, len(found)),
            "path": _text(item.path for item in found),
            "size": np.fromiter((item.size for item in found), np.int64, len(found)),
            "complete": np.fromiter((item.complete for item in found), np.bool_, len(found)),
            "created_at": _times(item.created_at for item in found),
        }
    )


def classifications(found: Sequence[ClassificationResult]) -> pd.DataFrame:
    """One row for each name."""
    return pd.DataFrame(
        {
            "name": _text(item.name for item in found),
            "classes": np.fromiter((len(item.data.labels) for item in found), np.int64, len(found)),
            "accuracy": pd.array([item.accuracy for item in found], dtype="Float64"),
            "auc": pd.array([item.auc for item in found], dtype="Float64"),
            "step": pd.array([item.data.step for item in found], dtype="Int64"),
        }
    )


def latest_metrics(metrics: Mapping[str, MetricValue]) -> pd.DataFrame:
    """One row a metric."""
    found = list(metrics.values())
    return pd.DataFrame(
        {
            "metric": _text(metrics),
            "value": np.fromiter((latest.value for latest in found), np.float64, len(found)),
            "step": np.fromiter((latest.step for latest in found), np.int64, len(found)),
            "time": _times(latest.time for latest in found),
        }
    )


def records(found: Sequence[Any]) -> pd.DataFrame:
    """Dataclasses of one kind: a row each, a text column a field."""
    names = [field.name for field in dataclasses.fields(found[0])] if found else []
    return pd.DataFrame({name: _text(str(getattr(item, name)) for item in found) for name in names})


def compare(infos: Sequence[RunInfo]) -> pd.DataFrame:
    """One row a run, named by it: first the params that differ, then the others, then the latest metrics."""
    params = dict.fromkeys(name for info in infos for name in info.params)
    kept = {name: {json.dumps(info.params.get(name, "—"), sort_keys=True) for info in infos} for name in params}
    order = sorted(params, key=lambda name: len(kept[name]) < 2)
    metrics = dict.fromkeys(name for info in infos for name in info.training_metrics)
    names = [info.name for info in infos]
    labels = [f"{info.name} {info.id[:8]}" if names.count(info.name) > 1 else info.name for info in infos]
    columns = ["experiment", "state", *(f"params.{name}" for name in order), *(f"metrics.{name}" for name in metrics)]
    return runs(infos).set_index(pd.Index(labels, name="run"))[columns]


def confusion_matrix(classification: Classification) -> pd.DataFrame:
    """Counts, with the true labels as rows and the predicted ones as columns; integers where all cells are whole."""
    labels = list(classification.labels)
    cells = np.array(classification.matrix, dtype=np.float64).reshape(len(labels), len(labels))
    if np.isfinite(cells).all() and (cells == cells.round()).all():
        cells = cells.astype(np.int64)
    return pd.DataFrame(cells, pd.Index(labels, name="true"), pd.Index(labels, name="predicted"))


def roc_curve(classification: Classification) -> pd.DataFrame:
    """Columns fpr, tpr and threshold."""
    return pd.DataFrame(
        {
            "fpr": np.array(classification.fpr, np.float64),
            "tpr": np.array(classification.tpr, np.float64),
            "threshold": np.array(classification.thresholds, np.float64),
        }
    )


def text(frame: pd.DataFrame, noun: str, rows: int) -> str:
    """A frame as plain text for people: short ids, relative precision, no index."""
    shown = readable(frame).head(rows).to_string(index=False, max_colwidth=48, na_rep="")
    left = len(frame) - rows
    return f"{shown}\n… and {left:,} more {noun}" if left > 0 else shown


def html(frame: pd.DataFrame, rows: int) -> str:
    """A frame as a table for Jupyter; pandas escapes what it shows. A numbered index is left out, it says nothing."""
    numbered = isinstance(frame.index, pd.RangeIndex)
    with pd.option_context("display.max_colwidth", 80, "display.precision", 4):
        return readable(frame).to_html(index=not numbered, max_rows=rows, border=0, na_rep="", justify="left")


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table for the eye: short ids, times to the second, no column that is empty or implied by another."""
    implied = ["created_at", "ended_at"] if "started_at" in frame else []
    shown = frame.drop(columns=implied)
    for column in shown.columns:
        if column in ("id", "sha256"):
            shown[column] = shown[column].str[:8]
        elif isinstance(shown[column].dtype, pd.DatetimeTZDtype):
            shown[column] = shown[column].dt.strftime("%Y-%m-%d %H:%M:%S")
        elif pd.api.types.is_timedelta64_dtype(shown[column].dtype):
            shown[column] = [span(value.total_seconds()) if value == value else "" for value in shown[column]]  # noqa: PLR0124
        elif shown[column].isna().any() and not pd.api.types.is_float_dtype(shown[column].dtype):
            shown[column] = shown[column].astype(object).where(shown[column].notna(), "")
    empty = [column for column in shown.columns if not any(map(_says_something, shown[column]))]
    return shown.drop(columns=empty) if len(shown) else shown


def _says_something(value: object) -> bool:
    return not (value is None or value is pd.NaT or value is pd.NA or value in ("", {}) or value != value)  # noqa: PLR0124


def _wide(blocks: Sequence[PointBlock], keys: Sequence[str] | None) -> pd.DataFrame:
    order = list(keys) if keys is not None else list(dict.fromkeys(key for block in blocks for key in block.keys))
    if not blocks:
        return pd.DataFrame(columns=order, index=pd.Index([], dtype=np.int64, name="step"), dtype=np.float64)
    steps = np.concatenate([np.asarray(block.steps) for block in blocks])
    # One allocation, filled column by column: pandas takes the transposed array as it is.
    table = np.empty((len(order), len(steps)))
    column = {key: index for index, key in enumerate(order)}
    present = np.zeros((len(order), len(blocks)), dtype=bool)
    start = 0
    for number, block in enumerate(blocks):
        stop = start + len(block)
        if len(block.keys) < len(order):
            table[:, start:stop] = np.nan
        for key, values in zip(block.keys, block.values, strict=True):
            table[column[key], start:stop] = values
            present[column[key], number] = True
        start = stop
    if not (steps[1:] > steps[:-1]).all():
        steps, table = _merged(steps, table, present, [len(block) for block in blocks])
    return pd.DataFrame(table.T, index=pd.Index(steps, name="step"), columns=order, copy=False)


def _merged(
    steps: np.ndarray, table: np.ndarray, present: np.ndarray, lengths: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """One row for each step; the n-th point of a metric at a step goes to the n-th row of that step."""
    distinct, position = np.unique(steps, return_inverse=True)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    chosen = []
    for column in range(len(table)):
        at = np.flatnonzero(present[column, owner])
        at = at[np.argsort(position[at], kind="stable")]
        chosen.append((at, _occurrence(position[at])))
    span = 1 + max((int(nth.max()) for _, nth in chosen if len(nth)), default=0)
    slots = np.unique(np.concatenate([position[at] * span + nth for at, nth in chosen]))
    merged = np.full((len(table), len(slots)), np.nan)
    for column, (at, nth) in enumerate(chosen):
        merged[column, np.searchsorted(slots, position[at] * span + nth)] = table[column, at]
    return distinct[slots // span], merged


def _occurrence(ordered: np.ndarray) -> np.ndarray:
    """0 for the first point of each step, 1 for the second, and so on."""
    if not len(ordered):
        return np.empty(0, np.int64)
    starts = np.r_[True, ordered[1:] != ordered[:-1]]
    first = np.flatnonzero(starts)
    return np.arange(len(ordered)) - np.repeat(first, np.diff(np.r_[first, len(ordered)]))


def _long(blocks: Sequence[PointBlock]) -> pd.DataFrame:
    keys: list[str] = list(dict.fromkeys(key for block in blocks for key in block.keys))
    code = {key: number for number, key in enumerate(keys)}
    parts = [
        (code[key], block, values) for block in blocks for key, values in zip(block.keys, block.values, strict=True)
    ]
    codes = np.repeat([number for number, _, _ in parts], [len(block) for _, block, _ in parts]).astype(np.int64)
    frame = pd.DataFrame(
        {
            "key": pd.Categorical.from_codes(codes, pd.Index(keys, dtype="str")),
            "step": _joined([block.steps for _, block, _ in parts], np.int64),
            "time": _moments(_joined([block.times for _, block, _ in parts], np.float64)),
            "value": _joined([values for _, _, values in parts], np.float64),
        }
    )
    return frame.sort_values(["key", "step", "time"], kind="stable", ignore_index=True)


def _joined(buffers: Sequence[memoryview[Any]], dtype: type) -> np.ndarray:
    return np.concatenate([np.asarray(buffer) for buffer in buffers]) if buffers else np.empty(0, dtype)


def _moments(seconds: memoryview[float] | np.ndarray) -> pd.DatetimeIndex:
    microseconds = np.round(np.asarray(seconds) * 1e6).astype("datetime64[us]")
    return pd.DatetimeIndex(microseconds).tz_localize("UTC")


def _spread(prefix: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, pd.Series]:
    """A column for each key, in the order in which the keys are met; types are found from the values."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return {f"{prefix}.{key}": _found_type([row.get(key) for row in rows]) for key in keys}


def _found_type(values: list[Any]) -> pd.Series:
    kinds = {type(value) for value in values}
    if int in kinds and any(type(value) is int and not -(2**63) <= value < 2**63 for value in values):
        return pd.Series(values, dtype=object)  # exact, which a float would not be
    if kinds <= {int, float} or kinds in ({bool}, {str}):
        return pd.Series(values)
    if kinds == {int, type(None)}:
        return pd.Series(values, dtype="Int64")
    if kinds == {bool, type(None)}:
        return pd.Series(values, dtype="boolean")
    if kinds <= {int, float, type(None)} and kinds != {type(None)}:
        return pd.Series(values, dtype="float64")
    if kinds == {str, type(None)}:
        return pd.Series(values, dtype="str")
    return pd.Series(values, dtype=object)


def _metric_columns(infos: Sequence[RunInfo]) -> dict[str, pd.Series]:
    keys = dict.fromkeys(key for info in infos for key in info.training_metrics)
    return {
        f"metrics.{key}": pd.Series(
            [latest.value if (latest := info.metrics.get(key)) else None for info in infos], dtype="float64"
        )
        for key in keys
    }
