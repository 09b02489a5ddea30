"""`%tracker queue`, `%tracker restart`, and the options that say what a run needs and when it starts."""

from __future__ import annotations

from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.models import RunState

FAILING = "%%tracker run digits --name flaky --retries 1 --retry-delay 0s\nraise ValueError('no luck')"


def test_the_queue_is_limited_shown_reordered_and_opened(shell):
    assert repr(shell.value("%tracker queue --maximum-instances 0 --maximum-queue-size 5")) == (
        "queue of the store · 0 run of at most 0 · 0 wait of at most 5"
    )
    for name, priority in (("first", 0), ("second", 3)):
        shell.value(f"%%tracker run digits --name {name} --priority {priority} --no-panel\nprint(1)")
    shown = shell.value("%tracker queue")
    assert [(each.name, each.position, each.priority) for each in shown] == [("second", 1, 3), ("first", 2, 0)]
    assert "2 wait of at most 5" in repr(shown)
    assert shown[0].reason == "It waits until runs are let through: the maximum is 0."
    assert shown.frame()["name"].tolist() == ["second", "first"]
    assert shell.value("%tracker queue prioritize first 7").info.priority == 7
    assert [each.name for each in shell.value("%tracker queue digits")] == ["first", "second"]
    opened = shell.value("%tracker queue --maximum-instances unlimited")
    assert opened.limits.maximum_instances is None
    for name in ("first", "second"):
        assert shell.tracker.runs.get(name).wait(60).state is RunState.SUCCEEDED


def test_what_is_no_number_is_told_with_the_usage(shell):
    for line in (
        "%tracker queue --maximum-instances many",
        "%tracker queue --minimum-instances -1",
        "%tracker queue prioritize last high",
    ):
        error, printed = shell.error(line)
        assert isinstance(error, UsageMistake), printed
        assert "whole number" in printed


def test_a_run_is_tried_again_and_restarted(shell):
    run = shell.value(FAILING)
    assert (run.wait(60).state, run.info.attempt) == (RunState.FAILED, 2)
    again = shell.value("%tracker restart flaky")
    assert (again.wait(60).state, again.info.attempt) == (RunState.FAILED, 4)


def test_resources_are_written_as_options(shell):
    run = shell.value("%%tracker run digits --cpu 500m --memory 2Gi --gpu 0 --restart-interrupted --wait\nprint(1)")
    submission = run.submission()
    assert submission.resources == {"cpu": "500m", "memory": "2Gi", "gpu": "0"}
    assert submission.restart_interrupted
    error, printed = shell.error("%%tracker run digits --memory 2GB\nprint(1)")
    assert type(error).__name__ == "InvalidInput"
    assert "memory" in printed
    assert "2GB" in printed
