"""Files kept with runs: artifacts and checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Artifact, Checkpoint, CheckpointQuery


class ArtifactOperations(Operations):
    """Files kept with a run."""

    noun = "artifacts"

    def log(self, run_id: str, source: Path, path: str) -> Flow[tuple[Artifact, ...]]:
        """Keep a file, or each file of a folder, under an artifact path."""
        self._lacks("log")

    def list(self, run_id: str) -> Flow[tuple[Artifact, ...]]:
        """All of a run, by path."""
        self._lacks("list")

    def download(self, run_id: str, path: str, target: Path) -> Flow[Path]:
        """Copy a file or folder into the folder `target`; the result is where it lies."""
        self._lacks("download")


class CheckpointOperations(Operations):
    """Saved states of training; each is given by id or unique beginning of an id."""

    noun = "checkpoints"

    def log(self, run_id: str, step: int, source: Path) -> Flow[Checkpoint]:
        """Keep a file or folder as the checkpoint of a step; it counts as incomplete until all of it is there."""
        self._lacks("log")

    def begin(self, run_id: str, step: int) -> Flow[tuple[Checkpoint, Path]]:
        """Make an incomplete checkpoint, and the empty folder in which its files are to be written."""
        self._lacks("begin")

    def complete(self, checkpoint_id: str) -> Flow[Checkpoint]:
        """Keep what lies in the folder of a checkpoint that was begun, which is complete then."""
        self._lacks("complete")

    def get(self, reference: str) -> Flow[Checkpoint]:
        """Find one."""
        self._lacks("get")

    def list(self, query: CheckpointQuery) -> Flow[tuple[Checkpoint, ...]]:
        """Those that a query selects (Chariot: `get_checkpoints`, `get_run_checkpoints`)."""
        self._lacks("list")

    def steps(self, run_id: str) -> Flow[tuple[int, ...]]:
        """The steps of a run that have a complete checkpoint (Chariot: `get_global_steps_with_checkpoints`)."""
        self._lacks("steps")

    def download(self, reference: str, target: Path) -> Flow[Path]:
        """Write its files into a folder that is empty or not there, with the paths that they have within it."""
        self._lacks("download")

    def delete(self, references: Sequence[str] | None, run_id: str | None) -> Flow[int]:
        """Remove those of some ids, of a run, or of both, with their files, for good; the result is how many.

        Without any filter it is refused (Chariot: `delete_checkpoints`).
        """
        self._lacks("delete")
