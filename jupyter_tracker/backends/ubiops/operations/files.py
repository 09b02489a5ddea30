"""Files in the buckets of UbiOps: listed, and moved through signed URLs, which never see the platform's token."""

from __future__ import annotations

import base64
import random
import string
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from jupyter_tracker.backends.remote import signed
from jupyter_tracker.backends.ubiops.wire import Wire
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.flow import Flow, Local
from jupyter_tracker.progress import bar

SCHEME = "ubiops-file://"
LARGE = 4 * 2**30
"""Bytes from which a file is sent in parts."""
PART = 2**30
"""Bytes of a part."""
SENDING = {"Content-Disposition": "multipart/form-data"}
AZURE = "azure_blob_storage"
SENDING_TO_AZURE = {**SENDING, "x-ms-version": "2020-04-08", "x-ms-blob-type": "BlockBlob"}


@dataclass(frozen=True, slots=True)
class Uri:
    """Where a file lies: `ubiops-file://BUCKET/FILE`."""

    bucket: str
    file: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.file}"


def uri_of(text: str) -> Uri:
    """Read a URI; `InvalidInput` when it is none."""
    bucket, slash, file = text.removeprefix(SCHEME).partition("/")
    if not text.startswith(SCHEME) or not (bucket and slash and file):
        raise InvalidInput(f"{text!r} is no file of UbiOps; write {SCHEME}BUCKET/FILE.")
    return Uri(bucket, file)


class FileOperations:
    """Buckets and files."""

    large = LARGE
    part = PART

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def buckets_list(self, project_name: str, labels: str | None = None) -> Flow[Any]:
        """The buckets of a project."""
        return (
            yield from self._wire.ask(
                "buckets_list", "GET", "projects", project_name, "buckets", query={"labels": labels}
            )
        )

    def buckets_get(self, project_name: str, bucket_name: str) -> Flow[Any]:
        """One bucket."""
        return (yield from self._wire.ask("buckets_get", "GET", "projects", project_name, "buckets", bucket_name))

    def files_list(
        self,
        project_name: str,
        bucket_name: str,
        prefix: str | None = None,
        delimiter: str | None = None,
        continuation_token: str | None = None,
        limit: int | None = None,
    ) -> Flow[Any]:
        """A page of the files of a bucket."""
        query = {
            "prefix": prefix,
            "delimiter": delimiter,
            "continuation_token": continuation_token,
            "limit": limit,
        }
        return (yield from self._wire.ask("files_list", "GET", *_files(project_name, bucket_name), query=query))

    def files_get(self, project_name: str, bucket_name: str, file: str) -> Flow[Any]:
        """Size and time of a file."""
        return (yield from self._wire.ask("files_get", "GET", *_files(project_name, bucket_name, file)))

    def files_delete(self, project_name: str, bucket_name: str, file: str) -> Flow[Any]:
        """Remove a file for good."""
        return (yield from self._wire.ask("files_delete", "DELETE", *_files(project_name, bucket_name, file)))

    def files_upload(
        self,
        project_name: str,
        bucket_name: str,
        file: str,
        upload_id: str | None = None,
        part_number: int | None = None,
    ) -> Flow[Any]:
        """A signed URL to which a file, or a part of it, is sent with PUT."""
        query = {"upload_id": upload_id, "part_number": part_number}
        return (
            yield from self._wire.ask("files_upload", "POST", *_files(project_name, bucket_name, file), query=query)
        )

    def files_download(self, project_name: str, bucket_name: str, file: str) -> Flow[Any]:
        """A signed URL from which a file comes."""
        return (
            yield from self._wire.ask("files_download", "GET", *_files(project_name, bucket_name, file), "download")
        )

    def upload_file(
        self, project_name: str, file_path: str | Path, bucket_name: str = "default", file_name: str | None = None
    ) -> Flow[str]:
        """Send a file into a bucket, in parts when it is large; the result is its URI.

        What breaks is sent again, from the part that broke. Where the storage gives an MD5, it is compared.

        Raises:
            InvalidInput: there is no such file.
            PlatformFailure: it arrived changed, again and again.
        """
        source = Path(file_path)
        if not source.is_file():
            raise InvalidInput(f"There is no file {str(source)!r}.")
        name = source.name if file_name is None else file_name
        size = source.stat().st_size
        with bar(f"upload {source.name}", size) as progress:
            if size < self.large:

                def ask() -> Flow[Any]:
                    return (yield from self.files_upload(project_name, bucket_name, name))

                yield from self._put(ask, source, 0, size, progress)
            else:
                yield from self._put_parts(project_name, bucket_name, name, source, progress)
        return str(Uri(bucket_name, name))

    def download_file(self, project_name: str, file_uri: str, output_path: str | Path = ".") -> Flow[Path]:
        """Write a file of a bucket into a folder, or to a path that is no folder; the result is where it lies.

        What breaks goes on where it ended. Where the storage gives an MD5, it is compared.

        Raises:
            PlatformFailure: it came changed, again and again.
        """
        place = uri_of(file_uri)
        target = Path(output_path)
        if target.is_dir():
            target = target / place.file.rpartition("/")[2]

        def ask() -> Flow[str]:
            return str((yield from self.files_download(project_name, place.bucket, place.file))["url"])

        with bar(f"download {target.name}") as progress:
            yield from signed.fetch(self._wire.service, "files_download", ask, target, progress)
        return target

    def _put(
        self, ask: Callable[[], Flow[Any]], source: Path, offset: int, size: int, progress: Callable[[int], None]
    ) -> Flow[httpx.Response]:
        def signed_url() -> Flow[tuple[str, Mapping[str, str]]]:
            given = yield from ask()
            return given["url"], SENDING_TO_AZURE if given.get("provider") == AZURE else SENDING

        return (
            yield from signed.put(
                self._wire.service, "files_upload", signed_url, source, progress, offset=offset, size=size
            )
        )

    def _put_parts(
        self, project_name: str, bucket_name: str, name: str, source: Path, progress: Callable[[int], None]
    ) -> Flow[None]:
        place = _files(project_name, bucket_name, name)
        begun = yield from self._wire.ask("start_multipart_upload", "POST", *place, "start-multipart-upload")
        parts: list[dict[str, Any]] = []
        for number, offset in enumerate(range(0, source.stat().st_size, self.part), start=1):
            block = base64.b64encode(f"{name}_{number}".encode()).decode()

            def ask(number: int = number) -> Flow[Any]:
                return (yield from self.files_upload(project_name, bucket_name, name, begun["upload_id"], number))

            response = yield from self._put(ask, source, offset, self.part, progress)
            azure = begun.get("provider") == AZURE
            parts.append({"BlockId": block} if azure else {"ETag": response.headers["etag"], "PartNumber": number})
        body = {"upload_id": begun["upload_id"], "parts": parts}
        yield from self._wire.ask("complete_multipart_upload", "POST", *place, "complete-multipart-upload", body=body)

    def _input(self, project_name: str, given: str, bucket_name: str, prefix: str) -> Flow[str]:
        """The URI of code or data that is given as one, or as a file or folder, which is sent then."""
        if given.startswith(SCHEME):
            place = uri_of(given)
            yield from self.files_get(project_name, place.bucket, place.file)
            return given
        source = Path(given)
        if source.is_dir():
            # Not beside the folder, as the SDK leaves it.
            with tempfile.TemporaryDirectory(prefix="jupyter-tracker-") as folder:
                archive = Path(folder) / f"{source.resolve().name}.zip"
                yield Local(lambda: zip_folder(source, archive))
                name = prefix + archive.name
                return (yield from self.upload_file(project_name, archive, bucket_name, name))
        if not source.is_file():
            raise InvalidInput(f"{given!r} is no file, no folder and no {SCHEME}BUCKET/FILE.")
        return (yield from self.upload_file(project_name, source, bucket_name, prefix + source.name))


def random_letters(count: int = 8) -> str:
    """Lower-case letters that keep the uploads of two runs apart."""
    return "".join(random.choices(string.ascii_lowercase, k=count))  # noqa: S311  # no secret


def zip_folder(source: Path, archive: Path) -> None:
    """The files and folders in a folder, by paths relative to it."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(source.rglob("*")):
            if path.is_file() or path.is_dir():
                made.write(path, path.relative_to(source))


def _files(project_name: str, bucket_name: str, *file: str) -> tuple[str, ...]:
    return ("projects", project_name, "buckets", bucket_name, "files", *file)
