"""What lies in zip archives that platforms give, read without leaving a folder and without filling the disk."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from jupyter_tracker.errors import NotFound, PlatformFailure
from jupyter_tracker.models import Artifact

MOST_FILES = 100_000
MOST_BYTES = 200 * 2**30
"""Of one archive, when it is unpacked."""


def members(archive: Path, backend: str) -> tuple[zipfile.ZipInfo, ...]:
    """The files of an archive, by path.

    Raises:
        PlatformFailure: it is no archive, holds links or paths that lead out of a folder, or too much.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError) as error:
        raise PlatformFailure(f"The archive that {backend} gave cannot be read: {error}.", backend=backend) from None
    for entry in entries:
        parts = re.split(r"[/\\]", entry.filename)
        hostile = ".." in parts or "\\" in entry.filename or ":" in parts[0] or parts[0] == ""
        if hostile or stat.S_ISLNK(entry.external_attr >> 16):
            raise PlatformFailure(
                f"The archive that {backend} gave holds {entry.filename[:200]!r}, which leads out of its folder."
                " Nothing was taken from it.",
                backend=backend,
            )
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise PlatformFailure(f"The archive that {backend} gave is too large when it is unpacked.", backend=backend)
    return tuple(sorted(entries, key=lambda entry: entry.filename))


def artifacts_of(archive: Path, backend: str) -> tuple[Artifact, ...]:
    """The files of an archive as artifacts."""
    return tuple(
        Artifact(entry.filename, entry.file_size, created_at=datetime(*entry.date_time, tzinfo=UTC))
        for entry in members(archive, backend)
    )


def take(archive: Path, path: str, target: Path, backend: str) -> Path:
    """Write a file, or a folder with all in it, of an archive into a folder.

    Raises:
        NotFound: it is not in the archive.
    """
    entries = members(archive, backend)
    wanted = path.strip("/")
    chosen = [entry for entry in entries if entry.filename == wanted or entry.filename.startswith(f"{wanted}/")]
    if not chosen:
        raise NotFound("artifact", path, [entry.filename for entry in entries], "`run.artifacts()` lists them.")
    skipped = wanted.rpartition("/")[0]
    with zipfile.ZipFile(archive) as opened:
        for entry in chosen:
            _write(opened, entry, target / entry.filename[len(skipped) :].lstrip("/"))
    return target / wanted.rpartition("/")[2]


def unpack(archive: Path, target: Path, backend: str) -> None:
    """Write all of an archive into a folder."""
    entries = members(archive, backend)
    with zipfile.ZipFile(archive) as opened:
        for entry in entries:
            _write(opened, entry, target / entry.filename)


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(entry) as reader, place.open("wb") as writer:
        shutil.copyfileobj(reader, writer)


def texts(archive: Path, suffix: str, backend: str) -> Iterator[str]:
    """The lines of the files of an archive whose names end so, one file behind the other."""
    entries = members(archive, backend)
    with zipfile.ZipFile(archive) as opened:
        for entry in entries:
            if entry.filename.endswith(suffix):
                with opened.open(entry) as reader:
                    for line in reader:
                        yield line.decode("utf-8", "replace").rstrip("\r\n")
