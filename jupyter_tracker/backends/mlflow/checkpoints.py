"""Checkpoints: kept on this machine by the runs that are started here, and sent to the server as artifacts.

A checkpoint is known elsewhere by a small artifact that says that its files are all there (documents.py). So those of
runs of other machines can be listed by run; they are downloaded as artifacts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.files import check_source
from jupyter_tracker.backends.mlflow.artifacts import MlflowArtifacts
from jupyter_tracker.backends.mlflow.companion import Companion
from jupyter_tracker.backends.mlflow.documents import Documents
from jupyter_tracker.backends.mlflow.experiments import MlflowExperiments
from jupyter_tracker.backends.mlflow.outbox import Outbox
from jupyter_tracker.backends.operations import CheckpointOperations
from jupyter_tracker.errors import InvalidInput, NotFound, Unsupported
from jupyter_tracker.flow import Flow, Local, Together
from jupyter_tracker.models import Checkpoint, CheckpointQuery

_BOTH = "kept on this machine, and as artifacts of the run"
_HERE = "of runs that were started on this machine"
_BY_RUN = "of runs that were started on this machine; of other runs where they are named"


class MlflowCheckpoints(CheckpointOperations):
    """Checkpoints of runs that were started here; of others what their artifacts tell."""

    def __init__(
        self,
        companion: Companion,
        outbox: Outbox,
        artifacts: MlflowArtifacts,
        documents: Documents,
        experiments: MlflowExperiments,
    ) -> None:
        self._companion = companion
        self._local = companion.local.checkpoints
        self._outbox = outbox
        self._artifacts = artifacts
        self._documents = documents
        self._experiments = experiments

    @emulated(_BOTH)
    def log(self, run_id: str, step: int, source: Path) -> Flow[Checkpoint]:
        if self._companion.has(run_id):
            made = yield from self._local.log(run_id, step, source)
            yield from self._outbox.send(run_id)
            return made
        yield Local(lambda: check_source(source))
        identity = os.urandom(16).hex()
        path = f"checkpoints/step-{step}-{identity[:8]}/{source.name}"
        kept = yield from self._artifacts.log(run_id, source, path)
        if not kept:
            raise InvalidInput(f"The folder {str(source)!r} has no files; a checkpoint needs some.")
        size = sum(artifact.size for artifact in kept)
        made = Checkpoint(identity, run_id, step, path, size, complete=True, created_at=datetime.now(UTC))
        yield from self._documents.put_checkpoint(run_id, made)
        return made

    @emulated(_HERE)
    def begin(self, run_id: str, step: int) -> Flow[tuple[Checkpoint, Path]]:
        return (yield from self._local.begin(run_id, step))

    @emulated(_HERE)
    def complete(self, checkpoint_id: str) -> Flow[Checkpoint]:
        made = yield from self._local.complete(checkpoint_id)
        yield from self._outbox.send(made.run_id)
        return made

    @emulated(_HERE)
    def get(self, reference: str) -> Flow[Checkpoint]:
        return (yield from self._local.get(reference))

    @emulated(_BY_RUN)
    def list(self, query: CheckpointQuery) -> Flow[tuple[Checkpoint, ...]]:
        elsewhere = [run_id for run_id in query.run_ids or () if not self._companion.has(run_id)]
        found = yield Together([self._documents.checkpoints(run_id) for run_id in elsewhere])
        there = [made for each in found for made in each]
        try:
            named = query.experiment and (yield from self._experiments.find(query.experiment)).name
            asked = (
                replace(query, experiment=named, limit=None, offset=0) if there else replace(query, experiment=named)
            )
            here = yield from self._local.list(asked)
        except NotFound:
            if query.experiment is None:
                raise
            # The server knows the experiment, unless this raises; no run of it was started here.
            yield from self._experiments.find(query.experiment)
            here = ()
        if not there:
            return here
        end = None if query.limit is None else query.offset + query.limit
        return tuple(_ordered([*here, *filter(_fits(query), there)], query)[query.offset : end])

    @emulated(_BY_RUN)
    def steps(self, run_id: str) -> Flow[tuple[int, ...]]:
        if self._companion.has(run_id):
            return (yield from self._local.steps(run_id))
        made = yield from self._documents.checkpoints(run_id)
        return tuple(sorted({each.step for each in made}))

    @emulated(_HERE)
    def download(self, reference: str, target: Path) -> Flow[Path]:
        return (yield from self._local.download(reference, target))

    @emulated(f"{_HERE}, with their artifacts where the server lets them be deleted")
    def delete(self, references: Sequence[str] | None, run_id: str | None) -> Flow[int]:
        doomed: list[Checkpoint] = yield Together([self._local.get(reference) for reference in references or ()])
        if references is None and run_id is not None:
            doomed += yield from self._local.list(CheckpointQuery(run_ids=(run_id,)))
        count = yield from self._local.delete(references, run_id)
        left = yield from self._local.list(CheckpointQuery(run_ids=tuple({each.run_id for each in doomed})))
        for gone in [each for each in doomed if each.id not in {kept.id for kept in left}]:
            yield from self._remove(gone)
        return count

    def _remove(self, gone: Checkpoint) -> Flow[None]:
        folder = "/".join(gone.path.split("/")[:2])
        try:
            yield from self._documents.remove_checkpoint(gone.run_id, gone)
            yield from self._artifacts.remove(gone.run_id, folder)
        except Unsupported:
            return  # Databricks lets no artifact be deleted; without what names it, it is no checkpoint


def _fits(query: CheckpointQuery) -> Callable[[Checkpoint], bool]:
    def fits(made: Checkpoint) -> bool:
        time = made.created_at or datetime.fromtimestamp(0, UTC)
        return (
            (query.steps is None or made.step in query.steps)
            and (query.min_step is None or made.step >= query.min_step)
            and (query.max_step is None or made.step <= query.max_step)
            and (query.complete is None or made.complete is query.complete)
            and (query.created_after is None or time > query.created_after)
            and (query.created_before is None or time < query.created_before)
        )

    return fits


def _ordered(found: Sequence[Checkpoint], query: CheckpointQuery) -> Sequence[Checkpoint]:
    def key(made: Checkpoint) -> tuple[float | str, str]:
        value: float | str = {"step": made.step, "size": made.size}.get(query.order_by, 0)
        return (made.id if query.order_by == "id" else value, str(made.created_at))

    return sorted(found, key=key, reverse=query.descending)
