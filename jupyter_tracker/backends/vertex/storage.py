"""Cloud Storage: files under `gs://BUCKET/…`."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx

from jupyter_tracker.backends.remote import checksums
from jupyter_tracker.backends.remote.retry import Retry
from jupyter_tracker.backends.remote.service import Service
from jupyter_tracker.backends.vertex.resources import Json, Messages
from jupyter_tracker.errors import InvalidInput, PlatformFailure, RemoteNotFound, Unreachable
from jupyter_tracker.flow import Flow, Local, Sleep

SMALL = 8 * 2**20
"""Bytes up to which a file travels with its description in one request."""
TRIES = 3
"""How often a file is sent or fetched that arrives changed."""
_INCOMPLETE = 308
"""The answer to a part of a file: more is awaited."""


class Storage:
    """Files in buckets, through the JSON interface."""

    def __init__(self, service: Service, project: str, location: str, bucket: str) -> None:
        self._service = service
        self._project = project
        self._location = location
        self._bucket = bucket

    def folder(self, uri: str | None = None) -> Flow[str]:
        """The folder `gs://…` for what is kept; the bucket of the connection, or one of the project that is made."""
        if uri:
            split_uri(uri)
            return uri.rstrip("/")
        if self._bucket:
            return f"gs://{self._bucket}"
        bucket = f"{self._project.replace(':', '-')}-vertex-staging-{self._location}"
        try:
            yield from self._service.json("get_bucket", "GET", f"/storage/v1/b/{bucket}")
        except RemoteNotFound:
            body = {"name": bucket, "location": self._location}
            yield from self._service.json(
                "create_bucket", "POST", "/storage/v1/b", query={"project": self._project}, body=body
            )
        return f"gs://{bucket}"

    def upload(self, uri: str, source: Path, progress: Callable[[int], None]) -> Flow[None]:
        """Put a file at `gs://BUCKET/NAME`; a large one goes on where it broke off.

        Raises:
            PlatformFailure: it arrived changed, again and again.
        """
        digest: str = yield Local(lambda: checksums.md5_of(source))
        for _ in range(TRIES):
            small = source.stat().st_size <= SMALL
            answer = yield from (self._send if small else self._send_large)(uri, source, progress)
            if _digest(answer) in ("", digest):
                return
        raise self._changed("upload", uri)

    def download(self, uri: str, target: Path, progress: Callable[[int], None]) -> Flow[None]:
        """Copy `gs://BUCKET/NAME` into a file; after a break it goes on where it ended.

        Raises:
            PlatformFailure: it came changed, again and again.
        """
        bucket, name = split_uri(uri)
        path = f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}?alt=media"
        for _ in range(TRIES):
            response = yield from self._service.download("download", path, target, progress=progress)
            known = checksums.told(response.headers, part=response.status_code == 206)
            if not known or (yield Local(lambda: checksums.md5_of(target))) == known:
                return
        raise self._changed("download", uri)

    def delete(self, uri: str) -> Flow[None]:
        """Remove `gs://BUCKET/NAME`; nothing happens when it is not there."""
        bucket, name = split_uri(uri)
        with suppress(RemoteNotFound):
            yield from self._service.send(
                "delete_object", "DELETE", f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"
            )

    def _send(self, uri: str, source: Path, progress: Callable[[int], None]) -> Flow[Json]:
        """A file and its description in one request."""
        bucket, name = split_uri(uri)
        data: bytes = yield Local(source.read_bytes)
        content, kind = related({"name": name}, data)
        # The same file under the same name: harmless.
        response = yield from self._service.send(
            "upload",
            "POST",
            f"/upload/storage/v1/b/{quote(bucket, safe='')}/o",
            query={"uploadType": "multipart"},
            content=content,
            headers={"Content-Type": kind},
            harmless=True,
        )
        progress(len(data))
        return _json(response)

    def _send_large(self, uri: str, source: Path, progress: Callable[[int], None]) -> Flow[Json]:
        """A file in a session of its own: what broke off goes on behind what the storage has got."""
        bucket, name = split_uri(uri)
        begun = yield from self._service.send(
            "upload",
            "POST",
            f"/upload/storage/v1/b/{quote(bucket, safe='')}/o",
            query={"uploadType": "resumable"},
            content=json.dumps({"name": name}).encode(),
            headers={"Content-Type": "application/json; charset=UTF-8"},
            harmless=True,
        )
        session = begun.headers.get("Location")
        if not session:
            raise PlatformFailure(
                "Cloud Storage began an upload without saying where it goes.", backend="vertex", operation="upload"
            )
        once = replace(self._service, retry=Retry(limit=-1.0))
        size, offset, breaks, waited = source.stat().st_size, 0, 0, 0.0
        while True:
            headers = {"Content-Range": f"bytes {offset}-{size - 1}/{size}"} if offset else {}
            try:
                # The URL of the session is authority enough.
                answer = yield from once.upload(
                    *("upload", "PUT", session, source),
                    offset=offset,
                    headers=headers,
                    signed=True,
                    progress=progress,
                )
                return _json(answer)
            except (Unreachable, PlatformFailure):
                breaks += 1
                pause = self._service.retry.pause(breaks, {})
                waited += pause
                if waited > self._service.retry.limit:
                    raise
            yield Sleep(pause)
            answer = yield from self._service.upload(
                *("upload", "PUT", session, source),
                size=0,
                headers={"Content-Range": f"bytes */{size}"},
                signed=True,
                also=(_INCOMPLETE,),
            )
            if answer.status_code != _INCOMPLETE:
                return _json(answer)  # only the answer had been lost
            # `bytes=0-99`; nothing has arrived where it is left out.
            last = answer.headers.get("Range", "").rpartition("-")[2]
            offset = int(last) + 1 if last.isdecimal() else 0

    @staticmethod
    def _changed(operation: str, uri: str) -> PlatformFailure:
        return PlatformFailure(
            f"{uri} was changed on its way {TRIES} times: its MD5 is not the one that Cloud Storage tells.",
            backend="vertex",
            operation=operation,
        )

    def list(self, uri: str) -> Flow[Sequence[Json]]:
        """The files below a folder: their `name` in the bucket and `size` in bytes as text."""
        bucket, prefix = split_uri(uri)
        found: Messages = []
        token = ""
        while True:
            query = {"prefix": f"{prefix.rstrip('/')}/", **({"pageToken": token} if token else {})}
            answer = yield from self._service.json(
                "list_objects", "GET", f"/storage/v1/b/{quote(bucket, safe='')}/o", query=query
            )
            found += (answer or {}).get("items") or []
            token = (answer or {}).get("nextPageToken") or ""
            if not token:
                return found


def _json(response: httpx.Response) -> Json:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _digest(answer: Json) -> str:
    """The MD5 of an object in hexadecimal; empty where none is told, as of one that was put together."""
    try:
        return base64.b64decode(str(answer.get("md5Hash") or ""), validate=True).hex()
    except ValueError:
        return ""


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and name of `gs://BUCKET/NAME`.

    Raises:
        InvalidInput: it is no such address.
    """
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    if not uri.startswith("gs://") or not bucket:
        raise InvalidInput(f"{uri!r} is no place in Cloud Storage; write gs://BUCKET/FOLDER.")
    return bucket, name


def related(head: Json, content: bytes) -> tuple[bytes, str]:
    """A body of two parts, JSON and bytes, and its content type."""
    boundary = f"=={os.urandom(12).hex()}=="
    parts = [
        b"content-type: application/json; charset=UTF-8\r\n\r\n" + json.dumps(head).encode(),
        b"content-type: application/octet-stream\r\n\r\n" + content,
    ]
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + one + b"\r\n" for one in parts)
    return body + b"--" + boundary.encode() + b"--", f'multipart/related; boundary="{boundary}"'
