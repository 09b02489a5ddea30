"""Writing an archive, member by member."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from jupyter_tracker.errors import Conflict, NotFound
from jupyter_tracker.exchange.layout import FORMAT, MANIFEST, SUFFIX, VERSION, Manifest, Member
from jupyter_tracker.exchange.records import encode

_BLOCK = 2**20


class ArchiveWriter:
    """An archive under way. It lies beside its place under another name until `finish`; `abandon` removes it.

    Raises:
        NotFound: the folder in which it is to lie is not there.
        Conflict: something else than a file is in its place.
    """

    def __init__(self, target: Path, backend: str) -> None:
        self.target = target
        self._backend = backend
        self._members: dict[str, Member] = {}
        self._counts = {"experiments": 0, "runs": 0, "sources": 0, "models": 0}
        if not target.parent.is_dir():
            raise NotFound("folder", str(target.parent), (), "Make it first, or choose another path.")
        if target.exists() and not target.is_file():
            raise Conflict(f"{target} is there and is no file; choose another path.")
        self._partial = target.with_name(f".{target.name}.{os.urandom(4).hex()}.partial")
        self._zip = zipfile.ZipFile(self._partial, "x", zipfile.ZIP_STORED)

    def folder(self, noun: str) -> str:
        """The beginning of the names of the members of the next `experiments`, `runs`, `sources` or `models`."""
        self._counts[noun] += 1
        return f"{noun}/{self._counts[noun]}"

    def record(self, name: str, model: Any) -> None:
        """Add a model as JSON."""
        with self.member(name) as file:
            file.write(json.dumps(encode(model), ensure_ascii=False, indent=1).encode())

    def copy(self, name: str, source: Path) -> Member:
        """Add a file."""
        with source.open("rb") as reader, self.member(name) as file:
            while block := reader.read(_BLOCK):
                file.write(block)
        return self._members[name]

    def has(self, name: str) -> bool:
        """Whether there is a member of that name."""
        return name in self._members

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """A member to write into, of any length."""
        entry = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
        entry.external_attr = 0o600 << 16
        with self._zip.open(entry, "w", force_zip64=True) as raw:
            file = _Measured(raw)
            yield cast("IO[bytes]", file)
        self._members[name] = file.member()

    def finish(self) -> Path:
        """Put the archive in its place, whole."""
        manifest = Manifest(
            FORMAT, VERSION, datetime.now(UTC), self._backend, members=dict(self._members), **self._counts
        )
        self.record(MANIFEST, manifest)
        self._zip.close()
        self._partial.replace(self.target)
        return self.target

    def abandon(self) -> None:
        """Remove what is not finished; nothing when it is."""
        if self._zip.fp is not None:
            # Closing it properly would write what is to be removed.
            self._zip.fp.close()
            self._zip.fp = None
        self._partial.unlink(missing_ok=True)


class _Measured:
    """Counts and digests what is written."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self._size += len(data)
        return self._raw.write(data)

    def member(self) -> Member:
        return Member(self._size, self._digest.hexdigest())


def target_of(path: str | os.PathLike[str], name: str) -> Path:
    """Where an export is written: the path itself, or in a folder a file named after what is exported."""
    target = Path(path).expanduser()
    if not target.is_dir():
        return target
    plain = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in name).strip(".") or "run"
    return target / f"{plain[:100]}{SUFFIX}"
