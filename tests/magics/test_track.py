"""`%%tracker track`: the cell runs here, as a run."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from jupyter_tracker.errors import StoreFull
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.tee import Tee
from jupyter_tracker.models import RunState


def last(shell):
    return shell.tracker.runs.get("last")


def texts(run, stream=None):
    return [line.text for line in run.logs() if stream is None or line.stream == stream]


def test_the_cell_is_a_run_with_its_params_tags_and_name(shell):
    shell.value("%%tracker track digits --name base --param lr=0.1 layers=[1,2] flag=true --tag team=vision\nx = 1")
    run = last(shell)
    assert (run.experiment, run.name, run.state) == ("digits", "base", RunState.SUCCEEDED)
    assert run.params == {"lr": 0.1, "layers": [1, 2], "flag": True}
    assert run.tags == {"team": "vision"}
    assert shell.names["x"] == 1


def test_current_run_is_the_run_and_as_binds_it(shell):
    code = (
        "%%tracker track --as mine\nimport jupyter_tracker as jt\nassert jt.current_run() is mine\nmine.log({'a': 1})"
    )
    shell.value(code)
    assert last(shell).metrics == {"a": 1}
    assert "run" not in shell.names


def test_the_value_of_the_last_line_is_shown_as_ever(shell):
    result, printed = shell.cell("%%tracker track\nx = 20\nx + 1")
    assert result.result == 21
    assert "21" in printed
    assert "21" not in shell.cell("%%tracker track\nx + 1;")[1]
    assert shell.value("%%tracker track\nx = 5") is None


def test_output_is_shown_and_logged_with_its_tail(shell):
    code = "%%tracker track\nimport sys\nprint('one')\nsys.stderr.write('bad\\n')\nprint('tail', end='')"
    printed = shell.cell(code)[1]
    assert "one" in printed
    assert "bad" in printed
    run = last(shell)
    assert texts(run, "stdout") == ["one", "tail"]
    assert texts(run, "stderr") == ["bad"]


def test_output_of_threads_is_logged_and_the_streams_are_given_back(shell):
    before = sys.stdout, sys.stderr
    shell.value(
        "%%tracker track\nimport threading\n"
        "threads = [threading.Thread(target=lambda n=n: [print(f'{n}-{i}\\n', end='') for i in range(50)])"
        " for n in range(4)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]; None"
    )
    assert sorted(texts(last(shell))) == sorted(f"{n}-{i}" for n in range(4) for i in range(50))
    assert (sys.stdout, sys.stderr) == before


def test_output_is_in_the_log_while_the_cell_still_runs(shell):
    shell.value("%%tracker track --as run\nprint('early')\nseen = [line.text for line in run.logs()]")
    assert shell.names["seen"] == ["early"]


def test_an_exception_fails_the_run_and_shows_the_own_traceback_only(shell):
    error, printed = shell.error("%%tracker track\nprint('before')\ndef f():\n    return 1 / 0\nf()")
    assert isinstance(error, ZeroDivisionError)
    assert "ZeroDivisionError" in printed
    assert "----> 5 f()" in printed
    assert "tracked.py" not in printed
    run = last(shell)
    assert run.state is RunState.FAILED
    assert "division by zero" in run.info.reason
    event = next(event for event in run.events() if event.kind == "exception")
    assert "return 1 / 0" in event.data["traceback"]
    assert "IPython" not in event.data["traceback"]


def test_an_interrupt_stops_the_run(shell):
    error, _ = shell.error("%%tracker track\nprint('before')\nraise KeyboardInterrupt")
    assert isinstance(error, KeyboardInterrupt)
    assert last(shell).state is RunState.STOPPED
    assert texts(last(shell))[0] == "before"


def test_a_stop_from_elsewhere_interrupts_the_cell(shell):
    shell.value("import threading, time")
    code = (
        "%%tracker track --as run\n"
        "threading.Timer(0.2, lambda: run.tracker.runs.stop(run.id)).start()\n"
        "for _ in range(1000): time.sleep(0.01)"
    )
    error, _ = shell.error(code)
    assert isinstance(error, KeyboardInterrupt)
    assert last(shell).state is RunState.STOPPED


def test_a_syntax_error_makes_no_run(shell):
    error, _ = shell.error("%%tracker track\nx = = 2")
    assert isinstance(error, SyntaxError)
    assert len(shell.tracker.runs.list()) == 0


def test_top_level_await_works(shell):
    result, _ = shell.cell(
        "%%tracker track --as run\nimport asyncio\nawait asyncio.sleep(0.01)\nrun.log({'a': 1})\n'done'"
    )
    assert result.success
    assert result.result == "done"
    assert last(shell).metrics == {"a": 1}
    assert last(shell).state is RunState.SUCCEEDED


def test_a_cancelled_await_stops_the_run(shell):
    shell.error("%%tracker track\nimport asyncio\nraise asyncio.CancelledError")
    assert last(shell).state is RunState.STOPPED


def test_cells_that_the_cell_runs_do_not_end_the_run(shell):
    code = "%%tracker track --as run\nget_ipython().run_cell('inner = 1')\nrun.log({'after': inner})\nprint('still')"
    shell.value(code)
    assert last(shell).metrics == {"after": 1}
    assert "still" in texts(last(shell))


def test_another_cell_magic_may_follow(shell):
    shell.value("%%tracker track\n%%time\nprint('timed')")
    assert "timed" in texts(last(shell))


def test_an_empty_cell_is_a_mistake_that_fails_the_cell(shell):
    for code in ("%%tracker track\n", "%%tracker track digits\n  \n"):
        assert isinstance(shell.error(code)[0], UsageMistake)


def test_a_wrong_option_runs_nothing(shell):
    error, printed = shell.error("%%tracker track --nam x\ntouched = True")
    assert isinstance(error, UsageMistake)
    assert "Did you mean '--name'" in printed
    assert printed.count("\n") == 1
    assert "touched" not in shell.names


def test_help_over_a_cell_runs_nothing(shell):
    assert "--name NAME" in shell.cell("%%tracker track --help\ntouched = True")[1]
    assert "touched" not in shell.names


def test_surroundings_and_executed_cells_are_kept(shell):
    shell.value("earlier = 1")
    shell.value("%%tracker track\nnow = 2")
    environment = last(shell).environment()
    assert environment.history == ("earlier = 1", "%%tracker track\nnow = 2")
    assert environment.python
    assert "ipython" in environment.packages


def test_run_cell_magic_tracks_as_well(shell):
    shell.names["code"] = "print('direct')\n6 * 7\n"
    _, printed = shell.cell("get_ipython().run_cell_magic('tracker', 'track --name direct', code)")
    assert "42" in printed
    assert texts(last(shell)) == ["direct"]
    shell.names["code"] = "1 / 0"
    error, printed = shell.error("get_ipython().run_cell_magic('tracker', 'track', code)")
    assert isinstance(error, ZeroDivisionError)
    assert "tracked.py" not in printed
    assert last(shell).state is RunState.FAILED
    shell.names["code"] = "# nothing"
    assert isinstance(shell.error("get_ipython().run_cell_magic('tracker', 'track', code)")[0], UsageMistake)


def test_a_log_that_cannot_be_kept_does_not_end_the_training():
    def full(text):
        raise StoreFull("The disk is full.")

    out = io.StringIO()
    tee = Tee(out, full)
    print("one", file=tee)
    print("two", file=tee)
    assert out.getvalue().count("no longer kept") == 1
    assert out.getvalue().endswith("two\n")


def test_an_interrupt_while_logging_loses_nothing():
    kept = []
    interrupts = [KeyboardInterrupt()]

    def keep(text):
        if interrupts:
            raise interrupts.pop()
        kept.append(text)

    tee = Tee(io.StringIO(), keep)
    with pytest.raises(KeyboardInterrupt):
        tee.write("one\n")
    tee.write("two\n")
    assert "".join(kept) == "one\ntwo\n"


def test_lines_are_kept_whole_and_their_beginnings_when_flushed():
    kept = []
    tee = Tee(io.StringIO(), kept.append)
    tee.write("a")
    assert kept == []
    tee.write("b\n")
    tee.write("c")
    tee.flush()
    assert kept == ["ab\n", "c"]


def test_many_threads_write_whole_texts():
    kept = []
    tee = Tee(io.StringIO(), kept.append)
    threads = [threading.Thread(target=lambda n=n: [tee.write(f"{n}\n") for _ in range(200)]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("".join(kept).split()) == sorted(str(n) for n in range(4) for _ in range(200))
