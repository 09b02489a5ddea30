"""Whether a file is what a storage says it is, where it says so: by MD5, which S3, Google and Azure tell."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path

_BLOCK = 2**20
_HEXADECIMAL = frozenset("0123456789abcdef")


def told(headers: Mapping[str, str], *, part: bool = False) -> str:
    """The MD5 of a whole object that the headers of an answer tell, in hexadecimal; empty where they tell none.

    Args:
        headers: Their names in lower case, or a mapping that does not look at the case.
        part: Whether the answer has only a part of the object, so that what is said of the body is not of the object.
    """
    if headers.get("content-encoding", "identity") != "identity":
        return ""  # what was kept is not what came
    if headers.get("x-goog-stored-content-encoding", "identity") == "identity":
        for word in headers.get("x-goog-hash", "").split(","):
            name, _, value = word.strip().partition("=")
            if name == "md5":
                return _from_base64(value)
    if not part and "content-md5" in headers:
        return _from_base64(headers["content-md5"])
    # An ETag is an MD5 where it has its length, but not of what was encrypted with keys of a service.
    tag = headers.get("etag", "").strip('"').lower()
    keyed = headers.get("x-amz-server-side-encryption", "").startswith("aws:kms")
    return tag if not keyed and len(tag) == 32 and not set(tag) - _HEXADECIMAL else ""


def md5_of(file: Path, offset: int = 0, size: int | None = None) -> str:
    """The MD5 of (a part of) a file, in hexadecimal."""
    digest, left = hashlib.md5(usedforsecurity=False), size
    with file.open("rb") as reader:
        reader.seek(offset)
        while block := reader.read(_BLOCK if left is None else min(_BLOCK, left)):
            digest.update(block)
            left = None if left is None else left - len(block)
    return digest.hexdigest()


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text.strip(), validate=True).hex()
    except (ValueError, binascii.Error):
        return ""
