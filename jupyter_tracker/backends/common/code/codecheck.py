"""Whether code can be run, found out before a run is made of it."""

from __future__ import annotations

import dataclasses
import json
import os
import warnings
from importlib.util import find_spec
from pathlib import Path

from jupyter_tracker.errors import InvalidCode, did_you_mean
from jupyter_tracker.models import ENTRY_POINTS, Code, CodeKind

PYTHON_SUFFIXES = (".py", ".pyw")


def check_code(code: Code) -> Code:
    """The code with absolute paths and its entry point.

    Raises:
        InvalidCode: it is not there, cannot be read or executed, or has a syntax error.
    """
    directory = Path(code.working_directory or ".").expanduser().absolute()
    if not directory.is_dir():
        raise InvalidCode(f"The working directory {directory} is not a folder. Give one that is there.")
    code = dataclasses.replace(code, working_directory=str(directory))
    if code.kind is CodeKind.CELL:
        _check_cell(code.text)
        return code
    if not code.path:
        raise InvalidCode(f"The path of the {code.kind} is empty.")
    path = Path(os.path.normpath(directory / Path(code.path).expanduser()))
    if code.kind is CodeKind.FOLDER:
        return dataclasses.replace(code, path=str(path), entry_point=_entry_point(path, code.entry_point))
    if code.kind is CodeKind.NOTEBOOK:
        _check_notebook(path)
    else:
        _check_script(path)
    return dataclasses.replace(code, path=str(path))


def is_python(path: str | Path) -> bool:
    """Whether a file is started with the Python interpreter rather than by itself."""
    return str(path).endswith(PYTHON_SUFFIXES)


def has_magics(text: str) -> bool:
    """Whether a cell that `check_code` accepts is no plain Python, but needs IPython to run."""
    try:
        _compile(text, "<cell>")
    except (SyntaxError, ValueError):
        return True
    return False


def _entry_point(folder: Path, wanted: str) -> str:
    if not folder.is_dir():
        if folder.exists():
            raise InvalidCode(f"{folder} is a file, not a folder.")
        raise InvalidCode(_missing(folder, "folder"))
    if wanted:
        path = Path(os.path.normpath(folder / wanted))
        if not path.is_relative_to(folder):
            raise InvalidCode(f"The entry point {wanted!r} leaves the folder {folder}.")
        _check_script(path)
        return str(path.relative_to(folder))
    for name in ENTRY_POINTS:
        if (folder / name).is_file():
            _check_script(folder / name)
            return name
    raise InvalidCode(
        f"The folder {folder} has no entry point: looked for {', '.join(ENTRY_POINTS)}."
        " Name another file of it with entry_point=."
    )


def _check_script(path: Path) -> None:
    source = _read(path)
    if is_python(path):
        try:
            _compile(source, str(path))
        except SyntaxError as error:
            raise InvalidCode(_described(error, str(path))) from None
        except ValueError as error:
            raise InvalidCode(f"{path} is not Python source: {error}.") from None
    elif not os.access(path, os.X_OK):
        raise InvalidCode(f"{path} is neither a Python file (.py) nor executable. Make it so: chmod +x {path}")


def _check_notebook(path: Path) -> None:
    try:
        content = json.loads(_read(path))
        version = content["nbformat"]
        cells = content["cells"] if version >= 4 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidCode(f"{path} is not a notebook: it is not JSON in Jupyter's notebook format.") from None
    if not isinstance(cells, list):
        raise InvalidCode(
            f"{path} has notebook format {version!r}, and 4 is needed."
            f" Convert it: jupyter nbconvert --to notebook {path}"
        )
    _need_kernel("A notebook")


def _check_cell(text: str) -> None:
    if not text.strip():
        raise InvalidCode("The cell is empty.")
    try:
        _compile(text, "<cell>")
    except SyntaxError as error:
        plain = error
    except ValueError as error:
        raise InvalidCode(f"The cell is not Python source: {error}.") from None
    else:
        return
    transformed = _without_magics(text)
    if transformed is None:
        line = (plain.text or "").strip()
        if line.startswith(("%", "!")):
            raise InvalidCode(
                f"The cell uses {line!r} in line {plain.lineno}, which needs IPython:"
                " pip install ipython, or leave it out."
            )
        raise InvalidCode(_described(plain, "<cell>"))
    try:
        _compile(transformed, "<cell>")
    except SyntaxError as error:
        raise InvalidCode(_described(plain if transformed.rstrip() == text.rstrip() else error, "<cell>")) from None
    # Magics need a kernel, so such a cell is run as a notebook of one cell.
    _need_kernel("A cell with magics (% or !)")


def _without_magics(text: str) -> str | None:
    """The Python that IPython would make of a cell; None when it cannot or IPython is not installed."""
    try:
        from IPython.core.inputtransformer2 import TransformerManager
    except ImportError:
        return None
    try:
        transformed: str = TransformerManager().transform_cell(text)  # type: ignore[no-untyped-call]  # IPython has no types here
    except SyntaxError:
        return None
    return transformed


def _need_kernel(what: str) -> None:
    missing = [name for name in ("nbclient", "ipykernel") if find_spec(name) is None]
    if missing:
        raise InvalidCode(f"{what} runs in a kernel and needs {' and '.join(missing)}: pip install {' '.join(missing)}")


def _compile(source: str | bytes, name: str) -> None:
    with warnings.catch_warnings():
        # The run itself will show them.
        warnings.simplefilter("ignore")
        compile(source, name, "exec", dont_inherit=True)


def _read(path: Path) -> bytes:
    """The source; nothing for a program, which only has to be there."""
    if path.exists() and not path.is_file():
        raise InvalidCode(f"{path} is {'a folder' if path.is_dir() else 'a device or pipe'}, not a file.")
    source = is_python(path) or path.suffix == ".ipynb"
    try:
        return path.read_bytes() if source or not path.exists() else b""
    except FileNotFoundError:
        raise InvalidCode(_missing(path, "file")) from None
    except OSError as error:
        raise InvalidCode(f"{path} cannot be read: {error.strerror}.") from None


def _missing(path: Path, noun: str) -> str:
    parent = path.parent
    if not parent.is_dir():
        return f"There is no {noun} {path}: the folder {parent} is not there either."
    try:
        names = [each.name for each in parent.iterdir()]
    except OSError:
        names = []  # a suggestion is a courtesy
    return f"There is no {noun} {path}.{did_you_mean(path.name, names)}"


def _described(error: SyntaxError, name: str) -> str:
    text = f"{name}:{error.lineno}: {error.msg}"
    if error.text:
        line = error.text.rstrip("\n")
        column = max((error.offset or 1) - 1, 0)
        text += f"\n  {line}\n  {' ' * min(column, len(line))}^"
    return text
