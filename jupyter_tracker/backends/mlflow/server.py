"""Requests to one server: its errors, and what it turned out to lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_tracker.backends.mlflow.settings import Settings
from jupyter_tracker.backends.remote.service import Problem, Service
from jupyter_tracker.errors import (
    NotAuthenticated,
    PermissionDenied,
    PlatformFailure,
    RateLimited,
    RemoteConflict,
    RemoteError,
    RemoteInvalid,
    RemoteNotFound,
    Unsupported,
)
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import JsonValue

BASE = "/api/2.0/mlflow"
PAGES = "/ajax-api/2.0/mlflow"
"""What the open-source server has for its own pages."""

BY_CODE: Mapping[str, type[RemoteError]] = {
    "INVALID_PARAMETER_VALUE": RemoteInvalid,
    "BAD_REQUEST": RemoteInvalid,
    "MALFORMED_REQUEST": RemoteInvalid,
    "RESOURCE_ALREADY_EXISTS": RemoteConflict,
    "ALREADY_EXISTS": RemoteConflict,
    "RESOURCE_CONFLICT": RemoteConflict,
    "ABORTED": RemoteConflict,
    "UNAUTHENTICATED": NotAuthenticated,
    "CUSTOMER_UNAUTHORIZED": NotAuthenticated,
    "PERMISSION_DENIED": PermissionDenied,
    "RESOURCE_DOES_NOT_EXIST": RemoteNotFound,
    "NOT_FOUND": RemoteNotFound,
    "ENDPOINT_NOT_FOUND": RemoteNotFound,
    "REQUEST_LIMIT_EXCEEDED": RateLimited,
    "RESOURCE_EXHAUSTED": RateLimited,
    "CANCELLED": PlatformFailure,
    "INTERNAL_ERROR": PlatformFailure,
    "INVALID_STATE": PlatformFailure,
    "DATA_LOSS": PlatformFailure,
    "NOT_IMPLEMENTED": PlatformFailure,
    "TEMPORARILY_UNAVAILABLE": PlatformFailure,
    "DEADLINE_EXCEEDED": PlatformFailure,
}


def read_problem(answer: Mapping[str, Any]) -> Problem:
    """The error in an answer: by its code first, whatever the status is."""
    code = answer.get("error_code")
    code = code if isinstance(code, str) else ""
    message = answer.get("message")
    return Problem(message if isinstance(message, str) else "", code, BY_CODE.get(code))


class Server:
    """Sends the operations to the server, and remembers which ones it does not know."""

    def __init__(self, settings: Settings) -> None:
        self.backend = settings.backend
        self.service = Service(
            settings.backend,
            settings.url,
            settings.auth,
            problem=read_problem,
            sign_in=settings.sign_in,
            headers=settings.headers,
        )
        self._unknown: set[str] = set()

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | Sequence[str] | None] | None = None,
        body: Mapping[str, JsonValue] | None = None,
        harmless: bool | None = None,
    ) -> Flow[dict[str, Any]]:
        """One operation; what is None in query and body is left out.

        Raises:
            Unsupported: the server does not know the operation; from the second time on before anything is sent.
            RemoteError: it refused or failed.
        """
        if operation in self._unknown:
            raise Unsupported(self.backend, operation)
        given = _given(query)
        try:
            answer = yield from self.service.json(
                operation,
                method,
                path,
                query=given or None,
                body=None if body is None else _given(body),
                harmless=harmless,
            )
        except RemoteNotFound as error:
            if error.code not in ("", "ENDPOINT_NOT_FOUND"):
                raise
            yield from self._check_that_it_is_one(operation, error)
            self._unknown.add(operation)
            raise Unsupported(self.backend, operation) from None
        if answer is None:
            return {}
        if not isinstance(answer, dict):
            raise self._strange(operation)
        return answer

    def _check_that_it_is_one(self, operation: str, error: RemoteNotFound) -> Flow[None]:
        """Raise when the path is unknown because no such server is there: then everything is."""
        if error.code:
            return
        try:
            yield from self.service.json(
                operation, "POST", f"{BASE}/experiments/search", body={"max_results": 1}, harmless=True
            )
        except RemoteNotFound:
            raise PlatformFailure(
                f"{self.service.base} answers {operation} with HTTP 404, as a server would that is no MLflow server, or"
                " one older than 1.28. Check the address.",
                backend=self.backend,
                operation=operation,
                status=404,
            ) from None

    def _strange(self, operation: str) -> PlatformFailure:
        return PlatformFailure(
            f"{self.backend} answered {operation} with JSON that is no object.",
            backend=self.backend,
            operation=operation,
        )


def paged(
    server: Server, operation: str, field: str, page: Any, token: str | None = None
) -> Flow[list[dict[str, Any]]]:
    """The items of all pages; `page(token)` gives the flow of one.

    Raises:
        PlatformFailure: the server gives a page token twice, so that there would be no end.
    """
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    while True:
        answer = yield from page(token)
        found.extend(answer.get(field) or ())
        token = answer.get("next_page_token")
        if not token:
            return found
        if token in seen:
            raise PlatformFailure(
                f"{server.backend} answered {operation} with the same page token twice; what it lists has no end.",
                backend=server.backend,
                operation=operation,
            )
        seen.add(token)


def _given(fields: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (fields or {}).items() if value is not None}
