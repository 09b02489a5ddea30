"""Code as platforms take it: a file or an archive with a function that they call.

Code that has the function goes as it is. A script, cell or notebook without one goes with a file beside it that has the
function and starts it (starter.py).
"""

from __future__ import annotations

import ast
import json
import warnings
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jupyter_tracker.backends.common.code.archive import is_archive
from jupyter_tracker.backends.common.code.codecheck import check_code
from jupyter_tracker.backends.common.code.collection import CREATED, Collection
from jupyter_tracker.backends.common.code.neighbours import notebook_text
from jupyter_tracker.backends.common.code.reading import collect, default_name
from jupyter_tracker.errors import InvalidCode, Unsupported
from jupyter_tracker.models import Code, CodeKind, Submission

MODULE = "train.py"
"""The file whose function a platform calls."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Code that can be sent."""

    path: Path
    """A file of Python or a zip archive."""
    module: str
    """The module with the function, without suffix."""
    digest: str
    """Over paths and contents: equal for equal code."""
    kind: CodeKind
    entry_point: str
    files: int
    size: int
    """bytes of all files"""


def refuse_schedule(backend: str, submission: Submission) -> None:
    """`Unsupported` where a submission asks for retries, a place in a queue or a sweep, which platforms do not do."""
    if submission.retries or submission.restart_interrupted or submission.sweep is not None or submission.parent:
        raise Unsupported(backend, "runs.restart")
    if submission.priority:
        raise Unsupported(backend, "queue.prioritize")


def pack_run(code: Code, function: str, folder: Path, *, lone_file: bool) -> Packed:
    """Make the code of a run ready to be sent; see `pack`.

    Raises:
        InvalidCode: it is not there, cannot be read, has no entry point or a syntax error.
    """
    own = Path(code.path, MODULE)
    if not is_archive(code.path) and (code.entry_point or not _has(own, function)):
        code = check_code(code)
    return pack(code, function, folder, lone_file=lone_file)


def pack(code: Code, function: str, folder: Path, *, lone_file: bool, commit: str | None = None) -> Packed:
    """Make code ready to be sent.

    Args:
        code: A cell, script, notebook, folder or archive.
        function: What the platform calls.
        folder: Where files can be made, empty.
        lone_file: Whether the platform takes a file of Python without an archive.
        commit: Takes the files of this commit of a git repository.

    Raises:
        InvalidCode: it has no entry point.
        InvalidSource: it is not there, is too large, or an archive holds paths that lead out of it.
    """
    (folder / "files").mkdir()
    collection = Collection(folder / "files", CREATED)
    collected = collect(code, commit, collection, CREATED)
    contents = {file.path: folder / "files" / file.sha256 for file in collection.files}
    entry = code.entry_point or collected.entry_point
    about = (collection.digest, collected.kind, entry, len(contents), sum(file.size for file in collection.files))
    called = _called(entry if collected.kind is not CodeKind.FOLDER or code.entry_point else MODULE, contents, function)
    if called is not None:
        if lone_file and len(contents) == 1 and code.path and not is_archive(code.path):
            return Packed(Path(code.path), Path(called).stem, *about)
        return Packed(_zip(folder / f"{default_name(code)}.zip", contents), Path(called).stem, *about)
    if not entry:
        raise InvalidCode(
            f"{code.path} has neither {MODULE} with a function {function}() nor an entry point. Name one of its"
            " files with entry_point=."
        )
    if collected.kind is CodeKind.NOTEBOOK:
        script = folder / "notebook.py"
        script.write_text(notebook_text(contents.pop(entry).read_text("utf-8")), encoding="utf-8")
        entry = f"{Path(entry).stem}.py"
        contents[entry] = script
    name = Path(code.path).name if collected.kind is CodeKind.FOLDER and not is_archive(code.path) else "code"
    plan = folder / "start.json"
    plan.write_text(json.dumps({"folder": name, "entry": entry}), encoding="utf-8")
    starter = folder / "starter.py"
    starter.write_bytes(files(__package__).joinpath("starter.py").read_bytes())
    wrapped = {MODULE: starter, "start.json": plan, **{f"{name}/{path}": file for path, file in contents.items()}}
    return Packed(_zip(folder / f"{default_name(code)}.zip", wrapped), Path(MODULE).stem, *about)


def _called(path: str, contents: dict[str, Path], function: str) -> str | None:
    """The file with the function, where it is one that a platform can import."""
    return path if "/" not in path and path in contents and _has(contents[path], function) else None


def _has(file: Path, function: str) -> bool:
    """Whether some Python defines a function, or imports it, at its top."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == function:
            return True
        if isinstance(node, ast.ImportFrom) and function in [alias.asname or alias.name for alias in node.names]:
            return True
    return False


def _zip(archive: Path, contents: dict[str, Path]) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path, file in sorted(contents.items()):
            entry = zipfile.ZipInfo(path)  # of a fixed time: equal code gives an equal archive
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path.endswith(".sh") else 0o644) << 16
            made.writestr(entry, file.read_bytes())
    return archive
