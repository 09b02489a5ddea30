"""The embedded backend: runs, their data and the processes that train, in one folder of this machine."""

from __future__ import annotations

from pathlib import Path

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.errors import ConfigError


def connect(address: str) -> Backend:
    """The local backend for `local` (the default folder) or `local:///folder`.

    Raises:
        ConfigError: the address names a host.
    """
    from jupyter_tracker.backends.local.backend import LocalBackend
    from jupyter_tracker.config import default_home

    _, _, rest = address.partition("://")
    if rest and not rest.startswith(("/", "~", ".")):
        raise ConfigError(f"{address!r}: write local:///folder with three slashes, or local for the default folder.")
    return LocalBackend(Path(rest).expanduser() if rest else default_home())
