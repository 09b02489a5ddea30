"""Arguments and options that several sub-commands have."""

from __future__ import annotations

from jupyter_tracker.client import Run
from jupyter_tracker.magics import values
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Option, Suggest
from jupyter_tracker.models import Lifecycle

RUN = Argument("RUN", "id, unique beginning of an id, name, or `last`", suggest=Suggest.RUNS)
EXPERIMENT = Argument("EXPERIMENT", "its name or id", suggest=Suggest.EXPERIMENTS)
TARGET = Argument(
    "EXPERIMENT",
    "made when it is not there; else the one of `%tracker use`",
    required=False,
    suggest=Suggest.EXPERIMENTS,
)
NAME = Option("--name", "name of the run", "NAME")
PARAM = Option(
    "--param", "a param; numbers, true, null and [lists] keep their type", "NAME=VALUE", values.param, pairs=True
)
TAG = Option("--tag", "a tag, as text", "NAME=TEXT", pairs=True)
UNTAG = Option("--untag", "remove these tags", "NAMES", values.texts)
AS = Option("--as", "bind the run to this variable", "VARIABLE", values.variable)
NO_PANEL = Option("--no-panel", "show no panel")
WAIT = Option("--wait", "wait for the end; the cell fails when the run does")
SUBMISSION = (
    NAME,
    PARAM,
    Option(
        "--data",
        "a file or folder, whose path the code finds in JUPYTER_TRACKER_DATA",
        "PATH",
        suggest=Suggest.FILES,
    ),
    Option("--timeout", "end the run after this time, as in 90s, 5m, 2h; 4h by default", "TIME", values.seconds),
    Option("--env", "an environment variable; its value is not recorded", "NAME=TEXT", pairs=True),
    TAG,
    WAIT,
    AS,
)
ARCHIVED = Option("--archived", "those that were archived")
DELETED = Option("--deleted", "those that were deleted")


def lifecycle(arguments: Arguments) -> Lifecycle:
    """Which records are meant.

    Raises:
        UsageMistake: both switches are set.
    """
    if arguments.archived and arguments.deleted:
        raise UsageMistake("--archived and --deleted exclude each other: give one of them.")
    return Lifecycle.ARCHIVED if arguments.archived else Lifecycle.DELETED if arguments.deleted else Lifecycle.ACTIVE


def tag_changes(arguments: Arguments) -> dict[str, str | None] | None:
    """What `--tag` sets and `--untag` removes; None for nothing.

    Raises:
        UsageMistake: one tag is to be set and removed.
    """
    both = set(arguments.tag) & set(arguments.untag or ())
    if both:
        raise UsageMistake(f"The tag {min(both)!r} is to be set and removed: give --tag or --untag for it.")
    return {**arguments.tag, **dict.fromkeys(arguments.untag or ())} or None


def named_run(session: Session, arguments: Arguments) -> Run:
    """The run that was named."""
    return session.tracker.runs.get(arguments.run)
