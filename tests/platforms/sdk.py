"""The platforms' official SDKs, each in an environment of its own that is made when it is first needed.

An SDK would bring its own versions of what the project uses, so it is never installed beside it. Scripts run in its
environment get a JSON value as their only argument and print a JSON value as their last line.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LIMIT = 900.0
"""Seconds that an installation may take."""


def environment(folder: Path, requirements: Sequence[str]) -> Path:
    """The Python of an environment with some requirements, below a folder; made once, also by several processes."""
    key = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:12]
    home = folder / key
    folder.mkdir(parents=True, exist_ok=True)
    python = home / "bin" / "python"
    with (folder / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            venv.create(home, with_pip=True, clear=True)
            command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
            subprocess.run(command, check=True, timeout=LIMIT)
            (home / "complete").touch()
    return python


def run(python: Path, script: str, value: Any, variables: Mapping[str, str], limit: float = 120.0) -> Any:
    """Run a script in the environment of an SDK; the result is what its last line holds as JSON."""
    kept = {name: text for name, text in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    ended = subprocess.run(
        [str(python), "-c", script, json.dumps(value)],
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    return json.loads(ended.stdout.strip().splitlines()[-1]) if ended.stdout.strip() else None
