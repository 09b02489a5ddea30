"""Files kept with runs: copies below the folder of a run, each with size and digest."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from jupyter_tracker.errors import Conflict, InvalidInput, NotFound

_BLOCK = 2**20


def artifact_path(text: str) -> str:
    """An artifact path that stays below its run.

    Raises:
        InvalidInput: it is empty, absolute or leaves the folder of the run.
    """
    path = PurePosixPath(text.replace(os.sep, "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in text:
        raise InvalidInput(f"The artifact path {text!r} must be relative and within the run, like 'plots/roc.png'.")
    return str(path)


def files_of(source: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    """A file, or the files below a folder, each with its path relative to the source; links are followed to files only.

    Raises:
        NotFound: there is no such file or folder.
    """
    if source.is_file():
        yield source, PurePosixPath()
    elif source.is_dir():
        for file in sorted(source.rglob("*")):
            if file.is_file():
                yield file, PurePosixPath(file.relative_to(source).as_posix())
    else:
        check_source(source)


def check_source(source: Path) -> None:
    """Raise `NotFound` when there is no such file or folder."""
    if not (source.is_file() or source.is_dir()):
        parent = source.parent if source.parent.is_dir() else Path()
        raise NotFound("file", str(source), [str(near) for near in parent.iterdir()])


def keep(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file, so that the target is whole or not there; the result is its size in bytes and its SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    partial = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    try:
        with source.open("rb") as reader, partial.open("xb") as writer:
            while block := reader.read(_BLOCK):
                digest.update(block)
                size += len(block)
                writer.write(block)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return size, digest.hexdigest()


def fetch(source: Path, target: Path) -> Path:
    """Copy a kept file or folder into the folder `target`; the result is where it lies."""
    target.mkdir(parents=True, exist_ok=True)
    copy = target / source.name
    if source.is_dir():
        # Only contents: what a model shares is read-only here, and its copy need not be.
        shutil.copytree(source, copy, dirs_exist_ok=True, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, copy)
    return copy


def check_empty(target: Path) -> None:
    """Raise `Conflict` unless it is an empty folder or not there."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict(f"{target} is not an empty folder. Name one that is empty or not there.")


def settle_links(folder: Path) -> None:
    """Replace links to files by copies of what they lead to, so that the folder holds all by itself."""
    for file, _ in files_of(folder):
        if file.is_symlink():
            keep(file, file)


def digest_of(file: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file."""
    with file.open("rb") as reader:
        digest = hashlib.file_digest(reader, "sha256")
        return reader.tell(), digest.hexdigest()
