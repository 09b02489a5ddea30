"""Cloud Storage: files under `gs://BUCKET/…`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from jupyter_tracker.backends.remote.service import Service
from jupyter_tracker.backends.vertex.resources import Json, Messages
from jupyter_tracker.errors import InvalidInput, RemoteNotFound
from jupyter_tracker.flow import Flow

SMALL = 8 * 2**20
"""Bytes up to which a file travels with its description in one request."""


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

    def upload(self, uri: str, source: Path) -> Flow[None]:
        """Put a file at `gs://BUCKET/NAME`."""
        bucket, name = split_uri(uri)
        path = f"/upload/storage/v1/b/{quote(bucket, safe='')}/o"
        if source.stat().st_size <= SMALL:
            content, kind = related({"name": name}, source.read_bytes())
            # The same file under the same name: harmless.
            yield from self._service.send(
                "upload",
                "POST",
                path,
                query={"uploadType": "multipart"},
                content=content,
                headers={"Content-Type": kind},
                harmless=True,
            )
            return
        begun = yield from self._service.send(
            "upload",
            "POST",
            path,
            query={"uploadType": "resumable"},
            content=json.dumps({"name": name}).encode(),
            headers={"Content-Type": "application/json; charset=UTF-8"},
            harmless=True,
        )
        # The URL of the session is authority enough.
        yield from self._service.upload("upload", "PUT", begun.headers["Location"], source, signed=True)

    def download(self, uri: str, target: Path) -> Flow[None]:
        """Copy `gs://BUCKET/NAME` into a file."""
        bucket, name = split_uri(uri)
        path = f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}?alt=media"
        yield from self._service.download("download", path, target)

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
