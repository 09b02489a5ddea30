"""Sub-commands about the connection: `connect use capabilities`."""

from __future__ import annotations

from jupyter_tracker.client import Tracker
from jupyter_tracker.client.results import CapabilityList
from jupyter_tracker.errors import NotFound, did_you_mean
from jupyter_tracker.magics.helptext import Text
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest
from jupyter_tracker.models import Experiment


def connect(session: Session, arguments: Arguments) -> Tracker:
    """Go to another backend, or say which one is in use."""
    return session.connect(arguments.address) if arguments.address else session.tracker


def use(session: Session, arguments: Arguments) -> Experiment | Text:
    """Choose the experiment of this session, which is made when it is not there, or say which one is chosen.

    Raises:
        NotFound: there is none of that name but one much like it, and `--create` was not given.
    """
    name = arguments.experiment
    if name is None:
        chosen = session.scope(None)
        if chosen is None:
            return Text(f"No experiment is in use; new runs go to {session.target(None)!r}.")
        return Text(f"New runs go to {chosen!r}.")
    try:
        found = session.tracker.experiments.get(name)
    except NotFound as error:
        known = [experiment.name for experiment in session.tracker.experiments.list()]
        if did_you_mean(name, known) and not arguments.create:
            raise NotFound("experiment", name, known, f"`%tracker use {name} --create` makes it.") from error
        found = session.tracker.experiments.create(name)
    session.used = found.name
    return found


def capabilities(session: Session, _arguments: Arguments) -> CapabilityList:
    """What the backend can do."""
    return session.tracker.capabilities()


COMMANDS = (
    Command(
        "connect",
        "connect to a backend, or show the connection",
        connect,
        (
            Argument(
                "ADDRESS",
                "`local`, `local:///folder`, or the connection string of another backend",
                required=False,
                suggest=Suggest.CONNECTIONS,
            ),
        ),
        example="%tracker connect local",
    ),
    Command(
        "use",
        "choose the experiment for new runs and for `%tracker runs`",
        use,
        (Argument("EXPERIMENT", "its name or id", required=False, suggest=Suggest.EXPERIMENTS),),
        (Option("--create", "make it even if its name is much like that of another"),),
        example="%tracker use digits",
    ),
    Command("capabilities", "what the backend does itself, emulates and lacks", capabilities),
)
