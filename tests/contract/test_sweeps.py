"""Sweeps: a run that searches, with a child for each trial."""

from __future__ import annotations

import os
import signal
from itertools import pairwise

import pytest

from jupyter_tracker import Secret
from jupyter_tracker.errors import InvalidCode, InvalidInput
from jupyter_tracker.models import RunKind, RunState

pytestmark = pytest.mark.one_client

LIMIT = 100
TRIAL = """
import jupyter_tracker as jt
run = jt.current_run()
run.log({"loss": abs(run.params["x"] - 2) + run.params.get("y", 0)})
"""
ENDLESS = "import os, time\nprint(os.getpid(), flush=True)\nwhile True:\n    time.sleep(0.05)\n"


def points(run, *names):
    return sorted(tuple(child.params[name] for name in names) for child in run.children())


def children(run, eventually, count):
    """So many children, all with a process."""

    def found():
        runs = list(run.children())
        return runs if len(runs) == count and all(child.logs() for child in runs) else None

    return eventually(found, LIMIT)


def test_a_grid_tries_each_point_in_a_run_of_its_own_and_names_the_best(tracker):
    run = tracker.runs.sweep(
        "digits", code=TRIAL, name="search", space={"x": "1:3", "y": [0, 10]}, params={"z": 5}, tags={"team": "vision"},
        metric="loss", parallel=3,
    ).wait(LIMIT)  # fmt: skip
    assert run.state is RunState.SUCCEEDED, str(run.logs())
    assert run.info.kind is RunKind.SWEEP
    assert points(run, "x", "y", "z") == [(x, y, 5) for x in (1, 2, 3) for y in (0, 10)]
    best = tracker.runs.get(run.tags["best_run"])
    assert (best.params, run.tags["best_loss"]) == ({"x": 2, "y": 0, "z": 5}, "0.0")
    assert {child.info.parent for child in run.children()} == {run.id}
    parts = [edge for edge in run.lineage().edges if edge.relation == "part"]
    assert {edge.after for edge in parts} == {f"run:{child.id}" for child in run.children()}
    assert {child.tags["team"] for child in run.children()} == {"vision"}
    assert [child.tags["trial"] for child in run.children()] == ["1", "2", "3", "4", "5", "6"]
    assert (run.progress.value, run.progress.final_value) == (6, 6)
    assert sorted(run.series()["loss"]) == [0, 1, 1, 10, 11, 11]
    assert run.metrics["best_loss"] == 0
    lines = [line.text for line in run.logs()]
    assert any(line.startswith("trial 3 of 6: x=2 y=0: loss 0, the best so far") for line in lines), lines
    assert "best_trial" in [event.kind for event in run.events()]
    assert run.children().frame()["params.x"].tolist() == [1, 1, 2, 2, 3, 3]
    assert len(tracker.runs.list("digits", where=f"parent = '{run.id}' AND params.x = 2")) == 2


def test_it_takes_no_place_and_its_trials_wait_for_theirs(tracker):
    tracker.queue.update(maximum_instances=1, maximum_queue_size=1)
    run = tracker.runs.sweep("digits", code=TRIAL, space={"x": "1:4"}, parallel=4).wait(LIMIT)
    assert run.state is RunState.SUCCEEDED, str(run.logs())
    times = sorted((child.started_at, child.ended_at) for child in run.children())
    assert len(times) == 4
    assert all(before[1] <= after[0] for before, after in pairwise(times))


@pytest.mark.parametrize("method", ["random", "optuna"])
def test_some_points_are_tried(tracker, method):
    run = tracker.runs.sweep(
        "digits", code=TRIAL, space={"x": "0.0:4.0"}, method=method, samples=3, metric="loss", seed=1, parallel=1
    ).wait(LIMIT)
    assert run.state is RunState.SUCCEEDED, str(run.logs())
    assert len(run.children()) == 3
    assert run.submission().sweep.seed == 1


def test_stopping_it_stops_its_trials(tracker, eventually):
    run = tracker.runs.sweep("digits", code=ENDLESS, space={"x": "1:5"}, parallel=2)
    trials = children(run, eventually, 2)
    run.stop(grace_period=20).wait(LIMIT)
    assert run.state is RunState.STOPPED
    assert [child.refresh().state for child in trials] == [RunState.STOPPED] * 2
    assert len(run.children()) == 2


def test_when_its_processes_vanish_the_trials_go_on_and_a_restart_goes_on_with_those_left(
    tracker, eventually, tmp_path
):
    gate = tmp_path / "gate"
    code = f"import os, time\nprint(1, flush=True)\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)\n"
    run = tracker.runs.sweep("digits", code=code + TRIAL, space={"x": "1:4"}, metric="loss", parallel=2)
    trials = children(run, eventually, 2)
    with tracker.backend.store.read() as db:
        processes = db.execute("SELECT keeper, child FROM runs WHERE id = ?", (run.id,)).fetchone()
    for process in processes:
        os.kill(int(process.partition(":")[0]), signal.SIGKILL)
    assert run.wait(LIMIT).state is RunState.LOST
    assert [str(child.refresh().state) for child in trials] == ["running", "running"]
    gate.touch()
    assert [child.wait(LIMIT).state for child in trials] == [RunState.SUCCEEDED] * 2
    assert run.restart().wait(LIMIT).state is RunState.SUCCEEDED, str(run.logs())
    assert points(run, "x") == [(1,), (2,), (3,), (4,)]
    assert run.tags["best_run"] == trials[1].id
    assert sorted(run.series()["loss"]) == [0, 1, 1, 2]


def test_all_trials_run_the_code_that_was_submitted(tracker, tmp_path):
    tracker.queue.update(maximum_instances=0)
    script = tmp_path / "train.py"
    script.write_text("print('as submitted')\n")
    run = tracker.runs.sweep("digits", code=script, space={"x": "1:2"}, parallel=1)
    script.write_text("print('changed')\n")
    tracker.queue.update(maximum_instances=1)
    assert run.wait(LIMIT).state is RunState.SUCCEEDED, str(run.logs())
    assert [str(child.logs()) for child in run.children()] == ["as submitted"] * 2


def test_trials_get_its_variables_in_front_of_those_of_the_experiment_and_secrets_stay_so(tracker):
    tracker.variables.create("WHO", "the store")
    code = "import os\nprint(os.environ['WHO'], os.environ['TOKEN'], len(os.environ['TOKEN']))\n"
    variables = {"WHO": "the sweep", "TOKEN": Secret("t0ken-of-a-sweep")}
    run = tracker.runs.sweep("digits", code=code, space={"x": "1"}, variables=variables).wait(LIMIT)
    assert [str(child.logs()) for child in run.children()] == ["the sweep *** 16"], str(run.logs())


def test_retries_and_resources_are_those_of_the_trials(tracker):
    code = "import os, sys\nsys.exit(os.environ['JUPYTER_TRACKER_ATTEMPT'] == '1')\n"
    run = tracker.runs.sweep(
        "digits", code=code, space={"x": "1:2"}, retries=1, retry_delay=0, resources={"memory": "1Gi"}, timeout=50
    ).wait(LIMIT)
    assert (run.state, run.info.attempt) == (RunState.SUCCEEDED, 1), str(run.logs())
    assert [child.info.attempt for child in run.children()] == [2, 2]
    assert run.children()[0].submission().resources == {"memory": "1Gi"}


def test_a_sweep_of_which_no_trial_succeeds_has_failed(tracker):
    run = tracker.runs.sweep("digits", code="raise ValueError('no')\n", space={"x": "1:2"}).wait(LIMIT)
    assert (run.state, run.info.reason) == (RunState.FAILED, "exit code 1: No trial succeeded.")


def test_a_space_or_code_that_is_wrong_makes_no_run(tracker):
    with pytest.raises(InvalidInput, match="10,201 points"):
        tracker.runs.sweep("digits", code=TRIAL, space={"a": "0:100", "b": "0:100"})
    with pytest.raises(InvalidCode):
        tracker.runs.sweep("digits", code="x = = 1\n", space={"a": "0:100"})
    assert tracker.runs.list() == []
