"""Everything else of a run as DataFrames."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jupyter_tracker.frames.columns import spread, text_column, times
from jupyter_tracker.models import (
    Artifact,
    Checkpoint,
    Event,
    Experiment,
    ImportedRun,
    LogLine,
    MetricValue,
    RetentionMode,
)

if TYPE_CHECKING:
    from jupyter_tracker.client.results import ClassificationResult


def experiments(found: Sequence[Experiment]) -> pd.DataFrame:
    """One row an experiment."""
    columns: dict[str, Any] = {
        "id": text_column(item.id for item in found),
        "name": text_column(item.name for item in found),
        "description": text_column(item.description for item in found),
        "runs": pd.array([item.run_count for item in found], dtype="Int64"),
        "active": pd.array([item.active_run_count for item in found], dtype="Int64"),
        "lifecycle": text_column(str(item.lifecycle) for item in found),
        "created_at": times(item.created_at for item in found),
        "updated_at": times(item.updated_at for item in found),
    }
    if any(item.retention_mode is not RetentionMode.FULL for item in found):
        columns["retention_mode"] = text_column(str(item.retention_mode) for item in found)
        columns["retention_time"] = pd.array([item.retention_time for item in found], dtype="Float64")
    columns.update(spread("tags", [item.tags for item in found]))
    return pd.DataFrame(columns)


def events(found: Sequence[Event]) -> pd.DataFrame:
    """One row an event."""
    return pd.DataFrame(
        {
            "sequence": np.fromiter((event.sequence for event in found), np.int64, len(found)),
            "time": times(event.time for event in found),
            "kind": text_column(event.kind for event in found),
            "level": text_column(str(event.level) for event in found),
            "message": text_column(event.message for event in found),
            "data": pd.Series([dict(event.data) for event in found], dtype=object),
        }
    )


def logs(lines: Sequence[LogLine]) -> pd.DataFrame:
    """One row a line."""
    return pd.DataFrame(
        {
            "line": np.fromiter((line.line for line in lines), np.int64, len(lines)),
            "time": times(line.time for line in lines),
            "stream": text_column(str(line.stream) for line in lines),
            "text": text_column(line.text for line in lines),
        }
    )


def artifacts(found: Sequence[Artifact]) -> pd.DataFrame:
    """One row a file."""
    return pd.DataFrame(
        {
            "path": text_column(item.path for item in found),
            "size": np.fromiter((item.size for item in found), np.int64, len(found)),
            "sha256": text_column(item.sha256 for item in found),
            "created_at": times(item.created_at for item in found),
        }
    )


def checkpoints(found: Sequence[Checkpoint]) -> pd.DataFrame:
    """One row a checkpoint."""
    return pd.DataFrame(
        {
            "id": text_column(item.id for item in found),
            "experiment": text_column(item.experiment for item in found),
            "run": text_column(item.run for item in found),
            "run_id": text_column(item.run_id for item in found),
            "step": np.fromiter((item.step for item in found), np.int64, len(found)),
            "path": text_column(item.path for item in found),
            "size": np.fromiter((item.size for item in found), np.int64, len(found)),
            "complete": np.fromiter((item.complete for item in found), np.bool_, len(found)),
            "created_at": times(item.created_at for item in found),
            "completed_at": times(item.completed_at for item in found),
        }
    )


def classifications(found: Sequence[ClassificationResult]) -> pd.DataFrame:
    """One row for each name."""
    return pd.DataFrame(
        {
            "name": text_column(item.name for item in found),
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
            "metric": text_column(metrics),
            "value": np.fromiter((latest.value for latest in found), np.float64, len(found)),
            "step": np.fromiter((latest.step for latest in found), np.int64, len(found)),
            "time": times(latest.time for latest in found),
        }
    )


def imported(found: Sequence[ImportedRun]) -> pd.DataFrame:
    """One row a run."""
    return pd.DataFrame(
        {
            "id": text_column(item.id for item in found),
            "name": text_column(item.name for item in found),
            "experiment": text_column(item.experiment for item in found),
            "state": text_column(str(item.state) for item in found),
            "points": np.fromiter((item.points for item in found), np.int64, len(found)),
            "files": np.fromiter((item.files for item in found), np.int64, len(found)),
        }
    )


def records(found: Sequence[Any]) -> pd.DataFrame:
    """Dataclasses of one kind: a row each, a text column a field."""
    names = [field.name for field in dataclasses.fields(found[0])] if found else []
    return pd.DataFrame({name: text_column(str(getattr(item, name)) for item in found) for name in names})
