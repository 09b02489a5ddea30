"""Lineage: the inputs of runs are on the server; outputs and executions are kept on this machine, with runs of its own.

A server keeps one context and one set of tags for a dataset of a run, those that it was given first. Of runs that were
started here all of them are known.
"""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.mlflow.artifacts import MlflowArtifacts
from jupyter_tracker.backends.mlflow.companion import Companion
from jupyter_tracker.backends.mlflow.inputs import merged, read_inputs, write_input
from jupyter_tracker.backends.mlflow.listing import Listing
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.backends.operations import LineageOperations
from jupyter_tracker.errors import NotFound, Unsupported
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import (
    Artifact,
    Dataset,
    DatasetUse,
    Execution,
    LineageEdge,
    LineageGraph,
    LineageNode,
    NodeKind,
    RunInfo,
)

BATCH = 10
"""Datasets of one request (Databricks: `log_inputs`)."""
_HERE = "of runs that were started on this machine"
_NOT_SHOWN = ("checkpoints/", "jupyter_tracker/")


class MlflowLineage(LineageOperations):
    """Inputs of all runs; more of those that were started here."""

    def __init__(
        self,
        backend: str,
        native: MlflowOperations,
        companion: Companion,
        listing: Listing,
        artifacts: MlflowArtifacts,
    ) -> None:
        self._backend = backend
        self._native = native
        self._companion = companion
        self._local = companion.local.lineage
        self._listing = listing
        self._artifacts = artifacts

    def log_inputs(self, run_id: str, uses: Sequence[DatasetUse]) -> Flow[None]:
        for start in range(0, len(uses), BATCH):
            datasets = [write_input(use) for use in uses[start : start + BATCH]]
            yield from self._native.log_inputs(run_id, datasets=datasets)
        if self._companion.has(run_id):
            yield from self._local.log_inputs(run_id, uses)

    def inputs(self, run_id: str) -> Flow[tuple[DatasetUse, ...]]:
        answer = yield from self._native.get_run(run_id)
        there = read_inputs(answer.get("run") or {})
        here = (yield from self._local.inputs(run_id)) if self._companion.has(run_id) else ()
        return merged(here, there)

    @emulated(_HERE)
    def log_outputs(self, run_id: str, uses: Sequence[DatasetUse]) -> Flow[None]:
        self._check_here(run_id, "log_outputs")
        yield from self._local.log_outputs(run_id, uses)

    @emulated(_HERE)
    def outputs(self, run_id: str) -> Flow[tuple[DatasetUse, ...]]:
        return (yield from self._local.outputs(run_id)) if self._companion.has(run_id) else ()

    @emulated(_HERE)
    def associate_execution(self, run_id: str, execution: Execution) -> Flow[Execution]:
        self._check_here(run_id, "associate_execution")
        return (yield from self._local.associate_execution(run_id, execution))

    @emulated(_HERE)
    def executions(self, run_id: str) -> Flow[tuple[Execution, ...]]:
        return (yield from self._local.executions(run_id)) if self._companion.has(run_id) else ()

    @emulated("of runs that were started on this machine; of another run its inputs and artifacts")
    def trace(self, run_id: str | None, dataset: str | None, model: str | None, limit: int) -> Flow[LineageGraph]:
        if run_id is None:
            if not self._companion.exists():
                wanted = ("dataset", dataset) if dataset is not None else ("model", model)
                raise NotFound(wanted[0], str(wanted[1]), (), "No run was started on this machine.")
            return (yield from self._local.trace(None, dataset, model, limit))
        info = yield from self._listing.get(run_id)
        if self._companion.has(info.id):
            graph = yield from self._local.trace(info.id, None, None, limit)
        else:
            graph = _of_inputs(info, (yield from self.inputs(info.id)))
        files = yield from self._artifacts.list(info.id)
        return _with_artifacts(graph, info, files, limit)

    def _check_here(self, run_id: str, verb: str) -> None:
        if not self._companion.has(run_id):
            raise Unsupported(self._backend, f"lineage.{verb}")


def _of_inputs(info: RunInfo, uses: Sequence[DatasetUse]) -> LineageGraph:
    run = LineageNode(NodeKind.RUN, info.id, f"{info.experiment} / {info.name}", str(info.state), info.created_at)
    datasets = {use.dataset.label: _dataset_node(use.dataset) for use in uses}
    edges = [LineageEdge(datasets[use.dataset.label].key, run.key, "input", use.context) for use in uses]
    return LineageGraph((run.key,), (run, *datasets.values()), tuple(edges))


def _dataset_node(dataset: Dataset) -> LineageNode:
    return LineageNode(NodeKind.DATASET, f"{dataset.name}@{dataset.digest}", dataset.label, dataset.source)


def _with_artifacts(graph: LineageGraph, info: RunInfo, files: Sequence[Artifact], limit: int) -> LineageGraph:
    """The graph of a run with what lies at the top of its artifacts."""
    sizes: dict[str, list[int]] = {}
    for file in files:
        if not file.path.startswith(_NOT_SHOWN):
            top, slash, _ = file.path.partition("/")
            sizes.setdefault(f"{top}{slash}", []).append(file.size)
    (start,) = graph.starts
    nodes = [
        LineageNode(NodeKind.ARTIFACT, f"{info.id}/{top.rstrip('/')}", top, f"{sum(each)} bytes")
        for top, each in sizes.items()
    ]
    room = max(0, limit - len(graph.nodes))
    edges = [LineageEdge(start, node.key, "artifact") for node in nodes[:room]]
    complete = graph.complete and len(nodes) <= room
    return LineageGraph(graph.starts, (*graph.nodes, *nodes[:room]), (*graph.edges, *edges), complete)
