"""Requests to UbiOps: paths, headers, and what its answers say when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jupyter_tracker.backends.remote.answers import answered
from jupyter_tracker.backends.remote.retry import Retry
from jupyter_tracker.backends.remote.service import Service
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.flow import Flow

DEPLOYMENT = "training-base-deployment"
"""A project does training when it has this deployment: its versions are experiments, requests to them are runs."""
BUCKET_VARIABLE = "SYS_DEFAULT_BUCKET"
"""The variable of an experiment that names its bucket."""
DEFAULT_BUCKET = "default"

# The SDK waits without end on 429 and repeats nothing else. A 503 may come from a POST that was carried out.
RETRY = Retry(refused=frozenset({429}), failed=frozenset({408, 500, 502, 503, 504}), reset_header="x-ratelimit-reset")

Query = Mapping[str, Any]
"""Fields of a query; None is left out."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The requests of one connection."""

    service: Service

    def ask(self, operation: str, method: str, *parts: str, query: Query | None = None, body: Any = None) -> Flow[Any]:
        """Send a request; the result is the JSON of its answer.

        Args:
            operation: As the platform calls it.
            method: Of HTTP.
            parts: Of the path, not encoded.
            query: Fields of the query.
            body: JSON.
        """
        headers = {"Accept": "*/*"} if method == "DELETE" else {}
        found = yield from self.service.json(
            operation, method, path(*parts), query=_query(query), body=body, headers=headers | JSON
        )
        return found if method == "DELETE" else answered(found, self.service.backend, operation)

    def form(self, operation: str, *parts: str, fields: Mapping[str, str]) -> Flow[Any]:
        """Send a form in parts."""
        files = {name: (None, text) for name, text in fields.items()}
        response = yield from self.service.send(operation, "POST", path(*parts), files=files)
        return answered(self.service.read(operation, response), self.service.backend, operation)


JSON = {"Content-Type": "application/json"}


def path(*parts: str) -> str:
    """A path of parts that are percent-encoded whole: a file `a/b` becomes one part `a%2Fb`."""
    for part in parts:
        if not part or part in (".", ".."):
            raise InvalidInput(f"{part!r} cannot be a name on UbiOps: it would lead to another path.")
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def version_path(project_name: str, experiment_name: str, *parts: str) -> tuple[str, ...]:
    """The parts of a path below an experiment."""
    return ("projects", project_name, "deployments", DEPLOYMENT, "versions", experiment_name, *parts)


def _query(given: Query | None) -> dict[str, Any] | None:
    found = {name: str(value) if isinstance(value, bool) else value for name, value in (given or {}).items()}
    return {name: value for name, value in found.items() if value is not None} or None
