"""The nouns of Chariot over one project of one deployment."""

from __future__ import annotations

from pathlib import Path

from jupyter_tracker.backends.base import Backend, Transport
from jupyter_tracker.backends.chariot.address import SIGN_IN, Address, ChariotAuth, pkcs12_password
from jupyter_tracker.backends.chariot.certificate import OpenedCertificate
from jupyter_tracker.backends.chariot.nouns import ChariotExperiments, ChariotRuns, ChariotTemplates
from jupyter_tracker.backends.chariot.operations import ChariotOperations
from jupyter_tracker.backends.chariot.recording import ChariotCheckpoints, ChariotEvents, ChariotMetrics, ChariotModels
from jupyter_tracker.backends.chariot.requests import Requests, read_problem
from jupyter_tracker.backends.remote.retry import CAREFUL
from jupyter_tracker.backends.remote.service import Service


class ChariotBackend(Backend):
    """One project."""

    def __init__(self, address: Address) -> None:
        service = Service("chariot", address.base, ChariotAuth(address), CAREFUL, problem=read_problem, sign_in=SIGN_IN)
        requests = Requests(service, address.paths)
        native = ChariotOperations(requests)
        metrics = ChariotMetrics(native)
        self._opened: OpenedCertificate | None = None
        certificate = (address.certificate, address.key) if address.certificate else None
        if address.pkcs12:
            self._opened = OpenedCertificate(Path(address.pkcs12).expanduser(), pkcs12_password(address))
            certificate = self._opened.files
        super().__init__(
            name="chariot",
            location=f"{address.base}/{address.project}",
            experiments=ChariotExperiments(native, address.project),
            runs=ChariotRuns(native, requests, metrics, address.project),
            metrics=metrics,
            events=ChariotEvents(native),
            checkpoints=ChariotCheckpoints(native, address.project),
            models=ChariotModels(native),
            templates=ChariotTemplates(native, requests),
            native=native,
            transport=Transport(verify=address.authorities or True, certificate=certificate),
        )
