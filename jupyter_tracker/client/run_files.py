"""The files of a run in the hand: artifacts, checkpoints and models."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from jupyter_tracker.client import registry, writing
from jupyter_tracker.client.results import (
    ArtifactList,
    CheckpointList,
)
from jupyter_tracker.client.run_lineage import RunLineage
from jupyter_tracker.models import (
    Artifact,
    Checkpoint,
    Model,
)


class RunFiles(RunLineage):
    """What a run keeps as files."""

    def log_artifact(self, source: str | os.PathLike[str], path: str | None = None) -> list[Artifact]:
        """Keep a copy of a file or folder with the run, under its own name or under `path`."""
        return list(self.tracker.drive(writing.log_artifact(self.tracker.backend, self.id, source, path)))

    def log_checkpoint(self, step: int, source: str | os.PathLike[str]) -> Checkpoint:
        """Keep a copy of a file or folder as the checkpoint of a step."""
        return self.tracker.drive(writing.log_checkpoint(self.tracker.backend, self.id, step, source))

    @contextmanager
    def checkpoint(self, step: int) -> Iterator[Path]:
        """Write a checkpoint file by file: `with run.checkpoint(20) as folder: torch.save(state, folder / "state.pt")`.

        It is complete when the block ends. A block that raises, or a process that dies in it, leaves it incomplete.
        """
        begun, folder = self.tracker.drive(writing.begin_checkpoint(self.tracker.backend, self.id, step))
        yield folder
        self.tracker.drive(self.tracker.backend.checkpoints.complete(begun.id))

    def log_model(
        self,
        source: str | os.PathLike[str],
        name: str,
        *,
        version: str | None = None,
        summary: str = "",
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Model:
        """Keep a file or folder as a version of a model that this run trained; see `Models.create`."""
        made = registry.create_model(self.tracker.backend, name, None, source, self.id, version, summary, metrics, tags)
        return self.tracker.drive(made)

    def artifacts(self) -> ArtifactList:
        """The files kept with the run."""
        return ArtifactList(self.tracker.drive(self.tracker.backend.artifacts.list(self.id)))

    def download_artifact(self, path: str, target: str | os.PathLike[str] = ".") -> Path:
        """Copy an artifact, a file or a folder, into the folder `target`; the result is where it lies."""
        return self.tracker.drive(self.tracker.backend.artifacts.download(self.id, path, Path(target)))

    def checkpoints(
        self,
        *,
        step: int | Sequence[int] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
        status: str | None = None,
        order_by: str = "step",
        limit: int | None = None,
    ) -> CheckpointList:
        """The checkpoints kept with the run, by step; see `Checkpoints.list` (Chariot: `get_run_checkpoints`)."""
        wanted = registry.wanted(step, min_step, max_step, status, None, None, order_by, limit, 0)
        return CheckpointList(
            self.tracker.drive(registry.list_checkpoints(self.tracker.backend, wanted, None, self.id))
        )

    def checkpoint_steps(self) -> tuple[int, ...]:
        """The steps that have a complete checkpoint (Chariot: `get_global_steps_with_checkpoints`)."""
        return self.tracker.drive(self.tracker.backend.checkpoints.steps(self.id))
