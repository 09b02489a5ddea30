"""Named, versioned models that came out of training."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from jupyter_tracker.models.core import Lifecycle
from jupyter_tracker.models.files import Artifact, Checkpoint
from jupyter_tracker.models.runs import RunInfo
from jupyter_tracker.models.sources import Source

_NUMBER = r"(?:0|[1-9][0-9]*)"
_NAMES = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_SEMVER = re.compile(
    rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})(?:-(?P<pre>{_NAMES}))?(?:\+(?P<build>{_NAMES}))?"
)


@dataclass(frozen=True, slots=True)
class SemVer:
    """A version by the rules of Semantic Versioning 2.0.0."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()
    """`("rc", "1")` of `1.0.0-rc.1`; empty for a release."""
    build: str = ""
    """`linux` of `1.0.0+linux`; it plays no part in the order."""

    @classmethod
    def parse(cls, text: str) -> SemVer:
        """The version that a text says; ValueError when it says none."""
        found = _SEMVER.fullmatch(text) if len(text) <= 255 else None
        prerelease = (found["pre"] or "").split(".") if found else []
        if found is None or any(part.isdecimal() and part[0] == "0" and part != "0" for part in prerelease):
            raise ValueError(f"{text[:255]!r} is no version like 1.2.0 or 2.0.0-rc.1 (Semantic Versioning)")
        core = (int(found["major"]), int(found["minor"]), int(found["patch"]))
        return cls(*core, prerelease=tuple(filter(None, prerelease)), build=found["build"] or "")

    @property
    def precedence(self) -> tuple[object, ...]:
        """What versions are compared by: numbers as numbers and before words, a pre-release before its release."""
        parts = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in self.prerelease)
        return self.major, self.minor, self.patch, not parts, parts

    def __str__(self) -> str:
        prerelease = f"-{'.'.join(self.prerelease)}" if self.prerelease else ""
        return f"{self.major}.{self.minor}.{self.patch}{prerelease}{f'+{self.build}' if self.build else ''}"


@dataclass(frozen=True, slots=True)
class Model:
    """One version of a model, kept with all its files."""

    id: str
    name: str
    version: str
    """Semantic Versioning, as in `1.2.0` or `2.0.0-rc.1`."""
    run_id: str = ""
    """The run that trained it; empty where none is known."""
    checkpoint_id: str = ""
    """The checkpoint that it was made from; empty for one from a file."""
    step: int | None = None
    """The step of the checkpoint."""
    summary: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    file_count: int = 0
    size: int = 0
    """bytes of all files"""
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def label(self) -> str:
        """How people call it: `resnet@1.2.0`."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class ModelDraft:
    """What a model is to be made of: a checkpoint, or a file or folder."""

    name: str
    version: str | None = None
    """None for the next one."""
    checkpoint: str | None = None
    """Id of a checkpoint, or the unique beginning of one."""
    path: Path | None = None
    run_id: str = ""
    """The run that trained it; a checkpoint says that itself."""
    summary: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """A model with its files and where it comes from; what is not there any more is None."""

    model: Model
    files: tuple[Artifact, ...]
    """By path."""
    checkpoint: Checkpoint | None = None
    run: RunInfo | None = None
    source: Source | None = None
    """The code of the run."""
