"""The nouns of ABEJA Platform over its own operations."""

from __future__ import annotations

from jupyter_tracker.backends.abeja.operations import AbejaOperations
from jupyter_tracker.backends.abeja.settings import Settings
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
        super().__init__(name="abeja", location=f"{base} {settings.organization}", native=native, transport=Transport())
