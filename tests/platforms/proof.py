"""What the proofs against official SDKs share: what of a request must be equal."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable
from typing import Any

from tests.platforms.standin import Request

RANDOM = re.compile(r"(?<=runs%2F)[a-z]{8}(?=%2F)|(?<=runs/)[a-z]{8}(?=/)")
"""Letters that keep uploads of two runs apart."""
HEXADECIMAL = re.compile(r"[0-9a-f]{16}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def shapes(requests: Iterable[Request]) -> list[Any]:
    """Requests as they must be equal; a question that is asked twice in a row is asked once."""
    found: list[Any] = []
    for request in requests:
        made = shape(request)
        if not (request.method == "GET" and found and found[-1] == made):
            found.append(made)
    return found


def shape(request: Request) -> Any:
    """All of a request that does not differ from run to run."""
    path = HEXADECIMAL.sub("…", RANDOM.sub("…", request.path))
    signed = "/signed/" in path
    query = [] if signed else sorted(request.query)
    return request.method, path, query, request.headers.get("authorization"), body(request)


def body(request: Request) -> Any:
    """The body, decoded: JSON, parts, the contents of an archive, or bytes."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data") and "boundary" in kind:
        return [(part.name, part.filename, part.content_type, content(part.content)) for part in request.parts]
    return content(request.body)


def content(data: bytes) -> Any:
    """Bytes as they are compared."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sorted((entry.filename, archive.read(entry)) for entry in archive.infolist())
    try:
        return json.loads(HEXADECIMAL.sub("…", RANDOM.sub("…", data.decode())))
    except ValueError:
        return data


def agrees(theirs: Any, ours: Any) -> bool:
    """Whether all that the SDK gives back is in what we give back, with the same values.

    Identities and times differ from run to run: that they are there is what is compared.
    """
    if theirs is None:
        return True  # it keeps the answer for itself
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and all(
            value is None or (key in ours and agrees(value, ours[key])) for key, value in theirs.items()
        )
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(theirs) == len(ours) and all(map(agrees, theirs, ours))
    if isinstance(theirs, str) and isinstance(ours, str):
        return steady(theirs) == steady(ours)
    return theirs == ours and type(theirs) is type(ours)


MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")


PORT = re.compile(r"(?<=127\.0\.0\.1):\d+")


def steady(text: str) -> str:
    """Text without what differs from run to run."""
    return PORT.sub("", MOMENT.sub("<time>", HEXADECIMAL.sub("…", RANDOM.sub("…", text))))
