"""What went into runs and what came out of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jupyter_tracker.models.core import JsonValue


@dataclass(frozen=True, slots=True)
class Dataset:
    """Some data; name and digest together say which, over all runs (MLflow: `log_inputs`)."""

    name: str
    digest: str
    """A fingerprint of the contents: equal for equal data."""
    source_type: str = ""
    """`local`, `http`, `s3`, `code` for data that was made in memory, …"""
    source: str = ""
    """Where it lies: a path or an address without credentials."""
    schema: Mapping[str, JsonValue] = field(default_factory=dict)
    """What it is made of, for example its columns and their types."""
    profile: Mapping[str, JsonValue] = field(default_factory=dict)
    """What is known of it as a whole, for example its number of rows."""

    @property
    def label(self) -> str:
        """How people call it: `mnist@1f8c2d3e`."""
        return f"{self.name}@{self.digest[:8]}"


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """A dataset that a run read or made."""

    dataset: Dataset
    context: str = ""
    """What for: `training`, `validation`, …; MLflow keeps it as the tag `mlflow.data.context`."""
    tags: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    """When the run said so."""


@dataclass(frozen=True, slots=True)
class Execution:
    """A step of a pipeline, a job or another process that belongs to runs (Vertex AI: `associate_execution`)."""

    id: str
    name: str
    kind: str = ""
    """What it is, for example `system.ContainerExecution`."""
    state: str = ""
    """In the words of whoever executes it."""
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    created_at: datetime | None = None


class NodeKind(StrEnum):
    """What a node of a lineage stands for."""

    DATASET = "dataset"
    SOURCE = "source"
    RUN = "run"
    EXECUTION = "execution"
    CHECKPOINT = "checkpoint"
    MODEL = "model"
    ARTIFACT = "artifact"


@dataclass(frozen=True, slots=True)
class LineageNode:
    """Something that has a past or a future."""

    kind: NodeKind
    id: str
    """Its identity among those of its kind; of an artifact `RUN/PATH`."""
    name: str
    """How people call it."""
    detail: str = ""
    """A word or two more: the state of a run, the size of an artifact."""
    created_at: datetime | None = None

    @property
    def key(self) -> str:
        """What edges refer to: `dataset:1`."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """`after` came about with `before`."""

    before: str
    """The key of a node, as is `after`."""
    after: str
    relation: str
    """`input`, `output`, `code`, …"""
    label: str = ""
    """What for: the context of a dataset."""


@dataclass(frozen=True, slots=True)
class LineageGraph:
    """What led to some nodes, and what followed from them."""

    starts: tuple[str, ...]
    """The keys of the nodes that were asked about."""
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
    complete: bool = True
    """False when there is more than was asked for."""
