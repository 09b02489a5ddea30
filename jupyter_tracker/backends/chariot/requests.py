"""One request by its name in the table of paths, and its answer however it is wrapped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.chariot.paths import Paths
from jupyter_tracker.backends.remote import signed
from jupyter_tracker.backends.remote.answers import Answer
from jupyter_tracker.backends.remote.service import Problem, Service
from jupyter_tracker.errors import RemoteInvalid
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import ConfigMistake

Json = dict[str, Any]
"""A message of the platform, as JSON has it."""
Messages = list[Json]
Time = datetime | float
"""A time, or epoch milliseconds."""

SECONDS_BELOW = 1e11
"""A number of time below it is seconds, not milliseconds: 10^11 milliseconds are in 1973."""


class Requests:
    """Requests of one deployment."""

    def __init__(self, service: Service, paths: Paths) -> None:
        self._service = service
        self._paths = paths

    def send(
        self,
        operation: str,
        identity: str = "",
        *,
        query: Mapping[str, Any] | None = None,
        body: Json | None = None,
        harmless: bool | None = None,
    ) -> Flow[Any]:
        """Send a request; fields of the query that are None or empty are left out, lists are repeated."""
        route = self._paths[operation]
        asked = {key: value for key, value in (query or {}).items() if value is not None and value != []}
        return (
            yield from self._service.json(
                operation, route.method, route.path(identity), query=asked, body=body, harmless=harmless
            )
        )

    def one(self, operation: str, identity: str = "", **options: Any) -> Flow[Json]:
        """The object that is answered, bare or as `data`."""
        answer = yield from self.send(operation, identity, **options)
        inner = answer.get("data") if isinstance(answer, Mapping) else None
        found = inner if isinstance(inner, dict) else answer
        return Answer(found if isinstance(found, dict) else {}, self._service.backend, operation)

    def many(self, operation: str, identity: str = "", **options: Any) -> Flow[Messages]:
        """The objects that are answered, bare or as `data`."""
        answer = yield from self.send(operation, identity, **options)
        found = answer.get("data") if isinstance(answer, Mapping) else answer
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def fetch(
        self, operation: str, ask: Callable[[], Flow[str]], copy: Path, progress: Callable[[int], None]
    ) -> Flow[None]:
        """Write what a signed URL gives into a file; the platform's token does not go there."""
        yield from signed.fetch(self._service, operation, ask, copy, progress)


def read_problem(answer: Mapping[str, Any]) -> Problem:
    """The error of an answer: a message, and field errors as a list or by field."""
    message = next((text for name in ("error", "message") if isinstance(text := answer.get(name), str)), "")
    mistakes = _mistakes(
        next((answer[name] for name in ("field_errors", "errors", "fields") if answer.get(name)), None)
    )
    told = "; ".join(map(str, mistakes))
    return Problem(
        ": ".join(filter(None, [message, told])), kind=RemoteInvalid if mistakes else None, mistakes=mistakes
    )


def _mistakes(given: Any) -> tuple[ConfigMistake, ...]:
    if isinstance(given, Mapping):
        pairs = [
            (field, text) for field, texts in given.items() for text in (texts if isinstance(texts, list) else [texts])
        ]
        return tuple(ConfigMistake(_path(str(field)), str(text)) for field, text in pairs)
    if not isinstance(given, Sequence) or isinstance(given, str):
        return ()
    return tuple(
        ConfigMistake(
            _path(str(one.get("field") or one.get("path") or "")), str(one.get("message") or one.get("error") or "")
        )
        if isinstance(one, Mapping)
        else ConfigMistake("", str(one))
        for one in given
    )


def _path(field: str) -> str:
    """The place within the config."""
    return field.removeprefix("config.") if field != "config" else ""


def moment(value: object) -> datetime | None:
    """A time from an epoch number, in milliseconds or in seconds; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def seconds(value: float) -> float:
    """Seconds since the epoch from an epoch number."""
    return value if abs(value) < SECONDS_BELOW else value / 1000
