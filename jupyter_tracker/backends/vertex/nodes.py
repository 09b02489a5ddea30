"""The metadata store: experiments and runs as contexts, and what belongs to a run as artifacts and executions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from jupyter_tracker.backends.vertex.resources import (
    EXPERIMENT,
    METRICS,
    PARAMS,
    RUN,
    SCHEMA_VERSION,
    STATE,
    Json,
    Messages,
    Names,
    last,
    quoted,
    run_id,
)
from jupyter_tracker.backends.vertex.rest import Rest, check_size
from jupyter_tracker.errors import Conflict, RemoteConflict, RemoteNotFound
from jupyter_tracker.flow import Flow


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is: its experiment and its name there, as ids have them."""

    experiment: str
    run: str

    @property
    def id(self) -> str:
        """The id of its context; `InvalidInput` when the platform takes no such id."""
        return run_id(self.experiment, self.run)


class Nodes:
    """Contexts, artifacts and executions of the default metadata store."""

    def __init__(self, rest: Rest, names: Names) -> None:
        self.rest = rest
        self.names = names

    def context(self, operation: str, identity: str) -> Flow[Json]:
        """A context by its id."""
        return (yield from self.rest.get(operation, self.names.context(identity)))

    def experiment(self, operation: str, name: str) -> Flow[Json]:
        """The context of an experiment; `RemoteNotFound` says how to make it."""
        try:
            return (yield from self.context(operation, name))
        except RemoteNotFound as error:
            raise RemoteNotFound(
                f"There is no experiment {name!r} in {self.names.project} ({self.names.location}):"
                f" `tracker.experiments.create({name!r})` makes it. ({error})",
                backend="vertex",
                operation=operation,
                status=404,
                code="NOT_FOUND",
            ) from None

    def run(self, operation: str, place: Place) -> Flow[Json]:
        """The context of a run.

        Raises:
            RemoteNotFound: there is none.
            Conflict: the run is of the preview age, which has no context.
        """
        try:
            return (yield from self.context(operation, place.id))
        except RemoteNotFound:
            legacy = yield from self.rest.find(operation, self.names.execution(place.id))
            if legacy is not None:
                _refuse_legacy(operation, place)
            self._missing(operation, place)

    def run_or_legacy(self, operation: str, place: Place) -> Flow[Json]:
        """The context of a run, or the execution that a run of the preview age is."""
        found = yield from self.rest.find(operation, self.names.context(place.id))
        if found is None:
            found = yield from self.rest.find(operation, self.names.execution(place.id))
        if found is None:
            self._missing(operation, place)
        return found

    def change_run(self, operation: str, identity: str, edit: Callable[[Json], None]) -> Flow[Json]:
        """Edit the metadata of the context of a run; see `Rest.change`."""

        def edit_metadata(context: Json) -> None:
            edit(context.setdefault("metadata", {}))

        return (yield from self.rest.change(operation, self.names.context(identity), "context", edit_metadata))

    def merge(self, operation: str, identity: str, field: str, values: Mapping[str, object]) -> Flow[Json]:
        """Add to one map of a run's metadata; what others wrote meanwhile stays."""
        return (
            yield from self.change_run(
                operation, identity, lambda metadata: metadata.update({field: {**metadata.get(field, {}), **values}})
            )
        )

    def create_experiment(self, operation: str, identity: str, name: str, description: str, extra: Json) -> Flow[Json]:
        """Make the context of an experiment; the metadata store, too, where the project has none."""
        body = {
            "displayName": name,
            "schemaTitle": EXPERIMENT,
            "schemaVersion": SCHEMA_VERSION,
            "metadata": {"experiment_deleted": False, **extra},
            **({"description": description} if description else {}),
        }
        try:
            return (yield from self._create_context(operation, identity, body))
        except RemoteNotFound:
            yield from self.ensure_store(operation)
            return (yield from self._create_context(operation, identity, body))

    def create_run(self, operation: str, place: Place, name: str, state: str, extra: Json) -> Flow[Json]:
        """Make the context of a run within that of its experiment."""
        body = {
            "displayName": name,
            "schemaTitle": RUN,
            "schemaVersion": SCHEMA_VERSION,
            "metadata": {PARAMS: {}, METRICS: {}, STATE: state, **extra},
        }
        check_size(body)
        made = yield from self._create_context(operation, place.id, body)
        return made

    def adopt(self, operation: str, parent: str, child: str) -> Flow[None]:
        """Make a context the child of another."""
        yield from self.rest.call(
            operation, parent, "addContextChildren", "context", {"childContexts": [child]}, harmless=True
        )

    def include(self, operation: str, context: str, *, artifact: str = "", execution: str = "") -> Flow[None]:
        """Put an artifact or an execution into a context."""
        body: Json = {
            **({"artifacts": [artifact]} if artifact else {}),
            **({"executions": [execution]} if execution else {}),
        }
        yield from self.rest.call(
            operation, context, "addContextArtifactsAndExecutions", "context", body, harmless=True
        )

    def create_artifact(self, operation: str, body: Json, identity: str | None = None) -> Flow[Json]:
        """Make an artifact, under an id of ours or one of the platform's."""
        check_size(body)
        query = {"artifactId": identity} if identity else None
        return (yield from self.rest.create(operation, self.names.store, "artifacts", body, query))

    def log_artifact(self, operation: str, context: str, body: Json, identity: str | None = None) -> Flow[Json]:
        """Make an artifact and put it into a context; the metadata store is asked for first, as the SDK does."""
        yield from self.ensure_store(operation)
        made = yield from self.create_artifact(operation, body, identity)
        yield from self.include(operation, context, artifact=made["name"])
        return made

    def list(self, operation: str, collection: str, *conditions: str) -> Flow[Messages]:
        """All nodes that fulfil the conditions, in the order of their creation; none where the project has no store."""
        query = {"filter": " AND ".join(conditions)} if conditions else {}
        try:
            found = yield from self.rest.list(operation, self.names.store, collection, query=query)
        except RemoteNotFound:
            return []
        return sorted(found, key=lambda node: str(node.get("createTime", "")))

    def experiment_named(self, operation: str, name: str) -> Flow[Json | None]:
        """The experiment with a display name."""
        found = yield from self.list(operation, "contexts", titled(EXPERIMENT), f"display_name={quoted(name)}")
        return found[0] if found else None

    def subgraph(self, operation: str, name: str, query: str = "queryContextLineageSubgraph") -> Flow[Json]:
        """Artifacts and executions in a context, or around an artifact, and the events between them."""
        return (yield from self.rest.ask(operation, name, query))

    def delete_context(self, operation: str, name: str) -> Flow[None]:
        """Remove a context."""
        yield from self.rest.delete(operation, name)

    def ensure_store(self, operation: str) -> Flow[None]:
        """Make the metadata store where the project has none."""
        if (yield from self.rest.find(operation, self.names.store)) is None:
            yield from self.rest.create(
                operation, self.names.parent, "metadataStores", {}, {"metadataStoreId": last(self.names.store)}
            )

    def _create_context(self, operation: str, identity: str, body: Json) -> Flow[Json]:
        try:
            return (yield from self.rest.create(operation, self.names.store, "contexts", body, {"contextId": identity}))
        except RemoteConflict as error:
            if error.code != "ALREADY_EXISTS":
                raise
            raise RemoteConflict(
                f"There is {body['displayName']!r} already: the id {identity!r} is taken. Use it, or choose another"
                " name.",
                backend=error.backend,
                operation=error.operation,
                status=error.status,
                code=error.code,
            ) from error

    def _missing(self, operation: str, place: Place) -> NoReturn:
        raise RemoteNotFound(
            f"There is no run {place.run!r} in the experiment {place.experiment!r} of {self.names.project}"
            f" ({self.names.location}). `native.list` has them.",
            backend="vertex",
            operation=operation,
            status=404,
            code="NOT_FOUND",
        )


def titled(schema: str) -> str:
    """The condition that nodes have a schema, whatever its version."""
    return f'schema_title="{schema}"'


def inside(context: str) -> str:
    """The condition that nodes are in a context."""
    return f"in_context({quoted(context)})"


def field_is(field: str, text: str) -> str:
    """The condition that a field of the metadata of nodes is some text."""
    return f"metadata.{field}.string_value={quoted(text)}"


def child_of(context: str) -> str:
    """The condition that contexts are children of another."""
    return f"parent_contexts:{quoted(context)}"


def parents_of(context: Json) -> Sequence[str]:
    """The names of the contexts that a context is in."""
    return context.get("parentContexts") or ()


def _refuse_legacy(operation: str, place: Place) -> NoReturn:
    raise Conflict(
        f"The run {place.run!r} of {place.experiment!r} was made in the preview of Vertex AI Experiments, which has no"
        f" {operation}; get, list, get_params and get_metrics read it."
    )
