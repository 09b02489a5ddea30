"""Every training run, in your notebook.

import jupyter_tracker as jt

tracker = jt.connect()
with tracker.runs.start("digits", params={"lr": 0.1}) as run:
    run.log({"loss": 0.5})
run.series()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from jupyter_tracker.client import (
        AsyncRun,
        AsyncTracker,
        Run,
        Tracker,
        classification_metrics,
        connect,
        connect_async,
        current_run,
    )
    from jupyter_tracker.errors import TrackerError
    from jupyter_tracker.frames import save
    from jupyter_tracker.models import Secret
    from jupyter_tracker.widgets import (
        ClassificationPanel,
        ComparePanel,
        EventPanel,
        LogPanel,
        RunPanel,
        RunsPanel,
        SubmitPanel,
    )

_HOMES = {
    "AsyncRun": "client",
    "AsyncTracker": "client",
    "ClassificationPanel": "widgets",
    "ComparePanel": "widgets",
    "EventPanel": "widgets",
    "LogPanel": "widgets",
    "Run": "client",
    "RunPanel": "widgets",
    "RunsPanel": "widgets",
    "Secret": "models",
    "SubmitPanel": "widgets",
    "Tracker": "client",
    "TrackerError": "errors",
    "classification_metrics": "client",
    "connect": "client",
    "connect_async": "client",
    "current_run": "client",
    "save": "frames",
}
"""Public name to the module that has it; loaded when it is used, so that importing the package stays light."""

__all__ = [
    "AsyncRun",
    "AsyncTracker",
    "ClassificationPanel",
    "ComparePanel",
    "EventPanel",
    "LogPanel",
    "Run",
    "RunPanel",
    "RunsPanel",
    "Secret",
    "SubmitPanel",
    "Tracker",
    "TrackerError",
    "__version__",
    "classification_metrics",
    "connect",
    "connect_async",
    "current_run",
    "load_ipython_extension",
    "save",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__


def load_ipython_extension(ipython: Any) -> None:
    """`%load_ext jupyter_tracker`: add the magics `%tracker` and `%%tracker` to an IPython shell."""
    from jupyter_tracker.magics import load

    load(ipython)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab finds the front end."""
    return [{"src": "labextension", "dest": "jupyter-tracker"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """What Jupyter's server loads."""
    from jupyter_tracker.server import TrackerServer

    return [{"module": "jupyter_tracker.server", "app": TrackerServer}]
