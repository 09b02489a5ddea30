"""How a connection to ABEJA Platform is set up: `abeja://ORGANIZATION`, and the variables that the SDK reads, too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from jupyter_tracker import credentials
from jupyter_tracker.backends.remote.auth import Auth, basic, bearer
from jupyter_tracker.errors import ConfigError, did_you_mean
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Secret

HOST = "https://api.abeja.io"
HOST_VARIABLE = "ABEJA_API_URL"
ORGANIZATION_VARIABLE = "ABEJA_ORGANIZATION_ID"
TOKEN_VARIABLE = "PLATFORM_AUTH_TOKEN"  # noqa: S105  # its name
PAIRS = (
    ("user", "ABEJA_PLATFORM_USER_ID", "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN"),
    ("datasource", "ABEJA_PLATFORM_DATASOURCE_ID", "ABEJA_PLATFORM_DATASOURCE_SECRET"),
)
"""Who, the variable with the id, the variable with the secret; in the SDK's order."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an address says; its query has what is not the organization."""

    organization: str
    image: str = "abeja-inc/all-cpu:19.10"
    """In which code runs."""
    instance_type: str | None = None


def read_settings(address: str) -> Settings:
    """Read `abeja://ORGANIZATION?image=…&instance_type=…`; the organization may stand in `ABEJA_ORGANIZATION_ID`.

    Raises:
        ConfigError: there is no organization, or a setting is unknown.
    """
    parts = urlsplit(address)
    organization = unquote(parts.netloc) or os.environ.get(ORGANIZATION_VARIABLE, "")
    if not organization or parts.path.strip("/"):
        raise ConfigError(
            f"{address!r}: write abeja://ORGANIZATION, with the id of an organization, or set {ORGANIZATION_VARIABLE}."
        )
    given = {name: value for name, value in parse_qsl(parts.query) if value}
    known = ("image", "instance_type")
    for name in given:
        if name not in known:
            raise ConfigError(
                f"{address!r}: there is no setting {name!r}.{did_you_mean(name, known)} Known: {', '.join(known)}."
            )
    return Settings(organization, **given)


def base_url(variables: Mapping[str, str] = os.environ) -> str:
    """Where the interface is."""
    host = (variables.get(HOST_VARIABLE) or HOST).strip().rstrip("/")
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.username or parts.password or parts.query:
        raise ConfigError(f"{HOST_VARIABLE} is no address of a host: write it like {HOST}.")
    return host


@dataclass(frozen=True, slots=True)
class AbejaAuth:
    """A token, a user with a personal access token, or a datasource with its secret; looked up when it is needed."""

    address: str

    def headers(self, refused: str | None) -> Flow[Mapping[str, str] | None]:
        return (yield from self._found().headers(refused))

    def _found(self) -> Auth:
        if os.environ.get(TOKEN_VARIABLE):
            return bearer(_secret(self.address, "token", TOKEN_VARIABLE))
        for who, identity, secret in PAIRS:
            if os.environ.get(identity) and (found := credentials.find(self.address, f"{who}-secret", (secret,))):
                name = os.environ[identity]
                return basic(name if name.startswith(f"{who}-") else f"{who}-{name}", found)
        kept = credentials.find(self.address, "token")
        if kept is None:
            raise ConfigError(
                f"There are no credentials for {self.address}. Set {PAIRS[0][1]} and {PAIRS[0][2]},"
                f" or {TOKEN_VARIABLE}, in the environment of Jupyter."
            )
        return bearer(kept)


def _secret(address: str, name: str, variable: str) -> Secret:
    found = credentials.find(address, name, (variable,))
    if found is None:
        raise ConfigError(f"{variable} is empty.")
    return found
