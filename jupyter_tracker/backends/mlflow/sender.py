"""The thread that sends what the runs of this process log, and the process that does it for submitted ones.

    python -m jupyter_tracker.backends.mlflow.sender ADDRESS RUN_ID

What a run logs lies in the local store at once; from there it is sent every second. A failure that passes (no
connection, a busy server) is tried again; one that stays is raised by the next `log`, and both by `end`. What could not
be sent is kept, and sent when a tracker on this machine next looks at the run.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from jupyter_tracker import flow
from jupyter_tracker.backends.base import Transport
from jupyter_tracker.backends.local.process.tree import SENDER
from jupyter_tracker.errors import (
    NotAuthenticated,
    PermissionDenied,
    RemoteError,
    RemoteInvalid,
    RemoteNotFound,
    TrackerError,
)
from jupyter_tracker.transfer import client_options

if TYPE_CHECKING:
    import httpx

EVERY = 1.0
"""Seconds between two looks for what is new."""
LASTING = (NotAuthenticated, PermissionDenied, RemoteInvalid, RemoteNotFound)
"""Failures that do not pass by themselves."""
GIVE_UP = 24 * 3600.0
"""Seconds for which the process tries to send what a submitted run recorded."""
_LONGEST_PAUSE = 60.0


class Sender:
    """Sends for the runs of this process; its thread runs only while there are any."""

    def __init__(self, send: Callable[[str], flow.Flow[None]], transport: Transport) -> None:
        self._send = send
        self._transport = transport
        self._runs: set[str] = set()
        self._failures: dict[str, RemoteError] = {}
        self._lock = Lock()
        self._wake = Event()
        self._thread: Thread | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)
        # Registered before the keeper of the local store, it is called after it: the ends are recorded by then.
        atexit.register(self._finish)

    def keep(self, run_id: str) -> None:
        """Send for a run from now on."""
        with self._lock:
            self._runs.add(run_id)
            if self._thread is None:
                self._wake = Event()
                self._thread = Thread(target=self._work, args=(self._wake,), name="jupyter-tracker-sender", daemon=True)
                self._thread.start()

    def release(self, run_id: str) -> None:
        """Send for it no more: it has ended."""
        with self._lock:
            self._runs.discard(run_id)
            self._failures.pop(run_id, None)
            if not self._runs:
                self._wake.set()
                self._thread = None

    def raise_failure(self, run_id: str) -> None:
        """Raise what kept the run from being sent, once."""
        if self._failures:
            failure = self._failures.pop(run_id, None)
            if failure is not None:
                raise failure

    def _work(self, wake: Event) -> None:
        import httpx

        with httpx.Client(**client_options(self._transport)) as http:
            while not wake.wait(EVERY):
                with self._lock:
                    runs = list(self._runs)
                for run_id in runs:
                    self._send_one(run_id, http)

    def _send_one(self, run_id: str, http: httpx.Client) -> None:
        try:
            flow.run(self._send(run_id), http)
        except LASTING as error:
            with self._lock:
                if run_id in self._runs:
                    self._failures[run_id] = error
        except (TrackerError, OSError):
            pass  # it is tried again; `end` raises it when it stays

    def _finish(self) -> None:
        """The process exits: what its runs recorded is sent, as far as the server takes it."""
        with self._lock:
            runs, self._runs = list(self._runs), set()
        if not runs:
            return
        import httpx

        with httpx.Client(**client_options(self._transport)) as http:
            for run_id in runs:
                try:
                    flow.run(self._send(run_id), http)
                except (TrackerError, OSError) as error:
                    sys.stderr.write(
                        f"jupyter_tracker: run {run_id[:8]} was not sent whole; it is kept here: {error}\n"
                    )

    def _forget(self) -> None:
        """After a fork: the runs are the parent's."""
        self._runs, self._failures = set(), {}
        self._lock = Lock()
        self._thread = None


def start_process(address: str, run_id: str, home: Path) -> None:
    """Send for a submitted run in a process of its own, which outlives this one."""
    import jupyter_tracker

    root = str(Path(jupyter_tracker.__file__).absolute().parents[1])
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH", ""), root)))
    with open(home / "sender.log", "ab", opener=_private) as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", SENDER, address, run_id],
            cwd=home,
            env={**os.environ, "JUPYTER_TRACKER_HOME": str(home), "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # It forks at once and goes on as a process of nobody.
    process.wait()


def main(address: str, run_id: str) -> None:
    """Send for a run until it has ended and all of it is sent."""
    import httpx

    from jupyter_tracker.backends.mlflow.backend import MlflowBackend
    from jupyter_tracker.backends.mlflow.settings import settings

    backend = MlflowBackend(settings(address))
    until, pause = time.monotonic() + GIVE_UP, EVERY / 4
    with httpx.Client(**client_options(backend.transport or Transport())) as http:
        while backend.outbox.is_pending(run_id) and time.monotonic() < until:
            try:
                flow.run(backend.outbox.send(run_id), http)
                pause = EVERY
            except RemoteNotFound:
                return
            except (TrackerError, OSError) as error:
                sys.stderr.write(f"{run_id[:8]}: {error}\n")
                pause = min(pause * 2, _LONGEST_PAUSE)
            time.sleep(pause)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)
    with suppress(KeyboardInterrupt):
        main(*sys.argv[1:])
