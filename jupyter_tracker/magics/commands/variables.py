"""Sub-commands about environment variables: `variables` and `variables create get update delete`."""

from __future__ import annotations

from jupyter_tracker.client.results import VariableList
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest
from jupyter_tracker.models import Secret


def variables(session: Session, arguments: Arguments) -> VariableList:
    """Those of the store, or those that runs of an experiment get."""
    return session.tracker.variables.list(arguments.experiment)


def get(session: Session, arguments: Arguments) -> VariableList:
    """One, as a list that prints well."""
    return VariableList([session.tracker.variables.get(arguments.variable, experiment=arguments.experiment)])


def create(session: Session, arguments: Arguments) -> VariableList:
    """Make one; a value that is not written is asked for."""
    value = _value(session, arguments.value, arguments.name, secret=arguments.secret)
    made = session.tracker.variables.create(
        arguments.name, value, secret=arguments.secret, experiment=arguments.experiment
    )
    return VariableList([made])


def update(session: Session, arguments: Arguments) -> VariableList:
    """Change one; without a change that is written, its new value is asked for."""
    value: str | Secret | None = arguments.value
    if value is None and arguments.name is None and not arguments.secret:
        found = session.tracker.variables.get(arguments.variable, experiment=arguments.experiment)
        value = _value(session, None, found.name, secret=found.secret)
    changed = session.tracker.variables.update(
        arguments.variable,
        value,
        name=arguments.name,
        secret=True if arguments.secret else None,
        experiment=arguments.experiment,
    )
    return VariableList([changed])


def delete(session: Session, arguments: Arguments) -> VariableList:
    """Remove one."""
    return VariableList([session.tracker.variables.delete(arguments.variable, experiment=arguments.experiment)])


def _value(session: Session, written: str | None, name: str, *, secret: bool) -> str | Secret:
    if written is not None:
        return written
    text = session.surface.ask(f"{name}: ", hidden=secret)
    if text is None:
        raise UsageMistake(f"Nobody can be asked for the value of {name} here: write it behind the name.")
    return Secret(text) if secret else text


_VARIABLE = Argument("VARIABLE", "its name", suggest=Suggest.VARIABLES)
_EXPERIMENT = Option("--experiment", "of this experiment instead of the store", "NAME", suggest=Suggest.EXPERIMENTS)
_SECRET = Option("--secret", "never shown again, encrypted, and masked in logs; it cannot be undone")

COMMANDS = (
    Command(
        "variables",
        "environment variables of submitted runs: of the store, or as an experiment has them",
        variables,
        (
            Argument(
                "EXPERIMENT",
                "also what its runs inherit from the store",
                required=False,
                suggest=Suggest.EXPERIMENTS,
            ),
        ),
        example="%tracker variables digits",
    ),
    Command("variables get", "one environment variable", get, (_VARIABLE,), (_EXPERIMENT,)),
    Command(
        "variables create",
        "make an environment variable",
        create,
        (Argument("NAME", "letters, digits and _"), Argument("VALUE", "asked for when it is left out", required=False)),
        (_SECRET, _EXPERIMENT),
        example="%tracker variables create WORKERS 4\n%tracker variables create API_TOKEN --secret --experiment digits",
    ),
    Command(
        "variables update",
        "change value or name of an environment variable, or make it a secret",
        update,
        (_VARIABLE, Argument("VALUE", "asked for when nothing is changed otherwise", required=False)),
        (Option("--name", "its new name", "NAME"), _SECRET, _EXPERIMENT),
        example="%tracker variables update WORKERS 8",
    ),
    Command(
        "variables delete",
        "remove an environment variable for good",
        delete,
        (_VARIABLE,),
        (_EXPERIMENT,),
        example="%tracker variables delete WORKERS --experiment digits",
    ),
)
