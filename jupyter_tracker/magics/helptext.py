"""`%tracker help`, from the table."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import dedent

from jupyter_tracker.magics.table import Command

_WIDTH = 34

INTRODUCTION = dedent(
    """\
    Training runs, in the notebook: create, follow, stop, compare and read them.

    A RUN is given by id, by the unique beginning of its id, by name, or as `last`.
    `x = %tracker runs digits` keeps the result, here for `x.frame()`; `{name}` and `$name` put in variables.
    """
)


class Text(str):
    """Text that shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def overview(commands: Iterable[Command]) -> Text:
    """All sub-commands, one line each."""
    lines = [INTRODUCTION]
    lines += [_row(command.written, command.summary) for command in commands]
    lines += ["", "`%tracker help runs` says more about one of them."]
    return Text("\n".join(lines))


def explain(command: Command) -> Text:
    """One sub-command: usage, arguments and options."""
    lines = [command.summary, "", command.usage]
    if command.arguments:
        lines += ["", *(_row(f"  {argument.name}", argument.help) for argument in command.arguments)]
    if command.options:
        lines += ["", *(_row(f"  {option.name} {option.value}", option.help) for option in command.options)]
    if command.example:
        lines += ["", "Example:", *(f"  {line}" for line in command.example.splitlines())]
    return Text("\n".join(lines))


def _row(left: str, right: str) -> str:
    left = left.rstrip()
    return f"{left:<{_WIDTH}}{right}" if len(left) < _WIDTH else f"{left}\n{'':<{_WIDTH}}{right}"
