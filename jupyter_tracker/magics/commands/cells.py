"""What stands over a cell: `%%tracker run` and `%%tracker track`."""

from __future__ import annotations

import os

from jupyter_tracker.client import Run
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.commands.runs import submitted
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Arguments, Command
from jupyter_tracker.models import Code, CodeKind


def run_cell(session: Session, arguments: Arguments) -> Run | None:
    """Submit the cell. In Jupyter its panel is shown and `_` is the run; elsewhere the run is the value of the cell.

    Raises:
        RunFailed: with `--wait`, when the run did not end well.
    """
    code = Code(CodeKind.CELL, text=arguments.cell, working_directory=os.getcwd())
    run = submitted(session, arguments, code)
    panel = session.panel(run, wanted=not arguments.no_panel)
    if panel is not None:
        session.display(panel)
        session.keep(run)
    if arguments.wait:
        session.wait(run)
    return run if panel is None else None


def track(session: Session, arguments: Arguments) -> None:
    """Only a shell can run a cell, so this stands in for it where there is none.

    Raises:
        UsageMistake: always.
    """
    raise UsageMistake("`%%tracker track` runs its cell in an IPython shell, and here is none.")


COMMANDS = (
    Command(
        "run",
        "the cell becomes a run in a process of its own",
        run_cell,
        (shared.TARGET,),
        (*shared.SUBMISSION, shared.NO_PANEL),
        cell=True,
        example='%%tracker run digits --param lr=0.1\nimport jupyter_tracker as jt\njt.current_run().log({"loss": 0.5})',
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
