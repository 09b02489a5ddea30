"""Starting the supervisor of a run, so that it outlives the process that asks for it."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import sysconfig
from pathlib import Path

import jupyter_tracker
from jupyter_tracker.backends.local.masking import SECRETS_VARIABLE
from jupyter_tracker.backends.local.process.codecheck import check_code
from jupyter_tracker.backends.local.process.command import inherited_secrets, packed_variables, prepare
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.errors import StoreError
from jupyter_tracker.models import Submission

__all__ = ["LAUNCH_LIMIT", "check_code", "launch"]

LAUNCH_LIMIT = 20.0
"""Seconds that a supervisor may need until it answers for its run."""
READY = b"ready"
"""What the supervisor writes then into the pipe that it inherits."""


def launch(store: Store, run_id: str, submission: Submission) -> None:
    """Start the supervisor of a queued run and wait until it answers for it. What it says goes to `supervisor.log`.

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
                _start(store.home, run_id, submission, writer, output.fileno())
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


def _start(home: Path, run_id: str, submission: Submission, ready: int, output: int) -> None:
    environment = {
        **{name: text for name, text in os.environ.items() if name != SECRETS_VARIABLE},
        "JUPYTER_TRACKER_HOME": str(home),
        "PYTHONPATH": _python_path(),
        **packed_variables({**inherited_secrets(os.environ), **submission.variables}),
    }
    module = "jupyter_tracker.backends.local.process.supervisor"
    process = subprocess.Popen(
        # -P keeps the working directory from shadowing a module of the standard library.
        [sys.executable, "-P", "-m", module, run_id, str(ready)],
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


def _python_path() -> str:
    """The path on which the supervisor and the training find this package, also where it is not installed."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    root = str(Path(jupyter_tracker.__file__).absolute().parents[1])
    if root not in (*paths, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        paths.append(root)
    # The supervisor starts elsewhere, so relative folders would be others.
    return os.pathsep.join(str(Path(path).absolute()) for path in paths)


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
