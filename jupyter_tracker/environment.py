"""What surrounds the code of a run: interpreter, machine, git state and installed packages."""

from __future__ import annotations

import os
import platform
import re
import socket
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PathDistribution
from pathlib import Path

from jupyter_tracker.models import Environment

GIT_LIMIT = 2.0
"""Seconds that git may take."""


def capture(cwd: str | Path, history: Iterable[str] = ()) -> Environment:
    """What surrounds code that runs in the folder `cwd`; `history` are the cells that were executed before it.

    Takes some 10 ms and, in a large git repository, up to `GIT_LIMIT` seconds.
    """
    commit, branch, dirty = git_state(cwd)
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        host=socket.gethostname(),
        git_commit=commit,
        git_branch=branch,
        git_dirty=dirty,
        packages=installed_packages(sys.path),
        history=tuple(history),
    )


def git_state(cwd: str | Path) -> tuple[str, str, bool]:
    """Commit, branch and whether tracked files differ from it; empty outside a repository. Remote URLs are not read."""
    # No program that a repository configures is started, and its index is not written.
    options = ["-c", "core.fsmonitor=false", "--no-optional-locks", "-C", str(cwd)]
    try:
        result = subprocess.run(
            [
                "git",
                *options,
                "status",
                "--porcelain=v2",
                "--branch",
                "--untracked-files=no",
                "--ignore-submodules=all",
            ],
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_LIMIT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "", "", False  # no git, no repository, or one that is too slow
    commit, branch, dirty = "", "", False
    for line in result.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith("# branch.oid "):
            commit = line.removeprefix("# branch.oid ")
        elif line.startswith("# branch.head "):
            branch = line.removeprefix("# branch.head ")
        elif not line.startswith("#"):
            dirty = True
    return "" if commit == "(initial)" else commit, "" if branch == "(detached)" else branch, dirty


def installed_packages(paths: Iterable[str]) -> dict[str, str]:
    """Distributions in folders of a module path, normalised name to version; the first folder that has one wins.

    Read from the names of the metadata folders, which takes a tenth of the time of reading the metadata.
    """
    found: dict[str, str] = {}
    for path in paths:
        try:
            names = [each.name for each in Path(path or ".").iterdir()]
        except OSError:
            continue  # a path entry that is not there, or a zip file
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                package, version = _name_and_version(Path(path or ".", name))
                if package and version:
                    found.setdefault(package, version)
    return dict(sorted(found.items()))


def _name_and_version(folder: Path) -> tuple[str, str]:
    name, dash, version = folder.stem.partition("-")
    if not dash:
        # An egg-info folder of a source tree says its version inside.
        try:
            metadata = PathDistribution(folder).metadata
            name, version = metadata["Name"] or "", metadata["Version"] or ""
        except (OSError, KeyError):
            return "", ""
    return re.sub(r"[-_.]+", "-", name).lower(), version.partition("-py")[0]
