"""`%tracker` and `%%tracker`: a parser table, the sub-commands behind it, and their completion."""

from __future__ import annotations

from typing import Any

__all__ = ["load"]


def load(ipython: Any) -> None:
    """Add the magics to an IPython shell; loading them again keeps connection and experiment in use."""
    from jupyter_tracker.magics.magic import TrackerMagics

    before = ipython.magics_manager.registry.get(TrackerMagics.__name__)
    if isinstance(before, TrackerMagics):
        before.hook_out()
        before.hook_in()
        return
    TrackerMagics(ipython).hook_in()
