"""The modules beside a script, notebook or cell that it imports, so that a version of it can run again."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator
from pathlib import Path

MOST = 500
"""Modules that are looked for."""


def neighbours(text: str, folder: Path) -> dict[str, Path]:
    """Path within the folder, and the file, of each module that some Python imports from there, and they in turn."""
    found: dict[str, Path] = {}
    waiting = [(text, "")]
    while waiting and len(found) < MOST:
        source, package = waiting.pop()
        for module in sorted(set(_imported(source, package))):
            for path in _files(module, folder):
                if path not in found:
                    found[path] = folder / path
                    waiting.append((_read(folder / path), path.rpartition("/")[0].replace("/", ".")))
    return dict(sorted(found.items()))


def notebook_text(text: str) -> str:
    """The code of a notebook without its magics; nothing where it cannot be read."""
    try:
        cells = json.loads(text)["cells"]
        parts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        return ""
    return "\n".join(map(without_magics, parts))


def without_magics(text: str) -> str:
    """Python without the lines that only IPython understands."""
    lines = text.splitlines()
    return "\n".join("pass" if line.lstrip()[:1] in ("%", "!", "?") else line for line in lines)


def _imported(text: str, package: str) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".") if package else []
            start = parents[: len(parents) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            if base:
                yield base
            yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names if alias.name != "*")


def _files(module: str, folder: Path) -> Iterator[str]:
    """The files that importing a module executes: each package above it, and itself."""
    inside = ""
    for name in module.split("."):
        package = f"{inside}{name}/__init__.py"
        if (folder / f"{inside}{name}").is_dir():
            if (folder / package).is_file():
                yield package
            inside = f"{inside}{name}/"
            continue
        if (folder / f"{inside}{name}.py").is_file():
            yield f"{inside}{name}.py"
        return


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
