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
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
    # Several processes are at work already: threads of array libraries would only wait for each other.
    os.environ["OMP_NUM_THREADS"] = "1"
    prepare()
    failed = []
    with tempfile.TemporaryDirectory(prefix="jupyter-tracker-") as store, ThreadPoolExecutor(1) as beside:
        os.environ["JUPYTER_TRACKER_HOME"] = store
        # One after another beside the longest one, which often waits; what they print comes when they are over.
        others = [beside.submit(call, step, subprocess.PIPE) for step in BESIDE]
        for wait in (lambda: call(PYTHON), *(other.result for other in others), lambda: call(MEASURED)):
            ended = wait()
            print(ended.text, flush=True)
            failed += [ended.name] if ended.failed else []
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll passed.")
    return 1 if failed else 0


@dataclass(frozen=True)
class Step:
    name: str
    folder: Path
    command: Sequence[str]


@dataclass(frozen=True)
class Ended:
    name: str
    failed: bool
    text: str


PYTEST = (sys.executable, "-m", "pytest")
ALONE = ("tests/bench", "tests/browser")
"""What must have the machine for itself."""
FOLDERS = sorted(f"tests/{folder.name}" for folder in (ROOT / "tests").iterdir() if any(folder.glob("test_*.py")))
PARALLEL = tuple(folder for folder in FOLDERS if folder not in ALONE)
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=600", "--timeout=900")

PYTHON = Step("Python", ROOT, (*PYTEST, "--no-skips", "-n", "5", *PARALLEL))
BESIDE = (
    Step("front end, style and types", JS, ("npm", "run", "lint")),
    Step("front end, unit tests", JS, ("npm", "test")),
    Step("notebooks", ROOT, (*PYTEST, "-n", "2", "--dist", "loadfile", *NBVAL, "notebooks")),
)
MEASURED = Step("Python that measures, and JupyterLab in a browser", ROOT, (*PYTEST, "--no-skips", *ALONE))


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


def call(step: Step, output: int | None = None) -> Ended:
    """Run a step to its end; what it prints is shown at once, unless `output` is a pipe."""
    heading = f"\n── {step.name}: {' '.join(step.command)}"
    if output is None:
        print(heading, flush=True)
    began = time.monotonic()
    program = shutil.which(step.command[0]) or step.command[0]
    command = [program, *step.command[1:]]
    ended = subprocess.run(
        command, cwd=step.folder, stdout=output, stderr=output and subprocess.STDOUT, text=True, check=False
    )
    failed = ended.returncode != 0
    verdict = f"── {step.name}: {'FAILED' if failed else 'passed'} in {time.monotonic() - began:.0f} s"
    return Ended(step.name, failed, verdict if output is None else f"{heading}\n{ended.stdout}{verdict}")


if __name__ == "__main__":
    sys.exit(main())
