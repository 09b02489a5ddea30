"""Where a server is and whose requests it gets: from the address and what the official clients read.

MLflow reads `MLFLOW_TRACKING_*` and `~/.mlflow/credentials`; Databricks `DATABRICKS_*` and `~/.databrickscfg`.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from jupyter_tracker import credentials
from jupyter_tracker.backends.base import Transport
from jupyter_tracker.backends.remote.auth import Auth, ClientCredentials, NoAuth, basic, bearer
from jupyter_tracker.errors import ConfigError, did_you_mean
from jupyter_tracker.models import Secret

DATABRICKS = "databricks"
MLFLOW = "mlflow"
TIMEOUT = 120.0
"""Seconds for an answer, unless `MLFLOW_HTTP_REQUEST_TIMEOUT` says otherwise."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One connection, read and checked."""

    backend: str
    """`mlflow` or `databricks`."""
    address: str
    """A connection string that leads there, also from another process."""
    url: str
    """Base of all paths, without a slash at the end."""
    auth: Auth
    transport: Transport
    headers: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    """What makes code that logs with `mlflow` find the same server; never a secret."""
    sign_in: str = ""
    """What to do when credentials are missing or refused."""


def settings(address: str) -> Settings:
    """The settings of an address.

    Raises:
        ConfigError: it cannot be understood, or what it needs is not set.
    """
    kind, _, rest = address.partition(":")
    if kind == MLFLOW and not rest:
        named = os.environ.get("MLFLOW_TRACKING_URI", "")
        if not named:
            raise ConfigError("Say where the server is: `mlflow+http://host:5000`, or set MLFLOW_TRACKING_URI.")
        if named.startswith("jupyter-tracker:"):
            raise ConfigError(f"MLFLOW_TRACKING_URI is {named}: that is a local store. Connect to `local`.")
        return settings(named if named.partition(":")[0] == DATABRICKS else f"mlflow+{named}")
    if kind == DATABRICKS:
        return _databricks(address, rest.removeprefix("//").strip("/"))
    return _open_source(address)


def _open_source(address: str) -> Settings:
    parts = urlsplit(address.removeprefix("mlflow+"))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"{address!r}: write mlflow+http://host:5000 or mlflow+https://host/path.")
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    url = f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"
    workspace = os.environ.get("MLFLOW_WORKSPACE")
    return Settings(
        backend=MLFLOW,
        address=f"mlflow+{url}" if parts.username is None else address,
        url=url,
        auth=_open_source_auth(f"mlflow+{url}", parts.username),
        transport=_transport(),
        headers={"X-MLFLOW-WORKSPACE": workspace} if workspace else {},
        variables={"MLFLOW_TRACKING_URI": url},
        sign_in="Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
    )


def _open_source_auth(address: str, user: str | None) -> Auth:
    kept = _section(Path.home() / ".mlflow" / "credentials", "mlflow") or {}
    user = user or os.environ.get("MLFLOW_TRACKING_USERNAME") or kept.get("mlflow_tracking_username")
    password = credentials.find(address, "password", ["MLFLOW_TRACKING_PASSWORD"])
    if password is None and kept.get("mlflow_tracking_password"):
        password = Secret(kept["mlflow_tracking_password"])
    if user and password is not None:
        return basic(user, password)
    token = credentials.find(address, "token", ["MLFLOW_TRACKING_TOKEN"])
    return NoAuth() if token is None else bearer(token)


def _transport() -> Transport:
    certificate = os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH")
    insecure = os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1")
    authority = os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
    if insecure and authority:
        raise ConfigError("Set MLFLOW_TRACKING_INSECURE_TLS or MLFLOW_TRACKING_SERVER_CERT_PATH, not both.")
    return Transport(
        verify=not insecure if authority is None else authority,
        certificate=(certificate, certificate) if certificate else None,
        timeout=_seconds(os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", "")),
    )


def _seconds(text: str) -> float:
    try:
        return float(text) if text else TIMEOUT
    except ValueError:
        raise ConfigError(f"MLFLOW_HTTP_REQUEST_TIMEOUT must be a number of seconds, not {text!r}.") from None


def _databricks(address: str, profile: str) -> Settings:
    if profile and not re.fullmatch(r"[\w .-]+", profile):
        raise ConfigError(f"{address!r}: write databricks://PROFILE, or databricks for the environment's workspace.")
    found = _databricks_fields(profile)
    host = found.get("host", "")
    if not host:
        raise ConfigError("Which Databricks workspace? Set DATABRICKS_HOST, or write databricks://PROFILE.")
    parts = urlsplit(host if "://" in host else f"https://{host}")
    url = f"{parts.scheme}://{parts.netloc}"
    full = f"databricks://{profile}" if profile else DATABRICKS
    return Settings(
        backend=DATABRICKS,
        address=full,
        url=url,
        auth=_databricks_auth(full, url, found),
        transport=_transport(),
        variables={"MLFLOW_TRACKING_URI": full},
        sign_in="Set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or mend the profile.",
    )


def _databricks_fields(profile: str) -> dict[str, str]:
    """What is known of a workspace: of a named profile from the file alone, else from the environment first.

    A profile that was named is not mixed with the environment: its host would get the token of another one.
    """
    names = ("host", "token", "username", "password", "client_id", "client_secret")
    given = {
        name: os.environ[f"DATABRICKS_{name.upper()}"] for name in names if f"DATABRICKS_{name.upper()}" in os.environ
    }
    if not profile and given.get("host"):
        return given
    file = Path(os.environ.get("DATABRICKS_CONFIG_FILE", "~/.databrickscfg")).expanduser()
    wanted = profile or os.environ.get("DATABRICKS_CONFIG_PROFILE", "DEFAULT")
    section = _section(file, wanted)
    if section is None:
        if not profile and wanted == "DEFAULT":
            return given
        close = did_you_mean(wanted, _parsed(file).sections())
        raise ConfigError(f"{file} has no profile {wanted!r}.{close}")
    return section if profile else {**section, **given}


def _databricks_auth(address: str, url: str, found: Mapping[str, str]) -> Auth:
    token = found.get("token")
    if token:
        return bearer(Secret(token))
    if found.get("client_id") and found.get("client_secret"):
        secret = Secret(found["client_secret"])
        login = f"{url}/oidc/v1/token"
        return ClientCredentials(DATABRICKS, login, found["client_id"], secret, basic=True, scope="all-apis")
    if found.get("username") and found.get("password"):
        return basic(found["username"], Secret(found["password"]))
    kept = credentials.find(address, "token")
    if kept is not None:
        return bearer(kept)
    raise ConfigError(
        f"There are no credentials for {url}. Set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and"
        " DATABRICKS_CLIENT_SECRET, or write them into the profile."
    )


def _section(file: Path, name: str) -> dict[str, str] | None:
    """A section of an INI file; None where there is no such file or section."""
    parser = _parsed(file)
    return dict(parser[name]) if parser.has_section(name) else None


def _parsed(file: Path) -> configparser.ConfigParser:
    # DEFAULT is a profile like the others: they must not inherit its token.
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        # Not chained: the parser's error quotes the text, which holds tokens.
        raise ConfigError(f"{file} cannot be read ({type(error).__name__}). Mend it.") from None
    return parser
