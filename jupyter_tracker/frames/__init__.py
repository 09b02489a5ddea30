"""Models to pandas DataFrames; the only place that imports pandas.

Times are timezone-aware (UTC), steps int64, values float64; what is not there is missing (NaN, NaT, None).
"""

from jupyter_tracker.frames.assets import (
    source_changes,
    source_files,
    sources,
    template_config,
    templates,
    variables,
)
from jupyter_tracker.frames.classification import class_curves, confusion_matrix, per_class, pr_curve, roc_curve
from jupyter_tracker.frames.graphs import executions, inputs, lineage_edges, lineage_nodes
from jupyter_tracker.frames.points import machine, series, time_series
from jupyter_tracker.frames.queue import queue
from jupyter_tracker.frames.reports import alerts, lineage, models, progress, statistics
from jupyter_tracker.frames.run_tables import compare, runs
from jupyter_tracker.frames.saving import save
from jupyter_tracker.frames.shown import html, readable, text
from jupyter_tracker.frames.tables import (
    artifacts,
    checkpoints,
    classifications,
    events,
    experiments,
    imported,
    latest_metrics,
    logs,
    records,
)

__all__ = [
    "alerts",
    "artifacts",
    "checkpoints",
    "class_curves",
    "classifications",
    "compare",
    "confusion_matrix",
    "events",
    "executions",
    "experiments",
    "html",
    "imported",
    "inputs",
    "latest_metrics",
    "lineage",
    "lineage_edges",
    "lineage_nodes",
    "logs",
    "machine",
    "models",
    "per_class",
    "pr_curve",
    "progress",
    "queue",
    "readable",
    "records",
    "roc_curve",
    "runs",
    "save",
    "series",
    "source_changes",
    "source_files",
    "sources",
    "statistics",
    "template_config",
    "templates",
    "text",
    "time_series",
    "variables",
]
