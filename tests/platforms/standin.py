"""A server that stands in for a platform: it keeps state, writes down each request, and fails when it is told to."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Part:
    """One part of a multipart body."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    """As it stood in the request line, not decoded, without the query."""
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def form(self) -> dict[str, str]:
        """Fields of a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def parts(self) -> tuple[Part, ...]:
        """Parts of a multipart body."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message: Message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        found = []
        for part in message.get_payload():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            found.append(Part(str(name), part.get_filename(), part.get_content_type(), content))
        return tuple(found)

    def value(self, name: str, default: str | None = None) -> str | None:
        """The last value of a field of the query."""
        return next((value for key, value in reversed(self.query) if key == name), default)

    def values(self, name: str) -> list[str]:
        """All values of a field of the query."""
        return [value for key, value in self.query if key == name]


@dataclass
class Answer:
    """What is sent back."""

    body: Any = None
    """Bytes as they are, None for nothing, anything else as JSON."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Failed(Exception):
    """Raised by a handler: the platform refuses."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status, body)
        self.answer = Answer(body, status)


Handler = Callable[..., Any]


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Mark a method of a stand-in that answers requests; `{x}` in the path is given decoded as an argument `x`.

    It takes the request and the path's parts; it returns JSON or an `Answer`. `{x:path}` may hold slashes.
    """
    pattern = re.sub(r"\\\{(\w+):path\\\}", r"(?P<\1>.+)", re.escape(path))
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern)

    def mark(function: Handler) -> Handler:
        function.__dict__.setdefault("routes", []).append((method, re.compile(pattern)))
        return function

    return mark


class StandIn:
    """Base of the platforms' stand-ins; `with MyPlatform().serving() as platform: platform.url`."""

    unknown: ClassVar[Answer] = Answer({"error": "not found"}, 404)
    """The answer to a path that the platform does not have."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.lock = threading.RLock()
        """Held while a handler works, so that it can change state without care."""
        self.faults: list[tuple[Callable[[Request], bool], Answer | None]] = []
        """Answers given instead, each once, to the first request that fits; None breaks the connection."""
        self.url = ""
        self._routes = [
            (method, pattern, getattr(self, name))
            for name in dir(type(self))
            for method, pattern in getattr(getattr(type(self), name), "routes", ())
        ]

    def authorize(self, request: Request) -> Answer | None:
        """The refusal of a request whose authority is wrong; None when it may go on."""

    def fail(self, answer: Answer | None, *, times: int = 1, where: Callable[[Request], bool] = lambda _: True) -> None:
        """Answer the next requests so, or break their connection."""
        with self.lock:
            self.faults += [(where, answer)] * times

    def answer(self, request: Request) -> Answer | None:
        """The answer to a request; None breaks the connection."""
        with self.lock:
            self.requests.append(request)
            for index, (fits, answer) in enumerate(self.faults):
                if fits(request):
                    del self.faults[index]
                    return answer
            refusal = self.authorize(request)
            if refusal is not None:
                return refusal
            for method, pattern, handler in self._routes:
                if method == request.method and (found := pattern.fullmatch(request.path)):
                    return self._handled(handler, request, found)
            return self.unknown

    @staticmethod
    def _handled(handler: Handler, request: Request, found: re.Match[str]) -> Answer:
        try:
            answer = handler(request, **{name: unquote(text) for name, text in found.groupdict().items()})
        except Failed as failure:
            return failure.answer
        made = answer if isinstance(answer, Answer) else Answer(answer)
        if made.body is None or isinstance(made.body, bytes):
            return made
        # Written down while nothing can change it.
        return Answer(made.content, made.status, {"Content-Type": "application/json", **made.headers})

    @contextmanager
    def serving(self) -> Iterator[Self]:
        """Answer on a free port of this machine."""
        server = Server(("127.0.0.1", 0), Connection)
        server.standin = self
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join(10)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    standin: StandIn


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else head and body of an answer are 40 ms apart
    server: Server

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True  # the client went away

    def answer(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            parts.path,
            tuple(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self._body(),
        )
        answer = self.server.standin.answer(request)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        kind = "application/octet-stream" if isinstance(answer.body, bytes) else "application/json"
        headers = {"Content-Type": kind, "Content-Length": str(len(answer.content)), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)
            self.close_connection |= headers["Content-Length"] != str(len(answer.content))  # an answer that breaks off

    def __getattr__(self, name: str) -> Any:
        # `do_GET`, `do_PATCH`: every method is answered the same way.
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_args: object) -> None:
        """Tests ask `requests`."""
