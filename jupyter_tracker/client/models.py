"""`tracker.models`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracker.client import registry, requests
from jupyter_tracker.client.assets import ModelDetails, ModelList
from jupyter_tracker.models import Checkpoint, Lifecycle, Model

if TYPE_CHECKING:
    from jupyter_tracker.client.tracker import AsyncTracker, Tracker


class Models:
    """Named models with versions (Semantic Versioning).

    Each is given by id, unique beginning of an id, `name@version`, or name, which is the latest version: the highest
    release, or the highest pre-release where there is no release.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._drive = tracker.drive
        self._backend = tracker.backend
        self._operations = tracker.backend.models

    def create(
        self,
        name: str,
        *,
        checkpoint: str | Checkpoint | None = None,
        path: str | os.PathLike[str] | None = None,
        run: str | None = None,
        version: str | None = None,
        summary: str = "",
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Model:
        """Make a version from a checkpoint, a file or a folder, whose content is kept with it.

        It stays whole when checkpoint and run are deleted (Chariot: `create_model_from_checkpoint`; ABEJA:
        `create_training_model`).

        Args:
            name: Under which it is found.
            checkpoint: A complete checkpoint, or its id.
            path: A file or folder instead.
            run: The run that a file or folder comes from.
            version: As in `1.2.0` or `2.0.0-rc.1`. Left out, it is the minor version behind the highest release; the
                first is 1.0.0.
            summary: What is said of it.
            metrics: Numbers that speak for it.
            tags: Text by name.

        Raises:
            Conflict: the name has that version, or the checkpoint is incomplete.
            InvalidInput: the version is no Semantic Versioning; neither or both of checkpoint and path are given.
            NotFound: the checkpoint, run, file or folder is not there.
        """
        made = registry.create_model(self._backend, name, checkpoint, path, run, version, summary, metrics, tags)
        return self._drive(made)

    def get(self, model: str) -> Model:
        """Find one; `NotFound` suggests close names."""
        return self._drive(self._operations.get(model))

    def list(
        self,
        pattern: str | None = None,
        *,
        versions: bool = False,
        lifecycle: str = Lifecycle.ACTIVE,
        run: str | None = None,
    ) -> ModelList:
        """The latest version of each, or with `versions` all; of those whose name fits, as in `%resnet%` (ILIKE).

        Args:
            pattern: Of names; case does not count.
            versions: All versions, the highest first.
            lifecycle: `active`, `archived` or `deleted`.
            run: Only those that came out of this run.
        """
        wanted = requests.lifecycle(lifecycle)
        return ModelList(self._drive(registry.list_models(self._backend, pattern, versions, wanted, run)))

    def describe(self, model: str) -> ModelDetails:
        """One with its files and its lineage: the checkpoint, the run and the source that it comes from."""
        return ModelDetails(self._drive(self._operations.describe(model)))

    def download(self, model: str, target: str | os.PathLike[str]) -> Path:
        """Write its files into a folder that is empty or not there."""
        return self._drive(self._operations.download(model, Path(target)))

    def update(self, model: str, *, summary: str | None = None, tags: Mapping[str, str | None] | None = None) -> Model:
        """Change what is given; a tag of value None is removed. Its files never change."""
        return self._drive(self._operations.update(model, summary, tags))

    def delete(self, model: str) -> Model:
        """Put it where only `restore` finds it, by id or `name@version`; its version stays taken."""
        return self._drive(self._operations.delete(model))

    def restore(self, model: str) -> Model:
        """Bring back what was deleted or archived."""
        return self._drive(self._operations.restore(model))

    def archive(self, model: str) -> Model:
        """Put it away: it leaves the listing and stays usable."""
        return self._drive(self._operations.archive(model))

    def unarchive(self, model: str) -> Model:
        """Bring back what was archived; `Conflict` when it is not."""
        return self._drive(self._operations.unarchive(model))


class AsyncModels:
    """Named models with versions, to await."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self._drive = tracker.drive
        self._backend = tracker.backend
        self._operations = tracker.backend.models

    async def create(
        self,
        name: str,
        *,
        checkpoint: str | Checkpoint | None = None,
        path: str | os.PathLike[str] | None = None,
        run: str | None = None,
        version: str | None = None,
        summary: str = "",
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Model:
        """See `Models.create`."""
        made = registry.create_model(self._backend, name, checkpoint, path, run, version, summary, metrics, tags)
        return await self._drive(made)

    async def get(self, model: str) -> Model:
        """See `Models.get`."""
        return await self._drive(self._operations.get(model))

    async def list(
        self,
        pattern: str | None = None,
        *,
        versions: bool = False,
        lifecycle: str = Lifecycle.ACTIVE,
        run: str | None = None,
    ) -> ModelList:
        """See `Models.list`."""
        wanted = requests.lifecycle(lifecycle)
        return ModelList(await self._drive(registry.list_models(self._backend, pattern, versions, wanted, run)))

    async def describe(self, model: str) -> ModelDetails:
        """See `Models.describe`."""
        return ModelDetails(await self._drive(self._operations.describe(model)))

    async def download(self, model: str, target: str | os.PathLike[str]) -> Path:
        """See `Models.download`."""
        return await self._drive(self._operations.download(model, Path(target)))

    async def update(
        self, model: str, *, summary: str | None = None, tags: Mapping[str, str | None] | None = None
    ) -> Model:
        """See `Models.update`."""
        return await self._drive(self._operations.update(model, summary, tags))

    async def delete(self, model: str) -> Model:
        """See `Models.delete`."""
        return await self._drive(self._operations.delete(model))

    async def restore(self, model: str) -> Model:
        """See `Models.restore`."""
        return await self._drive(self._operations.restore(model))

    async def archive(self, model: str) -> Model:
        """See `Models.archive`."""
        return await self._drive(self._operations.archive(model))

    async def unarchive(self, model: str) -> Model:
        """See `Models.unarchive`."""
        return await self._drive(self._operations.unarchive(model))
