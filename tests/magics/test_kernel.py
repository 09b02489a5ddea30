"""In a real kernel: errors are one line and fail the cell, panels are shown, cells that await are tracked."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    import nbformat
    from nbclient import NotebookClient

    folder = tmp_path_factory.mktemp("kernel")
    sources = {
        "load": "%load_ext jupyter_tracker",
        "wrong": "%tracker runz",
        "await": "%%tracker track digits --name a --as r\n"
        "import asyncio\nprint('x')\nawait asyncio.sleep(0.05)\nr.log({'loss': 1})\n'value'",
        "again": "%tracker run a",
        "text": "%config TrackerMagics.panel = False\n%tracker run a",
        "panel": "%config TrackerMagics.panel = True",
        "fails": "%%tracker track digits --name b\n1/0",
        "list": "%tracker runs",
        "listed": "x = %tracker runs\ntype(x).__name__, len(x)",
        "some": "%tracker runs --limit 1",
        "logs": "%tracker logs a",
        "submit": "%%tracker run digits --name c --wait\nprint('child')",
        "kept": "_",
        "no panel": "%%tracker run digits --name d --wait --no-panel\nprint('child')",
        "experiment": "%tracker use digits",
    }
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources.values()])
    patch = pytest.MonkeyPatch()
    patch.setenv("JUPYTER_TRACKER_HOME", str(folder / "store"))
    patch.setenv("IPYTHONDIR", str(folder / "ipython"))
    try:
        NotebookClient(
            notebook, allow_errors=True, timeout=100, resources={"metadata": {"path": str(folder)}}
        ).execute()
    finally:
        patch.undo()
    return {name: cell.outputs for name, cell in zip(sources, notebook.cells, strict=True)}


def test_loading_says_nothing(cells):
    assert cells["load"] == []


def test_an_error_is_one_line_and_fails_the_cell(cells):
    (output,) = cells["wrong"]
    assert output.output_type == "error"
    assert output.ename == "UsageMistake"
    assert len(output.traceback) == 1
    assert "\n" not in output.traceback[0]


def test_a_tracked_cell_shows_panel_output_and_value(cells):
    panel, printed, value = cells["await"]
    assert WIDGET in panel.data
    assert printed.text == "x\n"
    assert value.data["text/plain"] == "'value'"


def test_a_failing_tracked_cell_shows_its_own_traceback(cells):
    error = cells["fails"][-1]
    assert error.ename == "ZeroDivisionError"
    assert "tracked.py" not in "\n".join(error.traceback)


def test_run_shows_the_panel_unless_panels_are_off(cells):
    assert WIDGET in cells["again"][0].data
    assert WIDGET not in cells["text"][0].data
    assert "digits / a" in cells["text"][0].data["text/plain"]


def test_lists_are_rich_and_logs_are_text(cells):
    data = cells["list"][0].data
    assert {WIDGET, "text/html", "text/plain", "image/svg+xml"} <= set(data)
    assert "digits" in data["text/html"]
    assert "digits" in data["text/plain"]
    assert cells["list"][0].metadata["jupyter_tracker"]["panel"] == "runs"
    assert cells["listed"][0].data["text/plain"] == "('RunList', 2)"
    # A question with an end is no view that goes on.
    assert set(cells["some"][0].data) == {"text/html", "text/plain"}
    assert cells["logs"][0].data == {"text/plain": "x"}
    assert cells["experiment"][0].data["text/plain"].startswith("experiment digits")


def test_a_submitted_cell_shows_its_panel_and_keeps_the_run(cells):
    assert [WIDGET in output.data for output in cells["submit"]] == [True]
    assert "digits / c" in cells["kept"][0].data["text/plain"]
    assert "digits / d" in cells["no panel"][0].data["text/plain"]


def test_plain_ipython_prints_one_line(tmp_path):
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "IPython",
            "--colors=nocolor",
            "--no-banner",
            "-c",
            "%load_ext jupyter_tracker\n%tracker runz",
        ],
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "UsageMistake: There is no sub-command 'runz'." in result.stdout
    assert result.stdout.strip().count("\n") == 0
    assert "Traceback" not in result.stderr
