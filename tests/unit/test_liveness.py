"""A run whose process is gone is lost within seconds, and one whose process lives is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.backends.local.process.identity import alive, host, identify
from jupyter_tracker.backends.local.process.liveness import LAUNCH, SILENCE
from jupyter_tracker.backends.local.store import now
from jupyter_tracker.client import Tracker
from jupyter_tracker.models import RunState

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tracker(tmp_path):
    tracker = Tracker(LocalBackend(tmp_path / "home"))
    yield tracker
    for run in tracker.runs.list():
        if not run.state.ended:
            run.end("stopped")
    tracker.close()


def change(tracker, run, **columns):
    with tracker.backend.store.write() as db:
        db.execute(
            f"UPDATE runs SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?", (*columns.values(), run.id)
        )


def kept_elsewhere(tracker, **columns):
    """A run that no thread of this process answers for."""
    run = tracker.runs.start("digits")
    tracker.backend.runs.keeper.release(run.id)
    change(tracker, run, **columns)
    return run


def test_a_killed_process_is_noticed_at_once(tracker):
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from jupyter_tracker.backends.local.backend import LocalBackend\nfrom jupyter_tracker.client import Tracker\n"
        "run = Tracker(LocalBackend(Path(sys.argv[1]))).runs.start('digits')\n"
        "run.log({'x': 1.0})\nprint(run.id, flush=True)\ntime.sleep(600)\n"
    )
    home = tracker.backend.store.home
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(home)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    run = tracker.runs.get(child.stdout.readline().strip())
    assert run.state is RunState.RUNNING
    child.send_signal(signal.SIGKILL)
    began = time.monotonic()
    # Not waited for, it is a zombie, which counts as gone.
    assert run.wait(10).state is RunState.LOST
    assert time.monotonic() - began < 10
    child.communicate()
    assert "gone" in run.info.reason
    assert run.info.ended_at is not None
    assert run.series()["x"].tolist() == [1.0]
    assert not list(tracker.backend.store.journal_folder().iterdir())


def test_a_run_on_another_machine_is_lost_when_its_heartbeat_stops(tracker):
    fresh = kept_elsewhere(tracker, host="elsewhere", keeper="1:1.00", heartbeat_at=now())
    old = kept_elsewhere(tracker, host="elsewhere", keeper="1:1.00", heartbeat_at=now() - SILENCE - 1_000_000)
    assert fresh.refresh().state is RunState.RUNNING
    assert old.refresh().state is RunState.LOST
    assert "machine" in old.info.reason


def test_a_run_that_no_process_took_up_is_lost_after_a_while(tracker):
    young = kept_elsewhere(tracker, keeper="", state="queued", heartbeat_at=None)
    old = kept_elsewhere(tracker, keeper="", state="queued", heartbeat_at=None, created_at=now() - LAUNCH - 1)
    assert young.refresh().state is RunState.QUEUED
    assert old.refresh().state is RunState.LOST


def test_a_run_whose_training_lives_on_without_its_keeper_is_not_lost(tracker):
    run = kept_elsewhere(tracker, keeper="1:1.00", child=identify())
    assert run.refresh().state is RunState.RUNNING
    change(tracker, run, child="1:1.00")
    assert run.refresh().state is RunState.LOST


def test_listing_and_stopping_notice_it_too(tracker):
    run = kept_elsewhere(tracker, keeper="1:1.00")
    assert [found.state for found in tracker.runs.list()] == [RunState.LOST]
    assert run.refresh().state is RunState.LOST
    again = kept_elsewhere(tracker, keeper="1:1.00")
    tracker.runs.delete(again.id)


def test_an_end_that_the_keeper_records_replaces_lost(tracker):
    run = kept_elsewhere(tracker, host="elsewhere", heartbeat_at=now() - SILENCE - 1)
    assert run.refresh().state is RunState.LOST
    assert run.end("succeeded").state is RunState.SUCCEEDED


def test_a_process_is_not_taken_for_an_older_one_of_its_number():
    assert alive(identify())
    assert not alive(f"{os.getpid()}:1.00")
    assert not alive("")
    assert not alive("x:1")
    assert identify(2**22 + 5) == ""
    assert host() == host()
