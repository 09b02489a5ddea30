"""In words, how a process ended and why."""

from __future__ import annotations

import re
import signal
from pathlib import Path

MAX_REASON = 300
"""Characters of what the code said itself."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f]")
_HEADER = "Traceback (most recent call last)"
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Warning|Iteration|Group)\b(?::.*)?$")


def explain_exit_code(code: int, stderr: str) -> str:
    """`exit code 1: ValueError: bad lr`; the second part is what the end of stderr says, where it says something."""
    said = last_error(stderr)
    return f"exit code {code}: {said}" if said else f"exit code {code}"


def last_error(stderr: str) -> str:
    """The exception at the end of a Python traceback, or else the last line; empty when there is none."""
    plain = [line for line in _ESCAPES.sub("", stderr.replace("\r\n", "\n")).split("\n") if line.strip()]
    begin = next((index for index in range(len(plain) - 1, -1, -1) if plain[index].startswith(_HEADER)), None)
    if begin is not None:
        for line in plain[begin + 1 :]:
            # The frames are indented; the exception is what comes first without it (IPython's frames are named).
            if not line[0].isspace() and not line.startswith(("File ", "Cell ", "---", "...")) and ":" in line + ":":
                return _short(line)
    exceptions = [line for line in plain if _EXCEPTION.match(line)]
    if exceptions:
        return _short(exceptions[-1])
    # A progress bar draws over itself; it explains nothing.
    last = stderr.rstrip("\n").rpartition("\n")[2]
    return _short(plain[-1]) if plain and "\r" not in last.rstrip("\r") else ""


def explain_signal(number: int, out_of_memory: bool) -> tuple[str, str]:
    """The name of a signal, and a sentence about an end by it that nobody here asked for."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if out_of_memory:
        return name, f"ended by {name}: the memory limit was reached and the system killed it"
    if name == "SIGKILL":
        return name, "ended by SIGKILL from outside: somebody killed it, or the machine ran out of memory"
    if name in ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE"):
        return name, f"ended by {name}: native code crashed"
    return name, f"ended by {name} from outside"


def out_of_memory_kills() -> int | None:
    """How often the system killed a process of this control group for memory (Linux); None where it does not say."""
    try:
        group = Path("/proc/self/cgroup").read_text().rpartition("::")[2].strip()
    except OSError:
        return None
    for path in (Path(f"/sys/fs/cgroup{group}/memory.events"), Path("/sys/fs/cgroup/memory.events")):
        try:
            counts = dict(line.split() for line in path.read_text().splitlines())
            return int(counts["oom_kill"])
        except (OSError, ValueError, KeyError):
            continue  # another layout of control groups
    return None


def _short(line: str) -> str:
    line = line.strip()
    return line if len(line) <= MAX_REASON else line[: MAX_REASON - 1] + "…"
