"""Names for processes that stay true when a process id is used again: `pid:start time`."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


def host() -> str:
    """The name under which this machine is known in the store; containers, whose process ids differ, have their own."""
    try:
        return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:  # not Linux
        return socket.gethostname()


def identify(pid: int | None = None) -> str:
    """The name of a process, of this one by default; empty when there is no such process."""
    import psutil

    try:
        return _name(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return ""


def alive(identity: str) -> bool:
    """Whether the process of that name runs on this machine; a zombie does not."""
    import psutil

    pid = identity.partition(":")[0]
    if not pid.isdigit():
        return False
    try:
        process = psutil.Process(int(pid))
        with process.oneshot():  # asked often: its state and its start are read at once
            return _name(process) == identity and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _name(process: psutil.Process) -> str:
    return f"{process.pid}:{process.create_time():.2f}"
