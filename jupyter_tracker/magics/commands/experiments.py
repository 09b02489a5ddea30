"""Sub-commands about experiments: `experiments` and `experiments create get update archive delete …`."""

from __future__ import annotations

from jupyter_tracker.client.results import ExperimentList
from jupyter_tracker.magics import values
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option
from jupyter_tracker.models import Cleanup, Experiment, RetentionMode


def experiments(session: Session, arguments: Arguments) -> ExperimentList:
    """List them, the one used last first."""
    return session.tracker.experiments.list(lifecycle=shared.lifecycle(arguments))


def create(session: Session, arguments: Arguments) -> Experiment:
    """Make one."""
    return session.tracker.experiments.create(
        arguments.name,
        description=arguments.description or "",
        tags=arguments.tag,
        retention_mode=arguments.retention_mode or RetentionMode.FULL,
        retention_time=arguments.retention_time,
    )


def update(session: Session, arguments: Arguments) -> Experiment:
    """Rename or describe one, set its tags, say how long its runs are kept."""
    changes = {
        "name": arguments.name,
        "description": arguments.description,
        "tags": shared.tag_changes(arguments),
        "retention_mode": arguments.retention_mode,
        "retention_time": arguments.retention_time,
    }
    if not any(value is not None for value in changes.values()):
        raise UsageMistake("There is nothing to change: give --name, --description, --tag, --untag or --retention-….")
    changed = session.tracker.experiments.update(arguments.experiment, **changes)
    if arguments.name is not None and session.used == arguments.experiment:
        session.used = changed.name
    return changed


def get(session: Session, arguments: Arguments) -> Experiment:
    """One by name or id."""
    return session.tracker.experiments.get(arguments.experiment)


def _verb(verb: str, summary: str) -> Command:
    """A sub-command that does to one what the client's method of that name does."""

    def change(session: Session, arguments: Arguments) -> Experiment | Cleanup:
        changed: Experiment | Cleanup = getattr(session.tracker.experiments, verb)(arguments.experiment)
        return changed

    return Command(f"experiments {verb}", summary, change, (shared.EXPERIMENT,))


_DESCRIPTION = Option("--description", "what it is about", "TEXT")
_RETENTION = (
    Option("--retention-mode", "what remains of a run when its time is over: full, metadata or none", "MODE"),
    Option("--retention-time", "how long after its end that is, as in 30d", "TIME", values.seconds),
)

COMMANDS = (
    Command("experiments", "list the experiments", experiments, options=(shared.ARCHIVED, shared.DELETED)),
    Command(
        "experiments create",
        "make an experiment",
        create,
        (Argument("NAME", "its name"),),
        (_DESCRIPTION, shared.TAG, *_RETENTION),
        example='%tracker experiments create digits --description "handwritten digits"',
    ),
    Command("experiments get", "an experiment by name or id", get, (shared.EXPERIMENT,)),
    Command(
        "experiments update",
        "rename or describe an experiment, set its tags, say how long its runs are kept",
        update,
        (shared.EXPERIMENT,),
        (Option("--name", "its new name", "NAME"), _DESCRIPTION, shared.TAG, shared.UNTAG, *_RETENTION),
        example="%tracker experiments update digits --retention-mode metadata --retention-time 30d",
    ),
    _verb("archive", "take an experiment out of the listing; it stays readable"),
    _verb("unarchive", "take an archived experiment back into the listing"),
    _verb("delete", "put an experiment with its runs where only `restore` finds it"),
    _verb("restore", "bring back an experiment that was deleted or archived"),
    _verb("purge", "remove a deleted experiment with its runs for good"),
)
