"""Experiments, runs and what they record to pandas DataFrames.

Times are timezone-aware (UTC), steps int64, values float64; what is not there is missing (NaN, NaT, None).
"""

from __future__ import annotations

import dataclasses
import json
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jupyter_tracker.frames.columns import text as _text
from jupyter_tracker.frames.columns import times as _times
from jupyter_tracker.models import (
    MACHINE_PREFIX,
    Artifact,
    Checkpoint,
    Classification,
    Event,
    Experiment,
    FieldGroup,
    LogLine,
    MetricValue,
    RunColumns,
    RunInfo,
    RunTable,
    span,
)

if TYPE_CHECKING:
    from jupyter_tracker.client.results import ClassificationResult

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def runs(infos: Sequence[RunInfo]) -> pd.DataFrame:
    """One row a run: what it is, then a column for each param, metric (latest value) and tag."""
    known = infos.columns() if isinstance(infos, RunTable) else _columns(infos)
    started, ended = _microseconds(known.started_at), _microseconds(known.ended_at)
    columns: dict[str, Any] = {
        "id": _text(known.id),
        "name": _text(known.name),
        "experiment": _text(known.experiment),
        "state": _text(known.state),
        "created_at": _microseconds(known.created_at),
        "started_at": started,
        "ended_at": ended,
        "duration": ended.fillna(pd.Timestamp(datetime.now(UTC))) - started,
    }
    columns.update(_fields(known.fields, len(known.id)))
    return pd.DataFrame(columns, copy=False)


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


def _microseconds(moments: Sequence[int | None]) -> pd.Series:
    """Times of the table of runs."""
    whole = [pd.NaT.value if moment is None else moment for moment in moments] if None in moments else moments
    numbers = np.array(whole, dtype=np.int64)
    return pd.Series(pd.DatetimeIndex(numbers.view("datetime64[us]"), tz="UTC"))


def _spread(prefix: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, pd.Series]:
    """A column for each key, in the order in which the keys are met; types are found from the values."""
    return {f"{prefix}.{key}": _found_type(_column(rows, key)) for key in _keys(rows)}


def _keys(rows: Sequence[Mapping[str, Any]]) -> dict[str, None]:
    """All keys, in the order in which they are met."""
    keys: dict[str, None] = {}
    for row in rows:
        keys |= {} if row.keys() <= keys.keys() else dict.fromkeys(row)
    return keys


def _column(rows: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    try:
        return [row[key] for row in rows]
    except KeyError:
        return [row.get(key) for row in rows]


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


def _fields(groups: Sequence[FieldGroup], size: int) -> dict[str, Any]:
    """The columns that groups of rows have, params first, then metrics but those of the machine, then tags."""
    parts: dict[str, list[tuple[Sequence[int], Any]]] = {}
    for group in groups:
        for name, values in group.columns.items():
            if not name.startswith(f"metrics.{MACHINE_PREFIX}"):
                parts.setdefault(name, []).append((group.rows, values))
    order = ("params.", "metrics.", "tags.")
    return {name: _assembled(parts[name], size) for scope in order for name in parts if name.startswith(scope)}


def _assembled(parts: Sequence[tuple[Sequence[int], Any]], size: int) -> Any:
    """One column from its parts; numbers stay numbers without becoming objects on the way."""
    if len(parts) == 1 and len(parts[0][0]) == size and isinstance(parts[0][1], memoryview):
        return np.asarray(parts[0][1])
    if all(isinstance(values, memoryview) and values.format == "d" for _, values in parts):
        column = np.full(size, np.nan)
        for rows, values in parts:
            column[np.asarray(rows)] = values
        return column
    if len(parts) == 1 and len(parts[0][0]) == size:
        return _found_type(list(parts[0][1]))
    objects: list[Any] = [None] * size
    for rows, values in parts:
        for row, value in zip(rows, values.tolist() if isinstance(values, memoryview) else values, strict=True):
            objects[row] = value
    return _found_type(objects)


def _columns(infos: Sequence[RunInfo]) -> RunColumns:
    """The columns of runs that are objects already."""
    rows = range(len(infos))
    return RunColumns(
        id=[info.id for info in infos],
        name=[info.name for info in infos],
        experiment=[info.experiment for info in infos],
        state=[str(info.state) for info in infos],
        created_at=[_since_epoch(info.created_at) for info in infos],
        started_at=[_since_epoch(info.started_at) for info in infos],
        ended_at=[_since_epoch(info.ended_at) for info in infos],
        fields=[
            FieldGroup(rows, _listed("params", [info.params for info in infos])),
            FieldGroup(rows, _latest_values(infos)),
            FieldGroup(rows, _listed("tags", [info.tags for info in infos])),
        ],
    )


def _listed(scope: str, fields: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {f"{scope}.{key}": _column(fields, key) for key in _keys(fields)}


def _latest_values(infos: Sequence[RunInfo]) -> dict[str, memoryview[float]]:
    missing = float("nan")
    return {
        f"metrics.{key}": memoryview(
            array("d", (info.metrics[key].value if key in info.metrics else missing for info in infos))
        )
        for key in _keys([info.metrics for info in infos])
    }


def _since_epoch(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)
