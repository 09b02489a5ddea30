"""`tracker.checkpoints`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracker.client import registry
from jupyter_tracker.client.results import CheckpointList
from jupyter_tracker.models import Checkpoint

if TYPE_CHECKING:
    from jupyter_tracker.client.tracker import AsyncTracker, Tracker


class Checkpoints:
    """Saved states of training, over all runs; each is given by id or unique beginning of an id."""

    def __init__(self, tracker: Tracker) -> None:
        self._drive = tracker.drive
        self._backend = tracker.backend
        self._operations = tracker.backend.checkpoints

    def list(
        self,
        *,
        experiment: str | None = None,
        run: str | Sequence[str] | None = None,
        step: int | Sequence[int] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
        status: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        order_by: str = "step",
        limit: int | None = None,
        offset: int = 0,
    ) -> CheckpointList:
        """Those that fit all that is given (Chariot: `get_checkpoints`).

        Args:
            experiment: Name or id of an experiment.
            run: One run or several.
            step: One step or several.
            min_step: The smallest step.
            max_step: The largest step.
            status: `complete` or `incomplete`.
            created_after: A time; one without a time zone is local.
            created_before: A time.
            order_by: `step`, `created_at`, `size` or `id`; with ` DESC` behind it, from the largest.
            limit: How many at most.
            offset: How many of the first are left out.

        Raises:
            NotFound: there is no such run or experiment.
            InvalidInput: another value is wrong.
        """
        wanted = registry.wanted(
            step, min_step, max_step, status, created_after, created_before, order_by, limit, offset
        )
        return CheckpointList(self._drive(registry.list_checkpoints(self._backend, wanted, experiment, run)))

    def get(self, checkpoint: str) -> Checkpoint:
        """Find one."""
        return self._drive(self._operations.get(checkpoint))

    def steps(self, run: str) -> tuple[int, ...]:
        """The steps of a run that have a complete checkpoint (Chariot: `get_global_steps_with_checkpoints`)."""
        return self._drive(registry.checkpoint_steps(self._backend, run))

    def download(self, checkpoint: str | Checkpoint, target: str | os.PathLike[str]) -> Path:
        """Write its files into a folder that is empty or not there; `Conflict` when it is incomplete."""
        return self._drive(self._operations.download(registry.identity(checkpoint), Path(target)))

    def delete(
        self, ids: str | Checkpoint | Iterable[str | Checkpoint] | None = None, *, run: str | None = None
    ) -> int:
        """Remove some, those of a run, or some of a run, with their files, for good; the result is how many.

        Raises:
            InvalidInput: neither ids nor a run is given (Chariot: `delete_checkpoints`).
            NotFound: one of them is not there; then none is removed.
        """
        return self._drive(registry.delete_checkpoints(self._backend, ids, run))


class AsyncCheckpoints:
    """Saved states of training, to await."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self._drive = tracker.drive
        self._backend = tracker.backend
        self._operations = tracker.backend.checkpoints

    async def list(
        self,
        *,
        experiment: str | None = None,
        run: str | Sequence[str] | None = None,
        step: int | Sequence[int] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
        status: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        order_by: str = "step",
        limit: int | None = None,
        offset: int = 0,
    ) -> CheckpointList:
        """See `Checkpoints.list`."""
        wanted = registry.wanted(
            step, min_step, max_step, status, created_after, created_before, order_by, limit, offset
        )
        return CheckpointList(await self._drive(registry.list_checkpoints(self._backend, wanted, experiment, run)))

    async def get(self, checkpoint: str) -> Checkpoint:
        """See `Checkpoints.get`."""
        return await self._drive(self._operations.get(checkpoint))

    async def steps(self, run: str) -> tuple[int, ...]:
        """See `Checkpoints.steps`."""
        return await self._drive(registry.checkpoint_steps(self._backend, run))

    async def download(self, checkpoint: str | Checkpoint, target: str | os.PathLike[str]) -> Path:
        """See `Checkpoints.download`."""
        return await self._drive(self._operations.download(registry.identity(checkpoint), Path(target)))

    async def delete(
        self, ids: str | Checkpoint | Iterable[str | Checkpoint] | None = None, *, run: str | None = None
    ) -> int:
        """See `Checkpoints.delete`."""
        return await self._drive(registry.delete_checkpoints(self._backend, ids, run))
