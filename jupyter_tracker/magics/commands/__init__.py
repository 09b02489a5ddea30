"""The table of all sub-commands; a module holds those that belong together."""

from __future__ import annotations

from jupyter_tracker.magics.commands import (
    cells,
    checkpoints,
    connection,
    doctor,
    exchange,
    experiments,
    lifecycle,
    lineage,
    models,
    platform,
    queue,
    records,
    runs,
    sources,
    templates,
    variables,
)
from jupyter_tracker.magics.commands.saving import saving
from jupyter_tracker.magics.helptext import Text, explain, overview
from jupyter_tracker.magics.parser import find
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Suggest


def help_(_session: Session, arguments: Arguments) -> Text:
    """All sub-commands, or all that begin with a name."""
    if not arguments.command:
        return overview(COMMANDS)
    name = " ".join(arguments.command).lstrip("%").removeprefix("tracker ")
    chosen = [command for command in COMMANDS if command.name == name or command.name.startswith(f"{name} ")]
    return Text("\n\n".join(map(explain, chosen or [find(COMMANDS, [name], cell=False)[0]])))


_ALL: tuple[Command, ...] = (
    *connection.COMMANDS[:2],
    *experiments.COMMANDS,
    *runs.COMMANDS,
    *lifecycle.COMMANDS,
    *queue.COMMANDS,
    *records.COMMANDS,
    *checkpoints.COMMANDS,
    *models.COMMANDS,
    *lineage.COMMANDS,
    *variables.COMMANDS,
    *sources.COMMANDS,
    *templates.COMMANDS,
    *exchange.COMMANDS,
    *connection.COMMANDS[2:],
    *platform.COMMANDS,
    *doctor.COMMANDS,
    Command(
        "help",
        "this list, or more about one sub-command",
        help_,
        (Argument("COMMAND", "a sub-command", required=False, many=True, suggest=Suggest.COMMANDS),),
    ),
    *cells.COMMANDS,
)

COMMANDS: tuple[Command, ...] = tuple(map(saving, _ALL))
