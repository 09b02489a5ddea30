"""Vertex AI Experiments: runs of a Google Cloud project, with their time series, models and metrics."""

from __future__ import annotations

from jupyter_tracker.backends.base import Backend


def connect(address: str) -> Backend:
    """The backend for `vertex://PROJECT/LOCATION`.

    Raises:
        ConfigError: no project is known, or the address has a setting that there is not.
    """
    from jupyter_tracker.backends.vertex.address import parse_address
    from jupyter_tracker.backends.vertex.backend import VertexBackend

    return VertexBackend(parse_address(address))
