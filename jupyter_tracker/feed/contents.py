"""What a run holds besides its live data: files, checkpoints, models, code, surroundings, parts."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import json
import mimetypes
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TypeVar

from jupyter_tracker.client import flows
from jupyter_tracker.client.tracker import DEFAULT, AsyncTracker
from jupyter_tracker.errors import InvalidInput, NotFound, TrackerError, Unsupported
from jupyter_tracker.feed.wire import Json, child_data, seconds
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import CheckpointQuery, Lifecycle, Model, RunInfo, RunKind, Submission

T = TypeVar("T")
Answer = tuple[Json, list[bytes]]

MOST_ITEMS = 1000
"""Files, checkpoints, models or parts of a run that a view lists."""
LARGEST_FILE = 32 << 20
"""Bytes of a file that comes into the page."""
_LARGEST_IMAGE = 8 << 20
_MOST_TEXT = 256 << 10
_MOST_ROWS, _MOST_COLUMNS, _MOST_CELL = 200, 50, 200
_IMAGES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg"}
_TABLES = {".csv": ",", ".tsv": "\t"}


async def counts(tracker: AsyncTracker, info: RunInfo) -> Answer:
    """How much of each there is, so that a view offers only what holds something; None where it cannot be known.

    And a line of Python that gets the run.
    """
    backend = tracker.backend
    address = "" if tracker.address == DEFAULT else repr(tracker.address)
    found: Json = {
        "code": f"jupyter_tracker.connect({address}).runs.get({info.id!r})",
        "artifacts": await _many(tracker, backend.artifacts.list(info.id)),
        "checkpoints": await _many(tracker, backend.checkpoints.list(CheckpointQuery(run_ids=(info.id,)))),
        "models": await _many(tracker, _models(tracker, info.id)),
        "classifications": await _many(tracker, backend.classifications.list(info.id)),
    }
    if info.kind is RunKind.SWEEP:
        found["children"] = await _many(tracker, flows.list_children(backend, info.id))
    return found, []


async def _many(tracker: AsyncTracker, listing: Flow[Sequence[T]]) -> int | None:
    try:
        return len(await tracker.drive(listing))
    except Unsupported:
        return 0
    except TrackerError:
        return None


async def artifacts(tracker: AsyncTracker, run_id: str) -> Answer:
    """The files of a run."""
    found = await tracker.drive(tracker.backend.artifacts.list(run_id))
    files = [{"path": one.path, "size": one.size, "created_at": seconds(one.created_at)} for one in found[:MOST_ITEMS]]
    return {"artifacts": files, "total": len(found)}, []


async def preview(tracker: AsyncTracker, run_id: str, path: str) -> Answer:
    """A file as it can be shown: an image as it is, a table or text in part; `none` and why for anything else."""
    size = await _size(tracker, run_id, path)
    suffix = PurePosixPath(path).suffix.lower()
    limit = _LARGEST_IMAGE if suffix in _IMAGES else LARGEST_FILE
    if size > limit:
        reason = f"It is too large to be shown here. run.download_artifact({path!r}) copies it."
        return {"kind": "none", "message": reason}, []
    content = await _content(tracker, run_id, path)
    if suffix in _IMAGES:
        kind = "image/svg+xml" if suffix == ".svg" else mimetypes.guess_type(path)[0]
        return {"kind": "image", "type": kind or "application/octet-stream"}, [content]
    return await asyncio.to_thread(_shown, content, suffix), []


async def artifact(tracker: AsyncTracker, run_id: str, path: str) -> Answer:
    """A whole file, to be saved by the browser.

    Raises:
        InvalidInput: it is too large for that.
    """
    size = await _size(tracker, run_id, path)
    if size > LARGEST_FILE:
        raise InvalidInput(
            f"{path} has {size:,} bytes, and at most {LARGEST_FILE:,} come through the notebook."
            f" run.download_artifact({path!r}) copies it."
        )
    return {"path": path}, [await _content(tracker, run_id, path)]


async def checkpoints(tracker: AsyncTracker, run_id: str) -> Answer:
    """The checkpoints of a run, by step."""
    found = await tracker.drive(tracker.backend.checkpoints.list(CheckpointQuery(run_ids=(run_id,))))
    shown = [
        {
            "id": one.id,
            "step": one.step,
            "path": one.path,
            "size": one.size,
            "complete": one.complete,
            "created_at": seconds(one.created_at),
        }
        for one in found[-MOST_ITEMS:]
    ]
    return {"checkpoints": shown, "total": len(found)}, []


async def models(tracker: AsyncTracker, run_id: str) -> Answer:
    """The models that were made from a run."""
    found = await tracker.drive(_models(tracker, run_id))
    shown = [
        {
            "id": one.id,
            "name": one.name,
            "version": str(one.version),
            "summary": one.summary[:500],
            "size": one.size,
            "created_at": seconds(one.created_at),
        }
        for one in found[:MOST_ITEMS]
    ]
    return {"models": shown, "total": len(found)}, []


def _models(tracker: AsyncTracker, run_id: str) -> Flow[tuple[Model, ...]]:
    every_version = True
    return tracker.backend.models.list(None, every_version, Lifecycle.ACTIVE, run_id)


async def children(tracker: AsyncTracker, info: RunInfo) -> Answer:
    """The runs that are a part of one, and which of them is the best where a sweep said what is good."""
    submission = await _submission(tracker, info.id)
    sweep = submission.sweep if submission else None
    found = await tracker.drive(flows.list_children(tracker.backend, info.id))
    metric = sweep.metric if sweep else None
    varied = set(sweep.space) if sweep else None
    return {
        "metric": metric,
        "goal": str(sweep.goal) if sweep else None,
        "best": info.tags.get("best_run"),
        "children": [child_data(child, metric, varied) for child in found[:MOST_ITEMS]],
        "total": len(found),
    }, []


async def environment(tracker: AsyncTracker, run_id: str) -> Answer:
    """What surrounded the code of a run."""
    found = await tracker.drive(tracker.backend.runs.environment(run_id))
    return {
        "python": found.python,
        "platform": found.platform,
        "host": found.host,
        "git_commit": found.git_commit,
        "git_branch": found.git_branch,
        "git_dirty": found.git_dirty,
        "packages": dict(found.packages),
        "cells": len(found.history),
        "history": [cell[:_MOST_TEXT] for cell in found.history[-MOST_ITEMS:]],
    }, []


async def code(tracker: AsyncTracker, info: RunInfo) -> Answer:
    """The files of the code of a run; for code that was not kept, what it was submitted as."""
    submission = await _submission(tracker, info.id)
    given = submission.code if submission else None
    found: Json = {
        "kind": str(given.kind) if given else "",
        "path": given.path if given else "",
        "entry_point": given.entry_point if given else "",
        "text": given.text[:_MOST_TEXT] if given else "",
        "source": "",
        "files": [],
    }
    if info.source:
        described = await tracker.drive(tracker.backend.sources.describe(info.source))
        found["source"] = described.source.label
        found["entry_point"] = found["entry_point"] or described.source.entry_point
        found["files"] = [{"path": file.path, "size": file.size} for file in described.files[:MOST_ITEMS]]
    return found, []


async def code_file(tracker: AsyncTracker, info: RunInfo, path: str) -> Answer:
    """One file of the code of a run, as text.

    Raises:
        NotFound: the kept code has no such file.
        InvalidInput: the code is too large to be taken out for a look.
    """
    described = await tracker.drive(tracker.backend.sources.describe(info.source))
    if all(file.path != path for file in described.files):
        raise NotFound("file", path, [file.path for file in described.files])
    if described.source.size > LARGEST_FILE:
        raise InvalidInput(
            f"The code {described.source.label} has {described.source.size:,} bytes, too many for a look from here."
            f" tracker.sources.download({described.source.label!r}, 'code') writes it into a folder."
        )
    with tempfile.TemporaryDirectory(prefix="jupyter_tracker_") as folder:
        place = await tracker.drive(tracker.backend.sources.download(info.source, Path(folder) / "code"))
        content = await asyncio.to_thread((place / path).read_bytes)
    return await asyncio.to_thread(_shown, content, ""), []


async def _submission(tracker: AsyncTracker, run_id: str) -> Submission | None:
    try:
        return await tracker.drive(tracker.backend.runs.submission(run_id))
    except Unsupported:
        return None


async def _size(tracker: AsyncTracker, run_id: str, path: str) -> int:
    found = await tracker.drive(tracker.backend.artifacts.list(run_id))
    size = next((one.size for one in found if one.path == path), None)
    if size is None:
        raise NotFound("artifact", path, [one.path for one in found])
    return size


async def _content(tracker: AsyncTracker, run_id: str, path: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="jupyter_tracker_") as folder:
        place = await tracker.drive(tracker.backend.artifacts.download(run_id, path, Path(folder)))
        return await asyncio.to_thread(place.read_bytes)


def _shown(content: bytes, suffix: str) -> Json:
    """Table, JSON or text of a file; `none` when it is none of them."""
    head = content[:_MOST_TEXT]
    if b"\0" in head:
        return {"kind": "none", "message": "It is no text, no table and no image."}
    cut = len(content) > len(head)
    text = head.decode("utf-8", "replace")
    if suffix == ".json" and not cut:
        try:
            document = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
            return {"kind": "json", "text": document[:_MOST_TEXT], "cut": len(document) > _MOST_TEXT}
        except (ValueError, RecursionError):
            return {"kind": "text", "text": text, "cut": cut}
    if suffix in _TABLES:
        rows = _table(text, _TABLES[suffix])
        return {"kind": "table", "rows": rows, "cut": cut or len(rows) > _MOST_ROWS}
    return {"kind": "text", "text": text, "cut": cut}


def _table(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    # A cell that is longer than the module takes ends the table; what was read stands.
    with contextlib.suppress(csv.Error):
        for row in islice(csv.reader(io.StringIO(text), delimiter=delimiter), _MOST_ROWS + 1):
            rows += [[cell[:_MOST_CELL] for cell in row[:_MOST_COLUMNS]]]
    return rows
