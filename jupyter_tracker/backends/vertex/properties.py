"""The documented properties of `ExperimentRun`, each an operation that first names experiment and run."""

from __future__ import annotations

from jupyter_tracker.backends.vertex.nodes import Nodes, Place
from jupyter_tracker.backends.vertex.resources import RUN, STATE, STATES, last, state_name
from jupyter_tracker.flow import Flow


class Properties:
    """What a run is."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes

    def name(self, experiment: str, run_name: str) -> Flow[str]:
        """The property of that name: what the run is called."""
        found = yield from self._nodes.run_or_legacy("name", Place(experiment, run_name))
        return str(found.get("displayName") or run_name)

    def state(self, experiment: str, run_name: str) -> Flow[str]:
        """The property of that name: one of STATE_UNSPECIFIED, NEW, RUNNING, COMPLETE, FAILED, CACHED, CANCELLED."""
        found = yield from self._nodes.run_or_legacy("state", Place(experiment, run_name))
        native = (found.get("metadata") or {}).get(STATE) if found.get("schemaTitle") == RUN else found.get("state")
        return state_name(native) or STATES[0]

    def project(self, experiment: str, run_name: str) -> Flow[str]:
        """The property of that name: the project of the run."""
        return (yield from self.resource_name(experiment, run_name)).split("/")[1]

    def location(self, experiment: str, run_name: str) -> Flow[str]:
        """The property of that name: the location of the run."""
        return (yield from self.resource_name(experiment, run_name)).split("/")[3]

    def resource_id(self, experiment: str, run_name: str) -> Flow[str]:
        """The property of that name: the id of the run's context."""
        return last((yield from self.resource_name(experiment, run_name)))

    def resource_name(self, experiment: str, run_name: str) -> Flow[str]:
        """The property of that name: the resource name of the run's context."""
        found = yield from self._nodes.run_or_legacy("resource_name", Place(experiment, run_name))
        return str(found["name"])
