"""Who asks: an access token that was given, or what `google-auth` finds (service account, gcloud, metadata server)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import httpx

from jupyter_tracker import credentials
from jupyter_tracker.backends.base import Transport
from jupyter_tracker.backends.remote.auth import Auth, bearer
from jupyter_tracker.backends.vertex.address import Address
from jupyter_tracker.errors import ConfigError, NotAuthenticated
from jupyter_tracker.flow import Flow, Local
from jupyter_tracker.transfer import client_options

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_VARIABLE = "CLOUDSDK_AUTH_ACCESS_TOKEN"  # noqa: S105  # the name of a variable, of gcloud
SIGN_IN = (
    "Sign in with `gcloud auth application-default login`, or name the key file of a service account in"
    " GOOGLE_APPLICATION_CREDENTIALS."
)


class GoogleAuth:
    """Access tokens of `google-auth`: asked for when needed, again before they end and when they were refused."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._credentials: Any = None

    def headers(self, refused: str | None) -> Flow[Mapping[str, str] | None]:
        headers: Mapping[str, str] = yield Local(lambda: self._headers(refused))
        return headers

    def _headers(self, refused: str | None) -> Mapping[str, str]:
        with self._lock:
            known = self._credentials = self._credentials or default_credentials()
            if not known.valid or (refused is not None and refused == f"Bearer {known.token}"):
                self._refresh(known)
            return {"Authorization": f"Bearer {known.token}"}

    @staticmethod
    def _refresh(known: Any) -> None:
        from google.auth import exceptions

        try:
            known.refresh(_request)
        except exceptions.GoogleAuthError as error:
            # Only its kind: some quote the answer of the token service.
            raise NotAuthenticated(
                f"Google gave no access token ({type(error).__name__}). {SIGN_IN}", backend="vertex", operation="login"
            ) from None


class LazyAuth:
    """A token that was given for the connection, else `google-auth`; looked for when the first request is sent.

    A token stands in `CLOUDSDK_AUTH_ACCESS_TOKEN`, or was kept as the credential `token` of the address.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._found: Auth | None = None

    def headers(self, refused: str | None) -> Flow[Mapping[str, str] | None]:
        if self._found is None:
            given = yield Local(lambda: credentials.find(self._address.text, "token", (TOKEN_VARIABLE,)))
            self._found = GoogleAuth() if given is None else bearer(given)
        return (yield from self._found.headers(refused))


def default_credentials() -> Any:
    """Application default credentials with the scope of Google Cloud.

    Raises:
        ConfigError: `google-auth` is not installed.
        NotAuthenticated: nobody is signed in.
    """
    try:
        import google.auth
        from google.auth import exceptions
    except ImportError:
        raise ConfigError(
            'Signing in to Vertex AI takes google-auth: `pip install "jupyter_tracker[vertex]"`;'
            f" or give an access token in {TOKEN_VARIABLE}."
        ) from None
    try:
        found, _ = google.auth.default(scopes=[SCOPE], request=_request)  # type: ignore[arg-type]  # it is called, nothing else
    except exceptions.GoogleAuthError as error:
        raise NotAuthenticated(
            f"Nobody is signed in to Google Cloud here ({type(error).__name__}). {SIGN_IN}",
            backend="vertex",
            operation="login",
        ) from None
    return found


class _Answer:
    """A response as `google-auth` reads it."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.data = response.content


def _request(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    **_options: Any,
) -> _Answer:
    """One request for `google-auth`, whose own transports would bring another HTTP library."""
    from google.auth import exceptions

    try:
        with httpx.Client(**client_options(Transport(timeout=timeout or 60))) as http:
            return _Answer(http.request(method, url, content=body, headers=dict(headers or {})))
    except httpx.TransportError as error:
        raise exceptions.TransportError(str(error)) from error  # type: ignore[no-untyped-call]  # it has no types
