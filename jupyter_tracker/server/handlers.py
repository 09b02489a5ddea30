"""The ways in: a request for each operation, a WebSocket for what changes, and the parts of the views as files.

All are for people who are signed in to Jupyter and whom its authorizer lets read or write `jupyter-tracker`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from jupyter_tracker import rpc
from jupyter_tracker.errors import (
    ConfigError,
    Conflict,
    InvalidInput,
    NotFound,
    RemoteError,
    TrackerError,
    Unreachable,
    Unsupported,
)
from jupyter_tracker.feed.chunks import chunk
from jupyter_tracker.feed.params import Params, text_param, whole_param
from jupyter_tracker.feed.wire import Json, error_data
from jupyter_tracker.server import frames, operations
from jupyter_tracker.server.connection import Packed
from jupyter_tracker.server.connections import Connections
from jupyter_tracker.server.pages import Page, Pages, profile_of

RESOURCE = "jupyter-tracker"
LARGEST_REQUEST = 1_000_000
"""bytes"""
MOST_UNREAD = 32_000_000
"""Bytes that wait for a browser that does not read; then it must begin anew."""

_BROKE = 1006
"""The code of a WebSocket that ended without a word."""

_log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (InvalidInput, 400),
    (ConfigError, 400),
    (NotFound, 404),
    (Conflict, 409),
    (Unsupported, 501),
    (Unreachable, 504),
    (RemoteError, 502),
)
"""The first that fits. Never 401 or 403: those say that Jupyter itself does not let somebody in."""


class OperationHandler(APIHandler):
    """`POST jupyter-tracker/api/<operation>` with `{"profile": …, "params": …}`."""

    auth_resource = RESOURCE

    def initialize(self, connections: Connections) -> None:
        """Called by tornado."""
        self._connections = connections

    @web.authenticated
    async def post(self, operation: str) -> None:
        """Answer with `{"result": …}`, as plain JSON or as a frame, or with `{"error": {"kind": …, "message": …}}`."""
        await check_allowed(self, operation)
        try:
            packed = await answer(self._connections, operation, self.request.body)
        except Exception as error:  # noqa: BLE001  # whatever it is, the view must get an answer
            if not isinstance(error, TrackerError):
                _log.exception("The request %r failed", operation)
            self.set_status(next((status for kind, status in _STATUS if isinstance(error, kind)), 500))
            packed = frames.text({"error": error_data(error)})
        self.set_header("Cache-Control", "no-store")
        kind = "application/json" if isinstance(packed, str) else "application/octet-stream"
        with suppress(StreamClosedError):  # the page is gone
            await self.finish(packed, set_content_type=kind)


class AssetHandler(APIHandler):
    """`GET jupyter-tracker/api/assets/<name>`: a part of the views, which stays in the browser while it is the same."""

    auth_resource = RESOURCE

    @web.authenticated
    async def get(self, name: str) -> None:
        """Answer with its text, or with 304 when the browser has it."""
        await check_allowed(self, "assets.get")
        try:
            text = await asyncio.to_thread(chunk, name)
        except NotFound as error:
            self.set_status(404)
            await self.finish(frames.text({"error": error_data(error)}))
            return
        self.set_header("Cache-Control", "private, no-cache")  # kept, and asked for by its ETag
        await self.finish(text, set_content_type="text/plain; charset=utf-8")


class StreamHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """`jupyter-tracker/api/stream`: a page follows and unfollows topics, and gets their updates.

    The page sends `{"id": …, "op": "follow", "params": {"key": …, "topic": …, "profile": …, …}}` or `unfollow` with the
    key, and gets `{"id": …, "result": …}` or `{"id": …, "error": …}`; updates come as `{"push": key, "update": …}`.

    It begins with `resume` and the page token that it had before, and with how many updates it has received; the answer
    is its token, and whether it goes on where it was. Else it has to follow everything anew.
    """

    auth_resource = RESOURCE

    def initialize(self, connections: Connections, pages: Pages) -> None:
        """Called by tornado."""
        self._connections = connections
        self._pages = pages
        self._page: Page | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._unread = 0
        self._closed = False

    def set_default_headers(self) -> None:
        """None: they would break the handshake."""

    async def get(self, *args: Any, **options: Any) -> None:
        """Let in who may read."""
        if self.current_user is None:
            raise web.HTTPError(403)
        await check_allowed(self, "follow")
        await super().get(*args, **options)

    def on_message(self, message: str | bytes) -> None:
        """Answer a request of the page, beside those before it: one connection must not hold up another."""
        task = asyncio.ensure_future(self._answer(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def on_close(self) -> None:
        """Follow nothing any more; where the network broke rather than the page went, wait for the page a while."""
        self._closed = True
        if self._page is None:
            return
        if self.close_code in (None, _BROKE):
            self._pages.away(self._page)
        else:
            self._page.close()

    async def _answer(self, message: str | bytes) -> None:
        identity = None
        try:
            content = request(message)
            identity = content.get("id")
            params = content.get("params")
            result = await self._carry_out(str(content.get("op")), params if isinstance(params, Mapping) else {})
        except Exception as error:  # noqa: BLE001  # whatever it is, the page must get an answer
            if not isinstance(error, TrackerError):
                _log.exception("A request of the stream failed")
            self._send(frames.text({"id": identity, "error": error_data(error)}))
        else:
            self._send(frames.text({"id": identity, "result": result}))

    async def _carry_out(self, operation: str, params: Params) -> Json:
        if operation == "resume":
            return self._resume(params)
        if operation not in ("follow", "unfollow"):
            raise InvalidInput(f"The stream knows resume, follow and unfollow, not {operation!r}.")
        page = self._opened()
        if operation == "unfollow":
            page.unfollow(params)
        else:
            await page.follow(params)
        return {}

    def _resume(self, params: Params) -> Json:
        if self._page is not None:
            raise InvalidInput("A page resumes before it follows anything.")
        if params.get("page") is not None:
            token, received = text_param(params, "page"), whole_param(params, "received")
            self._page = self._pages.resume(token, received, self._user(), self._send)
        resumed = self._page is not None
        return {"page": self._opened().token, "resumed": resumed}

    def _opened(self) -> Page:
        if self._page is None:
            self._page = self._pages.new(self._user(), self._send)
        return self._page

    def _user(self) -> str:
        return str(getattr(self.current_user, "username", self.current_user))

    def _send(self, packed: Packed) -> None:
        if self._closed or self.ws_connection is None:
            return
        size = len(packed)
        if self._unread + size > MOST_UNREAD:
            self.close(1013, "The page does not keep up.")
            return
        self._unread += size

        def sent(future: asyncio.Future[None]) -> None:
            self._unread -= size
            future.exception()  # the page is gone: `on_close` comes, too

        with suppress(WebSocketClosedError):
            asyncio.ensure_future(self.write_message(packed, binary=isinstance(packed, bytes))).add_done_callback(sent)


async def check_allowed(handler: JupyterHandler, operation: str) -> None:
    """Whether Jupyter's authorizer lets the user do that; 403 if not."""
    reading = operation in rpc.READING or operation in operations.READING or operation == "follow"
    action = "read" if reading else "execute" if operation in rpc.EXECUTING else "write"
    allowed = handler.authorizer.is_authorized(handler, handler.current_user, action, RESOURCE)
    if not await ensure_async(allowed):
        raise web.HTTPError(403, f"Jupyter does not let you {action} {RESOURCE}.")


async def answer(connections: Connections, operation: str, body: bytes) -> Packed:
    """The answer to a request."""
    content = request(body or b"{}")
    params = content.get("params", {})
    if not isinstance(params, Mapping):
        raise InvalidInput("The 'params' of a request must be an object.")
    own = operations.OPERATIONS.get(operation)
    if own is not None:
        return frames.text({"result": await own(connections, params)})
    connection = await connections.get(profile_of(content))
    return await connection.call(operation, params)


def request(message: str | bytes) -> Json:
    """What a page has sent."""
    if len(message) > LARGEST_REQUEST:
        raise InvalidInput(f"A request may have {LARGEST_REQUEST:,} bytes.")
    try:
        content = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The request is no JSON.") from error
    if not isinstance(content, dict):
        raise InvalidInput("The request must be a JSON object.")
    return content
