"""Requests of Vertex AI: resources by name, pages to their end, long-running operations awaited, conflicts merged."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping

from jupyter_tracker.backends.remote.answers import Answer
from jupyter_tracker.backends.remote.service import Problem, Query, Service
from jupyter_tracker.backends.vertex.resources import Json
from jupyter_tracker.errors import (
    InvalidInput,
    NotAuthenticated,
    PermissionDenied,
    PlatformFailure,
    RateLimited,
    RemoteConflict,
    RemoteError,
    RemoteInvalid,
    RemoteNotFound,
)
from jupyter_tracker.flow import Flow, Sleep

PAGE = 1000
METADATA_LIMIT = 200 * 1024
"""bytes of the metadata of one resource"""
ATTEMPTS = 30
"""How often a change is merged anew because somebody else was faster."""
FIRST_PAUSE, LONGEST_PAUSE, LONGEST_WAIT = 0.2, 5.0, 600.0
"""Seconds between looks at a long-running operation, and of all of them together."""
_FIXED = {"$alt": "json;enum-encoding=int"}
"""The query that the official SDK adds: enumerations are answered as numbers."""

_KINDS: Mapping[str, type[RemoteError]] = {
    "INVALID_ARGUMENT": RemoteInvalid,
    "FAILED_PRECONDITION": RemoteConflict,
    "OUT_OF_RANGE": RemoteInvalid,
    "NOT_FOUND": RemoteNotFound,
    "ALREADY_EXISTS": RemoteConflict,
    "ABORTED": RemoteConflict,
    "PERMISSION_DENIED": PermissionDenied,
    "UNAUTHENTICATED": NotAuthenticated,
    "RESOURCE_EXHAUSTED": RateLimited,
    "INTERNAL": PlatformFailure,
    "UNAVAILABLE": PlatformFailure,
}
_CODES = {
    3: "INVALID_ARGUMENT",
    5: "NOT_FOUND",
    6: "ALREADY_EXISTS",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    10: "ABORTED",
    11: "OUT_OF_RANGE",
    13: "INTERNAL",
    14: "UNAVAILABLE",
    16: "UNAUTHENTICATED",
}
"""Numbers of `google.rpc.Code` in the error of an operation."""


def read_problem(answer: Mapping[str, object]) -> Problem:
    """The error of an answer: `{"error": {"code", "message", "status"}}`."""
    error = answer.get("error")
    if not isinstance(error, Mapping):
        return Problem(str(error or ""))
    code = str(error.get("status") or "")
    return Problem(str(error.get("message") or ""), code, _KINDS.get(code))


class Rest:
    """Requests on resources, each given by its name."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def get(self, operation: str, name: str) -> Flow[Json]:
        """A resource."""
        return (yield from self._send(operation, "GET", f"/v1/{name}", {"name": name}))

    def find(self, operation: str, name: str) -> Flow[Json | None]:
        """A resource; None when it is not there."""
        try:
            return (yield from self.get(operation, name))
        except RemoteNotFound:
            return None

    def create(
        self, operation: str, parent: str, collection: str, body: Json, query: Query | None = None
    ) -> Flow[Json]:
        """Make a resource below another; a long-running operation is awaited."""
        answer = yield from self._send(
            operation, "POST", f"/v1/{parent}/{collection}", {"parent": parent}, query=query, body=body
        )
        return (yield from self._done(operation, answer)) if _is_operation(answer) else answer

    def ask(self, operation: str, name: str, verb: str) -> Flow[Json]:
        """A method of a resource that changes nothing: `GET name:verb`."""
        field = "artifact" if "/artifacts/" in name else "context"
        return (yield from self._send(operation, "GET", f"/v1/{name}:{verb}", {field: name}))

    def patch(self, operation: str, resource: Json, kind: str) -> Flow[Json]:
        """Put a resource, as a whole, in place of the one with its etag; `kind` is what it is called in the request."""
        # With its etag it can be sent twice: the second time it conflicts.
        return (
            yield from self._send(
                operation,
                "PATCH",
                f"/v1/{resource['name']}",
                {f"{kind}.name": resource["name"]},
                body={key: value for key, value in resource.items() if key != "name"},
                harmless="etag" in resource,
            )
        )

    def change(self, operation: str, name: str, kind: str, edit: Callable[[Json], None]) -> Flow[Json]:
        """Read a resource, edit it, and write it with its etag; anew when somebody else changed it meanwhile.

        Raises:
            InvalidInput: its metadata would be larger than the platform takes.
            RemoteConflict: others were faster every time.
        """
        attempt = 0
        while True:
            resource = yield from self.get(operation, name)
            edit(resource)
            check_size(resource)
            try:
                return (yield from self.patch(operation, resource, kind))
            except RemoteConflict as conflict:
                attempt += 1
                if conflict.code != "ABORTED" or attempt == ATTEMPTS:
                    raise
            yield Sleep(random.uniform(0.0, min(0.02 * attempt, 0.5)))  # noqa: S311  # keeps writers apart

    def delete(self, operation: str, name: str) -> Flow[None]:
        """Remove a resource, and wait until it is gone."""
        answer = yield from self._send(operation, "DELETE", f"/v1/{name}", {"name": name})
        if _is_operation(answer):
            yield from self._done(operation, answer)

    def call(
        self, operation: str, name: str, verb: str, field: str, body: Json, *, harmless: bool = False
    ) -> Flow[Json]:
        """A method of a resource: `POST name:verb`; `field` is what the resource is called in the request."""
        return (
            yield from self._send(operation, "POST", f"/v1/{name}:{verb}", {field: name}, body=body, harmless=harmless)
        )

    def list(
        self,
        operation: str,
        parent: str,
        collection: str,
        *,
        query: Query | None = None,
        items: str = "",
        size: int = PAGE,
    ) -> Flow[list[Json]]:
        """All resources of a collection, page by page; `items` is their field where it is no part of the path."""
        found: list[Json] = []
        token = ""
        while True:
            asked = {**(query or {}), "pageSize": size, **({"pageToken": token} if token else {})}
            answer = yield from self._send(
                operation, "GET", f"/v1/{parent}/{collection}", {"parent": parent}, query=asked
            )
            found += answer.get(items or collection) or []
            token = answer.get("nextPageToken") or ""
            if not token:
                return found

    def _send(
        self,
        operation: str,
        method: str,
        path: str,
        routing: Mapping[str, str],
        *,
        query: Query | None = None,
        body: Json | None = None,
        harmless: bool | None = None,
    ) -> Flow[Json]:
        ((field, name),) = routing.items()
        answer = yield from self._service.json(
            operation,
            method,
            path,
            query={**(query or {}), **_FIXED},
            body=body,
            headers={"x-goog-request-params": f"{field}={name}"},
            harmless=harmless,
        )
        return Answer(answer if isinstance(answer, dict) else {}, self._service.backend, operation)

    def _done(self, operation: str, answer: Json) -> Flow[Json]:
        """The response of a long-running operation, once it has one."""
        pause, waited = FIRST_PAUSE, 0.0
        while not answer.get("done"):
            if waited > LONGEST_WAIT:
                raise PlatformFailure(
                    f"vertex has not finished {operation} within {LONGEST_WAIT:g} s: {answer.get('name')}.",
                    backend="vertex",
                    operation=operation,
                )
            yield Sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_PAUSE)
            answer = yield from self.get(operation, str(answer["name"]))
        error = answer.get("error")
        if error:
            code = _CODES.get(int(error.get("code") or 0), "")
            kind = _KINDS.get(code, PlatformFailure)
            said = str(error.get("message") or "no reason was given").rstrip(".")
            raise kind(
                f"vertex began {operation}, and it failed{f' ({code})' if code else ''}: {said}.",
                backend="vertex",
                operation=operation,
                code=code,
            )
        return answer.get("response") or {}


def check_size(resource: Json) -> None:
    """Raise `InvalidInput` when the metadata of a resource is larger than the platform takes."""
    metadata = resource.get("metadata") or {}
    size = len(json.dumps(metadata, separators=(",", ":"), ensure_ascii=False).encode())
    if size > METADATA_LIMIT:
        largest = max(metadata, key=lambda key: len(json.dumps(metadata[key])))
        raise InvalidInput(
            f"The metadata of {resource.get('displayName') or resource.get('name', 'the resource')!r} would take"
            f" {size:,} bytes, most of it in {largest}; Vertex AI keeps at most {METADATA_LIMIT:,} bytes with a run:"
            " params, latest metrics and tags together. Keep fewer or shorter ones; large values can be artifacts."
        )


def _is_operation(answer: Json) -> bool:
    return "/operations/" in str(answer.get("name", ""))
