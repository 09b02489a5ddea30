"""Sub-commands about places for runs: `queue` and `queue prioritize`."""

from __future__ import annotations

from jupyter_tracker.client import Run
from jupyter_tracker.client.assets import QueueList
from jupyter_tracker.magics import values
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest


def queue(session: Session, arguments: Arguments) -> QueueList:
    """Change the limits that are given, and show who runs and who waits."""
    changed = {name: getattr(arguments, name) for name in _LIMITS if getattr(arguments, name) is not None}
    if changed:
        session.tracker.queue.update(arguments.experiment, **changed)
    return session.tracker.queue.list(arguments.experiment)


def prioritize(session: Session, arguments: Arguments) -> Run:
    """Let a run that waits start sooner or later."""
    try:
        priority = values.whole(arguments.priority)
    except ValueError as error:
        raise UsageMistake(f"PRIORITY is {error}, not {arguments.priority!r}.") from None
    return session.tracker.queue.prioritize(arguments.run, priority)


_LIMITS = ("minimum_instances", "maximum_instances", "maximum_queue_size")

COMMANDS = (
    Command(
        "queue",
        "submitted runs that run or wait for a place; limits are set with it, too",
        queue,
        (
            Argument(
                "EXPERIMENT",
                "only its runs, and its limits instead of those of the store",
                required=False,
                suggest=Suggest.EXPERIMENTS,
            ),
        ),
        (
            Option("--maximum-instances", "runs at once; 0 holds all back, unlimited lets all run", "N", values.limit),
            Option("--maximum-queue-size", "runs that may wait, or unlimited", "N", values.limit),
            Option("--minimum-instances", "places of the store that are kept for the experiment", "N", values.count),
        ),
        example="%tracker queue --maximum-instances 2\n%tracker queue digits --maximum-instances 1",
    ),
    Command(
        "queue prioritize",
        "let a run that waits start sooner or later",
        prioritize,
        (shared.RUN, Argument("PRIORITY", "a whole number; the larger starts first, and 0 is the default")),
        example="%tracker queue prioritize last 10",
    ),
)
