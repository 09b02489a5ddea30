"""ABEJA Platform's training."""

from __future__ import annotations

from jupyter_tracker.backends.base import Backend


def connect(address: str) -> Backend:
    """The backend of `abeja://ORGANIZATION`; host and credentials come from the variables that its SDK reads.

    Raises:
        ConfigError: the address or the host cannot be understood.
    """
    from jupyter_tracker.backends.abeja.backend import AbejaBackend
    from jupyter_tracker.backends.abeja.settings import AbejaAuth, base_url, read_settings

    return AbejaBackend(read_settings(address), base_url(), AbejaAuth(address.partition("?")[0]))
