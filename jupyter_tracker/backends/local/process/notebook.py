"""Runs a notebook from top to bottom: `python -m jupyter_tracker.backends.local.process.notebook SOURCE TARGET`.

What its cells print goes to stdout and stderr at once; the executed notebook is written to TARGET after each cell. The
params of the run are put in as a cell behind the one tagged `parameters`, or else as the first one.
"""

from __future__ import annotations

import copy
import json
import math
import os
import re
import sys
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracker.backends.local.masking import Masker, own_masker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def main(arguments: list[str]) -> int:
    """Run the notebook; the result is the exit code: 1 when a cell failed, 2 when it could not be run at all."""
    source, target = map(Path, arguments)
    try:
        import nbclient  # noqa: F401  # here is told when it is missing
        import nbformat
    except ImportError as error:
        sys.stderr.write(f"A notebook needs {error.name} to run: pip install nbclient ipykernel\n")
        return 2
    try:
        notebook = nbformat.read(source, as_version=4)
    except Exception as error:  # noqa: BLE001 - nbformat raises many kinds
        sys.stderr.write(f"{source} cannot be read as a notebook: {error}\n")
        return 2
    inject(notebook, json.loads(os.environ.get("JUPYTER_TRACKER_PARAMS", "{}")))
    return execute(notebook, target)


def inject(notebook: NotebookNode, params: Mapping[str, Any]) -> None:
    """Put a cell that assigns the params into a notebook, as papermill does. Params that are no names are left out."""
    names = {name: value for name, value in params.items() if name.isidentifier() and not iskeyword(name)}
    if not names:
        return
    from nbformat.v4 import new_code_cell

    lines = ["# Parameters of this run", *(f"{name} = {_literal(value)}" for name, value in names.items())]
    cell = new_code_cell("\n".join(lines), metadata={"tags": ["injected-parameters"]})
    notebook.cells = [each for each in notebook.cells if "injected-parameters" not in each.metadata.get("tags", ())]
    tagged = [i for i, each in enumerate(notebook.cells) if "parameters" in each.metadata.get("tags", ())]
    notebook.cells.insert(tagged[0] + 1 if tagged else 0, cell)


def execute(notebook: NotebookNode, target: Path) -> int:
    """Execute all cells in a kernel, writing the notebook to `target` after each; the result is the exit code."""
    import nbformat
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    masker = own_masker()

    def save(**_: object) -> None:
        partial = target.with_suffix(".part")
        nbformat.write(_masked(notebook, masker), partial)
        partial.replace(target)

    kernel = notebook.metadata.get("kernelspec", {})
    client = _client_class()(
        notebook,
        timeout=None,
        kernel_name=kernel.get("name", "python3"),
        kernel_manager_class=_manager_class(kernel.get("language", "python")),
        on_cell_executed=save,
        resources={"metadata": {"path": str(Path.cwd())}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        sys.stderr.write(_failure(notebook, error))
        return 1
    except DeadKernelError:
        sys.stderr.write("DeadKernelError: the kernel of the notebook died while a cell ran\n")
        return 1
    except NoSuchKernel as error:
        sys.stderr.write(f"The notebook wants the kernel {error.name!r}; `jupyter kernelspec list` shows those here.\n")
        return 2
    finally:
        save()
    return 0


def _masked(notebook: NotebookNode, masker: Masker) -> NotebookNode:
    """The notebook without secrets in its outputs."""
    if not masker:
        return notebook
    shown = copy.copy(notebook)
    shown.cells = [copy.copy(cell) for cell in notebook.cells]
    for cell in shown.cells:
        if "outputs" in cell:
            cell.outputs = [masker.text(output) for output in cell.outputs]
    return shown


def _manager_class(language: str) -> type[Any]:
    """Starts a kernel of this interpreter, unless the notebook names another kernel that is installed."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
    from jupyter_client.manager import AsyncKernelManager

    class Specs(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            own = KernelSpec(argv=argv, display_name="Python 3", language="python")
            if kernel_name in {"python3", "python"}:
                return own
            try:
                return super().get_kernel_spec(kernel_name)
            except NoSuchKernel:
                if language != "python":
                    raise
                sys.stderr.write(f"There is no kernel {kernel_name!r}; the notebook runs with {sys.executable}.\n")
                return own

    class Manager(AsyncKernelManager):
        def _kernel_spec_manager_default(self) -> KernelSpecManager:
            return Specs(parent=self)

    return Manager


def _client_class() -> type[Any]:
    """Passes on what the cells print, when they print it."""
    from nbclient import NotebookClient

    class Client(NotebookClient):
        def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
            if msg["msg_type"] == "stream":
                stream = sys.stderr if msg["content"]["name"] == "stderr" else sys.stdout
                stream.write(msg["content"]["text"])
                stream.flush()
            return super().process_message(msg, cell, cell_index)

    return Client


def _failure(notebook: NotebookNode, error: Exception) -> str:
    """The traceback that the kernel sent, without colours."""
    for cell in reversed(notebook.cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return _ESCAPES.sub("", "\n".join(output.traceback)).rstrip() + "\n"
    return f"{error}\n"


def _literal(value: Any) -> str:
    """A JSON value as Python source."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_literal(item)}' for key, item in value.items())}}}"
    return repr(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
