"""How a connection to UbiOps is set up: `ubiops://PROJECT`, and the variables that the SDK reads, too."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from jupyter_tracker import credentials
from jupyter_tracker.backends.remote.auth import Auth, FixedAuth
from jupyter_tracker.errors import ConfigError, did_you_mean
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Secret

HOST = "https://api.ubiops.com"
VERSION = "v2.1"
"""Of the interface, where the host names none; `UBIOPS_API_HOST=https://api.ubiops.com/v2` takes the newer one."""
HOST_VARIABLES = ("UBIOPS_API_HOST", "INT_API_URL")
TOKEN_VARIABLES = ("UBIOPS_API_TOKEN", "INT_API_TOKEN")
"""The second of each is set inside a running deployment."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an address says; its query has what is not the project."""

    project: str
    environment: str = "python3-12"
    """Of the experiments that are made."""
    instance_type: str = "4096mb"
    bucket: str | None = None
    """Default bucket of the experiments that are made."""
    log_delay: float = 20.0
    """Seconds after the end of a run in which lines of its log still come (so long the SDK waits)."""
    poll: float = 2.0
    """Seconds between two looks at a run that is followed: at most 300 requests a minute are answered."""


def read_settings(address: str) -> Settings:
    """Read `ubiops://PROJECT?environment=…&instance_type=…&bucket=…&log_delay=…&poll=…`.

    Raises:
        ConfigError: there is no project, or a setting is unknown or wrong.
    """
    parts = urlsplit(address)
    project = unquote(parts.netloc)
    if not project or parts.path.strip("/"):
        raise ConfigError(f"{address!r}: write ubiops://PROJECT, with the name of a project of UbiOps.")
    given: dict[str, str] = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = ("environment", "instance_type", "bucket", "log_delay", "poll")
    for name in given:
        if name not in known:
            raise ConfigError(
                f"{address!r}: there is no setting {name!r}.{did_you_mean(name, known)} Known: {', '.join(known)}."
            )
    usual = Settings(project)
    return Settings(
        project,
        environment=given.get("environment") or usual.environment,
        instance_type=given.get("instance_type") or usual.instance_type,
        bucket=given.get("bucket") or None,
        log_delay=_seconds(address, "log_delay", given, usual.log_delay),
        poll=_seconds(address, "poll", given, usual.poll),
    )


def base_url(variables: Mapping[str, str] = os.environ) -> str:
    """Where the interface is: the host without a slash at its end, with a scheme and a version."""
    host = next((variables[name] for name in HOST_VARIABLES if variables.get(name)), HOST).strip().rstrip("/")
    if "://" not in host:
        host = f"https://{host}"
    parts = urlsplit(host)
    if parts.username or parts.password or parts.query or not parts.netloc:
        raise ConfigError(f"{HOST_VARIABLES[0]} is no address of a host: write it like {HOST}/{VERSION}.")
    return host if re.search(r"/v\d+(\.\d+)?$", parts.path) else f"{host}/{VERSION}"


def authority(address: str) -> Auth:
    """The token of a connection, looked up when it is first needed."""
    return TokenAuth(address.partition("?")[0])


@dataclass(frozen=True, slots=True)
class TokenAuth:
    """`Authorization: Token …`; a key without a scheme gets it."""

    address: str

    def headers(self, refused: str | None) -> Flow[Mapping[str, str] | None]:
        found = credentials.find(self.address, "token", TOKEN_VARIABLES)
        if found is None:
            raise ConfigError(
                f"There is no token for {self.address}. Put one into {TOKEN_VARIABLES[0]}:"
                " `%env UBIOPS_API_TOKEN=…` in a cell that is not saved, or in the environment of Jupyter."
            )
        text = found.reveal().strip()
        value = Secret(text if " " in text else f"Token {text}")
        return (yield from FixedAuth(value).headers(refused))


def _seconds(address: str, name: str, given: Mapping[str, str], usual: float) -> float:
    text = given.get(name, str(usual))
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise ConfigError(f"{address!r}: {name} is a number of seconds, not {text!r}.")
    return float(text)
