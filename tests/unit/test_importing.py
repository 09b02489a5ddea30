"""An import that breaks half-way leaves the store as it was."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker.backends.local.importing import entry, merge, staging, target
from jupyter_tracker.backends.local.process.identity import host
from jupyter_tracker.errors import InvalidImport, StoreFull

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """An export of three runs with points, log and files, beside the store that it is of."""
    tmp_path = tmp_path_factory.mktemp("archive")
    (tmp_path / "train.py").write_text("print('hello')\n")
    with jt.connect(f"local://{tmp_path / 'origin'}") as tracker:
        for name in ("one", "two"):
            with tracker.runs.start("digits", name=name, params={"lr": 0.1}) as run:
                for step in range(100):
                    run.log({"loss": 1 / (step + 1)})
                run.log_text("printed\n")
                run.log_artifact(tmp_path / "train.py")
        tracker.runs.submit("digits", code=str(tmp_path / "train.py")).wait(60)
        return tracker.experiments.export("digits", tmp_path / "all.jtrk")


@pytest.fixture
def store(tmp_path):
    """A store that has something of its own."""
    with jt.connect(f"local://{tmp_path / 'store'}") as tracker:
        with tracker.runs.start("digits", name="mine") as run:
            run.log({"loss": 0.5})
            run.log_text("mine\n")
        tracker.sources.create("print(1)\n", name="project")
        yield tracker


def contents(tracker):
    """All rows of all tables, and all files but those of the database itself and contents that nothing refers to."""
    home = tracker.backend.store.home
    with sqlite3.connect(home / "tracker.db") as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
    db.close()
    files = {
        path.relative_to(home): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and not path.name.startswith("tracker.db") and "objects" not in path.parts
    }
    return rows, files


STEPS = [
    (target.Target, "experiment"),
    (target.Target, "run"),
    (target.StagedRun, "points"),
    (target.StagedRun, "log"),
    (target.StagedRun, "events"),
    (target.StagedRun, "file"),
    (target.StagedRun, "finish"),
    (entry, "merge"),
    (staging.Staging, "announce"),
    (merge._Merging, "copy"),
    (merge._Merging, "_run_ids"),
    (merge._Merging, "_merged_sources"),
    (merge._Merging, "_insert"),
    (merge, "_move"),
]


@pytest.mark.parametrize(("where", "name"), STEPS, ids=[name for _, name in STEPS])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_failure_at_any_step_leaves_the_store_as_it_was(store, archive, monkeypatch, where, name, nth):
    before = contents(store)
    real, calls = getattr(where, name), []

    def fail(*args, **options):
        calls.append(name)
        if len(calls) == nth:
            raise OSError(28, "No space left on device")
        return real(*args, **options)

    monkeypatch.setattr(where, name, fail)
    if nth == 2 and name in {"merge", "announce", "copy", "_run_ids", "_merged_sources", "_move"}:
        store.runs.import_from(archive)  # these are made once
        assert len(store.runs.list()) == 4
        return
    with pytest.raises(StoreFull):
        store.runs.import_from(archive)
    assert contents(store) == before
    monkeypatch.undo()
    assert len(store.runs.import_from(archive)) == 3


def test_an_export_whose_end_is_missing_is_told(store, archive, tmp_path):
    torn = tmp_path / "torn.jtrk"
    torn.write_bytes(archive.read_bytes()[:-100])
    before = contents(store)
    with pytest.raises(InvalidImport, match="its end is missing"):
        store.runs.import_from(torn)
    assert contents(store) == before


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_failure_between_two_moves_puts_the_files_back(store, archive, monkeypatch, nth):
    before = contents(store)
    real, calls = Path.replace, []

    def fail(path, place):
        if path.parent.name == "runs":
            calls.append(path)
            if len(calls) == nth:
                raise OSError(5, "Input/output error")
        return real(path, place)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="Input/output"):
        store.runs.import_from(archive)
    monkeypatch.undo()
    assert contents(store) == before


KILLED = """
import os, signal, sys
import jupyter_tracker as jt
from jupyter_tracker.backends.local.importing import {module} as module
real = module.{name}
def killed(*args, **options):
    if {before}:
        os.kill(os.getpid(), signal.SIGKILL)
    real(*args, **options)
    os.kill(os.getpid(), signal.SIGKILL)
module.{name} = killed
jt.connect(sys.argv[1]).runs.import_from(sys.argv[2])
"""


@pytest.mark.parametrize(
    ("module", "name", "before"),
    [
        ("target", "Target.run", False),
        ("target", "StagedRun.log", False),
        ("merge", "_move", True),
        ("merge", "_move", False),  # all files are in their places, and the transaction is not committed
    ],
)
def test_a_process_that_is_killed_leaves_the_store_as_it_was(store, archive, module, name, before):
    rows, files = contents(store)
    code = KILLED.format(module=module, name=name, before=before)
    ended = subprocess.run(
        [sys.executable, "-c", code, store.address, str(archive)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    assert contents(store)[0] == rows
    assert [run.name for run in store.runs.list()] == ["mine"]
    assert str(store.runs.get("mine").logs()) == "mine"
    assert staging.forget_abandoned(store.backend.store) == 1
    assert contents(store) == (rows, files)
    assert len(store.runs.import_from(archive)) == 3
    assert sorted(run.name for run in store.runs.list()) == ["mine", "one", "train", "two"]
    assert str(store.runs.get("one").logs()) == "printed"
    assert list((store.backend.store.home / "importing").iterdir()) == []


def test_what_a_killed_import_left_does_not_stand_in_the_way_of_the_next(store, archive, tmp_path):
    with jt.connect(f"local://{archive.parent / 'origin'}") as origin:
        left = store.backend.store.home / "runs" / origin.runs.get("one").id
    (left / "artifacts").mkdir(parents=True)
    (left / "artifacts" / "old").write_text("old")
    store.runs.import_from(archive)
    assert [artifact.path for artifact in store.runs.get("one").artifacts()] == ["train.py"]
    assert not (left / "artifacts" / "old").exists()


def test_an_import_that_is_under_way_is_not_cleared_away(store):
    with staging.staging(store.backend.store) as place:
        assert staging.forget_abandoned(store.backend.store) == 0
        assert place.folder.is_dir()
    assert not place.folder.exists()


def test_what_another_machine_left_is_cleared_after_a_day(store):
    left = store.backend.store.home / "importing" / "import-left"
    left.mkdir(parents=True)
    (left / "owner").write_text(f"not-{host()}\n1:1.00\n")
    assert staging.forget_abandoned(store.backend.store) == 0
    os.utime(left, (time.time() - 90_000,) * 2)
    assert staging.forget_abandoned(store.backend.store) == 1
    assert not left.exists()


def test_other_processes_write_meanwhile(store, archive):
    run = store.runs.start("digits", name="busy")
    run.log({"loss": 1.0})
    store.runs.import_from(archive)
    run.log({"loss": 0.5})
    run.end()
    assert run.series()["loss"].tolist() == [1.0, 0.5]
    assert len(store.runs.list()) == 5


def test_equal_code_is_one_source_and_other_code_of_its_name_the_next_version(store, archive, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "train.py").write_text("print('other')\n")
    store.sources.create(str(tmp_path / "elsewhere" / "train.py"))
    store.runs.import_from(archive)
    assert store.runs.get("train").info.source == store.sources.get("train@2").id
    with jt.connect(f"local://{archive.parent / 'origin'}") as origin:
        path = origin.runs.export("train", tmp_path / "again.jtrk")
    store.runs.import_from(path, again=True)
    assert sorted(source.label for source in store.sources.list("train")) == ["train@1", "train@2"]


def test_a_store_that_cannot_be_written_says_so(archive, tmp_path):
    home = tmp_path / "file"
    home.write_text("")
    with jt.connect(f"local://{home}") as tracker, pytest.raises(jt.TrackerError, match="cannot be written"):
        tracker.runs.import_from(archive)
