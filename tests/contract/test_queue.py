"""The queue: who waits, who starts next, and that nobody waits for ever."""

from __future__ import annotations

import os
import signal

import pytest

from jupyter_tracker import Secret
from jupyter_tracker.errors import Conflict, InvalidInput, QueueFull
from jupyter_tracker.models import RunState

pytestmark = pytest.mark.one_client

LIMIT = 60
QUICK = "print('done')\n"


@pytest.fixture
def gated(tracker, tmp_path, eventually):
    """Submit a run that goes on until its gate is opened."""

    def submit(name, **options):
        code = (
            "import os, time\nprint(os.getpid(), os.getppid(), flush=True)\n"
            f"while not os.path.exists({str(tmp_path / name)!r}):\n    time.sleep(0.02)\n"
        )
        return tracker.runs.submit(options.pop("experiment", "digits"), code=code, name=name, **options)

    yield submit
    for name in "abc":
        (tmp_path / name).touch()
    for run in tracker.runs.list():
        run.wait(LIMIT)


@pytest.fixture
def let(tmp_path):
    return lambda run: (tmp_path / run.name).touch()


def states(*runs):
    return [str(run.refresh().state) for run in runs]


def printed(run, eventually):
    return eventually(lambda: [line.text for line in run.logs()], LIMIT)


def test_without_a_limit_a_run_starts_at_once(tracker, gated):
    runs = [gated(name) for name in "ab"]
    assert "queued" not in [event.message for event in runs[1].events()]
    limits = tracker.queue.get()
    assert (limits.maximum_instances, limits.running, limits.waiting) == (None, 2, 0)


def test_a_run_beyond_the_maximum_waits_says_so_and_starts_when_another_ends(tracker, gated, let, eventually):
    tracker.queue.update(maximum_instances=1)
    first, second, third = (gated(name) for name in "abc")
    assert states(second, third) == ["queued", "queued"]
    assert second.info.reason == "It waits until none runs."
    assert third.info.reason.startswith("It waits for 1 run before it")
    assert [(entry.name, entry.position) for entry in tracker.queue.list()] == [("a", 0), ("b", 1), ("c", 2)]
    let(first)
    first.wait(LIMIT)
    printed(second, eventually)
    assert states(second, third) == ["running", "queued"]
    assert third.info.reason == "It waits until none runs."
    let(second)
    let(third)
    assert third.wait(LIMIT).state is RunState.SUCCEEDED
    assert third.info.reason == ""


def test_the_next_run_starts_although_nobody_looks_on(tracker, gated, let, process, address, tmp_path):
    tracker.queue.update(maximum_instances=1)
    first = gated("a")
    mark = tmp_path / "mark"
    second = tracker.runs.submit("digits", code=f"from pathlib import Path\nPath({str(mark)!r}).touch()\n")
    watcher = process(f"import os, time\nwhile not os.path.exists({str(mark)!r}): time.sleep(0.02)")
    let(first)
    assert watcher.wait(LIMIT) == 0
    assert second.wait(LIMIT).state is RunState.SUCCEEDED


def test_priorities_decide_and_can_be_changed_while_a_run_waits(tracker, gated, let, eventually):
    tracker.queue.update(maximum_instances=1)
    first, low, high = gated("a"), gated("b"), gated("c", priority=5)
    assert [entry.name for entry in tracker.queue.list()] == ["a", "c", "b"]
    assert tracker.queue.prioritize(low.id, 9).info.priority == 9
    assert [entry.name for entry in tracker.queue.list()] == ["a", "b", "c"]
    with pytest.raises(Conflict, match="does not wait"):
        tracker.queue.prioritize(first.id, 1)
    let(first)
    printed(low, eventually)
    assert states(low, high) == ["running", "queued"]


def test_a_full_queue_refuses_a_run_and_says_what_to_do(tracker, gated):
    tracker.queue.update(maximum_instances=1, maximum_queue_size=1)
    gated("a")
    gated("b")
    with pytest.raises(QueueFull, match=r"1 runs wait.*maximum_queue_size=10"):
        gated("c")
    assert len(tracker.runs.list()) == 2


def test_an_experiment_has_limits_of_its_own_and_holds_nobody_up(tracker, gated, eventually):
    """UbiOps: `maximum_instances` of a version."""
    tracker.experiments.create("digits")
    tracker.queue.update("digits", maximum_instances=1)
    first, second, other = gated("a"), gated("b"), gated("c", experiment="letters")
    assert states(first, second)[1] == "queued"
    assert second.info.reason == "It waits until none of its experiment runs."
    assert printed(other, eventually)
    assert [entry.name for entry in tracker.queue.list("digits")] == ["a", "b"]


def test_places_are_kept_for_an_experiment(tracker, gated, eventually):
    """UbiOps: `minimum_instances` of a version."""
    tracker.experiments.create("urgent")
    tracker.queue.update(maximum_instances=2)
    tracker.queue.update("urgent", minimum_instances=1)
    gated("a")
    second = gated("b")
    urgent = gated("c", experiment="urgent")
    assert printed(urgent, eventually)
    assert states(second) == ["queued"]
    assert "1 kept" in repr(tracker.queue.list("urgent"))


def test_more_kept_places_than_there_are_and_senseless_limits_are_refused(tracker):
    tracker.experiments.create("digits")
    tracker.queue.update(maximum_instances=1)
    with pytest.raises(InvalidInput, match=r"keep 2 places.*store has 1"):
        tracker.queue.update("digits", minimum_instances=2)
    assert tracker.queue.get("digits").minimum_instances == 0
    for wrong in (-1, 1.5, True, "many"):
        with pytest.raises(InvalidInput, match=r"maximum_instances must be a whole number.*'unlimited'"):
            tracker.queue.update(maximum_instances=wrong)
    with pytest.raises(InvalidInput, match="name it"):
        tracker.queue.update(minimum_instances=1)


def test_zero_holds_all_back_and_unlimited_lets_all_go(tracker):
    tracker.queue.update(maximum_instances=0)
    runs = [tracker.runs.submit("digits", code=QUICK) for _ in range(2)]
    assert states(*runs) == ["queued", "queued"]
    assert tracker.queue.update(maximum_instances="unlimited").maximum_instances is None
    assert [run.wait(LIMIT).state for run in runs] == [RunState.SUCCEEDED] * 2


def test_a_run_that_waits_is_stopped_without_a_process_and_can_be_deleted(tracker):
    tracker.queue.update(maximum_instances=0)
    run = tracker.runs.submit("digits", code=QUICK)
    assert run.stop().state is RunState.STOPPED
    assert run.info.reason == "It was stopped while it waited for a place."
    kinds = [event.kind for event in run.events()]
    assert kinds == ["created", "queued", "stop_requested", "ended"]
    tracker.queue.update(maximum_instances="unlimited")
    assert run.refresh().state is RunState.STOPPED
    tracker.runs.delete(run.id)


def test_a_run_that_waited_gets_variables_and_surroundings_of_its_submission(tracker, tmp_path, monkeypatch):
    tracker.queue.update(maximum_instances=0)
    monkeypatch.setenv("WHERE", "submitted here")
    code = "import os\nprint(os.environ['WHERE'], os.environ['PLAIN'], len(os.environ['TOKEN']), os.environ['TOKEN'])\n"
    secret = "s3cret-of-the-queue"
    tracker.variables.create("PLAIN", "old")
    run = tracker.runs.submit("digits", code=code, variables={"TOKEN": Secret(secret)})
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert secret.encode() not in kept
    assert b"submitted here" not in kept
    monkeypatch.setenv("WHERE", "launched elsewhere")
    tracker.variables.update("PLAIN", "new")
    tracker.queue.update(maximum_instances=1)
    assert run.wait(LIMIT).state is RunState.SUCCEEDED, str(run.logs())
    assert str(run.logs()) == f"submitted here new {len(secret)} ***"


def test_a_run_that_waited_runs_the_code_that_was_submitted(tracker, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("print('as submitted')\n")
    tracker.queue.update(maximum_instances=0)
    run = tracker.runs.submit("digits", code=script)
    script.write_text("print('changed meanwhile')\n")
    tracker.queue.update(maximum_instances=1)
    assert str(run.wait(LIMIT).logs()) == "as submitted"
    assert "source_restored" in [event.kind for event in run.events()]


def test_a_run_does_not_wait_for_ever_when_all_who_knew_of_it_are_gone(tracker, gated, eventually):
    tracker.queue.update(maximum_instances=1)
    first = gated("a")
    second = tracker.runs.submit("digits", code=QUICK)
    child, keeper = map(int, printed(first, eventually)[0].split())
    os.kill(keeper, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    assert first.wait(LIMIT).state is RunState.LOST
    assert second.wait(LIMIT).state is RunState.SUCCEEDED


def test_two_who_ask_at_once_never_start_the_same_run(tracker, process, gated, let, tmp_path):
    tracker.queue.update(maximum_instances=0)
    marks = tmp_path / "marks"
    code = f"with open({str(marks)!r}, 'a') as file: file.write('x')\n"
    runs = [tracker.runs.submit("digits", code=code) for _ in range(3)]
    askers = [process("tracker.queue.update(maximum_instances='unlimited')\ntracker.runs.list()") for _ in range(3)]
    assert [asker.wait(LIMIT) for asker in askers] == [0, 0, 0]
    assert [run.wait(LIMIT).state for run in runs] == [RunState.SUCCEEDED] * 3
    assert marks.read_text() == "xxx"
    assert [[event.kind for event in run.events()].count("started") for run in runs] == [1, 1, 1]


def test_a_run_submitted_by_a_run_outlives_it(tracker, gated, let, eventually, address):
    code = (
        "import jupyter_tracker as jt\n"
        f"print(jt.connect({address!r}).runs.submit('digits', code='import time\\ntime.sleep(1)\\nprint(1)\\n').id)\n"
    )
    outer = tracker.runs.submit("digits", code=code).wait(LIMIT)
    assert outer.state is RunState.SUCCEEDED, str(outer.logs())
    assert "leftover_processes" not in [event.kind for event in outer.events()]
    assert tracker.runs.get(outer.logs()[0].text).wait(LIMIT).state is RunState.SUCCEEDED
