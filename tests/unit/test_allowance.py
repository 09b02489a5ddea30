"""What a run may use: given, watched, or told where neither is possible."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker.backends.local.process import devices as devices_module
from jupyter_tracker.backends.local.process.allowance import Allowance, used_storage
from jupyter_tracker.backends.local.queue import claims
from jupyter_tracker.backends.local.queue.choice import Device
from jupyter_tracker.models import Resources, RunState

LIMIT = 60


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as client:
        yield client
        for run in client.runs.list():
            if not run.state.ended:
                run.stop(0).wait(LIMIT)


def kinds(run):
    return [event.kind for event in run.events()]


def not_enforced(run):
    return [event.message for event in run.events() if event.kind == "not_enforced"]


def test_a_run_that_uses_more_memory_than_it_may_is_ended_and_says_so(tracker):
    code = "import time\nheld = bytearray(b'x') * (300 * 2**20)\nprint('held', flush=True)\ntime.sleep(600)\n"
    run = tracker.runs.submit("digits", code=code, resources={"memory": "100Mi"}, retries=2).wait(LIMIT)
    assert run.state is RunState.FAILED
    assert re.fullmatch(r"out of memory: used [\d.]+ MiB of 100 MiB", run.info.reason)
    assert kinds(run)[-3:] == ["resources_exceeded", "terminating", "ended"] or "killed" in kinds(run)
    assert run.info.attempt == 1


def test_memory_counts_over_all_processes_and_a_run_within_its_limit_goes_on(tracker):
    code = (
        "import subprocess, sys, time\n"
        "hold = \"import time; held = bytearray(b'x') * (150 * 2**20); print(1, flush=True); time.sleep(600)\"\n"
        "both = [subprocess.Popen([sys.executable, '-c', hold], stdout=subprocess.PIPE) for _ in range(2)]\n"
        "[each.stdout.readline() for each in both]\ntime.sleep({})\n[each.kill() for each in both]\n"
    )
    over = tracker.runs.submit("digits", code=code.format(600), resources={"memory": "250Mi"})
    within = tracker.runs.submit("digits", code=code.format(1), resources={"memory": "900Mi"})
    assert over.wait(LIMIT).info.reason.startswith("out of memory")
    assert within.wait(LIMIT).state is RunState.SUCCEEDED


def test_memory_that_forked_processes_share_counts_once(tracker):
    code = (
        "import os, time\nheld = bytearray(b'x') * (150 * 2**20)\n"
        "children = []\n"
        "for _ in range(4):\n"
        "    child = os.fork()\n"
        "    if not child:\n        time.sleep(600)\n"
        "    children.append(child)\n"
        "time.sleep(2)\n[os.kill(child, 9) for child in children]\n"
    )
    run = tracker.runs.submit("digits", code=code, resources={"memory": "400Mi"}).wait(LIMIT)
    assert run.state is RunState.SUCCEEDED, run.info.reason


@pytest.mark.parametrize(("cpu", "count"), [("1", 1), ("500m", 1)])
def test_a_run_gets_so_many_cpus_and_its_libraries_know(tracker, cpu, count):
    code = "import os\nprint(len(os.sched_getaffinity(0)), os.environ['OMP_NUM_THREADS'])\n"
    run = tracker.runs.submit("digits", code=code, resources={"cpu": cpu}).wait(LIMIT)
    assert str(run.logs()) == f"{count} {count}"
    assert not_enforced(run) == ([] if cpu == "1" else ["cpu 0.5 is enforced as 1: this system gives whole CPUs only."])


def test_what_the_user_sets_is_left_alone(tracker):
    code = "import os\nprint(os.environ['OMP_NUM_THREADS'], os.environ['CUDA_VISIBLE_DEVICES'], os.environ['TMPDIR'])\n"
    variables = {"OMP_NUM_THREADS": "7", "CUDA_VISIBLE_DEVICES": "3", "TMPDIR": "/tmp"}
    resources = {"cpu": 1, "gpu": 1, "ephemeral_storage": "1Gi"}
    run = tracker.runs.submit("digits", code=code, resources=resources, variables=variables).wait(LIMIT)
    assert str(run.logs()) == "7 3 /tmp"
    assert [message.split()[0] for message in not_enforced(run)] == ["gpu", "ephemeral_storage"]


def test_more_cpus_than_there_are_is_told(tracker):
    there = len(os.sched_getaffinity(0))
    run = tracker.runs.submit("digits", code="print(1)\n", resources={"cpu": there + 5}).wait(LIMIT)
    assert not_enforced(run) == [f"cpu {there + 5} is not enforced: this machine has {there} for us."]


def test_two_runs_get_different_cpus_while_there_are_any(tracker):
    if len(os.sched_getaffinity(0)) < 2:
        return  # with one CPU there is nothing to choose
    code = "import os, time\nprint(sorted(os.sched_getaffinity(0)), flush=True)\ntime.sleep({})\n"
    first = tracker.runs.submit("digits", code=code.format(600), resources={"cpu": 1})
    second = tracker.runs.submit("digits", code=code.format(0), resources={"cpu": 1}).wait(LIMIT)
    lines = [next(first.logs(follow=True)).text, str(second.logs())]
    assert lines[0] != lines[1]


def test_temporary_files_are_the_runs_own_watched_and_removed(tracker):
    code = (
        "import tempfile, time\nfile = tempfile.NamedTemporaryFile(delete=False)\nprint(file.name, flush=True)\n"
        "file.write(b'x' * (3 * 2**20))\nfile.flush()\ntime.sleep({})\n"
    )
    over = tracker.runs.submit("digits", code=code.format(600), resources={"ephemeral_storage": "1Mi"}).wait(LIMIT)
    assert over.state is RunState.FAILED
    assert over.info.reason == "out of ephemeral storage: used 3 MiB of 1 MiB in TMPDIR"
    within = tracker.runs.submit("digits", code=code.format(0), resources={"ephemeral_storage": "8Mi"}).wait(LIMIT)
    assert within.state is RunState.SUCCEEDED
    for run in (over, within):
        path = Path(run.logs()[0].text)
        assert "jupyter-tracker-" in str(path)
        assert not path.parent.exists()


def test_a_gpu_that_is_not_there_is_told_and_does_not_hold_up_the_run(tracker, monkeypatch):
    monkeypatch.setattr(claims, "devices", lambda: ())
    run = tracker.runs.submit("digits", code="print(1)\n", resources={"gpu": 1}).wait(LIMIT)
    assert run.state is RunState.SUCCEEDED
    assert not_enforced(run) == ["gpu 1 is not enforced: this machine has fewer NVIDIA GPUs."]


def test_a_run_sees_the_gpus_that_no_other_run_has(tracker, monkeypatch):
    monkeypatch.setattr(claims, "devices", lambda: (Device(0, "H100"), Device(1, "H100"), Device(2, "H100")))
    code = "import os, time\nprint(os.environ['CUDA_VISIBLE_DEVICES'], flush=True)\ntime.sleep(600)\n"
    runs = [tracker.runs.submit("digits", code=code, resources={"gpu": gpus}) for gpus in (1, 2, 1)]
    assert [next(run.logs(follow=True)).text for run in runs[:2]] == ["0", "1,2"]
    assert runs[2].refresh().state is RunState.QUEUED
    assert runs[2].info.reason == "It waits until a GPU is free."
    runs[2].stop()
    runs[0].stop(0).wait(LIMIT)
    next_one = tracker.runs.submit("digits", code=code, resources={"gpu": {"count": 1, "type": "H100"}})
    assert next(next_one.logs(follow=True)).text == "0"


def test_devices_that_the_environment_hides_are_not_given_out():
    assert devices_module.visible(4, {"CUDA_VISIBLE_DEVICES": "2, 1"}) == [1, 2]
    assert devices_module.visible(2, {"CUDA_VISIBLE_DEVICES": "GPU-8f2e"}) == [0, 1]
    assert devices_module.visible(2, {}) == [0, 1]


def test_an_allowance_without_resources_changes_nothing():
    allowance = Allowance(Resources(), {}, {})
    assert (allowance.variables({}), allowance.not_enforced(), allowance.exceeded()) == ({}, [], "")
    with allowance.given():
        pass
    allowance.close()


def test_storage_is_what_the_disk_gives(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_bytes(b"x" * 100_000)
    assert 100_000 <= used_storage(tmp_path) < 200_000
