"""Sub-commands about where runs and experiments are: `archive unarchive delete restore purge`, and `maintain`."""

from __future__ import annotations

from jupyter_tracker.client import Run
from jupyter_tracker.magics import values
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest
from jupyter_tracker.magics.views import Count
from jupyter_tracker.models import Cleanup, Experiment


def delete(session: Session, arguments: Arguments) -> Run | Experiment | Count:
    """A run, an experiment, or the runs of one until a time."""
    if arguments.before is None:
        return _one(session, arguments, "delete")
    experiment = _whose(arguments, "delete", "--before")
    runs = session.tracker.runs
    return Count(runs.delete_before(experiment, arguments.before, maximum=arguments.max), "deleted", experiment)


def restore(session: Session, arguments: Arguments) -> Run | Experiment | Count:
    """A run, an experiment, or the runs of one that were deleted since a time."""
    if arguments.after is None:
        return _one(session, arguments, "restore")
    experiment = _whose(arguments, "restore", "--after")
    runs = session.tracker.runs
    return Count(runs.restore_after(experiment, arguments.after, maximum=arguments.max), "restored", experiment)


def archive(session: Session, arguments: Arguments) -> Run | Experiment:
    """A run or an experiment."""
    return _one(session, arguments, "archive")


def unarchive(session: Session, arguments: Arguments) -> Run | Experiment:
    """A run or an experiment."""
    return _one(session, arguments, "unarchive")


def purge(session: Session, arguments: Arguments) -> Cleanup:
    """A run or an experiment that was deleted."""
    _check_one(arguments, "purge")
    if arguments.experiment is not None:
        return session.tracker.experiments.purge(arguments.experiment)
    return session.tracker.runs.purge(arguments.run)


def maintain(session: Session, arguments: Arguments) -> Cleanup:
    """Tidy up."""
    return session.tracker.maintain(purge_deleted_after=arguments.purge_deleted)


def _one(session: Session, arguments: Arguments, verb: str) -> Run | Experiment:
    _check_one(arguments, verb)
    if getattr(arguments, "max", None) is not None:
        raise UsageMistake(f"--max says how many runs; give {_TIMES[verb]} TIME, too.")
    if arguments.experiment is not None:
        changed: Experiment = getattr(session.tracker.experiments, verb)(arguments.experiment)
        return changed
    run: Run = getattr(session.tracker.runs, verb)(arguments.run)
    return run


def _check_one(arguments: Arguments, verb: str) -> None:
    if (arguments.run is None) == (arguments.experiment is None):
        raise UsageMistake(f"Say what to {verb}: `%tracker {verb} RUN` or `%tracker {verb} --experiment NAME`.")


def _whose(arguments: Arguments, verb: str, option: str) -> str:
    """The experiment of which the runs are meant: with a time, the word by itself is one."""
    experiment: str | None = arguments.experiment or arguments.run
    if experiment is None or (arguments.experiment and arguments.run):
        raise UsageMistake(f"Say of which experiment: `%tracker {verb} EXPERIMENT {option} TIME`.")
    return experiment


_TIMES = {"delete": "--before", "restore": "--after"}
_EXPERIMENT = Option("--experiment", "an experiment with all its runs instead", "NAME", suggest=Suggest.EXPERIMENTS)
_MAX = Option("--max", "at most so many runs", "N", values.count)


def _run(help_: str) -> Argument:
    return Argument("RUN", help_, required=False, suggest=Suggest.RUNS)


COMMANDS = (
    Command(
        "archive",
        "take a run or experiment out of the listing; it stays readable",
        archive,
        (_run(shared.RUN.help),),
        (_EXPERIMENT,),
        example="%tracker archive last\n%tracker archive --experiment digits",
    ),
    Command(
        "unarchive",
        "take an archived run or experiment back into the listing",
        unarchive,
        (_run(shared.RUN.help),),
        (_EXPERIMENT,),
        example="%tracker unarchive small",
    ),
    Command(
        "delete",
        "put a run, an experiment, or old runs where only `restore` finds them",
        delete,
        (_run(f"{shared.RUN.help}; with --before, the experiment"),),
        (
            _EXPERIMENT,
            Option("--before", "all runs of the experiment that were created until then, as in 2026-01-31", "TIME"),
            _MAX,
        ),
        example="%tracker delete 3f2a\n%tracker delete digits --before 2026-01-31 --max 100",
    ),
    Command(
        "restore",
        "bring back what was deleted or archived",
        restore,
        (_run("its id if it was deleted; with --after, the experiment"),),
        (
            _EXPERIMENT,
            Option("--after", "all runs of the experiment that were deleted since then, as in 2026-01-31", "TIME"),
            _MAX,
        ),
        example="%tracker restore --experiment digits\n%tracker restore digits --after 2026-01-31T12:00",
    ),
    Command(
        "purge",
        "remove a deleted run or experiment for good, with its files",
        purge,
        (_run("its id"),),
        (_EXPERIMENT,),
        example="%tracker purge --experiment digits",
    ),
    Command(
        "maintain",
        "apply the retention of the experiments, remove what crashes left, give room back",
        maintain,
        options=(
            Option("--purge-deleted", "purge, too, what was deleted longer ago, as in 30d", "TIME", values.seconds),
        ),
        example="%tracker maintain --purge-deleted 30d",
    ),
)
