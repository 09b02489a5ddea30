"""The processes of a training: finding them wherever they went, signalling them, ending them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable

import psutil

_PR_SET_CHILD_SUBREAPER = 36
SUPERVISOR = "jupyter_tracker.backends.local.process.supervisor"
SENDER = "jupyter_tracker.backends.mlflow.sender"
"""Sends what a submitted run records to its server, also after the end of the run that submitted it."""
HELPERS = frozenset({SUPERVISOR, SENDER})
"""The module by which the processes that look after runs are known."""
LINGER = 0.5
"""Seconds that helper processes get to end by themselves after the one that they helped."""
FAREWELL = 1.0
"""Seconds between SIGTERM and SIGKILL for processes that outlive the main one."""


def adopt_orphans() -> None:
    """Become the parent of all descendants whose parent ends, so that they stay findable (Linux; elsewhere nothing)."""
    if sys.platform == "linux":
        import ctypes

        # A failure only means that processes which hide themselves are not found.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap(main: int) -> None:
    """Collect adopted processes that have ended, except the main one."""
    while hasattr(os, "waitid"):
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None or found.si_pid == main:
            return
        with contextlib.suppress(ChildProcessError):
            os.waitpid(found.si_pid, os.WNOHANG)


def below(root: psutil.Process) -> list[psutil.Process]:
    """All processes below one, but not the runs that it has submitted: those have supervisors of their own."""
    found = root.children(recursive=True)
    others = {process.pid for process in found if _is_supervisor(process)}
    if not others:
        return found
    parents: dict[int, int] = {}
    for process in found:
        with contextlib.suppress(psutil.Error):
            parents[process.pid] = process.ppid()

    def elsewhere(pid: int) -> bool:
        while pid in parents and pid not in others:
            pid = parents[pid]
        return pid in others

    return [process for process in found if not elsewhere(process.pid)]


def descendants() -> list[psutil.Process]:
    """The processes of the training that run: all below this one except those of its own session, which help it."""
    session = os.getsid(0)
    found = []
    for process in below(psutil.Process()):
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            if process.status() != psutil.STATUS_ZOMBIE and os.getsid(process.pid) != session:
                found.append(process)
    return found


def send(group: int, number: signal.Signals) -> None:
    """Send a signal once to each process of the training: to its process group, and to those that left it."""
    away = []
    for process in descendants():
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(process.pid) != group:
                away.append(process)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
    for process in away:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def end_leftovers(group: int, on_found: Callable[[int], None]) -> None:
    """End what outlives the main process; `on_found` is told how many there are, unless they end by themselves."""
    if _gone_within(LINGER):
        return
    on_found(len(descendants()))
    send(group, signal.SIGTERM)
    if _gone_within(FAREWELL):
        return
    limit = time.monotonic() + 2 * FAREWELL
    while time.monotonic() < limit:
        # Again and again: a process may fork in the moment in which it is killed.
        send(group, signal.SIGKILL)
        if _gone_within(0.1):
            return


def _is_supervisor(process: psutil.Process) -> bool:
    try:
        return not HELPERS.isdisjoint(process.cmdline()[:4])
    except psutil.Error:
        return False


def _gone_within(seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while descendants():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True
