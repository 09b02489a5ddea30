"""Starting the supervisor of a run, so that it outlives the process that asks for it."""

from __future__ import annotations

import os
import selectors
import subprocess
from collections.abc import Mapping
from pathlib import Path

from jupyter_tracker.backends.common.code.codecheck import check_code
from jupyter_tracker.backends.local.process.command import packed_variables, prepare
from jupyter_tracker.backends.local.process.order import Order
from jupyter_tracker.backends.local.process.tree import SUPERVISOR
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.errors import StoreError
from jupyter_tracker.models import Secret, Submission

__all__ = ["LAUNCH_LIMIT", "check_code", "launch"]

LAUNCH_LIMIT = 20.0
"""Seconds that a supervisor may need until it answers for its run."""
READY = b"ready"
"""What the supervisor writes then into the pipe that it inherits."""


def launch(store: Store, run_id: str, submission: Submission, order: Order | None = None) -> None:
    """Start the supervisor of a queued run and wait until it answers for it. What it says goes to `supervisor.log`.

    `submission.variables` are all that the run gets, and `order` says how it is started; as from here by default.

    Raises:
        StoreError: it could not be started, or died at once; the message ends with what it said.
    """
    if os.name != "posix":
        raise StoreError("The local backend starts training on Linux and macOS only; here, use `tracker.runs.start`.")
    folder = store.run_folder(run_id)
    log = folder / "supervisor.log"
    reader, writer = os.pipe()
    try:
        with store.translated_errors():
            prepare(submission.code, folder)
            with open(log, "ab", opener=_private) as output:
                _start(store.home, run_id, submission.variables, order or Order.here({}), writer, output.fileno())
        os.close(writer)
        writer = -1
        if not _ready(reader):
            raise StoreError(f"The supervisor of the run {run_id[:8]} did not start.{_last_words(log)}")
    except OSError as error:
        raise StoreError(f"The supervisor of the run {run_id[:8]} cannot be started: {error}.") from error
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)


def _start(
    home: Path, run_id: str, variables: Mapping[str, str | Secret], order: Order, ready: int, output: int
) -> None:
    environment = {
        **order.environment,
        "JUPYTER_TRACKER_HOME": str(home),
        **packed_variables({**order.inherited, **variables}),
    }
    process = subprocess.Popen(
        # -P keeps the working directory from shadowing a module of the standard library.
        [order.python, "-P", "-m", SUPERVISOR, run_id, str(ready)],
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(ready,),
        start_new_session=True,
    )
    # It forks at once and goes on as a process of nobody, so that no tree of processes that is ended contains it.
    process.wait()


def _ready(pipe: int) -> bool:
    """Whether the supervisor says so; False when it is gone or the time is over."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        # A few bytes written at once arrive at once.
        return bool(selector.select(LAUNCH_LIMIT)) and os.read(pipe, len(READY)) == READY


def _last_words(log: Path) -> str:
    try:
        lines = log.read_bytes()[-4000:].decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []  # without them the error is still one
    return f" {log} ends with:\n  " + "\n  ".join(lines[-15:]) if lines else f" {log} is empty."


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
