"""Sub-commands about experiments, and `delete restore archive`, which are about experiments and runs."""

from __future__ import annotations

from collections.abc import Callable

from jupyter_tracker.client import Run
from jupyter_tracker.client.results import ExperimentList
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest
from jupyter_tracker.models import Experiment


def experiments(session: Session, arguments: Arguments) -> ExperimentList:
    """List them, the one used last first."""
    return session.tracker.experiments.list(lifecycle=shared.lifecycle(arguments))


def create(session: Session, arguments: Arguments) -> Experiment:
    """Make one."""
    return session.tracker.experiments.create(
        arguments.name, description=arguments.description or "", tags=arguments.tag
    )


def update(session: Session, arguments: Arguments) -> Experiment:
    """Rename or describe one, set its tags."""
    changes = (arguments.name, arguments.description, arguments.tag or None)
    if changes == (None, None, None):
        raise UsageMistake("There is nothing to change: give --name, --description or --tag.")
    name, description, tags = changes
    changed = session.tracker.experiments.update(arguments.experiment, name=name, description=description, tags=tags)
    if name is not None and session.used == arguments.experiment:
        session.used = changed.name
    return changed


def _change(verb: str) -> Callable[[Session, Arguments], Run | Experiment]:
    def change(session: Session, arguments: Arguments) -> Run | Experiment:
        if (arguments.run is None) == (arguments.experiment is None):
            raise UsageMistake(f"Say what to {verb}: `%tracker {verb} RUN` or `%tracker {verb} --experiment NAME`.")
        if arguments.experiment is not None:
            changed: Experiment = getattr(session.tracker.experiments, verb)(arguments.experiment)
            return changed
        run: Run = getattr(session.tracker.runs, verb)(arguments.run)
        return run

    return change


def _changing(verb: str, summary: str, run_help: str) -> Command:
    return Command(
        verb,
        summary,
        _change(verb),
        (Argument("RUN", run_help, required=False, suggest=Suggest.RUNS),),
        (Option("--experiment", "an experiment with all its runs instead", "NAME", suggest=Suggest.EXPERIMENTS),),
        example=f"%tracker {verb} 3f2a\n%tracker {verb} --experiment digits",
    )


_DESCRIPTION = Option("--description", "what it is about", "TEXT")

COMMANDS = (
    Command("experiments", "list the experiments", experiments, options=(shared.ARCHIVED, shared.DELETED)),
    Command(
        "experiments create",
        "make an experiment",
        create,
        (Argument("NAME", "its name"),),
        (_DESCRIPTION, shared.TAG),
        example='%tracker experiments create digits --description "handwritten digits"',
    ),
    Command(
        "experiments update",
        "rename or describe an experiment, set its tags",
        update,
        (shared.EXPERIMENT,),
        (Option("--name", "its new name", "NAME"), _DESCRIPTION, shared.TAG),
        example="%tracker experiments update digits --name digits-2",
    ),
    _changing("delete", "put a run or experiment where only `restore` finds it", shared.RUN.help),
    _changing("restore", "bring back what was deleted or archived", "its id if it was deleted"),
    _changing("archive", "take a run or experiment out of the listing; it stays readable", shared.RUN.help),
)
