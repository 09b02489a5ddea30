"""`%%tracker track`: a cell that runs here, as a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_tracker.client import Run
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.magics.code import compile_cell
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Arguments
from jupyter_tracker.magics.tee import logged_output

_NOT_THE_CELL = ("IPython.", "jupyter_tracker.magics.", "ipykernel.")


class TrackedRun:
    """The run of a cell, from before its first line until after its last one.

    Args:
        session: Where runs go and are shown.
        arguments: What stood behind `%%tracker track`.
        cell: The code, where the shell's history does not end with it.
    """

    def __init__(self, session: Session, arguments: Arguments, cell: str) -> None:
        self._session = session
        self._arguments = arguments
        self._cell = cell
        self._shell = session.surface.shell
        self._output = ExitStack()
        self._afterwards = ExitStack()
        self._run: Run | None = None

    def begin(self) -> None:
        """Start the run, show its panel, and log what is printed from now on."""
        run = self._run = self._start()
        run.__enter__()
        try:
            name = getattr(self._arguments, "as")
            if name:
                self._session.surface.bind(name, run)
            panel = self._session.panel(run, wanted=not self._arguments.no_panel)
            if panel is not None:
                self._session.surface.display(panel)
                self._afterwards.callback(panel.save_picture)
            else:
                self._afterwards.callback(self._summarize, run)
            self._output.enter_context(logged_output(run))
        except BaseException as error:
            self.end(error)
            raise

    def end(self, error: BaseException | None) -> None:
        """End the run as its cell ended, once."""
        run, self._run = self._run, None
        if run is None:
            return
        with self._afterwards, _own_traceback(error):
            # First the tail of what was printed: whoever sees that the run has ended finds its log complete.
            self._output.close()
            run.__exit__(None if error is None else type(error), error, None)

    def end_with_cell(self) -> None:
        """Have the shell call `end` when it has run the cell that it runs now."""
        mine = self._shell.displayhook.exec_result
        events = self._shell.events

        def finished(result: Any) -> None:
            if mine is not None and result is not None and result.info.raw_cell != mine.info.raw_cell:
                return  # a cell that ours has run
            events.unregister("post_run_cell", finished)
            if result is None:
                error: BaseException | None = KeyboardInterrupt()
            else:
                error = result.error_before_exec or result.error_in_exec
            try:
                self.end(error)
            except TrackerError:
                self._shell.showtraceback()

        events.register("post_run_cell", finished)

    def _start(self) -> Run:
        from jupyter_tracker.environment import capture

        arguments = self._arguments
        return self._session.tracker.runs.start(
            self._session.target(arguments.experiment),
            name=arguments.name,
            params=arguments.param,
            tags=arguments.tag,
            environment=capture(Path.cwd(), self._history()),
        )

    def _history(self) -> list[str]:
        cells = self._session.surface.history()
        return [*cells, self._cell] if self._cell else cells

    def _summarize(self, run: Run) -> None:
        self._session.surface.write(f"{run!r}\n")


def run_here(session: Session, arguments: Arguments) -> None:
    """Run the cell of `run_cell_magic`, whose value is then shown; a cell with a syntax error becomes no run."""
    __tracebackhide__ = True
    shell = session.surface.shell
    code = compile_cell(shell, arguments.cell)
    tracked = TrackedRun(session, arguments, arguments.cell)
    tracked.begin()
    try:
        value = code.execute(shell.user_global_ns, shell.user_ns)
    except BaseException as error:
        tracked.end(error)
        raise
    tracked.end(None)
    if value is not None:
        sys.displayhook(value)


@contextmanager
def _own_traceback(error: BaseException | None) -> Iterator[None]:
    """A block in which the traceback of an error begins in the cell, as the event of the run shows it."""
    if error is None:
        yield
        return
    whole = error.__traceback__
    error.__traceback__ = _from_cell(whole)
    try:
        yield
    finally:
        error.__traceback__ = whole


def _from_cell(traceback: TracebackType | None) -> TracebackType | None:
    inner = traceback
    while inner is not None and inner.tb_frame.f_globals.get("__name__", "").startswith(_NOT_THE_CELL):
        inner = inner.tb_next
    return inner or traceback
