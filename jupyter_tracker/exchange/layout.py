"""What the members of an archive are called, and the models that only it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from jupyter_tracker.models import (
    Artifact,
    Checkpoint,
    Classification,
    DatasetUse,
    Environment,
    Execution,
    MetricSummary,
    Model,
    RunInfo,
    Source,
    SourceFile,
    Submission,
)

SUFFIX = ".jtrk"
FORMAT = "jupyter_tracker runs"
VERSION = 1
MANIFEST = "manifest.json"
POINTS, LOG, EVENTS, RUN, ARTIFACTS = "points", "log", "events.jsonl", "run.json", "artifacts/"
LARGEST_RECORD = 2**28
"""Bytes of a JSON member; it is read as a whole."""


@dataclass(frozen=True, slots=True)
class Member:
    """What the manifest says of a member."""

    size: int
    """bytes"""
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds."""

    format: str
    version: int
    exported_at: datetime
    backend: str = ""
    """Kind of the tracker that it comes from."""
    experiments: int = 0
    runs: int = 0
    sources: int = 0
    models: int = 0
    members: Mapping[str, Member] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """All of a run that is neither points, log, events nor the content of files."""

    info: RunInfo
    environment: Environment = field(default_factory=Environment)
    submission: Submission | None = None
    """The values of its variables are not told."""
    classifications: tuple[Classification, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    inputs: tuple[DatasetUse, ...] = ()
    outputs: tuple[DatasetUse, ...] = ()
    """Datasets that it made."""
    executions: tuple[Execution, ...] = ()
    summaries: Mapping[str, MetricSummary] = field(default_factory=dict)
    """What is known of the metrics of a run of which retention removed the points."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A version of code and its files."""

    source: Source
    files: tuple[SourceFile, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A version of a model and its files."""

    model: Model
    files: tuple[Artifact, ...] = ()
