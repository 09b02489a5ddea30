"""The package as a whole: its names, versions, files and commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker import __main__ as command

LONGEST = 400
"""Lines of a source file; a file has one job."""

SOURCES = (
    "jupyter_tracker/**/*.py",
    "js/**/*.py",
    "js/src/**/*.ts",
    "js/src/**/*.tsx",
    "js/tests/**/*.ts",
    "tests/**/*.py",
)


def test_no_source_file_is_too_long(root: Path):
    lengths = {
        str(path.relative_to(root)): len(path.read_text(encoding="utf-8").splitlines())
        for pattern in SOURCES
        for path in root.glob(pattern)
        if "node_modules" not in path.parts
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_all_names_what_is_public():
    code = "import jupyter_tracker as jt; [getattr(jt, name) for name in jt.__all__]; print(*vars(jt))"
    present = run_python(code).split()
    # Submodules are attributes once they are loaded, and these names are the means of loading them.
    means = {"TYPE_CHECKING", "Any", "annotations", "import_module", *submodules()}
    public = {name for name in present if not name.startswith("_") and name not in means}
    assert public <= set(jt.__all__)
    assert sorted(jt.__all__) == sorted(set(jt.__all__))
    assert dir(jt) == sorted(jt.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Trackre'"):
        _ = jt.Trackre


def test_python_and_npm_agree_about_the_version(root: Path):
    package = json.loads((root / "js/package.json").read_text())
    lock = json.loads((root / "js/package-lock.json").read_text())
    assert [package["version"], lock["version"], lock["packages"][""]["version"]] == [jt.__version__] * 3


def test_the_changelog_has_the_version(root: Path):
    assert f"## [{jt.__version__}]" in (root / "CHANGELOG.md").read_text()


def test_the_lock_names_no_registry(root: Path):
    assert '"resolved"' not in (root / "js/package-lock.json").read_text()


def test_the_front_end_is_built(root: Path):
    built = root / "jupyter_tracker"
    assert (built / "static/run-panel.js").stat().st_size > 0
    package = json.loads((built / "labextension/package.json").read_text())
    assert package["name"] == "jupyter-tracker"


@pytest.mark.parametrize(
    "tool",
    [
        ["ruff", "check", "--no-cache", "."],
        ["ruff", "format", "--check", "--no-cache", "."],
        ["mypy", "--no-incremental"],
    ],
    ids=["ruff", "ruff-format", "mypy"],
)
@pytest.mark.timeout(300)
def test_the_tree_is_clean(root: Path, tool: list[str]):
    ended = subprocess.run([sys.executable, "-m", *tool], cwd=root, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-1000:]


def test_notebooks_are_kept_without_outputs(root: Path):
    for path in (root / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code), path.name


def test_the_quickstart_is_found_and_never_overwritten(tmp_path: Path):
    notebook = command.place(tmp_path / "new" / "folder")
    assert json.loads(notebook.read_text())["cells"]
    notebook.write_text("mine")
    assert command.place(notebook.parent).read_text() == "mine"


@pytest.mark.parametrize(
    ("variables", "screen"),
    [({}, False), ({"DISPLAY": ""}, False), ({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True)],
)
def test_a_screen_is_recognised(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], screen: bool):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert command.has_screen() is screen


def submodules() -> set[str]:
    return {path.stem for path in Path(jt.__file__).parent.iterdir()}


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
