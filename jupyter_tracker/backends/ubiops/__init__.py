"""UbiOps Training."""

from __future__ import annotations

from jupyter_tracker.backends.base import Backend


def connect(address: str) -> Backend:
    """The backend of `ubiops://PROJECT`; host and token come from `UBIOPS_API_HOST` and `UBIOPS_API_TOKEN`.

    Raises:
        ConfigError: the address or the host cannot be understood.
    """
    from jupyter_tracker.backends.ubiops.backend import UbiOpsBackend
    from jupyter_tracker.backends.ubiops.settings import authority, base_url, read_settings

    return UbiOpsBackend(read_settings(address), base_url(), authority(address))
