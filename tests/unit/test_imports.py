"""Who may import whom (DESIGN: `models, errors ← flow, filters, frames ← backends ← client ← rpc ← surfaces`)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "jupyter_tracker"
NAME = "jupyter_tracker"
SURFACES = ("magics", "widgets", "server")

LAYERS = (
    ("models", "errors"),
    (
        "collector",
        "flow",
        "transfer",
        "filters",
        "frames",
        "environment",
        "svg",
        "config",
        "credentials",
        "progress",
        "exchange",
    ),
    ("graphs", "pictures"),
    ("backends",),
    ("client",),
    ("feed",),
    ("rpc",),
    (*SURFACES, "integrations"),
    ("__init__", "__main__"),
)
"""A part may import its own layer and those before it; the surfaces only those before them."""
RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}

ONLY_IN = {
    # A panel is displayed by IPython, and a cell is turned into a script by it.
    "IPython": ("magics", "widgets", "backends"),
    "anywidget": ("widgets",),
    "ipywidgets": ("widgets",),
    "jupyter_server": ("server",),
    "mlflow": ("integrations",),
    "pandas": ("frames",),
    "tornado": ("server",),
}
"""Libraries that belong to one part."""

HEAVY = ("IPython", "anywidget", "httpx", "ipywidgets", "jupyter_server", "mlflow", "numpy", "pandas", "tornado")


@dataclass(frozen=True)
class Import:
    """One imported module, and where."""

    file: Path
    line: int
    module: str
    for_types: bool
    """Under `if TYPE_CHECKING:`"""

    @property
    def part(self) -> str:
        """The part of the package that imports."""
        first = self.file.relative_to(PACKAGE).parts[0]
        return first.removesuffix(".py")

    @property
    def imported_part(self) -> str | None:
        """The part of the package that is imported; None for anything else."""
        words = self.module.split(".")
        return words[1] if words[0] == NAME and len(words) > 1 else None

    def __str__(self) -> str:
        return f"{self.file.relative_to(PACKAGE.parent)}:{self.line} imports {self.module}"


def imports(file: Path) -> Iterator[Import]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    only_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        for module in named(node):
            yield Import(file, node.lineno, module, id(node) in only_types)


def named(node: ast.AST) -> list[str]:
    """The modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    assert node.level == 0, f"line {node.lineno}: imports are absolute here"
    module = node.module or ""
    # `from jupyter_tracker import rpc` names a module, `from jupyter_tracker.models import Run` a class.
    return [f"{module}.{alias.name}" if module == NAME else module for alias in node.names]


FILES = sorted(PACKAGE.rglob("*.py"))
ALL = [found for file in FILES for found in imports(file)]


def test_every_part_has_its_place():
    parts = {file.relative_to(PACKAGE).parts[0].removesuffix(".py") for file in FILES}
    assert parts <= set(RANK), "name the new parts in LAYERS"


def test_imports_go_down():
    wrong = [
        str(found)
        for found in ALL
        if found.imported_part is not None
        and not found.for_types
        and RANK[found.imported_part.split(".")[0]] > RANK[found.part]
    ]
    assert not wrong


def test_the_surfaces_do_not_know_each_other():
    wrong = [
        str(found) for found in ALL if found.part in SURFACES and found.imported_part in set(SURFACES) - {found.part}
    ]
    assert not wrong


def test_only_the_registry_and_the_backends_know_a_single_backend():
    backends = {path.name for path in (PACKAGE / "backends").iterdir() if path.is_dir()} - {
        "__pycache__",
        "common",
        "operations",
        "remote",
    }
    wrong = [
        str(found)
        for found in ALL
        # What other tools load writes into the local store, and into no other.
        if found.part != "backends"
        and not (found.part == "integrations" and found.module.split(".")[2:3] == ["local"])
        and found.module.startswith(f"{NAME}.backends.")
        and found.module.split(".")[2] in backends
    ]
    assert not wrong


COMPANIONS = {"mlflow"}
"""Backends with a local store beside their server, in which runs that are started here are kept."""


def test_a_backend_does_not_know_another_one():
    backends = PACKAGE / "backends"
    shared = {"__pycache__", "common", "operations", "remote"}
    own = {path.name for path in backends.iterdir() if path.is_dir()} - shared
    wrong = []
    for found in ALL:
        parts = found.file.relative_to(PACKAGE).parts
        if parts[0] != "backends" or len(parts) < 3 or not found.module.startswith(f"{NAME}.backends."):
            continue
        other = found.module.split(".")[2]
        if other in own - {parts[1]} and not (other == "local" and parts[1] in COMPANIONS):
            wrong.append(str(found))
    assert not wrong


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_stays_in_its_part(library: str):
    wrong = [
        str(found)
        for found in ALL
        if found.module.split(".")[0] == library and not found.for_types and found.part not in ONLY_IN[library]
    ]
    assert not wrong


def test_what_is_imported_is_declared(root: Path):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    # These are used where they are installed.
    extras = ("keyring", "lab", "mlflow", "mlruns", "parquet", "sweep", "vertex")
    optional = [requirement for extra in extras for requirement in project["optional-dependencies"][extra]]
    wanted = [*project["dependencies"], *optional]
    declared = {normal(requirement) for requirement in wanted}
    known = packages_distributions()
    missing = {
        f"{found}, of {', '.join(known.get(top, ['?']))}"
        for found in ALL
        if (top := found.module.split(".")[0]) not in {NAME, *sys.stdlib_module_names}
        and not found.for_types
        and not declared & {normal(name) for name in known.get(top, [])}
    }
    assert not missing


def normal(requirement: str) -> str:
    """The name in a requirement, as package indexes compare it."""
    name = re.match(r"[\w.-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def loaded_after(code: str) -> set[str]:
    """The heavy libraries that a fresh process has loaded after some code."""
    report = f"{code}\nimport sys; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    ended = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True, timeout=60)
    return set(ended.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_after("import jupyter_tracker") == set()


def test_logging_loads_nothing_heavy():
    code = """
import jupyter_tracker as jt
with jt.connect().runs.start("digits", params={"lr": 0.1}) as run:
    run.log({"loss": 0.5})
"""
    assert loaded_after(code) == set()
