"""Further attempts of a run: retries by itself, restarts when asked, and after its processes have vanished."""

from __future__ import annotations

import os
import signal

import pytest

from jupyter_tracker.errors import Conflict, InvalidInput
from jupyter_tracker.models import RunState

pytestmark = pytest.mark.one_client

LIMIT = 60
FLAKY = """
import os, sys
import jupyter_tracker as jt
attempt = int(os.environ["JUPYTER_TRACKER_ATTEMPT"])
print("attempt", attempt)
jt.current_run().log({"loss": attempt})
sys.exit(0 if attempt == 3 else 7)
"""
WAITING = "import os, time\nprint(os.getpid(), os.getppid(), flush=True)\nwhile True:\n    time.sleep(0.05)\n"


def kinds(run):
    return [event.kind for event in run.events()]


def texts(run):
    return [line.text for line in run.logs()]


def test_a_run_that_fails_is_tried_again_and_goes_on_in_the_same_run(tracker):
    run = tracker.runs.submit("digits", code=FLAKY, retries=5, retry_delay=0).wait(LIMIT)
    assert (run.state, run.info.exit_code, run.info.attempt) == (RunState.SUCCEEDED, 0, 3), str(run.logs())
    assert texts(run) == ["attempt 1", "attempt 2", "attempt 3"]
    assert run.series()["loss"].tolist() == [1.0, 2.0, 3.0]
    assert kinds(run) == ["created", "queued", "started", "retried", "started", "retried", "started", "ended"]
    told = [event for event in run.events() if event.kind == "retried"]
    assert "Attempt 1 failed: exit code 7" in told[0].message
    assert [event.data["attempt"] for event in told] == [2, 3]


def test_it_fails_with_its_last_attempt_and_delays_double(tracker):
    run = tracker.runs.submit("digits", code="import sys\nsys.exit(3)\n", retries=3, retry_delay=0.01).wait(LIMIT)
    assert (run.state, run.info.exit_code, run.info.attempt) == (RunState.FAILED, 3, 4)
    assert [event.data["delay"] for event in run.events() if event.kind == "retried"] == [0.01, 0.02, 0.04]


def test_a_run_that_takes_too_long_is_not_tried_again(tracker):
    run = tracker.runs.submit("digits", code=WAITING, timeout=0.5, retries=3, retry_delay=0).wait(LIMIT)
    assert (run.state, run.info.attempt) == (RunState.FAILED, 1)


def test_a_stop_ends_the_wait_for_a_retry(tracker, eventually):
    run = tracker.runs.submit("digits", code="import sys\nsys.exit(3)\n", retries=1, retry_delay=3600)
    eventually(lambda: run.refresh().state is RunState.QUEUED and run.info.attempt == 2, LIMIT)
    assert "starts in 1 h 00 m" in run.info.reason
    run.stop().wait(LIMIT)
    assert (run.state, kinds(run).count("started")) == (RunState.STOPPED, 1)


@pytest.mark.parametrize(
    ("option", "value"),
    [("retries", -1), ("retries", 1.5), ("retry_delay", -1), ("retry_delay", "x"), ("priority", "high")],
)
def test_what_makes_no_sense_is_refused(tracker, option, value):
    with pytest.raises(InvalidInput, match=option):
        tracker.runs.submit("digits", code="print(1)\n", **{option: value})
    assert tracker.runs.list() == []


def test_a_run_that_ended_badly_is_restarted_as_a_further_attempt_that_finds_its_checkpoints(tracker, tmp_path):
    (tmp_path / "weights").write_text("w")
    code = (
        "import os\nimport jupyter_tracker as jt\nrun = jt.current_run()\n"
        "print('attempt', os.environ['JUPYTER_TRACKER_ATTEMPT'], [each.step for each in run.checkpoints()])\n"
        f"run.log({{'loss': 1.0}})\nrun.log_checkpoint(5, {str(tmp_path / 'weights')!r})\n"
        f"if not os.path.exists({str(tmp_path / 'mended')!r}): raise ValueError('broken')\n"
    )
    run = tracker.runs.submit("digits", code=code, params={"lr": 0.5}).wait(LIMIT)
    assert run.state is RunState.FAILED
    last_event, last_line = run.events()[-1].sequence, run.logs()[-1].cursor
    started = run.started_at
    (tmp_path / "mended").touch()
    assert not run.restart().state.ended
    assert run.wait(LIMIT).state is RunState.SUCCEEDED, str(run.logs())
    assert (run.info.attempt, run.info.reason, run.started_at) == (2, "", started)
    assert [line.text for line in run.logs(after=last_line)] == ["attempt 2 [5]"]
    after = [event.kind for event in run.events(after=last_event) if event.kind != "checkpoint"]
    assert after == ["restarted", "queued", "started", "ended"]
    assert run.series().index.tolist() == [0, 1]
    with pytest.raises(Conflict, match="has succeeded"):
        run.restart()


@pytest.mark.needs("processes")
def test_a_stopped_run_is_restarted_and_one_that_runs_is_not(tracker, eventually):
    run = tracker.runs.submit("digits", code=WAITING)
    eventually(lambda: texts(run), LIMIT)
    with pytest.raises(Conflict, match="has not ended"):
        tracker.runs.restart(run.id)
    run.stop(0).wait(LIMIT)
    tracker.runs.restart(run.id)
    eventually(lambda: len(texts(run)) == 2, LIMIT)
    assert run.refresh().state is RunState.RUNNING


def test_a_run_of_a_kernel_is_not_restarted(run):
    run.end("failed")
    with pytest.raises(Conflict, match="notebook or script"):
        run.restart()


@pytest.mark.needs("run variables")
def test_a_restart_needs_the_variables_again_whose_values_were_not_kept(tracker):
    code = "import os, sys\nprint(len(os.environ['TOKEN']))\nsys.exit(1)\n"
    run = tracker.runs.submit("digits", code=code, variables={"TOKEN": "four"}).wait(LIMIT)
    with pytest.raises(InvalidInput, match="TOKEN"):
        run.restart()
    run.restart(variables={"TOKEN": "five5"}).wait(LIMIT)
    assert texts(run) == ["4", "5"]


def test_a_restart_runs_the_code_that_was_kept(tracker, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("import sys\nprint('kept')\nsys.exit(1)\n")
    run = tracker.runs.submit("digits", code=script).wait(LIMIT)
    script.unlink()
    run.restart().wait(LIMIT)
    assert texts(run) == ["kept", "kept"]


def test_a_restart_waits_for_its_place(tracker):
    run = tracker.runs.submit("digits", code="import sys\nsys.exit(1)\n").wait(LIMIT)
    tracker.queue.update(maximum_instances=0)
    assert run.restart().state is RunState.QUEUED
    assert "0" in run.info.reason
    tracker.queue.update(maximum_instances=1)
    assert (run.wait(LIMIT).state, run.info.attempt) == (RunState.FAILED, 2)


def test_an_interrupted_run_starts_again_by_itself_when_that_was_asked_for(tracker, eventually, tmp_path):
    """UbiOps: `restart_request_interruption`."""
    gate = tmp_path / "gate"
    code = (
        "import os, time\nprint(os.getpid(), os.getppid(), len(os.environ['TOKEN']), flush=True)\n"
        f"while not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)\n"
    )
    run = tracker.runs.submit("digits", code=code, restart_interrupted=True, variables={"TOKEN": "t0ken-value"})
    child, keeper, _ = eventually(lambda: texts(run), LIMIT)[0].split()
    os.kill(int(keeper), signal.SIGKILL)
    os.kill(int(child), signal.SIGKILL)
    gate.touch()
    assert run.wait(LIMIT).state is RunState.SUCCEEDED
    assert (run.info.attempt, texts(run)[1].split()[2]) == (2, "11")
    assert "interrupted" in kinds(run)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"t0ken-value" not in kept
