"""Lineage of runs: datasets and executions in their contexts, and the graph of all that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.operations import LineageOperations, RunOperations
from jupyter_tracker.backends.vertex.checkpoints import RUN
from jupyter_tracker.backends.vertex.datasets import (
    EVENTS,
    INPUT,
    OUTPUT,
    dataset_body,
    dataset_id,
    dataset_metadata,
    execution_id,
    read_uses,
    uses_of,
    write_uses,
)
from jupyter_tracker.backends.vertex.executions import CONTAINER, execution_body, execution_identity, parse_execution
from jupyter_tracker.backends.vertex.nodes import inside
from jupyter_tracker.backends.vertex.record import FIELD
from jupyter_tracker.backends.vertex.resources import (
    SCHEMA_VERSION,
    STATES,
    Json,
    last,
)
from jupyter_tracker.backends.vertex.series import PARALLEL
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.backends.vertex.tracing import Tracing
from jupyter_tracker.errors import RemoteConflict, Unsupported
from jupyter_tracker.flow import Flow, Together
from jupyter_tracker.models import Dataset, DatasetUse, Execution, LineageGraph

Uses: TypeAlias = tuple[DatasetUse, ...]


class VertexLineage(LineageOperations):
    """Datasets are artifacts; what a run does with them are events of an execution of its own."""

    def __init__(self, site: Site, runs: RunOperations) -> None:
        self._site = site
        self._tracing = Tracing(site, runs)

    @emulated("artifacts, and events of an execution of the run")
    def log_inputs(self, run_id: str, uses: Sequence[DatasetUse]) -> Flow[None]:
        yield from self._log("lineage.log_inputs", run_id, INPUT, uses)

    @emulated("artifacts, and events of an execution of the run")
    def log_outputs(self, run_id: str, uses: Sequence[DatasetUse]) -> Flow[None]:
        yield from self._log("lineage.log_outputs", run_id, OUTPUT, uses)

    @emulated("datasets that executions of the run read")
    def inputs(self, run_id: str) -> Flow[Uses]:
        return (yield from self._uses("lineage.inputs", run_id, INPUT))

    @emulated("datasets that executions of the run made")
    def outputs(self, run_id: str) -> Flow[Uses]:
        return (yield from self._uses("lineage.outputs", run_id, OUTPUT))

    def associate_execution(self, run_id: str, execution: Execution) -> Flow[Execution]:
        """One of the platform, by id or resource name, is put into the run as it is; another one is made or changed."""
        operation = "lineage.associate_execution"
        context = yield from self._site.run_context(operation, run_id)
        given, names = execution.id, self._site.names
        name = given if "/executions/" in given else names.execution(execution_identity(given))
        known = yield from self._site.rest.find(operation, name)
        if known is None:
            known = yield from self._site.rest.create(
                operation, self._site.names.store, "executions", execution_body(execution), {"executionId": last(name)}
            )
        elif FIELD in (known.get("metadata") or {}):

            def change(kept: Json) -> None:
                body = execution_body(execution)
                kept.update(displayName=body["displayName"], state=body["state"], metadata=body["metadata"])

            known = yield from self._site.rest.change(operation, known["name"], "execution", change)
        yield from self._site.nodes.include(operation, context["name"], execution=known["name"])
        return parse_execution(known)

    def executions(self, run_id: str) -> Flow[tuple[Execution, ...]]:
        operation = "lineage.executions"
        context = yield from self._site.run_context(operation, run_id)
        found = yield from self._site.nodes.list(operation, "executions", inside(context["name"]))
        return tuple(parse_execution(one) for one in found if last(one["name"]) != execution_id(run_id))

    @emulated("from the subgraphs of runs and datasets")
    def trace(self, run_id: str | None, dataset: str | None, model: str | None, limit: int) -> Flow[LineageGraph]:
        if model is not None:
            raise Unsupported("vertex", "models.get")
        return (yield from self._tracing.graph(run_id, dataset, limit))

    def _log(self, operation: str, run_id: str, role: str, uses: Sequence[DatasetUse]) -> Flow[None]:
        context = yield from self._site.run_context(operation, run_id)
        datasets = {dataset_id(use.dataset): use.dataset for use in uses}
        artifacts: list[Json] = yield Together(
            [self._dataset(operation, identity, one) for identity, one in datasets.items()], PARALLEL
        )
        execution = yield from self._execution(operation, run_id, str(context.get("displayName") or run_id))

        def note(kept: Json) -> None:
            noted = read_uses(kept)
            for use in uses:
                noted.add(role, use)
            write_uses(kept, noted)

        yield from self._site.rest.change(operation, execution, "execution", note)
        events = [{"artifact": one["name"], "type": EVENTS[role]} for one in artifacts]
        yield from self._site.rest.call(
            operation, execution, "addExecutionEvents", "execution", {"events": events}, harmless=True
        )
        yield from self._site.nodes.include(operation, context["name"], execution=execution)
        for one in artifacts:
            yield from self._site.nodes.include(operation, context["name"], artifact=one["name"])

    def _dataset(self, operation: str, identity: str, dataset: Dataset) -> Flow[Json]:
        """The artifact of a dataset; what a later run knows more of it is added."""
        known = yield from self._site.rest.find(operation, self._site.names.artifact(identity))
        if known is None:
            try:
                return (yield from self._site.nodes.create_artifact(operation, dataset_body(dataset), identity))
            except RemoteConflict as conflict:
                if conflict.code != "ALREADY_EXISTS":  # somebody else was faster
                    raise
                known = yield from self._site.rest.get(operation, self._site.names.artifact(identity))
        metadata = dataset_metadata(dataset)
        if not metadata.items() <= (known.get("metadata") or {}).items():

            def add(artifact: Json) -> None:
                artifact["metadata"] = {**(artifact.get("metadata") or {}), **metadata}
                if dataset.source:
                    artifact["uri"] = dataset.source

            known = yield from self._site.rest.change(operation, known["name"], "artifact", add)
        return known

    def _execution(self, operation: str, run_id: str, run_name: str) -> Flow[str]:
        """The execution with the data of a run, which is made where there is none."""
        identity = execution_id(run_id)
        known = yield from self._site.rest.find(operation, self._site.names.execution(identity))
        if known is None:
            body = {
                "displayName": f"data of {run_name}"[:128],
                "schemaTitle": CONTAINER,
                "schemaVersion": SCHEMA_VERSION,
                "state": STATES.index("COMPLETE"),
                "metadata": {RUN: run_id},
            }
            try:
                known = yield from self._site.rest.create(
                    operation, self._site.names.store, "executions", body, {"executionId": identity}
                )
            except RemoteConflict as conflict:
                if conflict.code != "ALREADY_EXISTS":
                    raise
                return self._site.names.execution(identity)
        return str(known["name"])

    def _uses(self, operation: str, run_id: str, role: str) -> Flow[Uses]:
        context = yield from self._site.run_context(operation, run_id)
        subgraph = yield from self._site.nodes.subgraph(operation, context["name"])
        return uses_of(subgraph, execution_id(run_id), role)
