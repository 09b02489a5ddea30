"""Files of sources and models, each content once, under its SHA-256; and their collection before any of them is kept.

sources/ or models/
objects/ab/cdef…    contents, read-only
incoming-…/         of one collection that is under way
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from jupyter_tracker.backends.common.code.collection import Collection, Limits
from jupyter_tracker.errors import StoreError
from jupyter_tracker.models import SourceFile

ABANDONED_AFTER = 86_400.0
"""Seconds without a new file after which a collection counts as left behind."""

_BLOCK = 1 << 20


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
