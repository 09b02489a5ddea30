"""The nouns of the local backend over one store."""

from __future__ import annotations

from pathlib import Path

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.backends.local.artifacts import LocalArtifacts
from jupyter_tracker.backends.local.checkpoints import LocalCheckpoints
from jupyter_tracker.backends.local.classifications import LocalClassifications
from jupyter_tracker.backends.local.events import LocalEvents
from jupyter_tracker.backends.local.experiments import LocalExperiments
from jupyter_tracker.backends.local.guests import LocalGuests
from jupyter_tracker.backends.local.lineage import LocalLineage
from jupyter_tracker.backends.local.logged_models import LocalLoggedModels
from jupyter_tracker.backends.local.logs import LocalLogs
from jupyter_tracker.backends.local.maintenance import LocalMaintenance
from jupyter_tracker.backends.local.metrics import LocalMetrics
from jupyter_tracker.backends.local.models import LocalModels
from jupyter_tracker.backends.local.queue.noun import LocalQueue
from jupyter_tracker.backends.local.runs import LocalRuns
from jupyter_tracker.backends.local.sources.noun import LocalSources
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.backends.local.templates import LocalTemplates
from jupyter_tracker.backends.local.variables import LocalVariables


class LocalBackend(Backend):
    """Everything in one folder."""

    def __init__(self, home: Path) -> None:
        self.store = Store(home)
        self._metrics = metrics = LocalMetrics(self.store)
        variables = LocalVariables(self.store)
        sources = LocalSources(self.store)
        self._logs = LocalLogs(self.store)
        self.local_runs = LocalRuns(self.store, metrics, variables, sources)
        self.guests = LocalGuests(self.store, metrics, self.local_runs.keeper)
        self.logged_models = LocalLoggedModels(self.store)
        super().__init__(
            name="local",
            location=str(self.store.home),
            experiments=LocalExperiments(self.store),
            runs=self.local_runs,
            queue=LocalQueue(self.store),
            metrics=metrics,
            events=LocalEvents(self.store),
            logs=self._logs,
            classifications=LocalClassifications(self.store),
            artifacts=LocalArtifacts(self.store),
            checkpoints=LocalCheckpoints(self.store),
            models=LocalModels(self.store),
            lineage=LocalLineage(self.store),
            variables=variables,
            sources=sources,
            templates=LocalTemplates(self.store, sources),
            maintenance=LocalMaintenance(self.store),
        )

    def close(self) -> None:
        self._metrics.close_all()
        self._logs.close()
        self.store.close()
