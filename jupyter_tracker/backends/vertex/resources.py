"""Names of Vertex AI: of resources, schemas, fields and enumerations. They stand nowhere else."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jupyter_tracker.errors import InvalidInput

Json = dict[str, Any]
"""A message of the platform, as JSON has it."""
Messages = list[Json]

EXPERIMENT = "system.Experiment"
RUN = "system.ExperimentRun"
PIPELINE_RUN = "system.PipelineRun"
TENSORBOARD_RUN = "google.VertexTensorboardRun"
CLASSIFICATION = "google.ClassificationMetrics"
MODEL = "google.ExperimentModel"
FILE = "system.Artifact"
DATASET = "system.Dataset"
SCHEMA_VERSION = "0.0.1"

PARAMS, METRICS, STATE, CUSTOM_JOBS = "_params", "_metrics", "_state", "_custom_jobs"
BACKING_TENSORBOARD = "backing_tensorboard_resource"

PENDING, LIVE = 1, 2
"""`Artifact.State`"""

STATES = ("STATE_UNSPECIFIED", "NEW", "RUNNING", "COMPLETE", "FAILED", "CACHED", "CANCELLED")
"""`Execution.State` by number."""

LONGEST_RUN_ID = 121
"""Leaves room for `-tb-run` in the 128 characters of an id."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{3,127}")


@dataclass(frozen=True, slots=True)
class Names:
    """Resource names within a project and location."""

    project: str
    location: str

    @property
    def parent(self) -> str:
        return f"projects/{self.project}/locations/{self.location}"

    @property
    def store(self) -> str:
        return f"{self.parent}/metadataStores/default"

    def context(self, identity: str) -> str:
        return f"{self.store}/contexts/{part(identity)}"

    def artifact(self, identity: str) -> str:
        return f"{self.store}/artifacts/{part(identity)}"

    def execution(self, identity: str) -> str:
        return f"{self.store}/executions/{part(identity)}"

    def tensorboard(self, text: str) -> str:
        """The name of a Tensorboard from its name or id."""
        return text if "/" in text else f"{self.parent}/tensorboards/{part(text)}"


def part(identity: str) -> str:
    """A part of a resource name, with what would lead elsewhere percent-encoded."""
    return quote(identity, safe="") if identity not in ("", ".", "..") else "%2E"


def last(name: str) -> str:
    """The id of a resource from its name."""
    return name.rpartition("/")[2]


def run_id(experiment: str, run_name: str) -> str:
    """The id of the context of a run: `E-R`.

    Raises:
        InvalidInput: it would be too long or hold other characters than the platform allows.
    """
    identity = f"{experiment}-{run_name}"
    if not run_name or not usable(identity) or len(identity) > LONGEST_RUN_ID:
        raise InvalidInput(
            f"The run {run_name!r} of the experiment {experiment!r} would have the id {identity!r};"
            f" Vertex AI takes 4 to {LONGEST_RUN_ID} characters, each one of a-z, 0-9 and '-'."
        )
    return identity


def usable(identity: str) -> bool:
    """Whether the platform takes it as an id."""
    return _ID.fullmatch(identity) is not None


def experiment_id(name: str) -> str:
    """The id of an experiment of that name: the name itself where the platform allows it, else one made from it."""
    if usable(name) and len(name) <= 63:
        return name
    return f"{slug(name, 40)}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def free_run_name(experiment: str, name: str) -> str:
    """A name for the id of a run that no other run has, made from what people call it."""
    return f"{slug(name, max(1, LONGEST_RUN_ID - len(experiment) - 10))}-{os.urandom(4).hex()}"


def slug(text: str, size: int) -> str:
    """The letters and digits of a text that an id can hold."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:size].strip("-") or "x"


def state_name(value: object) -> str:
    """The name of a state that came as name or number; the empty text for one that is not known."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return STATES[int(value)] if 0 <= value < len(STATES) else ""
    return value if isinstance(value, str) else ""


def quoted(text: str) -> str:
    """A text within a filter."""
    return json.dumps(text, ensure_ascii=False)
