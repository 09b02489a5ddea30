"""The run that the code at hand belongs to."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING

from jupyter_tracker.errors import ConfigError

if TYPE_CHECKING:
    from jupyter_tracker.client.run import Run

RUN_VARIABLE = "JUPYTER_TRACKER_RUN_ID"
ADDRESS_VARIABLE = "JUPYTER_TRACKER_ADDRESS"
"""Where the run is kept, in a job of a platform; the local backend where it is not set."""

_lock = Lock()
_stack: list[Run] = []
_attached: dict[str, Run] = {}


def push(run: Run) -> None:
    """Make a run the current one of this process."""
    with _lock:
        _stack.append(run)


def pop(run: Run) -> None:
    """Make the run before it the current one."""
    with _lock:
        if run in _stack:
            _stack.remove(run)


def current_run() -> Run:
    """The run of this code: the innermost `with tracker.runs.start(…)`, or the one this process was submitted as.

    Raises:
        ConfigError: this code is no run.
    """
    if _stack:
        return _stack[-1]
    run_id = os.environ.get(RUN_VARIABLE)
    if not run_id:
        raise ConfigError(
            "This code is not a run. Start it with `%%tracker run`, `tracker.runs.submit(…)` "
            "or inside `with tracker.runs.start(…)`."
        )
    with _lock:
        if run_id not in _attached:
            from jupyter_tracker.client.tracker import DEFAULT, connect

            _attached[run_id] = connect(os.environ.get(ADDRESS_VARIABLE) or DEFAULT).runs.attach(run_id)
        return _attached[run_id]
