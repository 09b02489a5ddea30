"""A notebook runs from top to bottom in a kernel that ends with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.backends.local.process.notebook import inject
from jupyter_tracker.flow import run as drive
from jupyter_tracker.models import Code, CodeKind, RunState, Stream, Submission

LIMIT = 60.0


def written(path, *sources):
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


def command(source, target):
    program = "jupyter_tracker.backends.local.process.notebook"
    return [sys.executable, "-u", "-P", "-m", program, str(source), str(target)]


def execute(source, target, params=None):
    environment = {**os.environ, "JUPYTER_TRACKER_PARAMS": json.dumps(params or {})}
    return subprocess.run(
        command(source, target), cwd=source.parent, env=environment, capture_output=True, text=True, check=False
    )


def test_cells_print_to_the_streams_and_the_executed_notebook_is_written(tmp_path):
    source = written(tmp_path / "a.ipynb", "import sys, os\nprint('out', lr)", "print('err', file=sys.stderr)\n1 + 1")
    result = execute(source, tmp_path / "b.ipynb", {"lr": 0.1, "not a name": 1})
    assert (result.returncode, result.stdout) == (0, "out 0.1\n")
    assert "err\n" in result.stderr
    done = nbformat.read(tmp_path / "b.ipynb", as_version=4)
    assert [cell.execution_count for cell in done.cells] == [1, 2, 3]
    assert done.cells[2].outputs[-1].data["text/plain"] == "2"
    assert len(nbformat.read(source, as_version=4).cells) == 2


def test_an_error_in_a_cell_is_the_exit_code_and_a_traceback_without_colours(tmp_path):
    source = written(tmp_path / "a.ipynb", "print('before')", "raise ValueError('bad lr')", "print('never')")
    result = execute(source, tmp_path / "b.ipynb")
    assert (result.returncode, result.stdout) == (1, "before\n")
    assert "\x1b" not in result.stderr
    assert result.stderr.rstrip().endswith("ValueError: bad lr")
    assert nbformat.read(tmp_path / "b.ipynb", as_version=4).cells[1].outputs[0].ename == "ValueError"


def test_a_kernel_that_dies_is_said_in_words(tmp_path):
    source = written(tmp_path / "a.ipynb", "import os\nos._exit(3)")
    result = execute(source, tmp_path / "b.ipynb")
    assert result.returncode == 1
    assert "DeadKernelError" in result.stderr


def test_a_kernel_that_is_not_installed_is_replaced_for_python_and_named_otherwise(tmp_path):
    source = written(tmp_path / "a.ipynb", "print('ran')")
    notebook = nbformat.read(source, as_version=4)
    for language, code in (("python", 0), ("cobol", 2)):
        notebook.metadata["kernelspec"] = {"name": "elsewhere", "language": language, "display_name": "x"}
        nbformat.write(notebook, source)
        result = execute(source, tmp_path / "b.ipynb")
        assert result.returncode == code
        assert "elsewhere" in result.stderr


def test_a_module_beside_the_notebook_does_not_replace_one_of_the_runner(tmp_path):
    (tmp_path / "json.py").write_text("raise RuntimeError('shadowed')\n")
    source = written(tmp_path / "a.ipynb", "print('ran')")
    assert "shadowed" not in execute(source, tmp_path / "b.ipynb").stderr.partition("ipykernel")[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_kernel_ends_with_the_runner(tmp_path, number):
    source = written(tmp_path / "a.ipynb", "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)")
    with subprocess.Popen(
        command(source, tmp_path / "b.ipynb"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as runner:
        kernel = psutil.Process(int(runner.stdout.readline()))
        runner.send_signal(number)
        kernel.wait(LIMIT)
        runner.wait(LIMIT)


@pytest.mark.parametrize(("tags", "position"), [((), 0), (("parameters",), 2)])
def test_params_are_put_behind_the_cell_that_is_tagged_or_first(tags, position):
    cells = [new_markdown_cell("# Title"), new_code_cell("lr = 1", metadata={"tags": list(tags)})]
    notebook = new_notebook(cells=cells)
    params = {"lr": 0.1, "names": ["a", None], "on": True, "inf": float("-inf"), "deep": {"a": [float("nan")]}, "if": 1}
    for _ in range(2):
        inject(notebook, params)
    assert len(notebook.cells) == 3
    found = {}
    exec(notebook.cells[position].source, found)
    assert {name: found[name] for name in ("lr", "names", "on", "inf")} == {
        name: params[name] for name in ("lr", "names", "on", "inf")
    }
    assert repr(found["deep"]) == "{'a': [nan]}"
    assert "if" not in found


@pytest.fixture
def backend(tmp_path):
    made = LocalBackend(tmp_path / "home")
    yield made
    made.close()


def ended(backend, run_id):
    limit = time.monotonic() + LIMIT
    while not (info := drive(backend.runs.get(run_id))).state.ended:
        assert time.monotonic() < limit
        time.sleep(0.05)
    return info


def test_a_submitted_notebook_gets_params_and_fails_with_the_error_of_its_cell(tmp_path, backend):
    source = written(tmp_path / "a.ipynb", "print('lr', lr)", "raise RuntimeError('over')")
    code = Code(CodeKind.NOTEBOOK, path=str(source))
    info = ended(backend, drive(backend.runs.submit(Submission("demo", code, params={"lr": 0.1}))).id)
    assert (info.state, info.reason) == (RunState.FAILED, "exit code 1: RuntimeError: over")
    lines = drive(backend.logs.read(info.id, None, 100)).items
    assert [line.text for line in lines if line.stream is Stream.STDOUT] == ["lr 0.1"]
    assert (tmp_path / "home" / "runs" / info.id / "code" / "executed-a.ipynb").exists()


def test_a_submitted_cell_with_magics_runs_them(tmp_path, backend):
    code = Code(
        CodeKind.CELL, text="%env GREETING=hello\n!echo $GREETING from a shell", working_directory=str(tmp_path)
    )
    info = ended(backend, drive(backend.runs.submit(Submission("demo", code))).id)
    assert info.state is RunState.SUCCEEDED
    assert "hello from a shell" in [line.text.rstrip() for line in drive(backend.logs.read(info.id, None, 100)).items]


def test_stopping_a_notebook_ends_its_kernel(tmp_path, backend):
    source = written(tmp_path / "a.ipynb", "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)")
    run_id = drive(backend.runs.submit(Submission("demo", Code(CodeKind.NOTEBOOK, path=str(source))))).id
    limit = time.monotonic() + LIMIT
    while not (lines := [each for each in drive(backend.logs.read(run_id, None, 10)).items if each.stream == "stdout"]):
        assert time.monotonic() < limit
        time.sleep(0.05)
    drive(backend.runs.stop(run_id, 10.0))
    assert ended(backend, run_id).state is RunState.STOPPED
    assert not psutil.pid_exists(int(lines[0].text))
