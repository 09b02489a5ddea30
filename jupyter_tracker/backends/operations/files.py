"""Files kept with runs: artifacts and checkpoints."""

from __future__ import annotations

from pathlib import Path

from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Artifact, Checkpoint


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
    """Saved states of training."""

    noun = "checkpoints"

    def log(self, run_id: str, step: int, source: Path) -> Flow[Checkpoint]:
        """Keep a file or folder as the checkpoint of a step; it counts as incomplete until all of it is there."""
        self._lacks("log")

    def list(self, run_id: str) -> Flow[tuple[Checkpoint, ...]]:
        """All of a run, by step."""
        self._lacks("list")
