"""What leads from one source to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import unified_diff
from typing import IO

from jupyter_tracker.models import Source, SourceDifference, SourceFile

LARGEST_FILE = 200_000
"""Bytes of a file whose lines are compared."""
MOST_TEXT = 2_000_000
"""Characters of the whole difference."""


def difference(
    before: tuple[Source, Mapping[str, SourceFile]],
    after: tuple[Source, Mapping[str, SourceFile]],
    opened: Callable[[SourceFile], IO[bytes]],
) -> SourceDifference:
    """Compare the files of two sources, by path."""
    (one, old), (other, new) = before, after
    changed = [path for path in old.keys() & new.keys() if _content(old[path]) != _content(new[path])]
    added, removed = new.keys() - old.keys(), old.keys() - new.keys()
    pieces, length = [], 0
    for path in sorted({*changed, *added, *removed}):
        for piece in _compared(path, old.get(path), new.get(path), opened):
            pieces.append(piece)
            length += len(piece)
        if length > MOST_TEXT:
            pieces.append("… the difference goes on\n")
            break
    text = "".join(pieces)
    return SourceDifference(one, other, tuple(sorted(added)), tuple(sorted(removed)), tuple(sorted(changed)), text)


def _content(file: SourceFile) -> tuple[str, bool]:
    return file.sha256, file.executable


def _compared(
    path: str, old: SourceFile | None, new: SourceFile | None, opened: Callable[[SourceFile], IO[bytes]]
) -> Iterator[str]:
    if old and new and old.sha256 == new.sha256:
        yield f"{path} is {'' if new.executable else 'no longer '}executable\n"
        return
    lines = [_lines(file, opened) for file in (old, new)]
    if None in lines:
        verb = "changed" if old and new else "added" if new else "removed"
        yield f"{path} was {verb}; it is no text, or large\n"
        return
    before, after = (found or [] for found in lines)
    old_name, new_name = (f"{side}/{path}" if file else "/dev/null" for side, file in (("a", old), ("b", new)))
    for line in unified_diff(before, after, old_name, new_name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(file: SourceFile | None, opened: Callable[[SourceFile], IO[bytes]]) -> list[str] | None:
    """The lines of a file; None when they are not to be compared."""
    if file is None:
        return []
    if file.size > LARGEST_FILE:
        return None
    with opened(file) as stream:
        data = stream.read()
    try:
        return None if b"\0" in data else data.decode().splitlines(keepends=True)
    except UnicodeDecodeError:
        return None
