"""The nouns over one server."""

from __future__ import annotations

from urllib.parse import urlsplit

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.artifacts import MlflowArtifacts
from jupyter_tracker.backends.mlflow.checkpoints import MlflowCheckpoints
from jupyter_tracker.backends.mlflow.companion import Companion
from jupyter_tracker.backends.mlflow.documents import Documents
from jupyter_tracker.backends.mlflow.experiments import MlflowExperiments
from jupyter_tracker.backends.mlflow.lineage import MlflowLineage
from jupyter_tracker.backends.mlflow.listing import Listing
from jupyter_tracker.backends.mlflow.metrics import MlflowMetrics
from jupyter_tracker.backends.mlflow.models import MlflowModels
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.backends.mlflow.outbox import Outbox
from jupyter_tracker.backends.mlflow.recording import (
    MlflowClassifications,
    MlflowEvents,
    MlflowLogs,
)
from jupyter_tracker.backends.mlflow.runs import MlflowRuns
from jupyter_tracker.backends.mlflow.sender import Sender
from jupyter_tracker.backends.mlflow.server import Server
from jupyter_tracker.backends.mlflow.settings import DATABRICKS, Settings


class MlflowBackend(Backend):
    """One server, and the local store of the runs that are started here."""

    def __init__(self, settings: Settings) -> None:
        server = Server(settings)
        native = MlflowOperations(server)
        limits = wording.DATABRICKS if settings.backend == DATABRICKS else wording.OPEN_SOURCE
        artifacts = MlflowArtifacts(server, native)
        documents = Documents(artifacts)
        # Before the companion: see Sender.
        sender = Sender(lambda run_id: self.outbox.send(run_id, wait=False), settings.transport)
        companion = Companion(f"{settings.backend}+{settings.url}")
        self.outbox = Outbox(companion, native, artifacts, limits)
        self._companion = companion
        experiments = MlflowExperiments(companion, server, native, limits, self.outbox.send_all)
        metrics = MlflowMetrics(native, companion, sender)
        listing = Listing(server, native, experiments, metrics, companion, self.outbox)
        super().__init__(
            name=settings.backend,
            location=urlsplit(settings.url).netloc,
            experiments=experiments,
            runs=MlflowRuns(settings, native, limits, experiments, listing, companion, self.outbox, sender),
            metrics=metrics,
            events=MlflowEvents(companion, listing, experiments),
            logs=MlflowLogs(companion, documents, listing),
            classifications=MlflowClassifications(documents),
            artifacts=artifacts,
            models=MlflowModels(server, experiments, listing, artifacts),
            lineage=MlflowLineage(settings.backend, native, companion, listing, artifacts),
            checkpoints=MlflowCheckpoints(companion, self.outbox, artifacts, documents, experiments),
            native=native,
            transport=settings.transport,
        )

    def close(self) -> None:
        self._companion.local.close()
