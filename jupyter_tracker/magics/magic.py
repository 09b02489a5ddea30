"""`%tracker` and `%%tracker` themselves."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class
from traitlets import Bool, Unicode

from jupyter_tracker.client.results import RunList
from jupyter_tracker.magics.code import empty_cell
from jupyter_tracker.magics.commands import COMMANDS
from jupyter_tracker.magics.completion import Completer, matcher
from jupyter_tracker.magics.helptext import explain, overview
from jupyter_tracker.magics.parser import HELP, find, parse, split
from jupyter_tracker.magics.session import DEFAULT_EXPERIMENT, Session
from jupyter_tracker.magics.surface import ShellSurface
from jupyter_tracker.magics.table import Arguments, Command
from jupyter_tracker.magics.tracked import TrackedRun
from jupyter_tracker.magics.views import experiment_text
from jupyter_tracker.models import Experiment

SAVED_ROWS = 20
"""Runs in the HTML beside a live table, so that a saved notebook stays small."""


@magics_class
class TrackerMagics(Magics):
    """Training runs in the notebook. `%tracker help` lists what there is."""

    connection = Unicode("local", help="Where to connect until `%tracker connect` says otherwise.").tag(config=True)
    experiment = Unicode(DEFAULT_EXPERIMENT, help="Experiment of runs for which none is named.").tag(config=True)
    panel = Bool(default_value=True, help="Whether to show live panels in Jupyter; else text.").tag(config=True)

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._shell = shell
        self.session = Session(self, ShellSurface(shell))
        self._matcher = matcher(Completer(self.session, COMMANDS))

    @line_cell_magic
    def tracker(self, line: str, cell: str | None = None) -> object:
        """Run one sub-command; its result is the value of the line."""
        __tracebackhide__ = True
        command, arguments = _understood(line, cell)
        if arguments is None:
            return explain(command)
        return command.action(self.session, arguments)

    def begin_tracking(self, line: str, *, empty: bool = False) -> None:
        """The first statement of a `%%tracker track` cell, which `begin_in_cell` puts in the place of that line."""
        if empty:
            raise empty_cell()
        words = split(self._shell.var_expand(line, 1))
        command, rest = find(COMMANDS, words, cell=True)
        tracked = TrackedRun(self.session, parse(command, rest), "")
        tracked.begin()
        tracked.end_with_cell()

    def hook_in(self) -> None:
        """Register magic, configuration, completion and the printing of experiments with the shell."""
        shell = self._shell
        shell.register_magics(self)
        if self not in shell.configurables:
            shell.configurables.append(self)
        shell.Completer.custom_matchers.append(self._matcher)
        shell.input_transformers_cleanup.append(self.begin_in_cell)
        plain = shell.display_formatter.formatters["text/plain"]
        shell.display_formatter.mimebundle_formatter.for_type(RunList, self.runs_bundle)
        plain.for_type(Experiment, lambda experiment, printer, _: printer.text(experiment_text(experiment)))

    def hook_out(self) -> None:
        """Undo `hook_in`, except for the magic itself, which the next registration replaces."""
        for hooks, ours in (
            (self._shell.configurables, self),
            (self._shell.Completer.custom_matchers, self._matcher),
            (self._shell.input_transformers_cleanup, self.begin_in_cell),
        ):
            if ours in hooks:
                hooks.remove(ours)

    def runs_bundle(self, runs: RunList[Any], **_: object) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Listed runs as a live table, and beside it the first of them for where that cannot live.

        None where there is no such table: then IPython shows text and HTML of the list itself.
        """
        panel = self.session.table(runs)
        if panel is None:
            return None
        from jupyter_tracker import frames

        data, metadata = panel.bundle()
        if runs:
            shown = frames.runs([run.info for run in runs[:SAVED_ROWS]])
            data["text/html"] = frames.html(shown, SAVED_ROWS)
        return data, metadata

    def begin_in_cell(self, lines: list[str]) -> list[str]:
        """Let the shell itself run the code of a `%%tracker track` cell.

        Only then tracebacks, `await`, the value of the last line and an interrupt are just as in an ordinary cell.
        """
        words = lines[0].split() if lines else []
        if words[:2] != ["%%tracker", "track"] or any(word in HELP for word in words):
            return lines
        cell = lines[1:]
        for transform in self._shell.input_transformer_manager.line_transforms:
            cell = transform(cell)  # the code may begin with a cell magic of its own
        line = lines[0].strip().removeprefix("%%tracker").strip()
        empty = ", empty=True" if not "".join(cell).strip() else ""
        magics = f"get_ipython().magics_manager.registry[{type(self).__name__!r}]"
        return [f"{magics}.begin_tracking({line!r}{empty})\n", *cell]


TrackerMagics.tracker.__doc__ = str(overview(COMMANDS))


def _understood(line: str, cell: str | None) -> tuple[Command, Arguments | None]:
    """The sub-command of a line and its arguments; None for these when help is asked for."""
    words = split(line) or ["help"]
    command, rest = find(COMMANDS, words, cell=cell is not None)
    if any(word in HELP for word in rest):
        return command, None
    arguments = parse(command, rest)
    if cell is not None:
        arguments.cell = cell
    return command, arguments
