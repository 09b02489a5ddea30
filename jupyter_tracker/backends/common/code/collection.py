"""Files of code or of a model on their way: taken one by one, checked and bounded, before any of them is kept."""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from jupyter_tracker.backends.common.values import writable
from jupyter_tracker.errors import InvalidSource, SourceTooLarge, StoreError
from jupyter_tracker.models import SourceFile

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
