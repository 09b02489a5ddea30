"""What can be done with versions of code."""

from __future__ import annotations

from pathlib import Path

from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Cleanup, Code, Lifecycle, Source, SourceDescription, SourceDifference


class SourceOperations(Operations):
    """Versions of code, each kept with all its files; equal code is kept once.

    A source is given by id, unique beginning of an id, `name@version`, or name, which is the latest version.
    """

    noun = "sources"

    def create(self, code: Code, name: str | None, description: str, commit: str | None) -> Flow[Source]:
        """Keep code as the next version of its name; the version that has it when nothing changed.

        `commit` takes it from that commit of the git repository at the code's path.
        """
        self._lacks("create")

    def get(self, reference: str) -> Flow[Source]:
        """Find one; `NotFound` suggests close names."""
        self._lacks("get")

    def list(self, name: str | None, lifecycle: Lifecycle) -> Flow[tuple[Source, ...]]:
        """All versions, or those of a name, newest first."""
        self._lacks("list")

    def describe(self, reference: str) -> Flow[SourceDescription]:
        """One with its files and its runs."""
        self._lacks("describe")

    def difference(self, before: str, after: str) -> Flow[SourceDifference]:
        """What leads from one to another."""
        self._lacks("difference")

    def download(self, reference: str, target: Path) -> Flow[Path]:
        """Write its files into a folder that is empty or not there; the result is the folder."""
        self._lacks("download")

    def update(self, reference: str, description: str) -> Flow[Source]:
        """Describe it in other words; its code never changes."""
        self._lacks("update")

    def delete(self, reference: str) -> Flow[Source]:
        """Put it where only `restore` finds it; runs that were started from it keep its name."""
        self._lacks("delete")

    def restore(self, reference: str) -> Flow[Source]:
        """Bring back what was deleted or archived."""
        self._lacks("restore")

    def archive(self, reference: str) -> Flow[Source]:
        """Put it away: it leaves the listing and stays usable."""
        self._lacks("archive")

    def unarchive(self, reference: str) -> Flow[Source]:
        """Take it back into the listing; `Conflict` when it is not archived."""
        self._lacks("unarchive")

    def purge(self, reference: str) -> Flow[Cleanup]:
        """Remove it for good; `Conflict` when it is not deleted, or a run or template refers to it."""
        self._lacks("purge")
