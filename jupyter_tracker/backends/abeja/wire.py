"""Requests to ABEJA Platform: paths without percent-encoding, multipart bodies, and what its errors say."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.remote.answers import answered
from jupyter_tracker.backends.remote.retry import Retry
from jupyter_tracker.backends.remote.service import Problem, Service
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.flow import Flow
from jupyter_tracker.progress import bar

# The SDK repeats POST after 5xx, too, and so may start a job twice; here only what is refused is repeated then.
RETRY = Retry(refused=frozenset({429}), failed=frozenset({408, 500, 502, 503, 504}), first=1.0)

_UNUSABLE = re.compile(r"[/\\?#%\s\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Wire:
    """The requests of one connection."""

    service: Service

    def ask(
        self, operation: str, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Flow[Any]:
        """Send a request; the result is the JSON of its answer. None in the query is left out."""
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        found = yield from self.service.json(operation, method, path, query=asked or None, body=body)
        return answered(found, self.service.backend, operation)

    def send_archive(
        self, operation: str, path: str, part: str, archive: Path, parameters: Mapping[str, Any]
    ) -> Flow[Any]:
        """Send an archive and what is said of it, in two parts."""
        with ExitStack() as stack:
            progress = stack.enter_context(bar(f"upload {archive.name}", archive.stat().st_size))
            content = stack.enter_context(Watched(archive, progress))
            files = {
                part: (f"{part}.zip", content, "application/zip"),
                "parameters": ("params.json", json.dumps(dict(parameters)).encode(), "application/json"),
            }
            response = yield from self.service.send(operation, "POST", path, files=files)
        return answered(self.service.read(operation, response), self.service.backend, operation)


class Watched(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, progress: Callable[[int], None]) -> None:
        super().__init__(path, "rb")
        self._progress = progress

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and tell."""
        data = super().read(-1 if size is None else size) or b""
        self._progress(len(data))
        return data


def definitions_path(organization_id: str, *parts: object) -> str:
    """A path below the job definitions of an organization.

    Raises:
        InvalidInput: a part would break it, since the platform takes names as they are.
    """
    words = [str(part) for part in (organization_id, *parts)]
    for word in words:
        if not word or word in (".", "..") or _UNUSABLE.search(word):
            raise InvalidInput(
                f"The name {word!r} cannot be used on ABEJA: it becomes part of a path as it is, so it must not be"
                " empty or hold slashes, spaces, '?', '#' or '%'."
            )
    return "/".join([f"/organizations/{words[0]}/training/definitions", *words[1:]])


def archived_word(filter_archived: bool | None) -> str | None:
    """The value of the field `filter_archived`.

    The SDK's reference page says the opposite of what the SDK sends; this is what it sends.
    """
    if filter_archived is None:
        return None
    return "exclude_archived" if filter_archived else "include_archived"


def problem(answer: Mapping[str, Any]) -> Problem:
    """`error`, `error_description` and `error_detail`."""
    texts = [answer.get(name) for name in ("error_description", "error", "message")]
    said = next((text for text in texts if isinstance(text, str) and text), "")
    detail = answer.get("error_detail")
    return Problem(f"{said} ({json.dumps(detail)[:500]})" if detail else said)
