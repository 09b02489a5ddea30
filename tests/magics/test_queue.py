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


def test_a_cell_is_searched_over(shell):
    run = shell.value(
        "%%tracker run digits --name search --sweep lr=0.1,0.2 depth=1:2 --metric loss --goal maximize --wait\n"
        "import jupyter_tracker as jt\np = jt.current_run().params\n"
        "jt.current_run().log({'loss': p['lr'] * p['depth']})"
    )
    assert run.state is RunState.SUCCEEDED
    found = shell.value("%tracker children search")
    assert [(each.params["lr"], each.params["depth"]) for each in found] == [(0.1, 1), (0.1, 2), (0.2, 1), (0.2, 2)]
    assert shell.tracker.runs.get(run.tags["best_run"]).params == {"lr": 0.2, "depth": 2}


def test_a_search_that_is_written_wrong_is_told_with_the_usage(shell):
    for line, words in (
        ("%%tracker run --sweep lr=8:2\n1", "--sweep lr takes a range from a smaller number to a larger one"),
        ("%%tracker run --metric loss\n1", "--metric belongs to a search"),
    ):
        error, printed = shell.error(line)
        assert isinstance(error, UsageMistake), printed
        assert words in printed
