"""A project and location as the nouns of the shared model see it: where runs are, and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from jupyter_tracker.backends.vertex.nodes import Nodes, Place, parents_of, titled
from jupyter_tracker.backends.vertex.resources import EXPERIMENT, RUN, Json, Names, last
from jupyter_tracker.backends.vertex.rest import Rest
from jupyter_tracker.backends.vertex.series import Series
from jupyter_tracker.backends.vertex.storage import Storage
from jupyter_tracker.errors import NotFound, RemoteNotFound
from jupyter_tracker.flow import Flow


@dataclass(frozen=True, slots=True)
class Site:
    """What the nouns of one connection share."""

    rest: Rest
    nodes: Nodes
    series: Series
    storage: Storage
    names: Names
    tensorboard: str
    """The Tensorboard that the connection names for new experiments; empty for the project's."""

    def run_context(self, operation: str, run_id: str) -> Flow[Json]:
        """The context of a run by its id; `NotFound` when there is none."""
        try:
            found = yield from self.nodes.context(operation, run_id)
        except RemoteNotFound:
            found = {}
        if found.get("schemaTitle") != RUN:
            raise NotFound("run", run_id, (), "`%tracker runs` lists them.")
        return found

    def place(self, operation: str, run_id: str) -> Flow[Place]:
        """Where a run is, by its id."""
        return self.place_of((yield from self.run_context(operation, run_id)))

    def place_of(self, context: Json) -> Place:
        """Where a run is, by its context."""
        identity = last(context["name"])
        parents = parents_of(context)
        experiment = last(parents[0]) if parents else identity.rpartition("-")[0]
        return Place(experiment, identity.removeprefix(f"{experiment}-"))

    def experiments(self, operation: str) -> Flow[list[Json]]:
        """The contexts of all experiments, oldest first."""
        return (yield from self.nodes.list(operation, "contexts", titled(EXPERIMENT)))

    def experiment_names(self, operation: str) -> Flow[Mapping[str, str]]:
        """Names of experiments by their id."""
        found = yield from self.experiments(operation)
        return {last(one["name"]): str(one.get("displayName") or last(one["name"])) for one in found}

    def tensorboard_run(self, operation: str, place: Place, context: str) -> Flow[str]:
        """The Tensorboard run of a run, which is made where it has none."""
        known = yield from self.series.linked(operation, place)
        if known is not None:
            return known
        experiment = yield from self.nodes.context(operation, place.experiment)
        board = yield from self.series.backing(operation, experiment, self.tensorboard)
        return (yield from self.series.link(operation, place, board, context))

    @staticmethod
    def moment(seconds: float) -> datetime:
        """A time from seconds since the epoch."""
        return datetime.fromtimestamp(seconds, UTC)
