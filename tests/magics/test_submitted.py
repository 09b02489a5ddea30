"""`%%tracker run` and `%tracker submit`: runs in processes of their own."""

from __future__ import annotations

from jupyter_tracker.client import Run
from jupyter_tracker.errors import WaitTimeout
from jupyter_tracker.magics.mistakes import RunFailed, UsageMistake
from jupyter_tracker.models import RunState


def test_a_cell_becomes_a_run_and_waits_when_asked(shell):
    run = shell.value(
        "%%tracker run digits --name cell --param lr=0.5 --tag a=b --env GREETING=hello --wait --as kept\n"
        "import os, jupyter_tracker as jt\nprint(os.environ['GREETING'])\nrun = jt.current_run()\n"
        "run.log({'lr': run.params['lr']})"
    )
    assert isinstance(run, Run)
    assert run is shell.names["kept"]
    assert (run.experiment, run.name, run.state, run.params) == ("digits", "cell", RunState.SUCCEEDED, {"lr": 0.5})
    assert run.metrics == {"lr": 0.5}
    assert [line.text for line in run.logs()] == ["hello"]


def test_a_waiting_cell_fails_with_its_run_in_one_line(shell):
    error, printed = shell.error("%%tracker run digits --wait\n1 / 0")
    assert isinstance(error, RunFailed)
    assert "ZeroDivisionError" in printed
    assert printed.count("\n") == 1


def test_a_script_is_submitted_followed_and_stopped(shell, tmp_path):
    (tmp_path / "train.py").write_text("import time\nprint('begun', flush=True)\ntime.sleep(60)\n")
    run = shell.value("%tracker submit train.py --experiment digits --timeout 50s")
    assert run.name == "train"
    assert not run.state.ended
    assert isinstance(shell.error("%tracker wait last --timeout 0.01")[0], WaitTimeout)
    stopped = shell.value("%tracker stop last --grace 5s --wait")
    assert stopped.state is RunState.STOPPED
    assert shell.value("%tracker wait last").id == run.id


def test_a_cell_that_cannot_be_compiled_is_rejected(shell):
    error, printed = shell.error("%%tracker run\nx = = 1")
    assert "Traceback" not in printed
    assert type(error).__name__ == "InvalidCode"
    assert isinstance(shell.error("%%tracker ran\n1")[0], UsageMistake)
