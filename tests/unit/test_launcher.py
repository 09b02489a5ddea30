"""Code is checked before it becomes a run; then its command, arguments and environment are made."""

from __future__ import annotations

import argparse
import json
import stat
import sys
from pathlib import Path

import pytest

from jupyter_tracker.backends.common.code.codecheck import check_code, has_magics
from jupyter_tracker.backends.local.process import launcher
from jupyter_tracker.backends.local.process.command import (
    arguments,
    child_environment,
    command,
    packed_variables,
    param_variable,
    prepare,
    unpacked_variables,
    working_directory,
)
from jupyter_tracker.backends.local.process.launcher import launch
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.errors import InvalidCode, InvalidInput, StoreError
from jupyter_tracker.models import Code, CodeKind, Submission, check_variables


def script(path):
    return Code(CodeKind.SCRIPT, path=str(path))


def cell(text):
    return Code(CodeKind.CELL, text=text)


def executable(path, text):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def notebook(path, *cells):
    made = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": each} for each in cells
    ]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": made}))
    return path


def test_a_missing_script_is_named_with_a_close_one(tmp_path):
    (tmp_path / "train.py").touch()
    with pytest.raises(InvalidCode, match=r"There is no file .*/trian\.py\. Did you mean 'train\.py'\?"):
        check_code(script(tmp_path / "trian.py"))


def test_a_missing_folder_around_a_script_is_named(tmp_path):
    with pytest.raises(InvalidCode, match=r"the folder .*/nowhere is not there either"):
        check_code(script(tmp_path / "nowhere" / "train.py"))


def test_a_syntax_error_is_shown_with_file_line_and_text(tmp_path):
    path = tmp_path / "train.py"
    path.write_text("import os\nfor x in range(3) print(x)\n")
    with pytest.raises(InvalidCode) as caught:
        check_code(script(path))
    assert f"{path}:2: " in str(caught.value)
    assert "for x in range(3) print(x)" in str(caught.value)
    assert "^" in str(caught.value)


def test_binary_in_a_python_file_is_refused(tmp_path):
    path = tmp_path / "train.py"
    path.write_bytes(b"\x7fELF\x00\x01\xff")
    with pytest.raises(InvalidCode, match=r"train\.py"):
        check_code(script(path))


def test_a_file_that_is_neither_python_nor_executable_gets_the_command_that_helps(tmp_path):
    path = tmp_path / "train.sh"
    path.write_text("#!/bin/sh\n")
    with pytest.raises(InvalidCode, match=r"chmod \+x .*train\.sh"):
        check_code(script(path))
    assert check_code(script(executable(path, "#!/bin/sh\n"))).path == str(path)


def test_a_folder_in_place_of_a_script_is_refused(tmp_path):
    with pytest.raises(InvalidCode, match="is a folder"):
        check_code(script(tmp_path))


def test_paths_become_absolute_against_the_working_directory(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "train.py").touch()
    code = check_code(Code(CodeKind.SCRIPT, path="sub/../sub/train.py", working_directory=str(tmp_path)))
    assert code.path == str(tmp_path / "sub" / "train.py")
    assert code.working_directory == str(tmp_path)
    with pytest.raises(InvalidCode, match="working directory"):
        check_code(Code(CodeKind.SCRIPT, path="train.py", working_directory=str(tmp_path / "none")))


def test_the_entry_point_of_a_folder_is_found_or_the_names_that_were_tried_are_listed(tmp_path):
    folder = Code(CodeKind.FOLDER, path=str(tmp_path))
    with pytest.raises(InvalidCode, match=r"main\.py, train\.py, __main__\.py"):
        check_code(folder)
    (tmp_path / "__main__.py").touch()
    assert check_code(folder).entry_point == "__main__.py"
    (tmp_path / "train.py").touch()
    assert check_code(folder).entry_point == "train.py"
    named = Code(CodeKind.FOLDER, path=str(tmp_path), entry_point="other.py")
    with pytest.raises(InvalidCode, match=r"other\.py"):
        check_code(named)
    (tmp_path / "other.py").touch()
    assert check_code(named).entry_point == "other.py"
    with pytest.raises(InvalidCode, match="leaves the folder"):
        check_code(Code(CodeKind.FOLDER, path=str(tmp_path), entry_point="../x.py"))
    with pytest.raises(InvalidCode, match="no folder"):
        check_code(Code(CodeKind.FOLDER, path=str(tmp_path / "none")))


@pytest.mark.parametrize(
    "content", ["not json", "[]", '{"nbformat": "x"}', '{"cells": []}', '{"nbformat": 4, "cells": 3}']
)
def test_a_file_that_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "train.ipynb"
    path.write_text(content)
    with pytest.raises(InvalidCode, match=r"train\.ipynb"):
        check_code(Code(CodeKind.NOTEBOOK, path=str(path)))


def test_a_notebook_of_an_old_format_gets_the_command_that_converts_it(tmp_path):
    path = tmp_path / "old.ipynb"
    path.write_text('{"nbformat": 3, "worksheets": []}')
    with pytest.raises(InvalidCode, match="nbconvert"):
        check_code(Code(CodeKind.NOTEBOOK, path=str(path)))


def test_a_cell_is_compiled_and_a_mistake_in_it_is_shown():
    check_code(cell("for x in range(3):\n    print(x)"))
    with pytest.raises(InvalidCode, match=r"<cell>:2: "):
        check_code(cell("x = 1\ny = = 2"))
    with pytest.raises(InvalidCode, match="empty"):
        check_code(cell("  \n"))


def test_a_cell_with_magics_is_accepted_and_runs_in_a_kernel(tmp_path):
    code = check_code(cell("%time x = 1\n!echo hello\nprint(x)"))
    assert has_magics(code.text)
    prepare(code, tmp_path)
    assert command(code, {}, tmp_path)[-2:] == [
        str(tmp_path / "code" / "cell.ipynb"),
        str(tmp_path / "code" / "executed-cell.ipynb"),
    ]
    with pytest.raises(InvalidCode, match="<cell>:2"):
        check_code(cell("%time x = 1\ny = = 2"))


def test_magics_without_a_kernel_to_run_them_are_refused_in_words(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython.core.inputtransformer2", None)
    with pytest.raises(InvalidCode, match="'%time x = 1' in line 1, which needs IPython"):
        check_code(cell("%time x = 1"))


def test_a_plain_cell_is_written_beside_the_run(tmp_path):
    code = check_code(cell("print('ä')"))
    prepare(code, tmp_path)
    assert (tmp_path / "code" / "cell.py").read_text(encoding="utf-8") == "print('ä')\n"
    assert command(code, {"lr": 1}, tmp_path) == [sys.executable, "-u", str(tmp_path / "code" / "cell.py")]


def test_a_script_runs_in_place_and_a_copy_is_kept(tmp_path):
    path = tmp_path / "train.py"
    path.write_text("print(1)\n")
    code = check_code(Code(CodeKind.SCRIPT, path=str(path), working_directory=str(tmp_path)))
    folder = tmp_path / "run"
    folder.mkdir()
    prepare(code, folder)
    assert (folder / "code" / "train.py").read_text() == "print(1)\n"
    assert command(code, {"lr": 0.1}, folder) == [sys.executable, "-u", str(path), "--lr", "0.1"]


def test_a_program_that_is_not_python_is_started_by_itself(tmp_path):
    path = executable(tmp_path / "train.sh", "#!/bin/sh\n")
    assert command(check_code(script(path)), {}, tmp_path) == [str(path)]


def test_the_working_directory_is_the_folder_the_notebooks_or_where_it_was_submitted(tmp_path):
    (tmp_path / "main.py").touch()
    book = notebook(tmp_path / "a.ipynb", "1")
    assert working_directory(check_code(Code(CodeKind.FOLDER, path=str(tmp_path)))) == str(tmp_path)
    assert working_directory(check_code(Code(CodeKind.NOTEBOOK, path=str(book)))) == str(tmp_path)
    assert working_directory(check_code(cell("1"))) == str(Path.cwd())


def test_params_become_arguments_that_argparse_reads():
    params = {
        "lr": -1e-5,
        "flag": True,
        "off": False,
        "none": None,
        "layers": [64, 32],
        "name": "--x",
        "options": {"a": [1, None]},
        "empty": "",
        "nul": "a\0b",
    }
    argv = list(arguments(params))
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float)
    parser.add_argument("--flag", action="store_true")
    parser.add_argument("--layers", type=int, nargs="*")
    parser.add_argument("--name")
    parser.add_argument("--options", type=json.loads)
    parser.add_argument("--empty")
    read = vars(parser.parse_args(argv))
    assert read == {key: params[key] for key in ("lr", "flag", "layers", "name", "options", "empty")}
    assert list(arguments({"lr": 0.1, "name": "x y"})) == ["--lr", "0.1", "--name", "x y"]


def submission(**changes):
    return Submission("demo", Code(CodeKind.CELL, text="1", working_directory="/work"), **changes)


def test_the_environment_holds_run_params_data_and_variables(tmp_path):
    base = {"PATH": "/bin", "JUPYTER_TRACKER_RUN_ID": "parent", "JUPYTER_TRACKER_DATA": "parent", "JPY_PARENT_PID": "1"}
    made = child_environment(
        base,
        tmp_path,
        "abc",
        submission(params={"learning-rate": 0.1, "name": "x", "deep": {"a": 1}}),
        {"TOKEN": "secret"},
    )
    assert made["PATH"] == "/bin"
    assert made["JUPYTER_TRACKER_RUN_ID"] == "abc"
    assert made["JUPYTER_TRACKER_HOME"] == str(tmp_path)
    assert json.loads(made["JUPYTER_TRACKER_PARAMS"]) == {"learning-rate": 0.1, "name": "x", "deep": {"a": 1}}
    assert made["JUPYTER_TRACKER_PARAM_LEARNING_RATE"] == "0.1"
    assert made["JUPYTER_TRACKER_PARAM_NAME"] == "x"
    assert made["JUPYTER_TRACKER_PARAM_DEEP"] == '{"a": 1}'
    assert made["TOKEN"] == "secret"
    assert made["PYTHONPATH"] == "/work"
    assert "JUPYTER_TRACKER_DATA" not in made
    assert "JPY_PARENT_PID" not in made
    assert child_environment({}, tmp_path, "abc", submission(data="/d"), {})["JUPYTER_TRACKER_DATA"] == "/d"


def test_a_param_too_large_for_an_environment_is_left_to_the_store(tmp_path):
    made = child_environment({}, tmp_path, "abc", submission(params={"large": "x" * 200_000, "small": 1}), {})
    assert "JUPYTER_TRACKER_PARAM_LARGE" not in made
    assert "JUPYTER_TRACKER_PARAMS" not in made
    assert made["JUPYTER_TRACKER_PARAM_SMALL"] == "1"
    assert list(arguments({"large": "x" * 200_000, "small": 1})) == ["--small", "1"]


def test_variables_pass_through_the_supervisor_without_touching_it():
    packed = packed_variables({"PYTHONPATH": "/evil", "TOKEN": "s"})
    assert "PYTHONPATH" not in packed
    assert unpacked_variables({**packed, "PATH": "/bin"}) == {"PYTHONPATH": "/evil", "TOKEN": "s"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("1A", "x"),
        ("A B", "x"),
        ("", "x"),
        ("A=B", "x"),
        ("A", 1),
        ("A", "a\0b"),
        ("JUPYTER_TRACKER_HOME", "x"),
        ("A\n", "x"),
    ],
)
def test_what_cannot_be_an_environment_variable_is_refused(name, value):
    with pytest.raises(InvalidInput, match="variable"):
        check_variables({name: value})


def test_no_error_about_a_variable_holds_its_value():
    with pytest.raises(InvalidInput) as caught:
        check_variables({"TOKEN": "s3cret\0"})
    assert "s3cret" not in str(caught.value)


def test_names_of_params_become_names_of_variables():
    assert param_variable("learning-rate.v2") == "JUPYTER_TRACKER_PARAM_LEARNING_RATE_V2"


def test_a_supervisor_that_dies_at_once_is_reported_with_its_last_words(tmp_path):
    store = Store(tmp_path / "home")
    with pytest.raises(StoreError, match="There is no run 'feed'"):
        launch(store, "feed", submission())


def test_a_supervisor_that_never_answers_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(launcher, "LAUNCH_LIMIT", 0.0)
    with pytest.raises(StoreError, match="did not start"):
        launch(Store(tmp_path / "home"), "feed", submission())
