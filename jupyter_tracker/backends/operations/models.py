"""What can be done with models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Lifecycle, Model, ModelDescription, ModelDraft


class ModelOperations(Operations):
    """Named models with versions (Semantic Versioning), each kept with all its files.

    A model is given by id, unique beginning of an id, `name@version`, or name, which is the latest version.
    """

    noun = "models"

    def create(self, draft: ModelDraft) -> Flow[Model]:
        """Make a version from a checkpoint, a file or a folder (Chariot: `create_model_from_checkpoint`).

        `Conflict` when the name has that version, or the checkpoint is incomplete.
        """
        self._lacks("create")

    def get(self, reference: str) -> Flow[Model]:
        """Find one; `NotFound` suggests close names."""
        self._lacks("get")

    def list(
        self, pattern: str | None, versions: bool, lifecycle: Lifecycle, run_id: str | None
    ) -> Flow[tuple[Model, ...]]:
        """The latest version of each, or all versions, by name; of those whose name fits an ILIKE pattern, of a run."""
        self._lacks("list")

    def describe(self, reference: str) -> Flow[ModelDescription]:
        """One with its files, and the checkpoint, run and source that it comes from."""
        self._lacks("describe")

    def download(self, reference: str, target: Path) -> Flow[Path]:
        """Write its files into a folder that is empty or not there; the result is the folder."""
        self._lacks("download")

    def update(self, reference: str, summary: str | None, tags: Mapping[str, str | None] | None) -> Flow[Model]:
        """Change what is not None; a tag of value None is removed. Its files never change."""
        self._lacks("update")

    def delete(self, reference: str) -> Flow[Model]:
        """Put it where only `restore` finds it."""
        self._lacks("delete")

    def restore(self, reference: str) -> Flow[Model]:
        """Bring back what was deleted or archived."""
        self._lacks("restore")

    def archive(self, reference: str) -> Flow[Model]:
        """Put it away: it leaves the listing and stays usable (ABEJA: `archive_training_model`)."""
        self._lacks("archive")

    def unarchive(self, reference: str) -> Flow[Model]:
        """Bring back what was archived; `Conflict` when it is not (ABEJA: `unarchive_training_model`)."""
        self._lacks("unarchive")
