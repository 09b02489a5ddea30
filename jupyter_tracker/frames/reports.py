"""What runs report, and the models that come out of them, as DataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jupyter_tracker.frames.columns import spread, text_column, times
from jupyter_tracker.models import Alert, Lifecycle, Model, Progress

if TYPE_CHECKING:
    from jupyter_tracker.client.assets import ModelDetails


def statistics(stages: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """One row a metric, one column a stage, float64."""
    metrics = list(dict.fromkeys(metric for values in stages.values() for metric in values))
    columns = {
        stage: np.array([values.get(metric, np.nan) for metric in metrics], np.float64)
        for stage, values in stages.items()
    }
    return pd.DataFrame(columns, index=pd.Index(metrics, name="metric", dtype=object))


def progress(found: Sequence[Progress]) -> pd.DataFrame:
    """One row an operation."""
    shares = (np.nan if item.fraction is None else 100 * item.fraction for item in found)
    return pd.DataFrame(
        {
            "operation": text_column(item.operation for item in found),
            "value": np.fromiter((item.value for item in found), np.float64, len(found)),
            "final_value": pd.array([item.final_value for item in found], dtype="Float64"),
            "percent": np.fromiter(shares, np.float64, len(found)),
            "units": text_column(item.units for item in found),
            "updated_at": times(item.updated_at for item in found),
        }
    )


def alerts(found: Sequence[Alert]) -> pd.DataFrame:
    """One row an alert."""
    return pd.DataFrame(
        {
            "time": times(item.time for item in found),
            "level": text_column(str(item.level) for item in found),
            "title": text_column(item.title for item in found),
            "text": text_column(item.text for item in found),
            "experiment": text_column(item.experiment for item in found),
            "run": text_column(item.run for item in found),
            "run_id": text_column(item.run_id for item in found),
            "sequence": np.fromiter((item.sequence for item in found), np.int64, len(found)),
        }
    )


def models(found: Sequence[Model]) -> pd.DataFrame:
    """One row a version."""
    columns: dict[str, Any] = {
        "id": text_column(item.id for item in found),
        "name": text_column(item.name for item in found),
        "version": text_column(item.version for item in found),
        "summary": text_column(item.summary for item in found),
        "run_id": text_column(item.run_id for item in found),
        "checkpoint_id": text_column(item.checkpoint_id for item in found),
        "step": pd.array([item.step for item in found], dtype="Int64"),
        "files": np.fromiter((item.file_count for item in found), np.int64, len(found)),
        "size": np.fromiter((item.size for item in found), np.int64, len(found)),
        "lifecycle": text_column(str(item.lifecycle) for item in found),
        "created_at": times(item.created_at for item in found),
        "updated_at": times(item.updated_at for item in found),
    }
    columns.update(spread("metrics", [item.metrics for item in found]))
    columns.update(spread("tags", [item.tags for item in found]))
    return pd.DataFrame(columns)


def lineage(described: ModelDetails) -> pd.DataFrame:
    """One row for each thing that a model comes from."""
    model, run, source = described.model, described.run, described.source
    rows = []
    if model.checkpoint_id:
        rows.append(("checkpoint", f"step {model.step}", model.checkpoint_id, described.checkpoint is not None))
    if model.run_id:
        name = "" if run is None else f"{run.experiment} / {run.name}"
        rows.append(("run", name, model.run_id, run is not None and run.lifecycle is not Lifecycle.DELETED))
    if source is not None:
        rows.append(("source", source.label, source.id, source.lifecycle is not Lifecycle.DELETED))
    return pd.DataFrame(
        {
            "kind": text_column(kind for kind, _, _, _ in rows),
            "name": text_column(name for _, name, _, _ in rows),
            "id": text_column(identity for _, _, identity, _ in rows),
            "there": np.fromiter((there for _, _, _, there in rows), np.bool_, len(rows)),
        }
    )
