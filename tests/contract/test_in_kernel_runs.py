"""Runs of which this process is the training."""

from __future__ import annotations

import signal

import pytest

from jupyter_tracker.errors import ConfigError, Conflict, InvalidInput
from jupyter_tracker.models import Level, RunKind, RunState


def test_a_run_is_running_until_its_block_ends(tracker):
    with tracker.runs.start("digits", name="first", params={"lr": 0.1}) as run:
        assert tracker.runs.get(run.id).state is RunState.RUNNING
        run.log({"loss": 0.5})
    found = tracker.runs.get(run.id)
    assert found.state is RunState.SUCCEEDED
    assert found.info.kind is RunKind.IN_KERNEL
    assert (found.name, found.experiment, dict(found.params)) == ("first", "digits", {"lr": 0.1})
    assert found.metrics == {"loss": 0.5}


def test_its_times_are_aware_and_in_order(tracker):
    with tracker.runs.start("digits") as run:
        pass
    assert run.created_at <= run.started_at <= run.ended_at
    assert run.ended_at.tzinfo is not None


def test_the_events_tell_its_life_in_order(tracker):
    with tracker.runs.start("digits") as run:
        pass
    assert [event.kind for event in run.events()] == ["created", "started", "ended"]


def faulty():
    raise ValueError("the loss is <b>wrong</b>\nsecond line")


def test_an_exception_ends_it_as_failed(tracker):
    run = tracker.runs.start("digits")
    with pytest.raises(ValueError, match="wrong"), run:
        faulty()
    found = tracker.runs.get(run.id)
    assert found.state is RunState.FAILED
    assert found.info.reason == "ValueError: the loss is <b>wrong</b>"


@pytest.mark.needs("own events")
def test_the_traceback_of_an_exception_is_kept(tracker):
    run = tracker.runs.start("digits")
    with pytest.raises(ValueError, match="wrong"), run:
        faulty()
    exception = next(event for event in run.events() if event.kind == "exception")
    assert exception.level is Level.ERROR
    assert "in faulty" in exception.data["traceback"]
    assert "second line" in exception.data["traceback"]


def test_an_exception_with_bytes_that_are_no_text_ends_it_all_the_same(tracker):
    run = tracker.runs.start("digits")
    with pytest.raises(OSError, match="no such file"), run:
        raise OSError("no such file: \udcff.txt")
    assert run.refresh().state is RunState.FAILED
    assert "\\udcff.txt" in run.info.reason


def test_an_interrupt_ends_it_as_stopped(tracker):
    run = tracker.runs.start("digits")
    with pytest.raises(KeyboardInterrupt), run:
        raise KeyboardInterrupt
    assert tracker.runs.get(run.id).state is RunState.STOPPED


def test_leaving_with_exit_code_zero_is_a_success_and_with_another_a_failure(tracker):
    good, bad = tracker.runs.start("digits"), tracker.runs.start("digits")
    with pytest.raises(SystemExit), good:
        raise SystemExit(0)
    with pytest.raises(SystemExit), bad:
        raise SystemExit(3)
    assert good.refresh().state is RunState.SUCCEEDED
    assert bad.refresh().state is RunState.FAILED


def test_it_can_be_ended_by_hand_with_a_reason(tracker, run):
    run.end("failed", "the loss is not a number")
    found = tracker.runs.get(run.id)
    assert (found.state, found.info.reason) == (RunState.FAILED, "the loss is not a number")


def test_ending_it_again_changes_nothing(tracker, run):
    run.end("failed", "first")
    run.end("succeeded", "second")
    assert run.refresh().info.reason == "first"
    assert [event.kind for event in run.events()].count("ended") == 1


def test_a_run_can_only_end_in_a_state_of_the_end(tracker, run):
    for state in ("running", "nonsense"):
        with pytest.raises(InvalidInput):
            run.end(state)
    assert run.refresh().state is RunState.RUNNING


def test_logging_to_a_run_that_has_ended_is_a_conflict(tracker, run):
    run.log({"loss": 1.0})
    run.end()
    with pytest.raises(Conflict, match="ended"):
        run.log({"loss": 2.0})
    assert run.series()["loss"].tolist() == [1.0]


def test_several_runs_at_once_keep_apart(tracker):
    with tracker.runs.start("digits") as one, tracker.runs.start("digits") as two:
        one.log({"loss": 1.0})
        two.log({"loss": 2.0})
        one.log({"loss": 3.0})
    assert one.series()["loss"].tolist() == [1.0, 3.0]
    assert two.series()["loss"].tolist() == [2.0]


def test_it_has_no_submission(tracker, run):
    assert run.submission() is None


def test_the_current_run_is_the_innermost(other):
    from jupyter_tracker import current_run

    with other.runs.start("digits") as outer:
        assert current_run().id == outer.id
        with other.runs.start("digits") as inner:
            assert current_run().id == inner.id
        assert current_run().id == outer.id
    with pytest.raises(ConfigError, match="not a run"):
        current_run()


@pytest.mark.needs("watching")
def test_a_stop_request_interrupts_the_code_and_the_run_is_stopped(tracker, process, eventually):
    process(
        """
        import time
        with tracker.runs.start("digits", name="endless"):
            while True:
                time.sleep(0.05)
        """
    )
    run = eventually(lambda: next(iter(tracker.runs.list(where="name = 'endless'")), None))
    # The code may have ended by the time at which a platform tells the state.
    assert run.stop(grace_period=20).state in (RunState.STOPPING, RunState.STOPPED)
    assert run.wait(30).state is RunState.STOPPED
    kinds = [event.kind for event in run.events()]
    assert kinds.index("stop_requested") < kinds.index("terminating") < kinds.index("ended")


@pytest.mark.needs("watching")
def test_code_that_ignores_the_interrupt_loses_the_run_after_the_grace_period(tracker, process, eventually):
    child = process(
        """
        import time
        from jupyter_tracker.errors import Conflict
        run = tracker.runs.start("digits", name="stubborn")
        while True:
            try:
                run.log({"loss": 1.0})
                time.sleep(0.01)
            except KeyboardInterrupt:
                continue
            except Conflict:
                print("refused")
                break
        """
    )
    run = eventually(lambda: next(iter(tracker.runs.list(where="name = 'stubborn'")), None))
    run.stop(grace_period=1)
    assert run.wait(30).state is RunState.STOPPED
    assert "did not stop within 1 s" in run.info.reason
    assert child.stdout.readline() == "refused\n"


@pytest.mark.needs("watching")
def test_a_process_that_ends_in_the_middle_says_how(tracker, process, eventually):
    process('tracker.runs.start("digits", name="quiet").log({"loss": 1.0})').wait(60)
    process('tracker.runs.start("digits", name="loud").log({"loss": 1.0})\nraise ValueError("no")').wait(60)
    quiet, loud = tracker.runs.get("quiet"), tracker.runs.get("loud")
    assert quiet.state is RunState.SUCCEEDED
    assert (loud.state, loud.info.reason) == (RunState.FAILED, "ValueError: no")
    assert quiet.series()["loss"].tolist() == [1.0]


@pytest.mark.needs("watching")
def test_a_process_that_is_killed_leaves_a_lost_run_with_all_its_points(tracker, process):
    child = process(
        """
        run = tracker.runs.start("digits", name="killed")
        for step in range(1000):
            run.log({"loss": step / 7})
        print("logged")
        while True:
            pass
        """
    )
    assert child.stdout.readline() == "logged\n"
    child.send_signal(signal.SIGKILL)
    child.wait(30)
    run = tracker.runs.get("killed")
    assert run.wait(10).state is RunState.LOST
    assert run.info.reason
    assert run.series()["loss"].tolist() == [step / 7 for step in range(1000)]
    assert [event.kind for event in run.events()][-1] == "ended"
