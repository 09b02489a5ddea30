"""The shared vocabulary: what every backend returns and every surface shows. No I/O happens here."""

from __future__ import annotations

from jupyter_tracker.models.core import JsonValue, Level, Lifecycle, Page, read_span, span
from jupyter_tracker.models.exchange import Imported, ImportedRun, LogPiece
from jupyter_tracker.models.experiments import Experiment
from jupyter_tracker.models.files import Artifact, Checkpoint, CheckpointQuery
from jupyter_tracker.models.lineage import (
    Dataset,
    DatasetUse,
    Execution,
    LineageEdge,
    LineageGraph,
    LineageNode,
    NodeKind,
)
from jupyter_tracker.models.queue import UNLIMITED, QueueEntry, QueueLimits
from jupyter_tracker.models.recording import (
    MACHINE_PREFIX,
    Alert,
    ClassCurve,
    Classification,
    Event,
    Example,
    LogLine,
    MetricSummary,
    MetricValue,
    PointBlock,
    Points,
    Progress,
    Stream,
)
from jupyter_tracker.models.registry import Model, ModelDescription, ModelDraft, SemVer
from jupyter_tracker.models.resources import Resources
from jupyter_tracker.models.retention import Cleanup, RetentionMode
from jupyter_tracker.models.runs import (
    FieldGroup,
    QueryPlan,
    Repeated,
    RunColumns,
    RunInfo,
    RunKind,
    RunState,
    RunTable,
)
from jupyter_tracker.models.sources import Source, SourceDescription, SourceDifference, SourceFile
from jupyter_tracker.models.submission import ENTRY_POINTS, Code, CodeKind, Environment, Submission
from jupyter_tracker.models.sweeps import TRIAL_TAG, Between, Choice, Dimension, Goal, Sweep, SweepMethod
from jupyter_tracker.models.templates import ConfigMistake, Template
from jupyter_tracker.models.variables import (
    MASK,
    Scope,
    Secret,
    Variable,
    check_variables,
    revealed,
)

__all__ = [
    "ENTRY_POINTS",
    "MACHINE_PREFIX",
    "MASK",
    "TRIAL_TAG",
    "UNLIMITED",
    "Alert",
    "Artifact",
    "Between",
    "Checkpoint",
    "CheckpointQuery",
    "Choice",
    "ClassCurve",
    "Classification",
    "Cleanup",
    "Code",
    "CodeKind",
    "ConfigMistake",
    "Dataset",
    "DatasetUse",
    "Dimension",
    "Environment",
    "Event",
    "Example",
    "Execution",
    "Experiment",
    "FieldGroup",
    "Goal",
    "Imported",
    "ImportedRun",
    "JsonValue",
    "Level",
    "Lifecycle",
    "LineageEdge",
    "LineageGraph",
    "LineageNode",
    "LogLine",
    "LogPiece",
    "MetricSummary",
    "MetricValue",
    "Model",
    "ModelDescription",
    "ModelDraft",
    "NodeKind",
    "Page",
    "PointBlock",
    "Points",
    "Progress",
    "QueryPlan",
    "QueueEntry",
    "QueueLimits",
    "Repeated",
    "Resources",
    "RetentionMode",
    "RunColumns",
    "RunInfo",
    "RunKind",
    "RunState",
    "RunTable",
    "Scope",
    "Secret",
    "SemVer",
    "Source",
    "SourceDescription",
    "SourceDifference",
    "SourceFile",
    "Stream",
    "Submission",
    "Sweep",
    "SweepMethod",
    "Template",
    "Variable",
    "check_variables",
    "read_span",
    "revealed",
    "span",
]
