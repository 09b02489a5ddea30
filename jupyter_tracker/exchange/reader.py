"""Reading an archive of unknown origin: nothing is unpacked; what is read is bounded and compared with its digest."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from jupyter_tracker.errors import InvalidImport
from jupyter_tracker.exchange.layout import ARTIFACTS, FORMAT, LARGEST_RECORD, MANIFEST, VERSION, Manifest
from jupyter_tracker.exchange.records import decode, shown

if TYPE_CHECKING:
    from typing import Self

R = TypeVar("R")

_BROKEN = (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


class ArchiveReader:
    """An archive to read.

    Raises:
        InvalidImport: it is none, was written by a newer version, is damaged, or holds what an export never holds:
            paths that lead out of it, links, compressed, encrypted or overlapping members.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise InvalidImport(f"{path} cannot be read as an archive: {error}.") from None
        try:
            self._entries = self._checked_entries()
            self.manifest = self._manifest()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._zip.close()

    def records(self, noun: str, kind: type[R], file: str = "") -> Iterator[tuple[str, R]]:
        """The models of a noun, in the order in which they were written, each with the beginning of its names."""
        for number in range(1, getattr(self.manifest, noun) + 1):
            folder = f"{noun}/{number}"
            name = f"{folder}/{file}" if file else f"{folder}.json"
            yield folder, decode(kind, self._json(name), f"{self.path.name}: {name}")

    def has(self, name: str) -> bool:
        """Whether there is a member of that name."""
        return name in self.manifest.members

    def artifacts(self, folder: str) -> dict[str, str]:
        """The files of a run: artifact path to member."""
        prefix = f"{folder}/{ARTIFACTS}"
        return {name.removeprefix(prefix): name for name in self.manifest.members if name.startswith(prefix)}

    def lines(self, name: str) -> Iterator[Any]:
        """The JSON values of a member that has one a line."""
        with self.open(name) as file:
            for number, line in enumerate(iter(lambda: file.readline(LARGEST_RECORD), b""), 1):
                yield self._parsed(line, f"{name}, line {number}")

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A member to read to its end; that it is as it was written is known when the block ends."""
        if name not in self.manifest.members:
            raise InvalidImport(f"{self.path} has no member {name!r}, to which another one refers.")
        expected = self.manifest.members[name]
        where = f"{self.path} is damaged at {name!r}"
        with _translated(where):
            raw = self._zip.open(self._entries[name])
        with raw:
            checked = _Digesting(raw, where)
            yield cast("IO[bytes]", checked)
            while checked.read(2**20):
                pass
        if checked.digest.hexdigest() != expected.sha256:
            raise InvalidImport(f"{self.path} is damaged: {name!r} is not what was exported (its SHA-256 differs).")

    def _checked_entries(self) -> dict[str, zipfile.ZipInfo]:
        entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._zip.infolist():
            # What Python's reader makes of a name hides a NUL character; the name as it is written does not.
            name = entry.orig_filename
            parts = re.split(r"[/\\]", name)
            if {"..", "."} & set(parts) or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
                raise self._refused(name, "leads out of it")
            if "\\" in name or "\0" in name or "" in parts or name in entries:
                raise self._refused(name, "is no name that an export gives, or is there twice")
            if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
                raise self._refused(name, "is a link, folder or device")
            if entry.flag_bits & 1:
                raise self._refused(name, "is encrypted")
            if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
                raise self._refused(name, "is compressed, which an export never is")
            entries[name] = entry
        total, size = sum(entry.file_size for entry in entries.values()), self.path.stat().st_size
        if total > size:
            raise InvalidImport(
                f"{self.path} says to hold {total:,} bytes in a file of {size:,}. Nothing was imported."
            )
        return entries

    def _refused(self, name: str, why: str) -> InvalidImport:
        return InvalidImport(f"The archive {self.path} holds {name[:200]!r}, which {why}. Nothing was imported.")

    def _manifest(self) -> Manifest:
        where = f"{self.path.name}: {MANIFEST}"
        if MANIFEST not in self._entries:
            raise InvalidImport(f"{self.path} is no export of runs: it has no {MANIFEST}.")
        with _translated(f"{self.path} is damaged at {MANIFEST!r}"), self._zip.open(MANIFEST) as file:
            data = self._parsed(file.read(LARGEST_RECORD + 1), MANIFEST)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise InvalidImport(f"{self.path} is no export of runs: its {MANIFEST} does not say {FORMAT!r}.")
        if isinstance(data.get("version"), int) and data["version"] > VERSION:
            raise InvalidImport(
                f"{self.path} has version {data['version']} of the format; this jupyter_tracker reads up to {VERSION}. "
                "Upgrade it: pip install --upgrade jupyter_tracker."
            )
        manifest = decode(Manifest, data, where)
        there = {name: entry.file_size for name, entry in self._entries.items() if name != MANIFEST}
        told = {name: member.size for name, member in manifest.members.items()}
        if there != told:
            odd = min(there.items() ^ told.items())[0]
            raise InvalidImport(f"{self.path} is damaged: {odd!r} is not there as {MANIFEST} tells it.")
        if max(manifest.runs, manifest.experiments, manifest.sources) > len(told):
            raise InvalidImport(f"{self.path} is damaged: {MANIFEST} counts more than there is.")
        return manifest

    def _json(self, name: str) -> Any:
        with self.open(name) as file:
            return self._parsed(file.read(LARGEST_RECORD + 1), name)

    def _parsed(self, data: bytes, name: str) -> Any:
        if len(data) > LARGEST_RECORD:
            raise InvalidImport(f"{self.path}: {name} must be at most {LARGEST_RECORD:,} bytes.")
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise InvalidImport(f"{self.path}: {name} is no JSON: {shown(data[:60])}.") from None


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """What goes wrong with reading, and nothing else, becomes an error of ours."""
    try:
        yield
    except _BROKEN as error:
        raise InvalidImport(f"{where}: {error}.") from None


class _Digesting:
    """Digests what is read."""

    def __init__(self, raw: IO[bytes], where: str) -> None:
        self._raw = raw
        self._where = where
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        with _translated(self._where):
            data = self._raw.read(size)
        self.digest.update(data)
        return data

    def readline(self, limit: int) -> bytes:
        with _translated(self._where):
            data = self._raw.readline(limit)
        self.digest.update(data)
        return data
