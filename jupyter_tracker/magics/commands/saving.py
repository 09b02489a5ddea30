"""`--to FILE`, which all sub-commands have whose result is a table."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, cast

from jupyter_tracker.client.results import Framed
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Arguments, Command, Option, Suggest

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (".csv", ".json", ".parquet")

TABLES = frozenset(
    {
        "alerts",
        "capabilities",
        "checkpoints",
        "children",
        "compare",
        "doctor",
        "events",
        "executions",
        "experiments",
        "inputs",
        "lineage",
        "logs",
        "metrics",
        "models",
        "models describe",
        "outputs",
        "progress",
        "queue",
        "runs",
        "series",
        "sources",
        "sources describe",
        "statistics",
        "templates",
        "templates get",
        "variables",
    }
)
"""Sub-commands whose result is a table, a DataFrame or something that has one."""

TO = Option(
    "--to", f"write the table to this file instead, which ends with {', '.join(FORMATS)}", "FILE", suggest=Suggest.FILES
)


def saving(command: Command) -> Command:
    """The sub-command with `--to`, where its result is a table."""
    if command.name not in TABLES or command.cell:
        return command

    def action(session: Session, arguments: Arguments) -> object:
        if getattr(arguments, "to", None) is None:
            return command.action(session, arguments)
        if not arguments.to.lower().endswith(FORMATS):
            raise UsageMistake(f"--to takes a file that ends with {', '.join(FORMATS)}, not {arguments.to!r}.")
        if getattr(arguments, "follow", False):
            raise UsageMistake("--to writes what is there now: leave --follow out.")
        return _saved(command.action(session, arguments), arguments.to)

    return dataclasses.replace(command, action=action, options=(*command.options, TO))


def _saved(result: object, path: str) -> Path:
    if isinstance(result, Framed):
        return result.save(path)
    from jupyter_tracker import frames

    return frames.save(cast("pd.DataFrame", result), path)
