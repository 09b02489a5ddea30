"""How requests show whose they are. Authority belongs to a request, not to the client that sends it."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from jupyter_tracker.errors import NotAuthenticated
from jupyter_tracker.flow import Flow, Send
from jupyter_tracker.models import Secret

MARGIN = 60.0
"""Seconds before its end in which a token is no longer used."""


class Auth(Protocol):
    """Gives the headers that make a request ours."""

    def headers(self, refused: str | None) -> Flow[Mapping[str, str] | None]:
        """The headers for a request.

        Args:
            refused: The value of `Authorization` that the platform has just refused, None for a first try.

        Returns:
            The headers, or None when nothing else can be tried than what was refused.
        """


@dataclass(frozen=True, slots=True)
class NoAuth:
    """Requests of nobody."""

    def headers(self, refused: str | None) -> Flow[Mapping[str, str] | None]:
        yield from ()
        return {} if refused is None else None


@dataclass(frozen=True, slots=True)
class FixedAuth:
    """The same header for every request."""

    value: Secret
    """All of it: `Bearer …`, `Token …`, `Basic …`."""

    def headers(self, refused: str | None) -> Flow[Mapping[str, str] | None]:
        yield from ()
        return {"Authorization": self.value.reveal()} if refused is None else None


def bearer(token: Secret) -> FixedAuth:
    """`Authorization: Bearer …`."""
    return FixedAuth(Secret(f"Bearer {token.reveal()}"))


def basic(user: str, password: Secret) -> FixedAuth:
    """`Authorization: Basic …`."""
    pair = base64.b64encode(f"{user}:{password.reveal()}".encode()).decode()
    return FixedAuth(Secret(f"Basic {pair}"))


class ClientCredentials:
    """OAuth 2 client credentials: a token from a login request, again before it ends or when it was refused."""

    def __init__(
        self, backend: str, url: str, client_id: str, client_secret: Secret, *, basic: bool = False, **form: str
    ) -> None:
        """Where to log in and with what.

        Args:
            backend: Name of the backend, for messages.
            url: The login.
            client_id: Who.
            client_secret: The password.
            basic: Whether they go into `Authorization: Basic …` rather than into the form.
            form: Further fields of the form, such as `scope`.
        """
        self._backend = backend
        self._url = url
        self._client_id = client_id
        self._client_secret = client_secret
        self._basic = basic
        self._form = form
        self._lock = threading.Lock()
        self._kept: tuple[Secret, float] | None = None

    def headers(self, refused: str | None) -> Flow[Mapping[str, str] | None]:
        with self._lock:
            kept = self._kept
        if kept is not None and time.monotonic() < kept[1] and f"Bearer {kept[0].reveal()}" != refused:
            return {"Authorization": f"Bearer {kept[0].reveal()}"}
        response: httpx.Response = yield Send(self._login())
        answer = self._read(response)
        token = Secret(str(answer["access_token"]))
        with self._lock:
            self._kept = (token, time.monotonic() + float(answer.get("expires_in") or 3600) - MARGIN)
        return {"Authorization": f"Bearer {token.reveal()}"}

    def _login(self) -> httpx.Request:
        form = {"grant_type": "client_credentials", **self._form}
        secret = self._client_secret.reveal()
        if not self._basic:
            form |= {"client_id": self._client_id, "client_secret": secret}
            return httpx.Request("POST", self._url, data=form)
        pair = base64.b64encode(f"{self._client_id}:{secret}".encode()).decode()
        return httpx.Request("POST", self._url, data=form, headers={"Authorization": f"Basic {pair}"})

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        try:
            answer = response.json() if response.is_success else None
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not answer.get("access_token"):
            raise NotAuthenticated(
                f"The login at {self._url} as {self._client_id!r} failed (HTTP {response.status_code})."
                " Check client id and client secret.",
                backend=self._backend,
                operation="login",
                status=response.status_code,
            )
        return answer
