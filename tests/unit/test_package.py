"""The package as a whole: its names, versions, files and commands."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker import __main__ as command

LONGEST = 400
"""Lines of a source file; a file has one job."""

SOURCES = (
    "jupyter_tracker/**/*.py",
    "js/*.py",
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


MOST_OF_A_PANEL = 100_000
"""Bytes of a bundle."""


def test_the_front_end_is_built(root: Path):
    built = root / "jupyter_tracker"
    panels = {path.stem for path in (root / "js/src/widgets").glob("*-panel.ts")}
    chunks = {f"chunks/{path.stem}" for path in (root / "js/src/chunks").glob("*.ts")}
    sizes = {name: (built / f"static/{name}.js").stat().st_size for name in panels | chunks}
    assert {name: size for name, size in sizes.items() if not 0 < size <= MOST_OF_A_PANEL} == {}
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


def test_the_wheel_and_the_sdist_carry_all_that_is_needed(root: Path, tmp_path: Path):
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr[-4000:]
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        shipped = set(wheel.namelist())
    data = f"jupyter_tracker-{jt.__version__}.data/data/share/jupyter/labextensions/jupyter-tracker"
    assert {
        "jupyter_tracker/__init__.py",
        "jupyter_tracker/notebooks/01_quickstart.ipynb",
        "jupyter_tracker/py.typed",
        "jupyter_tracker/static/run-panel.css",
        "jupyter_tracker/static/run-panel.js",
        "jupyter_tracker/static/chunks/run-curves.js",
        "jupyter_tracker/static/runs-panel.css",
        "jupyter_tracker/static/runs-panel.js",
        f"{data}/install.json",
        f"{data}/package.json",
        f"{data}/static/style.js",
    } <= shipped
    assert not {name for name in shipped if name.startswith(("js/", "tests/"))}
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        sources = {name.partition("/")[2] for name in archive.getnames()}
    # With the built files an sdist installs without node, and with their sources it can be built anew.
    assert {"jupyter_tracker/static/run-panel.js", "js/package-lock.json", "js/hatch_build.py", "LICENSE"} <= sources
    assert not {name for name in sources if "node_modules" in name}


def one_cell_notebook(folder: Path, source: str) -> Path:
    cell = {"cell_type": "code", "id": "only", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    folder.mkdir()
    notebook = folder / command.NOTEBOOK
    notebook.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return notebook


def test_without_a_screen_the_notebook_is_executed_and_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source = (
        "import jupyter_tracker as jt\nwith jt.connect().runs.start('digits', name='first') as run: run.log({'a': 2})"
    )
    notebook = one_cell_notebook(tmp_path / "work", source)
    assert command.main(["quickstart", "--execute", str(notebook.parent)]) == 0
    told = capsys.readouterr().out
    assert "1 of 1 cells ran" in told
    assert "digits / first  succeeded" in told
    assert json.loads(notebook.read_text())["cells"][0]["execution_count"] == 1


def test_a_cell_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    notebook = one_cell_notebook(tmp_path / "work", "raise ValueError('no such digit')")
    assert command.main(["quickstart", "--execute", str(notebook.parent)]) == 1
    assert "ValueError: no such digit" in capsys.readouterr().out


def test_ci_runs_the_command_of_the_readme(root: Path):
    lines = (root / ".ci/run").read_text().splitlines()
    assert lines[-1] == readme_command(root, "Test it")


def test_the_readme_opens_the_quickstart(root: Path):
    assert readme_command(root, "Run it").endswith("jupyter-tracker quickstart")


def readme_command(root: Path, heading: str) -> str:
    """The only line of the first fenced block under a heading."""
    section = (root / "README.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = section.split("```")[1].splitlines()[1:]
    assert len(lines) == 1, "the command is one line"
    return lines[0]


def submodules() -> set[str]:
    return {path.stem for path in Path(jt.__file__).parent.iterdir()}


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
