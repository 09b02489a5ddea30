"""The store folder: made by any number of processes at once, and clear about what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.backends.local.schema import MIGRATIONS
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.client import Tracker
from jupyter_tracker.config import default_home
from jupyter_tracker.errors import StoreError, StoreFull, StoreReadOnly, StoreTooNew

ROOT = Path(__file__).resolve().parents[2]


def script(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_nothing_is_made_before_it_is_used(tmp_path):
    Store(tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_the_folder_is_private(tmp_path):
    store = Store(tmp_path / "deep" / "home")
    with store.write():
        pass
    for folder in (store.home, store.run_folder("abc"), store.journal_folder()):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    store.close()


def test_the_folder_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_TRACKER_HOME", "~/tracker")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_home() == tmp_path / "tracker"
    monkeypatch.delenv("JUPYTER_TRACKER_HOME")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    assert default_home() == tmp_path / "data" / "jupyter_tracker"


def test_eight_processes_at_once_make_one_store(tmp_path):
    code = """
import sys
from pathlib import Path
from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.client import Tracker
from jupyter_tracker.config import default_home
print("ready", flush=True)
sys.stdin.readline()
tracker = Tracker(LocalBackend(Path(sys.argv[1])))
with tracker.runs.start("digits", name=sys.argv[2]) as run:
    run.log({"x": 1.0})
"""
    children = [script(code, tmp_path / "home", number) for number in range(8)]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        _, errors = child.communicate(timeout=60)
        assert (child.returncode, errors) == (0, "")
    tracker = Tracker(LocalBackend(tmp_path / "home"))
    assert sorted(run.name for run in tracker.runs.list()) == [str(number) for number in range(8)]
    assert len(tracker.experiments.list()) == 1
    tracker.close()


def test_the_version_counts_the_migrations(tmp_path):
    store = Store(tmp_path)
    with store.read() as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    store.close()


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "jupyter_tracker.backends.local.store.MIGRATIONS", ("CREATE TABLE one (x); CREATE TABLE one (x);",)
    )
    store = Store(tmp_path)
    with pytest.raises(StoreError), store.read():
        pass
    with sqlite3.connect(tmp_path / "tracker.db") as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        assert db.execute("PRAGMA user_version").fetchone() == (0,)
    db.close()


def test_an_older_store_is_brought_up_to_date(tmp_path, monkeypatch):
    store = Store(tmp_path)
    with store.write() as db:
        db.execute("INSERT INTO key_sets (keys) VALUES ('[0]')")
    store.close()
    newer = (*MIGRATIONS, "ALTER TABLE key_sets ADD COLUMN note TEXT NOT NULL DEFAULT 'new';")
    monkeypatch.setattr("jupyter_tracker.backends.local.store.MIGRATIONS", newer)
    store = Store(tmp_path)
    with store.read() as db:
        assert db.execute("SELECT keys, note FROM key_sets WHERE id > 1").fetchall() == [("[0]", "new")]
    store.close()


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    store = Store(tmp_path)
    with store.write() as db:
        db.execute("PRAGMA user_version = 1000")
    store.close()
    before = (tmp_path / "tracker.db").read_bytes()
    tracker = Tracker(LocalBackend(tmp_path))
    for attempt in (tracker.runs.list, lambda: tracker.runs.start("x"), lambda: tracker.experiments.create("x")):
        with pytest.raises(StoreTooNew, match=r"version 1000.*[Uu]pgrade"):
            attempt()
    assert (tmp_path / "tracker.db").read_bytes() == before


def test_a_file_in_place_of_the_folder_is_an_error_that_says_what_to_do(tmp_path):
    (tmp_path / "home").write_text("a file")
    tracker = Tracker(LocalBackend(tmp_path / "home"))
    with pytest.raises(StoreReadOnly, match="JUPYTER_TRACKER_HOME"):
        tracker.runs.start("digits")
    tracker = Tracker(LocalBackend(tmp_path / "home" / "below"))
    with pytest.raises(StoreReadOnly, match="JUPYTER_TRACKER_HOME"):
        tracker.runs.list()


def test_a_database_that_cannot_be_written_can_still_be_read(tmp_path):
    tracker = Tracker(LocalBackend(tmp_path))
    with tracker.runs.start("digits") as run:
        run.log({"x": 1.0})
    tracker.close()
    store = Store(tmp_path)
    with store.read() as db:
        db.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreReadOnly, match="cannot be written"), store.write() as db:
        db.execute("INSERT INTO key_sets (keys) VALUES ('[0]')")


def test_a_folder_in_place_of_the_database_is_an_error_of_the_store(tmp_path):
    (tmp_path / "tracker.db").mkdir()
    with pytest.raises(StoreError, match=str(tmp_path)):
        Tracker(LocalBackend(tmp_path)).runs.list()


def test_a_file_that_is_no_database_is_an_error_of_the_store_and_is_left_alone(tmp_path):
    (tmp_path / "tracker.db").write_bytes(b"precious" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        Tracker(LocalBackend(tmp_path)).runs.list()
    assert (tmp_path / "tracker.db").read_bytes() == b"precious" * 1000


@pytest.mark.parametrize("limit", [400_000, 400_003])  # where a row ends, and in the middle of one
def test_a_full_disk_is_an_error_of_its_own_and_what_was_acknowledged_is_kept(tmp_path, limit):
    code = """
import os, resource, signal, sys
from pathlib import Path
from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.client import Tracker
from jupyter_tracker.config import default_home
from jupyter_tracker.errors import StoreFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
tracker = Tracker(LocalBackend(Path(sys.argv[1])))
run = tracker.runs.start("digits", name="full")
run.log({"x": -1.0})
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
acknowledged = 0
try:
    while True:
        run.log({"x": float(acknowledged)})
        acknowledged += 1
except StoreFull as error:
    print(acknowledged, flush=True)
    print(error, flush=True)
os._exit(0)
"""
    child = script(code, tmp_path, limit)
    output, errors = child.communicate(timeout=60)
    assert child.returncode == 0, errors
    acknowledged, message = output.splitlines()[:2]
    assert int(acknowledged) > 1000
    assert "is full" in message
    tracker = Tracker(LocalBackend(tmp_path))
    series = tracker.runs.get("full").series()["x"].tolist()
    assert series == [-1.0, *map(float, range(int(acknowledged)))]
    tracker.close()


def test_a_database_that_is_full_is_an_error_of_its_own_and_goes_on_when_there_is_room(tmp_path):
    store = Store(tmp_path)
    with store.read() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFull, match="what was acknowledged is kept"), store.write() as db:
        db.executemany("INSERT INTO key_sets (keys) VALUES (?)", [(f"{number} {'x' * 1000}",) for number in range(50)])
    with store.write() as db:
        assert db.execute("SELECT count(*) FROM key_sets WHERE id > 1").fetchone() == (0,)
    store.close()


@pytest.mark.parametrize("limit", range(120_000, 200_000, 9_001))
def test_a_full_disk_in_a_transaction_loses_nothing_that_was_acknowledged(tmp_path, limit):
    code = """
import resource, signal, sys, os
from pathlib import Path
from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.client import Tracker
from jupyter_tracker.config import default_home
from jupyter_tracker.errors import StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
tracker = Tracker(LocalBackend(Path(sys.argv[1])))
run = tracker.runs.start("digits", name="full")
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
acknowledged = 0
try:
    while True:
        run.log_event("x" * 1000)
        acknowledged += 1
except StoreError as error:
    print(acknowledged, type(error).__name__, flush=True)
os._exit(0)
"""
    child = script(code, tmp_path, limit)
    output, errors = child.communicate(timeout=60)
    assert child.returncode == 0, errors
    acknowledged = int(output.split()[0])
    tracker = Tracker(LocalBackend(tmp_path))
    events = tracker.runs.get("full").events()
    assert sum(event.kind == "note" for event in events) == acknowledged
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    tracker.close()


def test_what_raises_inside_a_transaction_undoes_it(tmp_path):
    store = Store(tmp_path)

    def fail():
        with store.write() as db:
            db.execute("INSERT INTO key_sets (keys) VALUES ('[0]')")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM key_sets WHERE id > 1").fetchone() == (0,)
    store.close()


def test_many_threads_write_at_once(tmp_path):
    store = Store(tmp_path)

    def write(number):
        for index in range(25):
            with store.write() as db:
                db.execute("INSERT INTO key_sets (keys) VALUES (?)", (f"{number} {index}",))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM key_sets WHERE id > 1").fetchone() == (200,)
    store.close()


def test_a_forked_process_uses_connections_and_journals_of_its_own(tmp_path):
    code = """
import os, sys
from pathlib import Path
from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.client import Tracker
from jupyter_tracker.config import default_home
tracker = Tracker(LocalBackend(Path(sys.argv[1])))
run = tracker.runs.start("digits", name="forked")
run.log({"x": 0.0}, step=0)
children = []
for number in range(1, 4):
    pid = os.fork()
    if pid == 0:
        for index in range(100):
            run.log({"x": float(number)}, step=number * 1000 + index)
            run.log_event(f"{number} {index}")
        os._exit(0)
    children.append(pid)
for index in range(100):
    run.log({"x": 0.5}, step=1 + index)
    run.log_event(f"0 {index}")
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
run.end()
print(codes)
"""
    child = script(code, tmp_path)
    output, errors = child.communicate(timeout=60)
    assert (child.returncode, output) == (0, "[0, 0, 0]\n"), errors
    tracker = Tracker(LocalBackend(tmp_path))
    run = tracker.runs.get("forked")
    series = run.series()["x"]
    assert len(series) == 401
    assert (series.loc[1000:1099] == 1.0).all()
    assert (series.loc[3000:3099] == 3.0).all()
    events = run.events()
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert sum(event.kind == "note" for event in events) == 400
    assert run.state == "succeeded"
    tracker.close()


def test_a_child_that_multiprocessing_forks_and_ends_does_not_end_the_run(tmp_path):
    code = """
import multiprocessing, sys
from pathlib import Path
from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.client import Tracker
from jupyter_tracker.config import default_home
from jupyter_tracker.config import default_home
tracker = Tracker(LocalBackend(Path(sys.argv[1])))
with tracker.runs.start("digits", name="forked") as run:
    run.log({"x": 0.0})
    child = multiprocessing.get_context("fork").Process(target=run.log, args=({"x": 1.0},))
    child.start()
    child.join()
    print(child.exitcode, run.refresh().state)
"""
    output, errors = script(code, tmp_path).communicate(timeout=60)
    assert output == "0 running\n", errors
    tracker = Tracker(LocalBackend(tmp_path))
    assert tracker.runs.get("forked").series()["x"].tolist() == [0.0, 1.0]
    tracker.close()


def test_closing_gives_everything_back_and_it_can_be_used_again(tmp_path):
    tracker = Tracker(LocalBackend(tmp_path))
    tracker.experiments.create("digits")
    tracker.close()
    assert len(tracker.experiments.list()) == 1
    tracker.close()
