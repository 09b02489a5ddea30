"""From a `Code` to the files of a source."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

from jupyter_tracker.backends.common.code.archive import SUFFIXES, collect_archive, is_archive
from jupyter_tracker.backends.common.code.codecheck import ENTRY_POINTS, is_python
from jupyter_tracker.backends.common.code.collection import Collection, Limits
from jupyter_tracker.backends.common.code.folder import collect_file, collect_folder
from jupyter_tracker.backends.common.code.git import collect_commit
from jupyter_tracker.backends.common.code.neighbours import neighbours, notebook_text, without_magics
from jupyter_tracker.backends.common.values import checked_name
from jupyter_tracker.errors import InvalidInput, InvalidSource
from jupyter_tracker.models import Code, CodeKind

CELL = "cell.py"
"""The file of a source that was a cell."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What is known of code beside its files."""

    kind: CodeKind
    entry_point: str
    origin: str
    commit: str = ""


def collect(code: Code, commit: str | None, collection: Collection, limits: Limits) -> Collected:
    """Take the files of some code: of a folder, archive or commit all, else the file and what it imports beside it.

    Raises:
        InvalidSource: there is no such code, or it cannot be kept.
        SourceTooLarge: it is larger than the limits.
    """
    if code.kind is CodeKind.CELL:
        if commit is not None:
            raise InvalidSource("commit takes code from a git repository, and the code is source text.")
        collection.take(CELL, io.BytesIO(code.text.encode("utf-8", "surrogatepass")))
        _collect_neighbours(without_magics(code.text), Path(code.working_directory or "."), collection, {CELL})
        return Collected(CodeKind.CELL, CELL, code.working_directory)
    path = Path(os.path.normpath(Path(code.working_directory or ".", Path(code.path).expanduser())))
    if commit is not None:
        if not path.is_dir():
            raise InvalidSource(f"commit needs the folder of a git repository, and {path} is none.")
        whole = collect_commit(path, commit, collection, limits)
        return Collected(CodeKind.FOLDER, _entry_point(code, collection), str(path), whole)
    if path.is_dir():
        collect_folder(path, collection)
        return Collected(CodeKind.FOLDER, _entry_point(code, collection), str(path))
    if not path.is_file():
        raise InvalidSource(f"There is no file or folder {path}.")
    if is_archive(path):
        collect_archive(path, collection, limits)
        return Collected(CodeKind.FOLDER, _entry_point(code, collection), str(path))
    collect_file(path.name, path, collection)
    if is_python(path) or path.suffix == ".ipynb":
        text = path.read_text("utf-8", "replace")
        text = notebook_text(text) if path.suffix == ".ipynb" else text
        _collect_neighbours(text, path.parent, collection, {path.name})
    return Collected(CodeKind.NOTEBOOK if path.suffix == ".ipynb" else CodeKind.SCRIPT, path.name, str(path))


def default_name(code: Code) -> str:
    """What code is called that nobody named: its file or folder without suffix, or `cell`."""
    if code.kind is CodeKind.CELL:
        return "cell"
    name = Path(code.path).name
    suffix = next((known for known in SUFFIXES if name.lower().endswith(known)), Path(name).suffix)
    name = name.removesuffix(name[len(name) - len(suffix) :]) if suffix else name
    try:
        return checked_name("source", name)
    except InvalidInput:
        return "code"


def _collect_neighbours(text: str, folder: Path, collection: Collection, taken: set[str]) -> None:
    for path, file in neighbours(text, folder).items():
        if path not in taken:
            collect_file(path, file, collection)


def _entry_point(code: Code, collection: Collection) -> str:
    paths = {file.path for file in collection.files}
    if code.entry_point:
        wanted = os.path.normpath(code.entry_point)
        if wanted not in paths:
            raise InvalidSource(
                f"The entry point {code.entry_point!r} is none of the {len(paths):,} files of the code."
            )
        return wanted
    return next((name for name in ENTRY_POINTS if name in paths), "")
