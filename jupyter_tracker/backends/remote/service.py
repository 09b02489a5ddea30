"""Requests to one platform: authority, repetition, and errors that say what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from jupyter_tracker.backends.remote.auth import Auth, NoAuth
from jupyter_tracker.backends.remote.retry import SAFE_METHODS, Retry
from jupyter_tracker.errors import (
    NotAuthenticated,
    PermissionDenied,
    PlatformFailure,
    RateLimited,
    RemoteConflict,
    RemoteError,
    RemoteInvalid,
    RemoteNotFound,
    Unreachable,
)
from jupyter_tracker.flow import Download, Flow, Send, Sleep, Upload
from jupyter_tracker.models import JsonValue

NEVER_RECEIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures after which a request has certainly not reached the platform."""

Query = Mapping[str, str | int | float | Sequence[str | int]]
"""Fields of a query; a list is repeated."""

BY_STATUS: Mapping[int, type[RemoteError]] = {
    400: RemoteInvalid,
    401: NotAuthenticated,
    403: PermissionDenied,
    404: RemoteNotFound,
    409: RemoteConflict,
    410: RemoteNotFound,
    413: RemoteInvalid,
    422: RemoteInvalid,
    429: RateLimited,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What an answer that is an error says, as a platform's reader found it."""

    message: str = ""
    code: str = ""
    kind: type[RemoteError] | None = None
    """The error that it means; None to go by the status."""
    mistakes: tuple[object, ...] = ()
    """What is wrong with each field, where the platform says so."""


def read_problem(answer: Mapping[str, Any]) -> Problem:
    """The error in the common forms of JSON: `error`, `message`, `error_message`, `detail`."""
    for name in ("message", "error_message", "error", "detail"):
        if isinstance(answer.get(name), str):
            return Problem(answer[name])
    return Problem()


@dataclass
class Service:
    """One platform's HTTP interface.

    Args:
        backend: Name of the backend, for messages.
        base: What all paths are appended to; it ends without a slash.
        auth: Whose requests they are.
        retry: What is sent again.
        problem: Reads an answer that is an error and JSON.
        sign_in: What to do when credentials are missing or refused, as a sentence.
        headers: Sent with every request to the platform.
    """

    backend: str
    base: str
    auth: Auth = field(default_factory=NoAuth)
    retry: Retry = field(default_factory=Retry)
    problem: Callable[[Mapping[str, Any]], Problem] = read_problem
    sign_in: str = "Check the credentials of the connection."
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: JsonValue = None,
        headers: Mapping[str, str] | None = None,
        harmless: bool | None = None,
    ) -> Flow[Any]:
        """Send a request, with `body` as JSON when it is not None; the result is the JSON of the answer, or None.

        Raises:
            RemoteError: what `send` raises, and `PlatformFailure` when the answer is no JSON.
        """
        # Not httpx's own: it would let NaN through, which is no JSON.
        content = None if body is None else json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        response = yield from self.send(
            operation,
            method,
            path,
            query=query,
            content=content,
            headers={**kind, **(headers or {})},
            harmless=harmless,
        )
        return self.read(operation, response)

    def read(self, operation: str, response: httpx.Response) -> Any:
        """The JSON of an answer, or None; `PlatformFailure` when it is no JSON."""
        if not response.content.strip():
            return None
        try:
            return response.json()
        except ValueError:
            raise self._unreadable(operation, response) from None

    def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        content: bytes | None = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        harmless: bool | None = None,
    ) -> Flow[httpx.Response]:
        """Send a request until its answer is final; only a success is returned.

        Args:
            operation: What is asked for, as the platform calls it.
            method: Of HTTP.
            path: Behind the base, beginning with a slash; parts that come from outside are percent-encoded already.
            query: Fields of the query.
            content: The body.
            files: Parts of a multipart body, as httpx takes them.
            headers: Further headers.
            harmless: Whether it can be sent twice; by default, when the method says so.

        Raises:
            RemoteError: one of its kinds, by the platform's own code first and by the status second.
        """

        def request(authority: Mapping[str, str]) -> Send:
            return Send(
                httpx.Request(
                    method,
                    self.base + path,
                    params=None if query is None else dict(query),
                    headers={**self.headers, **(headers or {}), **authority},
                    content=content,
                    files=files,
                )
            )

        safe = method in SAFE_METHODS if harmless is None else harmless
        return (yield from self._final(operation, request, harmless=safe))

    def upload(
        self,
        operation: str,
        method: str,
        url: str,
        source: Path,
        *,
        offset: int = 0,
        size: int | None = None,
        headers: Mapping[str, str] | None = None,
        signed: bool = False,
        progress: Callable[[int], None] | None = None,
        also: Collection[int] = (),
    ) -> Flow[httpx.Response]:
        """Send (a part of) a file; to a signed URL without any authority of the platform.

        Answers of a status in `also` are returned as a success is.
        """
        told = progress and _Told(progress)

        def request(authority: Mapping[str, str]) -> Upload:
            if told:
                told.again()
            sent = httpx.Request(method, self._absolute(url), headers={**(headers or {}), **authority})
            return Upload(sent, source, offset, size, told)

        return (yield from self._final(operation, request, harmless=True, signed=signed, also=also))

    def download(
        self,
        operation: str,
        url: str,
        target: Path,
        *,
        headers: Mapping[str, str] | None = None,
        signed: bool = False,
        progress: Callable[[int], None] | None = None,
        begun: bool = False,
    ) -> Flow[httpx.Response]:
        """Write an answer into a file, in place of one that is there; after a break it goes on where it ended.

        From a signed URL it is asked for without any authority of the platform. With `begun` what is there already is
        its beginning.
        """
        if not begun:
            target.unlink(missing_ok=True)
        told = progress and _Told(progress)

        def request(authority: Mapping[str, str]) -> Download:
            known = target.stat().st_size if target.exists() else 0
            if told and not known:
                told.again()
            # Compressed, a body has another length and checksum than the file, and cannot be gone on with.
            own = {"Accept-Encoding": "identity", **({"Range": f"bytes={known}-"} if known else {})}
            sent = httpx.Request("GET", self._absolute(url), headers={**(headers or {}), **own, **authority})
            return Download(sent, target, told)

        return (yield from self._final(operation, request, harmless=True, signed=signed))

    def _absolute(self, url: str) -> str:
        return self.base + url if url.startswith("/") else url

    def _final(
        self,
        operation: str,
        request: Callable[[Mapping[str, str]], Send | Upload | Download],
        *,
        harmless: bool,
        signed: bool = False,
        also: Collection[int] = (),
    ) -> Flow[httpx.Response]:
        authority = {} if signed else (yield from self.auth.headers(None)) or {}
        waited, tries, renewed = 0.0, 0, signed
        while True:
            tries += 1
            answer = yield from self._try(operation, request(authority), harmless=harmless)
            if isinstance(answer, RemoteError):
                failure, headers = answer, httpx.Headers()
            elif answer.is_success or answer.status_code in also:
                return answer
            else:
                failure, headers = self.failure(operation, answer), answer.headers
                if answer.status_code == 401 and not renewed:
                    renewed = True
                    again = yield from self.auth.headers(authority.get("Authorization", ""))
                    if again is not None:
                        authority = again
                        continue
                if not self.retry.repeats(answer.status_code, harmless=harmless):
                    raise failure
            pause = self.retry.pause(tries, headers)
            waited += pause
            if waited > self.retry.limit:
                raise failure
            yield Sleep(pause)

    def _try(
        self, operation: str, step: Send | Upload | Download, *, harmless: bool
    ) -> Flow[httpx.Response | RemoteError]:
        """One answer, or a failure after which it can be tried again."""
        try:
            response: httpx.Response = yield step
        except httpx.TransportError as error:
            if harmless or isinstance(error, NEVER_RECEIVED):
                return self._unreachable(operation, step.request, error)
            raise self._unreachable(operation, step.request, error, unsure=True) from error
        if isinstance(step, Download) and response.status_code == 200 and "Range" in step.request.headers:
            # The range was not heeded: the whole was written behind the part.
            step.target.unlink(missing_ok=True)
            return self._unreadable(operation, response)
        return response

    def failure(self, operation: str, response: httpx.Response) -> RemoteError:
        """The error that an answer means; HTML never gets into its message."""
        status = response.status_code
        problem = self._problem(response)
        kind = problem.kind or BY_STATUS.get(status, PlatformFailure if status >= 500 else RemoteInvalid)
        said = f": {problem.message[:1000].strip().rstrip('.')}" if problem.message.strip() else ""
        hint = f" {self.sign_in}" if kind is NotAuthenticated else ""
        coded = f" {problem.code}" if problem.code else ""
        message = f"{self.backend} answered {operation} with HTTP {status}{coded}{said}.{hint}"
        error = kind(message, backend=self.backend, operation=operation, status=status, code=problem.code)
        if isinstance(error, RemoteInvalid):
            error.mistakes = problem.mistakes
        return error

    def _problem(self, response: httpx.Response) -> Problem:
        try:
            answer = response.json()
        except ValueError:
            text = response.text.strip() if "html" not in response.headers.get("content-type", "") else ""
            return Problem("" if "<" in text else text[:200])
        return self.problem(answer) if isinstance(answer, Mapping) else Problem()

    def _unreadable(self, operation: str, response: httpx.Response) -> PlatformFailure:
        kind = response.headers.get("content-type", "") or "nothing"
        where = urlsplit(str(response.request.url))
        return PlatformFailure(
            f"{self.backend} answered {operation} with what is no JSON ({kind}, HTTP {response.status_code})."
            f" Check that {where.scheme}://{where.netloc} is the platform's address.",
            backend=self.backend,
            operation=operation,
            status=response.status_code,
        )

    def _unreachable(
        self, operation: str, request: httpx.Request, error: httpx.TransportError, *, unsure: bool = False
    ) -> Unreachable:
        # Only the host: a signed URL is a secret.
        doubt = " It may have been carried out; look before you repeat it." if unsure else ""
        reason = str(error) or type(error).__name__
        return Unreachable(
            f"{self.backend} at {request.url.host} gave no answer to {operation}: {reason}.{doubt}",
            backend=self.backend,
            operation=operation,
        )


class _Told:
    """What somebody was told of a file under way, to be taken back when it begins anew."""

    def __init__(self, progress: Callable[[int], None]) -> None:
        self._progress = progress
        self._count = 0

    def __call__(self, count: int) -> None:
        self._count += count
        self._progress(count)

    def again(self) -> None:
        """It begins anew."""
        if self._count:
            self._progress(-self._count)
            self._count = 0
