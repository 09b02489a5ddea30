"""Files of sources and models, each content once, under its SHA-256; and their collection before any of them is kept.

sources/ or models/
objects/ab/cdef…    contents, read-only
incoming-…/         of one collection that is under way
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from jupyter_tracker.backends.local.values import writable
from jupyter_tracker.errors import InvalidSource, SourceTooLarge, StoreError
from jupyter_tracker.models import SourceFile

ABANDONED_AFTER = 86_400.0
"""Seconds without a new file after which a collection counts as left behind."""

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much code one source may be."""

    files: int
    size: int
    """bytes"""


UNLIMITED = Limits(sys.maxsize, sys.maxsize)
"""Of a model."""
CREATED = Limits(20_000, 500_000_000)
"""Of a source that somebody asks for."""
SNAPSHOT = Limits(2_000, 50_000_000)
"""Of the code of a run, which is kept without being asked for."""


class Collection:
    """Takes files one by one, within limits; none of them is in the store until all are."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._files: dict[str, SourceFile] = {}
        self._folders: set[str] = set()
        self._size = 0

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """What was taken, by path."""
        return tuple(self._files[path] for path in sorted(self._files))

    @property
    def digest(self) -> str:
        """Over paths, contents and which files are executable."""
        digest = hashlib.sha256(b"jupyter_tracker source 1\n")
        for file in self.files:
            digest.update(f"{file.path}\0{file.sha256}\0{int(file.executable)}\n".encode())
        return digest.hexdigest()

    def take(self, path: str, stream: IO[bytes], *, executable: bool = False) -> None:
        """Take a file.

        Raises:
            InvalidSource: its path leaves the source, is there already, or is that of a folder.
            SourceTooLarge: with it, the source is larger than the limits.
        """
        path = self._checked(path)
        if len(self._files) >= self._limits.files:
            raise SourceTooLarge(f"The code has more than {self._limits.files:,} files. {_ADVICE}")
        digest, size = hashlib.sha256(), 0
        partial = self._folder / f".{len(self._files)}"
        with partial.open("xb") as writer:
            while block := stream.read(_BLOCK):
                digest.update(block)
                size += len(block)
                self._size += len(block)
                if self._size > self._limits.size:
                    raise SourceTooLarge(
                        f"The code is larger than {self._limits.size / 1e6:,.0f} MB; {path!r} exceeds that. {_ADVICE}"
                    )
                writer.write(block)
        partial.replace(self._folder / digest.hexdigest())
        self._files[path] = SourceFile(path, size, digest.hexdigest(), executable)

    def link(self, path: str, kept: Path, size: int, sha256: str) -> None:
        """Take a file of the store whose digest is known, without a copy where the disk can do that.

        Raises:
            StoreError: it is gone, or has another size than it had.
        """
        path = self._checked(path)
        try:
            whole = kept.stat().st_size == size
        except FileNotFoundError:
            whole = False
        if not whole:
            raise StoreError(f"The file {path!r} is not in the store any more: {kept} is missing or damaged.")
        target = self._folder / sha256
        if not target.exists():
            try:
                target.hardlink_to(kept)
            except OSError:  # another disk, or one without hard links
                partial = self._folder / f".{len(self._files)}"
                shutil.copyfile(kept, partial)
                partial.replace(target)
        self._files[path] = SourceFile(path, size, sha256)

    def _checked(self, text: str) -> str:
        path = PurePosixPath(text)
        bad = not path.parts or path.is_absolute() or ".." in path.parts or "\0" in text
        if bad or not writable(text) or len(text) > 1000:
            raise InvalidSource(f"The path {text[:200]!r} must be text, relative, and stay within the source.")
        name = str(path)
        parents = {str(parent) for parent in path.parents}
        if name in self._files or name in self._folders or parents & self._files.keys():
            raise InvalidSource(f"The path {name!r} is there twice.")
        self._folders |= parents
        return name


_ADVICE = "Leave data out with a .trackerignore file, in the form of .gitignore."


class Objects:
    """The contents of files, each kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def collection(self, limits: Limits) -> Iterator[Collection]:
        """A collection, which is forgotten at the end of the block unless `keep` has kept it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.forget_abandoned(time.time())
        incoming = Path(tempfile.mkdtemp(prefix="incoming-", dir=self._folder))
        try:
            yield Collection(incoming, limits)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)

    def forget_abandoned(self, moment: float) -> None:
        """Remove what processes left that were killed while they collected; `moment` is now, in seconds."""
        for folder in self._folder.glob("incoming-*"):
            with suppress(OSError):
                if moment - folder.stat().st_mtime > ABANDONED_AFTER:
                    shutil.rmtree(folder, ignore_errors=True)

    def keep(self, collection: Collection) -> None:
        """Put the contents of a collection into the store; call it inside the transaction that adds the source."""
        for file in collection.files:
            target = self.path(file.sha256)
            # A crash of the machine can leave an object that is shorter than it was.
            if target.exists() and target.stat().st_size == file.size:
                continue
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept = collection._folder / file.sha256  # noqa: SLF001  # the two belong together
            if kept.exists():  # else another file of the collection had the same content
                kept.chmod(0o400)
                kept.replace(target)

    def open(self, file: SourceFile) -> IO[bytes]:
        """The content of a file; `StoreError` when it is gone or not whole."""
        path = self.path(file.sha256)
        try:
            if path.stat().st_size == file.size:
                return path.open("rb")
        except FileNotFoundError:
            pass
        raise StoreError(f"The content of {file.path!r} is not in the store any more: {path} is missing or damaged.")

    def write(self, file: SourceFile, folder: Path) -> None:
        """Write a file of a source below a folder, whole and with the content it had, or not at all."""
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with self.open(file) as reader, target.open("xb") as writer:
            while block := reader.read(_BLOCK):
                digest.update(block)
                writer.write(block)
        if digest.hexdigest() != file.sha256:
            target.unlink()
            raise StoreError(f"The content of {file.path!r} was changed in the store: {self.path(file.sha256)}.")
        if file.executable:
            target.chmod(target.stat().st_mode | (target.stat().st_mode & 0o444) >> 2)

    def contents(self) -> Iterator[str]:
        """All that are kept, by SHA-256, whether a source has them or not."""
        for path in self._folder.glob("objects/*/*"):
            yield path.parent.name + path.name

    def path(self, sha256: str) -> Path:
        """Where a content lies, by its SHA-256."""
        return self._folder / "objects" / sha256[:2] / sha256[2:]
