"""Sub-commands about the platform itself: `api`, and `profiles` of connections."""

from __future__ import annotations

import inspect
from typing import Any

from jupyter_tracker import config
from jupyter_tracker.client import native
from jupyter_tracker.magics import values
from jupyter_tracker.magics.helptext import Text
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest


def api(session: Session, arguments: Arguments) -> Any:
    """Carry out an operation of the platform's documentation, or list them; the answer is the platform's own."""
    backend = session.tracker.backend
    if arguments.operation is None:
        known = native.names(backend)
        if not known:
            return Text(f"The backend {backend.name!r} has no operations of its own beside the shared ones.")
        return Text("\n".join(_signature(name, native.documented(backend, name)) for name in known))
    operation = native.documented(backend, arguments.operation)
    named, listed = {}, []
    for word in arguments.value:
        name, given, text = word.partition("=")
        if given and name.isidentifier():
            named[name] = values.param(text)
        elif named:
            raise UsageMistake(f"{word!r} stands behind named values: give it a name, too.")
        else:
            listed.append(values.param(word))
    try:
        inspect.signature(operation).bind(*listed, **named)
    except TypeError as error:
        shown = _signature(arguments.operation, operation)
        raise UsageMistake(f"{shown} does not take these values: {error}.") from None
    return getattr(session.tracker.native, arguments.operation)(*listed, **named)


def _signature(name: str, operation: Any) -> str:
    taken = inspect.signature(operation).parameters.values()
    return f"{name}({', '.join(parameter.name for parameter in taken)})"


def profiles(_session: Session, arguments: Arguments) -> Text:
    """The connections that have a name; one is added, or removed with `--delete`."""
    if arguments.delete:
        if arguments.name is None or arguments.address is not None:
            raise UsageMistake("Say which profile is deleted: `%tracker profiles NAME --delete`.")
        config.forget(arguments.name)
        return Text(f"The profile {arguments.name!r} was deleted.")
    if arguments.address is not None:
        config.keep(config.Profile(arguments.name, arguments.address))
        return Text(f"`%tracker connect {arguments.name}` goes to {arguments.address} now.")
    if arguments.name is not None:
        return Text(config.profile(arguments.name).address)
    kept = config.profiles()
    if not kept:
        return Text("There is no profile. `%tracker profiles NAME ADDRESS` makes one.")
    width = max(len(profile.name) for profile in kept)
    return Text("\n".join(f"{profile.name:<{width}}  {profile.address}" for profile in kept))


COMMANDS = (
    Command(
        "api",
        "an operation of the platform's documentation, under its documented name",
        api,
        (
            Argument("OPERATION", "its name; all are listed without one", required=False, suggest=Suggest.OPERATIONS),
            Argument("VALUE", "its values, as `name=value`; JSON where it is no text", required=False, many=True),
        ),
        example="""%tracker api search_runs 'experiment_ids=["0"]' max_results=10""",
    ),
    Command(
        "profiles",
        "connections under names of your own",
        profiles,
        (
            Argument("NAME", "the name", required=False),
            Argument("ADDRESS", "the connection string, without a password", required=False),
        ),
        (Option("--delete", "remove it"),),
        example="%tracker profiles work mlflow+https://tracking.example",
    ),
)
