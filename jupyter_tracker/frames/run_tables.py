"""Runs as DataFrames."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from jupyter_tracker.collector import collector_paused
from jupyter_tracker.frames.columns import column_of, keys_of, microseconds, since_epoch, text_column, typed
from jupyter_tracker.models import MACHINE_PREFIX, FieldGroup, RunColumns, RunInfo, RunTable


def runs(infos: Sequence[RunInfo]) -> pd.DataFrame:
    """One row a run: what it is, then a column for each param, metric (latest value) and tag."""
    with collector_paused():
        known = infos.columns() if isinstance(infos, RunTable) else _columns(infos)
        started, ended = microseconds(known.started_at), microseconds(known.ended_at)
        columns: dict[str, Any] = {
            "id": text_column(known.id),
            "name": text_column(known.name),
            "experiment": text_column(known.experiment),
            "state": text_column(known.state),
            "created_at": microseconds(known.created_at),
            "started_at": started,
            "ended_at": ended,
            "duration": ended.fillna(pd.Timestamp(datetime.now(UTC))) - started,
        }
        columns.update(_fields(known.fields, len(known.id)))
        del known  # before the collector looks at all of it
        return pd.DataFrame(columns, copy=False)


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
        return typed(parts[0][1])
    objects: list[Any] = [None] * size
    for rows, values in parts:
        for row, value in zip(rows, values.tolist() if isinstance(values, memoryview) else values, strict=True):
            objects[row] = value
    return typed(objects)


def _columns(infos: Sequence[RunInfo]) -> RunColumns:
    """The columns of runs that are objects already."""
    rows = range(len(infos))
    return RunColumns(
        id=[info.id for info in infos],
        name=[info.name for info in infos],
        experiment=[info.experiment for info in infos],
        state=[str(info.state) for info in infos],
        created_at=[since_epoch(info.created_at) for info in infos],
        started_at=[since_epoch(info.started_at) for info in infos],
        ended_at=[since_epoch(info.ended_at) for info in infos],
        fields=[
            FieldGroup(rows, _listed("params", [info.params for info in infos])),
            FieldGroup(rows, _latest_values(infos)),
            FieldGroup(rows, _listed("tags", [info.tags for info in infos])),
        ],
    )


def _listed(scope: str, fields: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {f"{scope}.{key}": column_of(fields, key) for key in keys_of(fields)}


def _latest_values(infos: Sequence[RunInfo]) -> dict[str, memoryview[float]]:
    missing = float("nan")
    return {
        f"metrics.{key}": memoryview(
            array("d", (info.metrics[key].value if key in info.metrics else missing for info in infos))
        )
        for key in keys_of([info.metrics for info in infos])
    }
