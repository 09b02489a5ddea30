"""The nouns of Vertex AI over one project and location."""

from __future__ import annotations

from jupyter_tracker.backends.base import Backend, Transport
from jupyter_tracker.backends.remote.auth import NoAuth
from jupyter_tracker.backends.remote.retry import CAREFUL
from jupyter_tracker.backends.remote.service import Service
from jupyter_tracker.backends.vertex.address import Address
from jupyter_tracker.backends.vertex.artifacts import VertexArtifacts
from jupyter_tracker.backends.vertex.auth import SIGN_IN, LazyAuth
from jupyter_tracker.backends.vertex.checkpoints import VertexCheckpoints
from jupyter_tracker.backends.vertex.experiments import VertexExperiments
from jupyter_tracker.backends.vertex.lineage import VertexLineage
from jupyter_tracker.backends.vertex.metrics import VertexMetrics
from jupyter_tracker.backends.vertex.nodes import Nodes
from jupyter_tracker.backends.vertex.operations import VertexOperations
from jupyter_tracker.backends.vertex.recording import VertexClassifications, VertexEvents
from jupyter_tracker.backends.vertex.resources import Names
from jupyter_tracker.backends.vertex.rest import Rest, read_problem
from jupyter_tracker.backends.vertex.runs import VertexRuns
from jupyter_tracker.backends.vertex.series import Series
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.backends.vertex.storage import Storage


class VertexBackend(Backend):
    """One project in one location."""

    def __init__(self, address: Address) -> None:
        auth = LazyAuth(address)
        project = {"x-goog-user-project": address.quota_project} if address.quota_project else {}
        service = Service(
            "vertex",
            address.endpoint,
            auth,
            CAREFUL,
            problem=read_problem,
            sign_in=SIGN_IN,
            headers={"Content-Type": "application/json", **project},
        )
        # Google's credentials are no business of an emulator.
        storage = Service(
            "vertex",
            address.storage,
            NoAuth() if address.emulated_storage else auth,
            CAREFUL,
            problem=read_problem,
            sign_in=SIGN_IN,
            headers=project,
        )
        names = Names(address.project, address.location)
        rest = Rest(service)
        nodes = Nodes(rest, names)
        series = Series(rest, nodes, names, address.endpoint)
        files = Storage(storage, address.project, address.location, address.bucket)
        native = VertexOperations(rest, nodes, series, files, names)
        site = Site(rest, nodes, series, files, names, address.tensorboard)
        transport = Transport()
        self._metrics = VertexMetrics(site, transport)
        experiments = VertexExperiments(site, native)
        runs = VertexRuns(site, native, experiments, self._metrics)
        super().__init__(
            name="vertex",
            location=f"{address.project}/{address.location}",
            experiments=experiments,
            runs=runs,
            metrics=self._metrics,
            events=VertexEvents(site),
            classifications=VertexClassifications(site),
            artifacts=VertexArtifacts(site),
            checkpoints=VertexCheckpoints(site, runs),
            lineage=VertexLineage(site, runs),
            native=native,
            transport=transport,
        )

    def close(self) -> None:
        self._metrics.close()
