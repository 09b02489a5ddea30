"""What a run is started from, and what surrounded it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from jupyter_tracker.models.core import JsonValue
from jupyter_tracker.models.sweeps import Sweep
from jupyter_tracker.models.variables import Secret


class CodeKind(StrEnum):
    """What a submitted run executes."""

    SCRIPT = "script"
    FOLDER = "folder"
    NOTEBOOK = "notebook"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class Code:
    """What a run executes, and where it came from."""

    kind: CodeKind
    path: str = ""
    """The script, notebook or folder; empty for a cell."""
    entry_point: str = ""
    """The file of a folder that is started, relative to it."""
    text: str = ""
    """The source of a cell."""
    working_directory: str = ""
    source: str = ""
    """Id of the kept source that is executed instead of what lies at a path."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What surrounded the code of a run when it started."""

    python: str = ""
    platform: str = ""
    host: str = ""
    git_commit: str = ""
    git_branch: str = ""
    git_dirty: bool = False
    packages: Mapping[str, str] = field(default_factory=dict)
    """Installed distributions, name to version."""
    history: tuple[str, ...] = ()
    """Cells executed in the notebook before the run, oldest first."""


@dataclass(frozen=True, slots=True)
class Submission:
    """All that a submitted run is started from."""

    experiment: str
    code: Code
    name: str | None = None
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    data: str | None = None
    """A file or folder handed to the code in `JUPYTER_TRACKER_DATA`."""
    resources: Mapping[str, JsonValue] = field(default_factory=dict)
    timeout: float = 14_400.0
    """Seconds after which the run is ended; UbiOps' default and maximum (172,800 s) hold here, too."""
    variables: Mapping[str, str | Secret] = field(default_factory=dict)
    """Environment variables of the process, in front of those of the experiment and the store."""
    tags: Mapping[str, str] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    """Cells executed in the notebook before it."""
    template: str = ""
    """Id of the template that it was made from."""
    priority: int = 0
    """Of two runs that wait for a place, the one with the larger number starts first."""
    retries: int = 0
    """How often a run that failed is started again."""
    retry_delay: float = 10.0
    """Seconds before the first retry; doubled for each further one."""
    restart_interrupted: bool = False
    """Whether the run starts again when its process is lost (UbiOps: `restart_request_interruption`)."""
    parent: str = ""
    """Id of the run that it is a part of."""
    kept: str = ""
    """Id of the source that the code has to equal; if it does not by now, that one is run."""
    sweep: Sweep | None = None
    """What is searched by children of the run; the rest of the submission is theirs."""
