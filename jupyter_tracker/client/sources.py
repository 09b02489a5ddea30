"""`tracker.sources`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracker.client import requests
from jupyter_tracker.client.assets import SourceComparison, SourceDetails, SourceList
from jupyter_tracker.client.code import source_code
from jupyter_tracker.models import Cleanup, Code, Lifecycle, Source

if TYPE_CHECKING:
    from jupyter_tracker.client.tracker import AsyncTracker, Tracker


class Sources:
    """Versions of code; each is given by id, unique beginning of an id, `name@version`, or name (the latest version).

    A submitted run keeps its code as a source by itself: `run.info.source` is its id, and
    `tracker.runs.submit(…, code=tracker.sources.get(run.info.source))` runs the same code again.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._drive = tracker.drive
        self._operations = tracker.backend.sources

    def create(
        self,
        code: str | os.PathLike[str] | Code,
        *,
        name: str | None = None,
        entry_point: str | None = None,
        description: str = "",
        commit: str | None = None,
    ) -> Source:
        """Keep code as the next version of its name; when nothing changed, the version that has it.

        Args:
            code: A file with the modules beside it that it imports; a folder without what `.trackerignore` or
                `.gitignore` name; a zip or tar file; a folder of a git repository with `commit`; or source text.
            name: Under which it is counted; taken from the path by default.
            entry_point: The file of a folder or archive that runs start.
            description: What is said of it.
            commit: Takes the files of this commit instead: a hash, branch or tag.

        Raises:
            InvalidSource: it is not there or cannot be kept; an archive holds links or paths that lead out of it.
            SourceTooLarge: it is more than 500 MB or 20,000 files.
        """
        return self._drive(self._operations.create(source_code(code, entry_point), name, description, commit))

    def get(self, source: str) -> Source:
        """Find one; `NotFound` suggests close names."""
        return self._drive(self._operations.get(source))

    def list(self, name: str | None = None, *, lifecycle: str = Lifecycle.ACTIVE) -> SourceList:
        """All that are active (or `archived`, `deleted`), or those of a name; the one used last first."""
        return SourceList(self._drive(self._operations.list(name, requests.lifecycle(lifecycle))))

    def describe(self, source: str) -> SourceDetails:
        """One with its files and the runs that were started from it."""
        return SourceDetails(self._drive(self._operations.describe(source)))

    def difference(self, before: str, after: str) -> SourceComparison:
        """What leads from one to another: files, and a unified diff."""
        return SourceComparison(self._drive(self._operations.difference(before, after)))

    def download(self, source: str, target: str | os.PathLike[str]) -> Path:
        """Write its files into a folder that is empty or not there."""
        return self._drive(self._operations.download(source, Path(target)))

    def update(self, source: str, *, description: str) -> Source:
        """Describe it in other words; its code never changes."""
        return self._drive(self._operations.update(source, description))

    def delete(self, source: str) -> Source:
        """Put it where only `restore` finds it, by id or `name@version`."""
        return self._drive(self._operations.delete(source))

    def restore(self, source: str) -> Source:
        """Bring back what was deleted or archived."""
        return self._drive(self._operations.restore(source))

    def archive(self, source: str) -> Source:
        """Put it away: it leaves the listing and stays usable."""
        return self._drive(self._operations.archive(source))

    def unarchive(self, source: str) -> Source:
        """Take it back into the listing; `Conflict` when it is not archived."""
        return self._drive(self._operations.unarchive(source))

    def purge(self, source: str) -> Cleanup:
        """Remove it for good; `Conflict` when it was not deleted before, or a run or template refers to it."""
        return self._drive(self._operations.purge(source))


class AsyncSources:
    """Versions of code, to await."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self._drive = tracker.drive
        self._operations = tracker.backend.sources

    async def create(
        self,
        code: str | os.PathLike[str] | Code,
        *,
        name: str | None = None,
        entry_point: str | None = None,
        description: str = "",
        commit: str | None = None,
    ) -> Source:
        """See `Sources.create`."""
        return await self._drive(self._operations.create(source_code(code, entry_point), name, description, commit))

    async def get(self, source: str) -> Source:
        """See `Sources.get`."""
        return await self._drive(self._operations.get(source))

    async def list(self, name: str | None = None, *, lifecycle: str = Lifecycle.ACTIVE) -> SourceList:
        """See `Sources.list`."""
        return SourceList(await self._drive(self._operations.list(name, requests.lifecycle(lifecycle))))

    async def describe(self, source: str) -> SourceDetails:
        """See `Sources.describe`."""
        return SourceDetails(await self._drive(self._operations.describe(source)))

    async def difference(self, before: str, after: str) -> SourceComparison:
        """See `Sources.difference`."""
        return SourceComparison(await self._drive(self._operations.difference(before, after)))

    async def download(self, source: str, target: str | os.PathLike[str]) -> Path:
        """See `Sources.download`."""
        return await self._drive(self._operations.download(source, Path(target)))

    async def update(self, source: str, *, description: str) -> Source:
        """See `Sources.update`."""
        return await self._drive(self._operations.update(source, description))

    async def delete(self, source: str) -> Source:
        """See `Sources.delete`."""
        return await self._drive(self._operations.delete(source))

    async def restore(self, source: str) -> Source:
        """See `Sources.restore`."""
        return await self._drive(self._operations.restore(source))

    async def archive(self, source: str) -> Source:
        """See `Sources.archive`."""
        return await self._drive(self._operations.archive(source))

    async def unarchive(self, source: str) -> Source:
        """See `Sources.unarchive`."""
        return await self._drive(self._operations.unarchive(source))

    async def purge(self, source: str) -> Cleanup:
        """See `Sources.purge`."""
        return await self._drive(self._operations.purge(source))
