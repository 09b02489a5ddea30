"""A Jupyter server with the extension, and ways to ask it."""

from __future__ import annotations

import json

import pytest

# Fixtures and the hook for async tests; a plugin would bring them, and its event loop, to all other tests, too.
from pytest_jupyter.jupyter_server import *  # noqa: F403  # its fixtures
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from jupyter_tracker.server import frames


@pytest.fixture
def jp_server_config():
    return {"ServerApp": {"jpserver_extensions": {"jupyter_tracker": True}}}


@pytest.fixture
def ask(jp_fetch, jp_environ, monkeypatch, jp_config_dir):
    """Ask the server; the result is status and content, with the buffers where there are some."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(jp_config_dir))

    async def asked(operation, params=None, body=None, **options):
        content = {"params": params or {}, **(body or {})} if not isinstance(body, str) else None
        text = body if content is None else json.dumps(content)
        try:
            response = await jp_fetch("jupyter-tracker", "api", operation, method="POST", body=text, **options)
        except HTTPClientError as error:
            return error.code, json.loads(error.response.body or b"{}")
        if response.headers["Content-Type"] == "application/octet-stream":
            content, buffers = frames.unpacked(response.body)
            return response.code, {**content, "buffers": buffers}
        return response.code, json.loads(response.body)

    return asked


@pytest.fixture
def sign_in(jp_fetch):
    """Sign in as a browser does; the result is the headers that its own pages send."""

    async def signing_in():
        response = await jp_fetch("api", "me", method="GET")
        cookies = [cookie.partition(";")[0] for cookie in response.headers.get_list("Set-Cookie")]
        assert any(cookie.startswith("username-") for cookie in cookies)
        # Jupyter's pages set this cookie and send its value along; another site can do neither.
        return {"Cookie": "; ".join([*cookies, "_xsrf=c0ffee"]), "X-XSRFToken": "c0ffee", "Authorization": ""}

    return signing_in


class Stream:
    """The WebSocket of a page."""

    def __init__(self, socket):
        self.socket = socket
        self.updates = []

    async def send(self, operation, **params):
        """Send a request and wait for its answer."""
        await self.socket.write_message(json.dumps({"id": 1, "op": operation, "params": params}))
        while "id" not in (message := await self.read()):
            self.updates.append(message)
        return message

    async def read(self):
        """The next message."""
        message = await self.socket.read_message()
        assert message is not None, "the server has closed the stream"
        return json.loads(message) if isinstance(message, str) else frames.unpacked(message)[0]

    async def update(self, fits):
        """The next update that fits."""
        while not any(fits(found["update"]) for found in self.updates):
            self.updates.append(await self.read())
        return next(found["update"] for found in self.updates if fits(found["update"]))


@pytest.fixture
def open_stream(jp_serverapp, http_server, jp_http_port, jp_base_url, jp_auth_header, ask):
    """Open the stream, with other headers if that is wanted."""
    opened = []

    async def opening(headers=None):
        url = f"ws://127.0.0.1:{jp_http_port}{jp_base_url}jupyter-tracker/api/stream"
        socket = await websocket_connect(HTTPRequest(url, headers=jp_auth_header if headers is None else headers))
        opened.append(socket)
        return Stream(socket)

    yield opening
    for socket in opened:
        socket.close()
