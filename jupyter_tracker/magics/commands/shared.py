"""Arguments and options that several sub-commands have."""

from __future__ import annotations

from typing import Any

from jupyter_tracker.client import Run
from jupyter_tracker.magics import values
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Option, Suggest
from jupyter_tracker.models import Lifecycle, Source, Template

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
ENV = Option("--env", "an environment variable; its value is not recorded", "NAME=TEXT", pairs=True)
FORM = Option("--form", "fill in a form; --experiment, --name and --param stand in it at first")
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
    ENV,
    TAG,
    Option("--cpu", "CPUs that it may use, as in 500m or 2", "QUANTITY"),
    Option("--memory", "memory that it may use, as in 512Mi or 5Gi; it is ended when it uses more", "QUANTITY"),
    Option("--ephemeral-storage", "what it may keep below its TMPDIR, as in 10Gi", "QUANTITY"),
    Option("--gpu", "GPUs that it gets", "N"),
    Option("--priority", "of runs that wait, those of a larger number start first", "N", values.whole),
    Option("--retries", "start it again so often when it fails", "N", values.count),
    Option(
        "--retry-delay", "before the first retry, doubled for each further one; 10s by default", "TIME", values.seconds
    ),
    Option("--restart-interrupted", "start it again when its processes vanish, as when the machine restarts"),
    WAIT,
    AS,
)
_RESOURCES = ("cpu", "memory", "ephemeral_storage", "gpu")
_SCHEDULE = ("timeout", "priority", "retries", "retry_delay")
SWEEP = (
    Option(
        "--sweep",
        "search over a param: lr=0.1,0.01 (values), depth=2:8 or 2:8:2 (numbers), lr=1e-4:1e-1:log",
        "NAME=VALUES",
        values.dimension,
        pairs=True,
    ),
    Option("--method", "of the search: grid, which is all points, random, or optuna", "METHOD"),
    Option("--samples", "trials of a search that is no grid", "N", values.count),
    Option("--metric", "the metric that says how good a trial was", "METRIC"),
    Option("--goal", "minimize, or maximize the metric", "GOAL"),
    Option("--parallel", "trials at once; as many as CPUs by default", "N", values.count),
    Option("--seed", "the same one tries the same points", "N", values.count),
)
ARCHIVED = Option("--archived", "those that were archived")
DELETED = Option("--deleted", "those that were deleted")


_FORMS_OWN = ("experiment", "name", "param", "form", "code", "source", "template", "entry_point")


def form(
    session: Session, arguments: Arguments, target: str | Source | Template, entry_point: str | None = None
) -> Any:
    """The form that submits a run.

    Raises:
        UsageMistake: something else was written that the form asks for itself.
    """
    more = [name for name, value in vars(arguments).items() if value and name not in _FORMS_OWN]
    if more:
        raise UsageMistake(f"--form asks for the rest itself: leave --{more[0].replace('_', '-')} out.")
    experiment = session.target(arguments.experiment)
    return session.form(target, experiment, arguments.name or "", arguments.param, entry_point)


_SEARCH = ("method", "samples", "metric", "goal", "parallel", "seed")


def search(arguments: Arguments) -> dict[str, Any]:
    """What of `SWEEP` was written, as arguments of `sweep`; empty when nothing is searched.

    Raises:
        UsageMistake: there is no space for what was written.
    """
    found = {name: getattr(arguments, name) for name in _SEARCH if getattr(arguments, name) is not None}
    if found and not arguments.sweep:
        option = f"--{next(iter(found))}"
        raise UsageMistake(f"{option} belongs to a search: say what is searched, as in --sweep lr=0.1,0.01.")
    return {"space": arguments.sweep, **found} if arguments.sweep else {}


def submission(session: Session, arguments: Arguments) -> dict[str, Any]:
    """What of `SUBMISSION` was written, as arguments of `submit`; what was not has the default of it."""
    resources = {name: getattr(arguments, name) for name in _RESOURCES if getattr(arguments, name) is not None}
    schedule = {name: getattr(arguments, name) for name in _SCHEDULE if getattr(arguments, name) is not None}
    return {
        "name": arguments.name,
        "data": arguments.data,
        "variables": arguments.env,
        "tags": arguments.tag,
        "history": session.surface.history(),
        "restart_interrupted": arguments.restart_interrupted,
        "resources": resources,
        **schedule,
    }


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
