"""What the browser asks of the server itself rather than of a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import jupyter_tracker
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.feed.params import Params, text_param
from jupyter_tracker.feed.wire import Json
from jupyter_tracker.server.connections import Connections


async def _about(connections: Connections, _: Params) -> Json:
    return {"version": jupyter_tracker.__version__, "root": connections.root}


async def _list(connections: Connections, _: Params) -> Json:
    return await connections.list()


async def _find(connections: Connections, params: Params) -> Json:
    return await connections.find(text_param(params, "home"))


async def _keep(connections: Connections, params: Params) -> Json:
    secrets = params.get("secrets", {})
    if not isinstance(secrets, Mapping) or not all(isinstance(value, str) for value in secrets.values()):
        raise InvalidInput("The param 'secrets' must be texts by name.")
    return await connections.keep(text_param(params, "name"), text_param(params, "address"), secrets)


async def _remove(connections: Connections, params: Params) -> Json:
    return await connections.remove(text_param(params, "name"))


async def _test(connections: Connections, params: Params) -> Json:
    connection = await connections.get(text_param(params, "name"))
    return await connection.test()


OPERATIONS: Mapping[str, Callable[[Connections, Params], Awaitable[Json]]] = {
    "about": _about,
    "connections.find": _find,
    "connections.keep": _keep,
    "connections.list": _list,
    "connections.remove": _remove,
    "connections.test": _test,
}

READING = frozenset({"about", "connections.find", "connections.list", "connections.test"})
"""Those that change nothing."""
