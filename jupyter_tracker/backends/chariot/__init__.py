"""Striveworks Chariot: training runs of a project, their events, metrics, checkpoints and blueprints."""

from __future__ import annotations

from jupyter_tracker.backends.base import Backend


def connect(address: str) -> Backend:
    """The backend for `chariot://HOST/PROJECT`.

    Raises:
        ConfigError: host or project is missing, a setting is not known, or the file of paths is wrong.
    """
    from jupyter_tracker.backends.chariot.address import parse_address
    from jupyter_tracker.backends.chariot.backend import ChariotBackend

    return ChariotBackend(parse_address(address))
