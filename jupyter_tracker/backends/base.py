"""A connection to a platform, and what it can do.

`capabilities` reads the table that people see from what the nouns override, so that the two cannot differ.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from jupyter_tracker.backends.operations import (
    NOUNS,
    ArtifactOperations,
    CheckpointOperations,
    ClassificationOperations,
    EventOperations,
    ExperimentOperations,
    LineageOperations,
    LogOperations,
    MaintenanceOperations,
    MetricOperations,
    ModelOperations,
    QueueOperations,
    RunOperations,
    SourceOperations,
    TemplateOperations,
    VariableOperations,
)
from jupyter_tracker.backends.operations.noun import emulated

__all__ = ["Backend", "Capability", "Support", "Transport", "capabilities", "emulated"]


@dataclass(frozen=True, slots=True)
class Transport:
    """How connections to a platform are made."""

    verify: bool | str = True
    """Whether its certificate is checked, or the file of the authorities that are trusted."""
    certificate: tuple[str, str] | None = None
    """Our own certificate and its key, as files."""
    timeout: float = 60.0
    """Seconds for a connection, and for each part of an answer."""
    connections: int = 16
    pace: float = 0.0
    """Seconds between two looks at a run that is followed, at least: a platform counts how often it is asked."""


@dataclass
class Backend:
    """One connection to one platform: its nouns. A noun that is not given is lacking as a whole."""

    name: str
    location: str
    """Where it leads, for people: a folder, or host and project; never a secret."""
    experiments: ExperimentOperations = field(default_factory=ExperimentOperations)
    runs: RunOperations = field(default_factory=RunOperations)
    queue: QueueOperations = field(default_factory=QueueOperations)
    metrics: MetricOperations = field(default_factory=MetricOperations)
    events: EventOperations = field(default_factory=EventOperations)
    logs: LogOperations = field(default_factory=LogOperations)
    classifications: ClassificationOperations = field(default_factory=ClassificationOperations)
    artifacts: ArtifactOperations = field(default_factory=ArtifactOperations)
    checkpoints: CheckpointOperations = field(default_factory=CheckpointOperations)
    models: ModelOperations = field(default_factory=ModelOperations)
    lineage: LineageOperations = field(default_factory=LineageOperations)
    variables: VariableOperations = field(default_factory=VariableOperations)
    sources: SourceOperations = field(default_factory=SourceOperations)
    templates: TemplateOperations = field(default_factory=TemplateOperations)
    native: object | None = None
    """The platform's own operations: each public method is one, under its documented name, and gives a flow."""
    transport: Transport | None = None
    """None where nothing is sent."""
    maintenance: MaintenanceOperations = field(default_factory=MaintenanceOperations)

    def __post_init__(self) -> None:
        for noun in NOUNS:
            getattr(self, noun).backend = self.name

    @property
    def home(self) -> str:
        """By which another process knows the same place, and a notebook may keep it: it does not tell where that is."""
        return f"{self.name}:{hashlib.sha256(self.location.encode()).hexdigest()[:24]}"

    def close(self) -> None:
        """Give back what the backend holds; it opens again when it is used again."""


class Support(StrEnum):
    """How a backend does an operation."""

    NATIVE = "native"
    EMULATED = "emulated"
    LACKING = "lacking"


@dataclass(frozen=True, slots=True)
class Capability:
    """One operation of the shared model on one backend."""

    operation: str
    """`noun.verb`, the word that client, magics and panels use."""
    support: Support
    note: str = ""
    """How an emulated operation comes about."""


def capabilities(backend: Backend) -> tuple[Capability, ...]:
    """What a backend does itself, emulates and lacks, in the order of the nouns above."""
    found = []
    for noun, declared in NOUNS.items():
        actual = type(getattr(backend, noun))
        for verb, lacking in vars(declared).items():
            if verb.startswith("_") or not callable(lacking):
                continue
            function = getattr(actual, verb)
            note = getattr(function, "emulation", "")
            lacks = function is lacking and not note
            support = Support.LACKING if lacks else Support.EMULATED if note else Support.NATIVE
            found.append(Capability(f"{noun}.{verb}", support, note))
    return tuple(found)
