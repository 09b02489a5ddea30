"""Addresses of the local store as MLflow writes them.

    jupyter-tracker://[FOLDER]                                             a store
    jupyter-tracker://FOLDER/EXPERIMENT/RUN/artifacts[/PATH]               artifacts of a run
    jupyter-tracker://FOLDER/EXPERIMENT/models/MODEL/artifacts[/PATH]      files of a logged model

The folder is percent-encoded, the path within artifacts is not.
"""

from __future__ import annotations

import atexit
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote

from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.config import default_home
from jupyter_tracker.errors import ConfigError

SCHEME = "jupyter-tracker"

_BELOW = re.compile(
    r"(?:^|/)(?P<experiment>[^/]+)/(?:models/(?P<model>m-[^/]+)|(?P<run>[^/]+))/artifacts(?:/(?P<path>.*))?"
)
_IN_ADDRESS = re.compile(r"/[0-9a-f]{32}/(?:models/m-[0-9a-f]{32}|[0-9a-f]{32})/artifacts(?:/|$)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where artifacts lie: in a run or a logged model."""

    path: str
    """Within it; empty for all of it."""
    run_id: str = ""
    model_id: str = ""


def folder_of(address: str) -> Path:
    """The folder of a store.

    Raises:
        ConfigError: the address cannot be understood.
    """
    scheme, _, rest = address.partition(":")
    if scheme != SCHEME:
        raise ConfigError(f"{address!r} does not begin with {SCHEME}://.")
    rest = rest.removeprefix("//")
    if "?" in rest or "#" in rest:
        raise ConfigError(f"{address!r} has more than a folder. Write ? and # in its name as %3F and %23.")
    if not rest:
        return default_home().absolute()
    if not rest.startswith(("/", "~", ".")):
        raise ConfigError(
            f"{address!r} names a host. Write {SCHEME}:///folder with three slashes, or {SCHEME}:// for the default"
            " store."
        )
    return Path(unquote(rest)).expanduser().absolute()


def address_of(folder: Path) -> str:
    """The address of the store in a folder."""
    return f"{SCHEME}://{quote(str(folder))}"


def split(address: str) -> tuple[str, str]:
    """The address of the store, and what follows it: `EXPERIMENT/RUN/artifacts/PATH`, or nothing."""
    found = _IN_ADDRESS.search(address)
    return (address, "") if found is None else (address[: found.start()], address[found.start() + 1 :])


def place_of(below: str) -> Place | None:
    """What `EXPERIMENT/RUN/artifacts/PATH` names; None when it names no artifacts."""
    found = _BELOW.fullmatch(below)
    if found is None:
        return None
    return Place((found["path"] or "").strip("/"), found["run"] or "", found["model"] or "")


@cache
def backend_of(folder: Path) -> LocalBackend:
    """The store in a folder, one in a process."""
    backend = LocalBackend(folder)
    atexit.register(backend.close)
    return backend
