"""The shared model: one class per noun, one flow per operation, each described where it is declared.

A backend overrides what its platform can do; the rest raises `Unsupported` before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_tracker.backends.operations.experiments import ExperimentOperations
from jupyter_tracker.backends.operations.files import ArtifactOperations, CheckpointOperations
from jupyter_tracker.backends.operations.lineage import LineageOperations
from jupyter_tracker.backends.operations.maintenance import MaintenanceOperations
from jupyter_tracker.backends.operations.models import ModelOperations
from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.backends.operations.queue import QueueOperations
from jupyter_tracker.backends.operations.recording import (
    ClassificationOperations,
    EventOperations,
    LogOperations,
    MetricOperations,
)
from jupyter_tracker.backends.operations.runs import RunOperations, RunQuery
from jupyter_tracker.backends.operations.sources import SourceOperations
from jupyter_tracker.backends.operations.templates import TemplateOperations
from jupyter_tracker.backends.operations.variables import VariableOperations

__all__ = [
    "NOUNS",
    "ArtifactOperations",
    "CheckpointOperations",
    "ClassificationOperations",
    "EventOperations",
    "ExperimentOperations",
    "LineageOperations",
    "LogOperations",
    "MaintenanceOperations",
    "MetricOperations",
    "ModelOperations",
    "Operations",
    "QueueOperations",
    "RunOperations",
    "RunQuery",
    "SourceOperations",
    "TemplateOperations",
    "VariableOperations",
]

NOUNS: Mapping[str, type[Operations]] = {
    kind.noun: kind
    for kind in (
        ExperimentOperations,
        RunOperations,
        QueueOperations,
        MetricOperations,
        EventOperations,
        LogOperations,
        ClassificationOperations,
        ArtifactOperations,
        CheckpointOperations,
        ModelOperations,
        LineageOperations,
        VariableOperations,
        SourceOperations,
        TemplateOperations,
        MaintenanceOperations,
    )
}
