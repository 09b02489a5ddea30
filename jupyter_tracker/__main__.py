"""The command `jupyter-tracker`: `jupyter-tracker quickstart` opens the quickstart notebook."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOTEBOOK = "01_quickstart.ipynb"
LIMIT = 300
"""Seconds that one cell may take when nobody looks on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(prog="jupyter-tracker", description="Every training run, in your notebook.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    quickstart = commands.add_parser(
        "quickstart",
        help="open the quickstart in JupyterLab; without a screen, execute it and say how it ended",
    )
    quickstart.add_argument("folder", nargs="?", type=Path, help="where to put the notebook; a new temporary folder")
    quickstart.add_argument("--execute", action="store_true", help="execute it also where there is a screen")
    options = parser.parse_args(arguments)

    notebook = place(options.folder)
    if options.execute or not has_screen():
        return execute(notebook)
    return open_lab(notebook)


def place(folder: Path | None) -> Path:
    """Put a copy of the quickstart into a folder. What is there already stays; it may hold a person's own work."""
    folder = folder or Path(tempfile.mkdtemp(prefix="jupyter-tracker-"))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / NOTEBOOK
    if not target.exists():
        shutil.copyfile(shipped(), target)
    return target


def shipped() -> Path:
    """The notebook inside the installed package, or in the checkout that is installed in place."""
    package = Path(__file__).parent
    return next(path for folder in (package, package.parent) if (path := folder / "notebooks" / NOTEBOOK).exists())


def has_screen() -> bool:
    """Whether a browser window could be seen."""
    return sys.platform in {"darwin", "win32"} or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def open_lab(notebook: Path) -> int:
    """Open a notebook in JupyterLab and stay until that is closed."""
    print(f"Opening {notebook} in JupyterLab. Press Ctrl+C here to close it.")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={notebook.parent}", str(notebook)]
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0


def execute(notebook: Path) -> int:
    """Execute a notebook in place and print how it ended."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    print(f"There is no screen, so the quickstart is executed here: {notebook}")
    content = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        content,
        timeout=LIMIT,
        kernel_name="python3",
        store_widget_state=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(notebook.parent)}},
    )
    began, begun_at = time.monotonic(), datetime.now(UTC)
    failure = ""
    try:
        client.execute()
    except CellExecutionError as error:
        failure = f"{error.ename}: {error.evalue}"
    nbformat.write(content, notebook)
    print(summary(content, time.monotonic() - began, begun_at))
    if failure:
        print(f"A cell failed. {failure}")
    return 1 if failure else 0


def summary(content: Any, seconds: float, begun_at: datetime) -> str:
    """How many cells ran, and which runs they made."""
    import jupyter_tracker as jt

    code = [cell for cell in content.cells if cell.cell_type == "code" and cell.source.strip()]
    ran = sum(cell.execution_count is not None for cell in code)
    lines = [f"{ran} of {len(code)} cells ran in {seconds:.0f} s."]
    with jt.connect() as tracker:
        made = [run for run in tracker.runs.list() if run.created_at is not None and run.created_at >= begun_at]
    return "\n".join(lines + [f"  {run!r}" for run in reversed(made)])


if __name__ == "__main__":
    sys.exit(main())
