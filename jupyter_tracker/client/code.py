"""From what people give as code to a `Code`."""

from __future__ import annotations

import os
import re
from pathlib import Path

from jupyter_tracker.errors import InvalidCode
from jupyter_tracker.models import Code, CodeKind, Source


def code_of(code: str | os.PathLike[str] | Code | Source, entry_point: str | None = None) -> Code:
    """A script, folder or notebook by its path, source text (anything with a line break) as a cell, or a kept source.

    What looks like `scheme://…` is the id of a source that lies on the platform.

    The backend checks that it is there and can be run.

    Raises:
        InvalidCode: it is empty, or an entry point is given for something that is no folder.
    """
    if isinstance(code, Code):
        return code
    here = str(Path.cwd())
    if isinstance(code, Source):
        if entry_point is not None and code.kind is not CodeKind.FOLDER:
            raise InvalidCode(f"entry_point names a file of a folder, and the source {code.label} is a {code.kind}.")
        return Code(code.kind, entry_point=entry_point or "", working_directory=here, source=code.id)
    if isinstance(code, str) and is_uri(code):
        if entry_point is not None:
            raise InvalidCode(f"entry_point names a file of a folder, and {code!r} lies on the platform.")
        return Code(CodeKind.FOLDER, working_directory=here, source=code)
    if isinstance(code, str) and "\n" in code:
        if entry_point is not None:
            raise InvalidCode("entry_point names a file of a folder, and the code is source text.")
        return Code(CodeKind.CELL, text=code, working_directory=here)
    if not str(code).strip():
        raise InvalidCode("There is no code: give the path of a script, folder or notebook, or source text.")
    path = Path(code).expanduser()
    kind = CodeKind.FOLDER if path.is_dir() else CodeKind.NOTEBOOK if path.suffix == ".ipynb" else CodeKind.SCRIPT
    if entry_point is not None and kind is not CodeKind.FOLDER:
        raise InvalidCode(f"entry_point names a file of a folder, and {str(path)!r} is none.")
    return Code(kind, path=str(path.absolute()), entry_point=entry_point or "", working_directory=here)


def is_uri(text: str) -> bool:
    """Whether this names something on the platform: `ubiops-file://bucket/train.zip`."""
    return re.match(r"[a-z][a-z0-9+.-]*://", text) is not None


def source_code(code: str | os.PathLike[str] | Code, entry_point: str | None = None) -> Code:
    """The same for code that is to be kept, where an archive may have an entry point, too."""
    try:
        return code_of(code, entry_point)
    except InvalidCode:
        if isinstance(code, str | os.PathLike) and Path(code).expanduser().is_file():
            path = str(Path(code).expanduser().absolute())
            return Code(CodeKind.FOLDER, path=path, entry_point=entry_point or "", working_directory=str(Path.cwd()))
        raise
