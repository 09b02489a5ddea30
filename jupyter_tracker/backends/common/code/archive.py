"""Code from a zip or tar file of unknown origin. Nothing is unpacked: each file is read, checked and bounded."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, cast

from jupyter_tracker.backends.common.code.collection import Collection, Limits
from jupyter_tracker.errors import InvalidSource, SourceTooLarge

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_OVERHEAD = 4096
"""Bytes of headers and padding that a tar file may have for each file."""
_BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)


def is_archive(path: str | Path) -> bool:
    """Whether a file is read as an archive, by its name."""
    return str(path).lower().endswith(SUFFIXES)


def collect_archive(file: Path, collection: Collection, limits: Limits) -> None:
    """Take the files of an archive.

    Raises:
        InvalidSource: it is no archive, or holds absolute paths, `..`, links, devices or encrypted files.
        SourceTooLarge: unpacked, it is larger than the limits; it is read no further.
    """
    try:
        if str(file).lower().endswith(".zip"):
            _collect_zip(file, collection, limits)
        else:
            _collect_tar(file, collection, limits)
    except _BROKEN as error:
        if isinstance(error, InvalidSource):
            raise
        raise InvalidSource(f"{file} cannot be read as an archive: {str(error) or type(error).__name__}.") from None
    except (RuntimeError, NotImplementedError) as error:  # zipfile's words for encryption and unknown compression
        raise InvalidSource(f"{file} cannot be read as an archive: {error}.") from None
    if not collection.files:
        raise InvalidSource(f"The archive {file} has no files.")


def _collect_zip(file: Path, collection: Collection, limits: Limits) -> None:
    with zipfile.ZipFile(file) as archive:
        if len(archive.infolist()) > limits.files * 2:
            raise SourceTooLarge(f"The archive {file} has more than {limits.files * 2:,} entries.")
        for entry in archive.infolist():
            mode = entry.external_attr >> 16
            # What Python's reader makes of a name hides a NUL character; the name as it is written does not.
            _check_name(file, entry.orig_filename)
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise InvalidSource(f"The archive {file} holds {entry.filename!r}, a link or device; {_ONLY}")
            if entry.flag_bits & 1:
                raise InvalidSource(f"The archive {file} is encrypted at {entry.filename!r}; {_ONLY}")
            if not entry.is_dir():
                with archive.open(entry) as stream:
                    collection.take(entry.filename, stream, executable=bool(mode & stat.S_IXUSR))


def _collect_tar(file: Path, collection: Collection, limits: Limits) -> None:
    with _opened(file) as unpacked:
        bounded = cast("IO[bytes]", _Bounded(unpacked, limits.size + _OVERHEAD * limits.files))
        with tarfile.open(fileobj=bounded, mode="r|") as archive:
            for entry in archive:
                _check_name(file, entry.name)
                if entry.isdir():
                    continue
                stream = archive.extractfile(entry) if entry.isfile() else None
                if stream is None:
                    kind = "link" if entry.islnk() or entry.issym() else "device or pipe"
                    raise InvalidSource(f"The archive {file} holds {entry.name!r}, a {kind}; {_ONLY}")
                collection.take(entry.name, stream, executable=bool(entry.mode & stat.S_IXUSR))


def _opened(file: Path) -> IO[bytes]:
    name = str(file).lower()
    if name.endswith("gz"):
        return cast("IO[bytes]", gzip.open(file))
    if name.endswith("bz2"):
        return cast("IO[bytes]", bz2.open(file))
    if name.endswith("xz"):
        return cast("IO[bytes]", lzma.open(file))
    return file.open("rb")


class _Bounded:
    """A stream that refuses to go on behind a limit: headers count, too, and they would be read into memory."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._left = limit

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise SourceTooLarge("The archive is too large when it is unpacked; it was read no further.")
        return data


def _check_name(file: Path, name: str) -> None:
    parts = re.split(r"[/\\]", name)
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or "\\" in name or "\0" in name:
        raise InvalidSource(f"The archive {file} holds {name!r}, which leads out of its folder. Nothing was taken.")


_ONLY = "only plain files and folders are taken."
