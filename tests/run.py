"""Run all tests: front end, Python, notebooks, and JupyterLab in a browser. README has the line that calls this.

What is missing for them is installed first: node into this Python environment, a Chromium through the system's packages
or playwright's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JS = ROOT / "js"

sys.path.insert(0, str(JS))
from hatch_build import NODE, has_node, install  # noqa: E402  # how the build finds node and installs the front end

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Run every step, also behind one that failed; the result is the exit code."""
    # Commands of this environment come first: pytest, jupyter, and node when it had to be installed.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    prepare()
    failed = []
    with tempfile.TemporaryDirectory(prefix="jupyter-tracker-") as store:
        for name, (folder, command) in STEPS.items():
            print(f"\n── {name}: {' '.join(command)}", flush=True)
            began = time.monotonic()
            ended = call(command, folder, {"JUPYTER_TRACKER_HOME": store})
            print(f"── {name}: {'passed' if ended == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
            failed += [name] if ended else []
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll passed.")
    return 1 if failed else 0


PYTEST = (sys.executable, "-m", "pytest")
ALONE = ("tests/bench", "tests/browser")
"""What must have the machine for itself."""
FOLDERS = sorted(f"tests/{folder.name}" for folder in (ROOT / "tests").iterdir() if any(folder.glob("test_*.py")))
PARALLEL = tuple(folder for folder in FOLDERS if folder not in ALONE)
STEPS: Mapping[str, tuple[Path, Sequence[str]]] = {
    "front end, style and types": (JS, ("npm", "run", "lint")),
    "front end, unit tests": (JS, ("npm", "test")),
    "Python": (ROOT, (*PYTEST, "--no-skips", "-n", "4", *PARALLEL)),
    "Python that measures, and JupyterLab in a browser": (ROOT, (*PYTEST, "--no-skips", *ALONE)),
    "notebooks": (
        ROOT,
        (
            *PYTEST,
            "-n",
            "2",
            "--dist",
            "loadfile",
            "--nbval-lax",
            "--nbval-current-env",
            "--nbval-cell-timeout=120",
            "--timeout=600",
            "notebooks",
        ),
    ),
}


def prepare() -> None:
    """Install what is missing."""
    if not has_node():
        must((sys.executable, "-m", "pip", "install", NODE))
    install(JS)
    if not any(map(shutil.which, BROWSERS)):
        if shutil.which("apt-get") and os.geteuid() == 0:
            must(("apt-get", "update", "-q"))
            must(("apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"))
        else:
            must((sys.executable, "-m", "playwright", "install", "chromium"))


def must(command: Sequence[str]) -> None:
    """Run a command that has to work."""
    print(f"── {' '.join(command)}", flush=True)
    subprocess.run(command, check=True)


def call(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> int:
    """Run a command; the result is its exit code."""
    program = shutil.which(command[0]) or command[0]
    return subprocess.run([program, *command[1:]], cwd=folder, env={**os.environ, **variables}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
