"""What stands over a cell: `%%tracker run` and `%%tracker track`."""

from __future__ import annotations

from pathlib import Path

from jupyter_tracker.client import Run
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.commands.runs import submitted
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Arguments, Command
from jupyter_tracker.magics.tracked import run_here
from jupyter_tracker.models import Code, CodeKind


def run_cell(session: Session, arguments: Arguments) -> Run | None:
    """Submit the cell. In Jupyter its panel is shown and `_` is the run; elsewhere the run is the value of the cell.

    Raises:
        RunFailed: with `--wait`, when the run did not end well.
    """
    code = Code(CodeKind.CELL, text=arguments.cell, working_directory=str(Path.cwd()))
    run = submitted(session, arguments, code)
    panel = session.panel(run, wanted=not arguments.no_panel)
    if panel is not None:
        session.surface.display(panel)
        session.surface.keep(run)
    if arguments.wait:
        session.wait(run)
    return run if panel is None else None


def track(session: Session, arguments: Arguments) -> None:
    """Run the cell in the shell, as a run."""
    __tracebackhide__ = True
    run_here(session, arguments)


COMMANDS = (
    Command(
        "run",
        "the cell becomes a run in a process of its own",
        run_cell,
        (shared.TARGET,),
        (*shared.SUBMISSION, *shared.SWEEP, shared.NO_PANEL),
        cell=True,
        example="%%tracker run digits --param lr=0.1\nimport train\ntrain.main(epochs=30)",
    ),
    Command(
        "track",
        "the cell runs here, as a run",
        track,
        (shared.TARGET,),
        (shared.NAME, shared.PARAM, shared.TAG, shared.AS, shared.NO_PANEL),
        cell=True,
        example='%%tracker track digits --as run\nfor step in range(10):\n    run.log({"loss": 1 / (step + 1)})',
    ),
)
