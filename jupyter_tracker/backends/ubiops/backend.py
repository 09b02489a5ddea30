"""The nouns of UbiOps over its own operations."""

from __future__ import annotations

from jupyter_tracker.backends.base import Backend, Transport
from jupyter_tracker.backends.remote.auth import Auth
from jupyter_tracker.backends.remote.service import Service
from jupyter_tracker.backends.ubiops.assets import UbiOpsArtifacts, UbiOpsSources
from jupyter_tracker.backends.ubiops.experiments import UbiOpsExperiments
from jupyter_tracker.backends.ubiops.operations import UbiOpsOperations
from jupyter_tracker.backends.ubiops.project import Project
from jupyter_tracker.backends.ubiops.recording import UbiOpsLogs, UbiOpsMetrics
from jupyter_tracker.backends.ubiops.runs import UbiOpsEvents, UbiOpsRuns
from jupyter_tracker.backends.ubiops.settings import Settings
from jupyter_tracker.backends.ubiops.variables import UbiOpsVariables
from jupyter_tracker.backends.ubiops.wire import RETRY, Wire


class UbiOpsBackend(Backend):
    """One project."""

    def __init__(self, settings: Settings, base: str, auth: Auth) -> None:
        service = Service(
            backend="ubiops",
            base=base,
            auth=auth,
            retry=RETRY,
            sign_in="Check the token in UBIOPS_API_TOKEN: it may be expired, or of another project.",
            headers={"Accept": "application/json"},
        )
        native = UbiOpsOperations(Wire(service))
        project = Project(settings, native)
        experiments, metrics = UbiOpsExperiments(project), UbiOpsMetrics(project)
        super().__init__(
            name="ubiops",
            location=f"{base} {settings.project}",
            experiments=experiments,
            runs=UbiOpsRuns(project, experiments, metrics),
            metrics=metrics,
            events=UbiOpsEvents(project),
            logs=UbiOpsLogs(project),
            artifacts=UbiOpsArtifacts(project),
            variables=UbiOpsVariables(project),
            sources=UbiOpsSources(project),
            native=native,
            transport=Transport(pace=settings.poll),
        )
