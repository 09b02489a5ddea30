"""The shared vocabulary: what every backend returns and every surface shows. No I/O happens here."""

from __future__ import annotations

from jupyter_tracker.models.core import JsonValue, Level, Lifecycle, Page, span
from jupyter_tracker.models.experiments import Experiment
from jupyter_tracker.models.files import Artifact, Checkpoint
from jupyter_tracker.models.queue import UNLIMITED, QueueEntry, QueueLimits
from jupyter_tracker.models.recording import (
    MACHINE_PREFIX,
    Classification,
    Event,
    LogLine,
    MetricValue,
    PointBlock,
    Points,
    Progress,
    Stream,
)
from jupyter_tracker.models.resources import Resources
from jupyter_tracker.models.runs import FieldGroup, RunColumns, RunInfo, RunKind, RunState, RunTable
from jupyter_tracker.models.sources import Source, SourceDescription, SourceDifference, SourceFile
from jupyter_tracker.models.submission import Code, CodeKind, Environment, Submission
from jupyter_tracker.models.sweeps import TRIAL_TAG, Between, Choice, Dimension, Goal, Sweep, SweepMethod
from jupyter_tracker.models.templates import ConfigMistake, Template
from jupyter_tracker.models.variables import (
    MASK,
    Scope,
    Secret,
    Variable,
)

__all__ = [
    "MACHINE_PREFIX",
    "MASK",
    "TRIAL_TAG",
    "UNLIMITED",
    "Artifact",
    "Between",
    "Checkpoint",
    "Choice",
    "Classification",
    "Code",
    "CodeKind",
    "ConfigMistake",
    "Dimension",
    "Environment",
    "Event",
    "Experiment",
    "FieldGroup",
    "Goal",
    "JsonValue",
    "Level",
    "Lifecycle",
    "LogLine",
    "MetricValue",
    "Page",
    "PointBlock",
    "Points",
    "Progress",
    "QueueEntry",
    "QueueLimits",
    "Resources",
    "RunColumns",
    "RunInfo",
    "RunKind",
    "RunState",
    "RunTable",
    "Scope",
    "Secret",
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
    "span",
]
