"""Sub-commands about the connection: `connect use capabilities`."""

from __future__ import annotations

from jupyter_tracker.client import Tracker
from jupyter_tracker.errors import NotFound
from jupyter_tracker.magics.helptext import Text
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest
from jupyter_tracker.magics.views import CapabilityList
from jupyter_tracker.models import Experiment


def connect(session: Session, arguments: Arguments) -> Tracker:
    """Go to another backend, or say which one is in use."""
    return session.connect(arguments.address) if arguments.address else session.tracker


def use(session: Session, arguments: Arguments) -> Experiment | Text:
    """Choose the experiment of this session, or say which one is chosen.

    Raises:
        NotFound: there is none of that name, and `--create` was not given.
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
        if not arguments.create:
            raise NotFound(
                "experiment",
                name,
                [known.name for known in session.tracker.experiments.list()],
                f"`%tracker use {name} --create` makes it.",
            ) from error
        found = session.tracker.experiments.create(name)
    session.used = found.name
    return found


def capabilities(session: Session, _arguments: Arguments) -> CapabilityList:
    """What the backend can do."""
    return CapabilityList(session.tracker.capabilities())


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
        (Option("--create", "make it when it is not there"),),
        example="%tracker use digits --create",
    ),
    Command("capabilities", "what the backend does itself, emulates and lacks", capabilities),
)
