"""The nouns of ABEJA Platform over its own operations."""

from __future__ import annotations

from jupyter_tracker.backends.abeja.experiments import AbejaExperiments
from jupyter_tracker.backends.abeja.follow import Followed
from jupyter_tracker.backends.abeja.operations import AbejaOperations
from jupyter_tracker.backends.abeja.organization import Organization
from jupyter_tracker.backends.abeja.recording import (
    AbejaArtifacts,
    AbejaEvents,
    AbejaLogs,
    AbejaMetrics,
    AbejaResults,
)
from jupyter_tracker.backends.abeja.registry import AbejaModels
from jupyter_tracker.backends.abeja.runs import AbejaRuns
from jupyter_tracker.backends.abeja.settings import Settings
from jupyter_tracker.backends.abeja.sources import AbejaSources, AbejaVariables
from jupyter_tracker.backends.abeja.wire import RETRY, Wire, problem
from jupyter_tracker.backends.base import Backend, Transport
from jupyter_tracker.backends.remote.auth import Auth
from jupyter_tracker.backends.remote.service import Service


class AbejaBackend(Backend):
    """One organization."""

    def __init__(self, settings: Settings, base: str, auth: Auth) -> None:
        service = Service(
            backend="abeja",
            base=base,
            auth=auth,
            retry=RETRY,
            problem=problem,
            sign_in="Check ABEJA_PLATFORM_USER_ID and ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN, or PLATFORM_AUTH_TOKEN.",
            headers={"Accept": "application/json"},
        )
        native = AbejaOperations(Wire(service))
        location = f"{base} {settings.organization}"
        organization = Organization(settings, native, Followed(location))
        experiments, metrics = AbejaExperiments(organization), AbejaMetrics(organization)
        sources = AbejaSources(organization, experiments)
        self._results = results = AbejaResults(organization)
        super().__init__(
            name="abeja",
            location=location,
            experiments=experiments,
            runs=AbejaRuns(organization, experiments, sources, metrics),
            metrics=metrics,
            events=AbejaEvents(organization),
            logs=AbejaLogs(organization, results),
            artifacts=AbejaArtifacts(organization, results),
            models=AbejaModels(organization),
            variables=AbejaVariables(organization, sources),
            sources=sources,
            native=native,
            transport=Transport(),
        )

    def close(self) -> None:
        self._results.close()
