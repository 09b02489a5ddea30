"""Code from a folder, without what its ignore files name.

`.trackerignore` of the folder decides alone where it is there; else the `.gitignore` files do, as in git: the nearest
to a file first, and what lies in an ignored folder is ignored. Both have the form of .gitignore.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracker.backends.common.code.collection import Collection
from jupyter_tracker.errors import InvalidSource

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

OWN_IGNORE_FILE = ".trackerignore"
ALWAYS_IGNORED = frozenset({".git", ".hg", ".svn", "__pycache__", ".ipynb_checkpoints", ".DS_Store"})


def collect_folder(folder: Path, collection: Collection) -> None:
    """Take the files of a folder. Links are followed to files within the folder, and left out where they leave it.

    Raises:
        InvalidSource: there is no file in it, or one cannot be read.
    """
    for path, file in _files(folder):
        collect_file(path, file, collection)
    if not collection.files:
        raise InvalidSource(f"The folder {folder} has no files that are not ignored.")


def collect_file(path: str, file: Path, collection: Collection) -> None:
    """Take one file under a path."""
    try:
        with file.open("rb") as stream:
            collection.take(path, stream, executable=os.access(file, os.X_OK))
    except OSError as error:
        if error.filename is not None and Path(error.filename) == file:
            raise InvalidSource(f"{file} cannot be read: {error.strerror}.") from None
        raise


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Path within the folder, and the file."""
    real_root = root.resolve()
    own = root / OWN_IGNORE_FILE
    start = [("", _spec(own))] if own.is_file() else []
    name = None if start else ".gitignore"
    waiting: list[tuple[str, list[tuple[str, GitIgnoreSpec]]]] = [("", start)]
    while waiting:
        inside, specs = waiting.pop()
        folder = root / inside
        if name is not None and (folder / name).is_file():
            specs = [*specs, (inside, _spec(folder / name))]
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise InvalidSource(f"{folder} cannot be read: {error.strerror}.") from None
        for entry in entries:
            path = f"{inside}{entry.name}"
            if entry.name in ALWAYS_IGNORED or _ignored(specs, path, folder=entry.is_dir(follow_symlinks=False)):
                continue
            if entry.is_dir(follow_symlinks=False):
                if not Path(entry.path, "pyvenv.cfg").exists():  # a virtual environment is no code of the folder
                    waiting.append((f"{path}/", specs))
            elif entry.is_file() and (not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(real_root)):
                yield path, Path(entry.path)


def _ignored(specs: list[tuple[str, GitIgnoreSpec]], path: str, *, folder: bool) -> bool:
    for inside, spec in reversed(specs):
        decided = spec.check_file(path.removeprefix(inside) + "/" * folder).include
        if decided is not None:
            return decided
    return False


def _spec(file: Path) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(file.read_text("utf-8", "surrogateescape").splitlines())
    except (OSError, ValueError) as error:
        raise InvalidSource(f"The ignore file {file} cannot be read: {error}.") from None
