"""The shape of the table from which sub-commands are parsed, explained and completed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from jupyter_tracker.magics.session import Session

Arguments: TypeAlias = SimpleNamespace
"""What was written, by the `key` of each argument of the table."""


class Suggest(StrEnum):
    """What completes a value."""

    NOTHING = "nothing"
    RUNS = "runs"
    EXPERIMENTS = "experiments"
    METRICS = "metrics"
    """The metrics of the run that stands before."""
    CONNECTIONS = "connections"
    VARIABLES = "variables"
    """Those of the store, or of the experiment that stands before."""
    SOURCES = "sources"
    TEMPLATES = "templates"
    CHECKPOINTS = "checkpoints"
    DATASETS = "datasets"
    MODELS = "models"
    COMMANDS = "commands"
    OPERATIONS = "operations"
    """Those of the platform's documentation."""
    FILES = "files"


@dataclass(frozen=True)
class Argument:
    """A word that stands by itself: `RUN` in `logs RUN`."""

    name: str
    """In capitals, as the help shows it."""
    help: str
    required: bool = True
    many: bool = False
    """Takes all further words; the value is a list."""
    suggest: Suggest = Suggest.NOTHING

    @property
    def key(self) -> str:
        """Where the value is found."""
        return self.name.lower()

    @property
    def usage(self) -> str:
        """As it stands in the usage line."""
        shown = f"{self.name} …" if self.many else self.name
        return shown if self.required else f"[{shown}]"


@dataclass(frozen=True)
class Option:
    """A word that begins with two dashes: `--limit N`."""

    name: str
    help: str
    value: str = ""
    """What stands behind it, as the help shows it; empty for a switch."""
    parse: Callable[[str], Any] = str
    """From text to the value; raises ValueError with what was expected."""
    pairs: bool = False
    """The value is `name=value`, one or more; they are collected into a dict."""
    suggest: Suggest = Suggest.NOTHING

    @property
    def key(self) -> str:
        """Where the value is found."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def usage(self) -> str:
        """As it stands in the usage line."""
        return f"[{' '.join(filter(None, (self.name, self.value)))}{' …' if self.pairs else ''}]"


@dataclass(frozen=True)
class Command:
    """One sub-command: how it is written, what it says of itself, and the function that does it."""

    name: str
    """One word, or two as in `experiments create`."""
    summary: str
    action: Callable[[Session, Arguments], object]
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    cell: bool = False
    """Written over a cell, with `%%tracker`; the cell is then in `arguments.cell`."""
    example: str = ""

    @property
    def written(self) -> str:
        """How it begins."""
        return f"{'%%' if self.cell else '%'}tracker {self.name}"

    @property
    def usage(self) -> str:
        """The usage line."""
        parts = [*(argument.usage for argument in self.arguments), *(option.usage for option in self.options)]
        return " ".join([self.written, *parts])

    def option(self, name: str) -> Option | None:
        """The option of that name."""
        return next((option for option in self.options if option.name == name), None)
