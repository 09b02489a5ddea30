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
from jupyter_tracker.frames.points import machine, series
from jupyter_tracker.frames.queue import queue
from jupyter_tracker.frames.run_tables import compare, runs
from jupyter_tracker.frames.shown import html, readable, text
from jupyter_tracker.frames.tables import (
    artifacts,
    checkpoints,
    classifications,
    confusion_matrix,
    events,
    experiments,
    latest_metrics,
    logs,
    records,
    roc_curve,
)

__all__ = [
    "artifacts",
    "checkpoints",
    "classifications",
    "compare",
    "confusion_matrix",
    "events",
    "experiments",
    "html",
    "latest_metrics",
    "logs",
    "machine",
    "queue",
    "readable",
    "records",
    "roc_curve",
    "runs",
    "series",
    "source_changes",
    "source_files",
    "sources",
    "template_config",
    "templates",
    "text",
    "variables",
]
