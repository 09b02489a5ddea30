"""`chariot://HOST/PROJECT`: where a deployment is, and how to sign in there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from jupyter_tracker import credentials
from jupyter_tracker.backends.chariot.paths import VARIABLE, Paths, read_paths
from jupyter_tracker.backends.remote.auth import Auth, ClientCredentials, bearer
from jupyter_tracker.errors import ConfigError, NotAuthenticated, did_you_mean
from jupyter_tracker.flow import Flow, Local
from jupyter_tracker.models import Secret

SETTINGS = ("scheme", "paths", "client_id", "certificate", "key", "pkcs12", "authorities")
TOKEN, CLIENT_ID, CLIENT_SECRET = "CHARIOT_TOKEN", "CHARIOT_CLIENT_ID", "CHARIOT_CLIENT_SECRET"
PKCS12_PASSWORD = "CHARIOT_PKCS12_PASSWORD"  # noqa: S105  # the name of a variable
"""Environment variables; no names of the official SDK are public."""
SIGN_IN = (
    f"Set {TOKEN}, or {CLIENT_ID} and {CLIENT_SECRET}, or keep them for the connection;"
    " or name a certificate: `chariot://HOST/PROJECT?certificate=FILE&key=FILE`."
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a connection leads, and with what."""

    text: str
    base: str
    """`https://HOST`"""
    project: str
    """Id of the project."""
    paths: Paths
    client_id: str
    certificate: str
    """File of our certificate; empty for none."""
    key: str
    pkcs12: str
    """File with certificate and key in one."""
    authorities: str
    """File of the authorities that are trusted, where it is not the usual ones."""


def parse_address(text: str) -> Address:
    """Read a connection string.

    Raises:
        ConfigError: host or project is missing, a setting is not known, or the file of paths is wrong.
    """
    parts = urlsplit(text)
    project = unquote(parts.path.strip("/"))
    if not parts.netloc or not project or "/" in project:
        raise ConfigError(f"{text!r}: write chariot://HOST/PROJECT, with the id of the project.")
    settings = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    unknown = settings.keys() - set(SETTINGS)
    if unknown:
        wrong = min(unknown)
        hint = did_you_mean(wrong, SETTINGS)
        raise ConfigError(f"{text!r}: Chariot has no setting {wrong!r}.{hint} There are {', '.join(SETTINGS)}.")
    scheme = settings.get("scheme", "https")
    if scheme not in ("https", "http"):
        raise ConfigError(f"{text!r}: the scheme must be https or http, not {scheme!r}.")
    if bool(settings.get("certificate")) != bool(settings.get("key")):
        raise ConfigError(f"{text!r}: certificate and key go together: name a file for each.")
    return Address(
        text=text,
        base=f"{scheme}://{parts.netloc}",
        project=project,
        paths=read_paths(settings.get("paths") or os.environ.get(VARIABLE)),
        client_id=settings.get("client_id", ""),
        certificate=settings.get("certificate", ""),
        key=settings.get("key", ""),
        pkcs12=settings.get("pkcs12", ""),
        authorities=settings.get("authorities", ""),
    )


class ChariotAuth:
    """A token, or client credentials that log in; nothing beside a certificate. Looked for with the first request."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._found: Auth | None = None

    def headers(self, refused: str | None) -> Flow[dict[str, str] | None]:
        if self._found is None:
            self._found = yield Local(self._find)
        if self._found is None:
            return {} if refused is None else None
        found = yield from self._found.headers(refused)
        return None if found is None else dict(found)

    def _find(self) -> Auth | None:
        address = self._address
        token = credentials.find(address.text, "token", (TOKEN,))
        if token is not None:
            return bearer(token)
        client = (
            Secret(address.client_id)
            if address.client_id
            else credentials.find(address.text, "client_id", (CLIENT_ID,))
        )
        secret = credentials.find(address.text, "client_secret", (CLIENT_SECRET,))
        if client is not None and secret is not None:
            login = address.base + address.paths["login"].path()
            return ClientCredentials("chariot", login, client.reveal(), secret)
        if address.certificate or address.pkcs12:
            return None
        raise NotAuthenticated(
            f"There are no credentials for {address.base}. {SIGN_IN}", backend="chariot", operation="login"
        )


def pkcs12_password(address: Address) -> Secret | None:
    """The password of the PKCS#12 file of a connection."""
    return credentials.find(address.text, "pkcs12_password", (PKCS12_PASSWORD,))
