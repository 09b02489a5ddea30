"""What views ask to compare runs: their surroundings, and what leads from the code of one to that of another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.feed.wire import Json
from jupyter_tracker.models import RunInfo

MOST_TEXT = 500_000
"""Characters of a difference that a view gets."""
LARGEST_FILE, MOST_FILES = 200_000, 500
"""Bytes of a file whose lines are compared, and files of code from two stores."""
MOST_CELLS = 200

Side = tuple[AsyncTracker, str]
"""A run and its tracker."""


async def code_difference(before: Side, after: Side) -> Json:
    """Unified diffs of the code and of the executed cells; `reason` says why there is none of the code."""
    one, other = [await tracker.drive(tracker.backend.runs.get(run_id)) for tracker, run_id in (before, after)]
    code, reason = "", ""
    try:
        code = await _code(before[0], one, after[0], other)
    except TrackerError as error:
        reason = str(error)
    else:
        missing = [info.name for info in (one, other) if not info.source]
        if missing:
            reason = f"Of {' and '.join(missing)} no code was kept; submitted runs keep theirs."
    cells = await _cells(before, after, one.name, other.name)
    return {"code": _bounded(code), "reason": reason, "cells": _bounded(cells)}


async def _code(tracker: AsyncTracker, one: RunInfo, second: AsyncTracker, other: RunInfo) -> str:
    if not one.source or not other.source:
        return ""
    if (tracker.backend.name, tracker.backend.location) == (second.backend.name, second.backend.location):
        return (await tracker.drive(tracker.backend.sources.difference(one.source, other.source))).text
    with TemporaryDirectory() as folder:
        for name, client, info in (("a", tracker, one), ("b", second, other)):
            await client.sources.download(info.source, Path(folder, name))
        return await asyncio.to_thread(_folders, Path(folder, "a"), Path(folder, "b"))


def _folders(before: Path, after: Path) -> str:
    """The difference of two folders of code, file by file."""
    paths = sorted({str(path.relative_to(top)) for top in (before, after) for path in top.rglob("*") if path.is_file()})
    pieces = [_files(path, before / path, after / path) for path in paths[:MOST_FILES]]
    return "".join(pieces) + (f"… and {len(paths) - MOST_FILES} more files\n" if len(paths) > MOST_FILES else "")


def _files(path: str, before: Path, after: Path) -> str:
    texts = []
    for file in (before, after):
        data = file.read_bytes() if file.is_file() else b""
        if len(data) > LARGEST_FILE or b"\0" in data:
            same = before.is_file() and after.is_file() and before.read_bytes() == after.read_bytes()
            return "" if same else f"{path} differs; it is no text, or large\n"
        texts.append(data.decode(errors="replace"))
    names = ("/dev/null" if not before.is_file() else f"a/{path}", "/dev/null" if not after.is_file() else f"b/{path}")
    return _unified(texts[0].splitlines(), texts[1].splitlines(), *names)


async def _cells(before: Side, after: Side, name: str, other: str) -> str:
    try:
        histories = [
            (await tracker.drive(tracker.backend.runs.environment(run_id))).history
            for tracker, run_id in (before, after)
        ]
    except TrackerError:
        return ""  # a platform that keeps no cells
    old, new = (_lines(history[-MOST_CELLS:]) for history in histories)
    return await asyncio.to_thread(_unified, old, new, f"cells before {name}", f"cells before {other}")


def _lines(cells: Sequence[str]) -> list[str]:
    return [line for cell in cells for line in ("# %%", *cell.splitlines())]


def _unified(before: Sequence[str], after: Sequence[str], name: str, other: str) -> str:
    return "".join(f"{line}\n" for line in unified_diff(before, after, name, other, lineterm=""))


def _bounded(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "\n… the difference goes on\n"
