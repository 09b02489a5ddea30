"""From what people write about checkpoints and models to what a backend is asked, for both clients."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import index
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Checkpoint, CheckpointQuery, Lifecycle, Model, ModelDraft

ORDERS = ("step", "created_at", "size", "id")
STATUSES = {"complete": True, "incomplete": False}


def wanted(
    step: int | Sequence[int] | None,
    min_step: int | None,
    max_step: int | None,
    status: str | None,
    created_after: datetime | None,
    created_before: datetime | None,
    order_by: str,
    limit: int | None,
    offset: int,
) -> CheckpointQuery:
    """A query from what people give, of all runs; `InvalidInput` when a value is wrong."""
    if status is not None and status not in STATUSES:
        raise InvalidInput(f"{status!r} is no status of a checkpoint; choose one of: {', '.join(STATUSES)}.")
    column, *way = order_by.split()
    direction = " ".join(way).upper() or "ASC"
    if column not in ORDERS or direction not in ("ASC", "DESC"):
        raise InvalidInput(
            f"Checkpoints cannot be ordered by {order_by!r}; choose {', '.join(ORDERS)}, or 'step DESC'."
        )
    for name, time in (("created_after", created_after), ("created_before", created_before)):
        if time is not None and not isinstance(time, datetime):
            raise InvalidInput(f"{name} must be a datetime, not {time!r}.")
    steps = step if step is None or isinstance(step, Iterable) else (step,)
    return CheckpointQuery(
        steps=None if steps is None else tuple(_whole("step", each) for each in steps),
        min_step=None if min_step is None else _whole("min_step", min_step),
        max_step=None if max_step is None else _whole("max_step", max_step),
        complete=None if status is None else STATUSES[status],
        created_after=created_after,
        created_before=created_before,
        order_by=column,
        descending=direction == "DESC",
        limit=None if limit is None else _whole("limit", limit),
        offset=_whole("offset", offset),
    )


def list_checkpoints(
    backend: Backend, query: CheckpointQuery, experiment: str | None, run: str | Sequence[str] | None
) -> Flow[tuple[Checkpoint, ...]]:
    """The checkpoints of a query, of an experiment or some runs."""
    ids = None
    if run is not None:
        ids = []
        for reference in (run,) if isinstance(run, str) else run:
            ids.append((yield from backend.runs.get(reference)).id)
    query = replace(query, experiment=experiment, run_ids=None if ids is None else tuple(ids))
    return (yield from backend.checkpoints.list(query))


def checkpoint_steps(backend: Backend, run: str) -> Flow[tuple[int, ...]]:
    """The steps of a run, by what people call it, that have a complete checkpoint."""
    info = yield from backend.runs.get(run)
    return (yield from backend.checkpoints.steps(info.id))


def delete_checkpoints(
    backend: Backend, ids: str | Checkpoint | Iterable[str | Checkpoint] | None, run: str | None
) -> Flow[int]:
    """Remove checkpoints; the backend refuses it without a filter."""
    info = None if run is None else (yield from backend.runs.get(run))
    given = (ids,) if isinstance(ids, str | Checkpoint) else ids
    references = None if given is None else tuple(map(identity, given))
    return (yield from backend.checkpoints.delete(references, None if info is None else info.id))


def create_model(
    backend: Backend,
    name: str,
    checkpoint: str | Checkpoint | None,
    path: str | os.PathLike[str] | None,
    run: str | None,
    version: str | None,
    summary: str,
    metrics: Mapping[str, float] | None,
    tags: Mapping[str, str] | None,
) -> Flow[Model]:
    """Make a model from a checkpoint, or from a file or folder that a run may have left."""
    if (checkpoint is None) == (path is None):
        raise InvalidInput("A model is made of a checkpoint, or of a file or folder: give checkpoint= or path=.")
    if checkpoint is not None and run is not None:
        raise InvalidInput("A checkpoint says itself which run it is of: give run= with path= only.")
    info = None if run is None else (yield from backend.runs.get(run))
    draft = ModelDraft(
        name=name,
        version=version,
        checkpoint=None if checkpoint is None else identity(checkpoint),
        path=None if path is None else Path(path),
        run_id="" if info is None else info.id,
        summary=summary,
        metrics=metrics or {},
        tags=tags or {},
    )
    return (yield from backend.models.create(draft))


def list_models(
    backend: Backend, pattern: str | None, versions: bool, lifecycle: Lifecycle, run: str | None
) -> Flow[tuple[Model, ...]]:
    """Models, all or those of a run by what people call it."""
    info = None if run is None else (yield from backend.runs.get(run))
    return (yield from backend.models.list(pattern, versions, lifecycle, None if info is None else info.id))


def identity(checkpoint: str | Checkpoint) -> str:
    """The id of a checkpoint, or what was given for it."""
    return checkpoint.id if isinstance(checkpoint, Checkpoint) else checkpoint


def _whole(name: str, value: Any) -> int:
    try:
        number = -1 if isinstance(value, bool) else index(value)
    except TypeError:
        number = -1
    if not 0 <= number < 2**63:
        raise InvalidInput(f"The {name} must be a whole number of 0 or more, not {value!r}.")
    return number
