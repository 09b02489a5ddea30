"""Versions of code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jupyter_tracker.models.core import Lifecycle
from jupyter_tracker.models.submission import CodeKind


@dataclass(frozen=True, slots=True)
class Source:
    """One version of some code, kept with all its files; `code=` of a submission takes it."""

    id: str
    name: str
    version: int
    """1, 2, 3, … under its name."""
    digest: str
    """SHA-256 over paths and contents: equal for equal code."""
    kind: CodeKind = CodeKind.FOLDER
    """What a run of it executes."""
    entry_point: str = ""
    """The file that is started; empty when a run must name it."""
    origin: str = ""
    """Where it was taken from."""
    git_commit: str = ""
    """The commit that it was taken from."""
    description: str = ""
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    file_count: int = 0
    size: int = 0
    """bytes of all files"""
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def label(self) -> str:
        """How people call it: `train@3`."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source."""

    path: str
    """With `/` between folders."""
    size: int
    """bytes"""
    sha256: str
    executable: bool = False


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """A source with its files and the runs that were started from it."""

    source: Source
    files: tuple[SourceFile, ...]
    """By path."""
    runs: tuple[str, ...]
    """Their ids, newest first."""


@dataclass(frozen=True, slots=True)
class SourceDifference:
    """What leads from one source to another."""

    before: Source
    after: Source
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    text: str = ""
    """The same as a unified diff; of files that are no text, or large, only that they differ."""
