"""Models to pandas DataFrames; the only place that imports pandas."""

from __future__ import annotations

from jupyter_tracker.frames.assets import source_changes, source_files, sources, template_config, templates, variables
from jupyter_tracker.frames.core import (
    artifacts,
    checkpoints,
    classifications,
    compare,
    confusion_matrix,
    events,
    experiments,
    html,
    latest_metrics,
    logs,
    readable,
    records,
    roc_curve,
    runs,
    text,
)
from jupyter_tracker.frames.points import machine, series

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
