"""What the browser asks of the server itself rather than of a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import jupyter_tracker
from jupyter_tracker import rpc
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.feed.wire import Json
from jupyter_tracker.server.connections import Connections


async def _about(connections: Connections, _: rpc.Params) -> Json:
    return {"version": jupyter_tracker.__version__, "root": connections.root}


async def _list(connections: Connections, _: rpc.Params) -> Json:
    return await connections.list()


async def _keep(connections: Connections, params: rpc.Params) -> Json:
    secrets = params.get("secrets", {})
    if not isinstance(secrets, Mapping) or not all(isinstance(value, str) for value in secrets.values()):
        raise InvalidInput("The param 'secrets' must be texts by name.")
    return await connections.keep(rpc.text_param(params, "name"), rpc.text_param(params, "address"), secrets)


async def _remove(connections: Connections, params: rpc.Params) -> Json:
    return await connections.remove(rpc.text_param(params, "name"))


async def _test(connections: Connections, params: rpc.Params) -> Json:
    connection = await connections.get(rpc.text_param(params, "name"))
    return await connection.test()


OPERATIONS: Mapping[str, Callable[[Connections, rpc.Params], Awaitable[Json]]] = {
    "about": _about,
    "connections.keep": _keep,
    "connections.list": _list,
    "connections.remove": _remove,
    "connections.test": _test,
}

READING = frozenset({"about", "connections.list", "connections.test"})
"""Those that change nothing."""
