"""What is purged or trimmed is gone from the disk, also after a crash in the middle, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker.backends.local import purge, retention
from jupyter_tracker.backends.local.store import now
from jupyter_tracker.errors import NotFound, TrackerError

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("params", "tags", "metrics", "journals", "chunks", "events", "progress", "classifications", "artifacts")


class Crash(BaseException):
    """The process ends here."""


def crash(*_):
    raise Crash


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as client:
        yield client


@pytest.fixture
def run(tracker, tmp_path):
    """A deleted run with something of everything."""
    made = train(tracker, tmp_path)
    tracker.runs.delete(made.id)
    return made


def train(tracker, tmp_path, name="a"):
    (tmp_path / "model.bin").write_bytes(bytes(5000))
    with tracker.runs.start("digits", name=name, params={"lr": 0.1}, tags={"a": "b"}) as made:
        made.log({"loss": 1.0})
        made.log_text("hello\n")
        made.log_artifact(tmp_path / "model.bin")
        made.log_checkpoint(1, tmp_path / "model.bin")
        made.log_classification(labels=["x"], matrix=[[1]])
        made.set_progress(1)
    return made


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def rows(tracker):
    with tracker.backend.store.read() as db:
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in (*TABLES, "runs")}


def test_no_row_and_no_file_of_a_purged_run_is_left(tracker, run, store_folder):
    assert tracker.runs.purge(run.id).bytes_freed > 10_000
    assert set(rows(tracker).values()) == {0}
    assert [name for name in files(store_folder) if not name.startswith("tracker.db")] == []


def test_every_table_that_knows_a_run_forgets_it(tracker, run):
    with tracker.backend.store.read() as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        keys = [
            (table, key[6])
            for table in tables
            for key in db.execute(f"PRAGMA foreign_key_list({table})").fetchall()
            if key[2] == "runs"
        ]
    assert {table for table, _ in keys} >= set(TABLES)
    assert {action for _, action in keys} <= {"CASCADE", "SET NULL"}


def test_a_crash_before_the_commit_loses_nothing(tracker, run, store_folder, monkeypatch):
    before = files(store_folder)

    take = purge.Leftovers.take_folder

    def begin(self, run_id):
        take(self, run_id)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(purge.Leftovers, "take_folder", begin)
        patch.setattr(purge.Leftovers, "put_back", lambda _: None)  # nobody is there to do it
        with pytest.raises(Crash):
            tracker.runs.purge(run.id)
    assert files(store_folder) != before
    assert tracker.maintain().orphans_removed == 0
    assert files(store_folder) == before
    tracker.runs.restore(run.id)
    assert str(run.logs()) == "hello"


def test_a_transaction_that_fails_puts_the_folders_back(tracker, run, store_folder, monkeypatch):
    before = files(store_folder)
    take = purge.Leftovers.take_folder

    def fail(self, run_id):
        take(self, run_id)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(purge.Leftovers, "take_folder", fail)
    with pytest.raises(TrackerError, match="full"):
        tracker.runs.purge(run.id)
    assert files(store_folder) == before
    assert rows(tracker)["runs"] == 1


def test_a_crash_after_the_commit_leaves_orphans_that_maintain_removes(tracker, run, store_folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(purge, "removed", crash)
        with pytest.raises(Crash):
            tracker.runs.purge(run.id)
    assert rows(tracker)["runs"] == 0
    done = tracker.maintain()
    assert done.orphans_removed == 1
    assert done.bytes_freed > 10_000
    assert [name for name in files(store_folder) if not name.startswith("tracker.db")] == []


def test_a_crash_while_trimming_is_mended_as_well(tracker, tmp_path, store_folder, monkeypatch):
    made = train(tracker, tmp_path)
    tracker.experiments.update("digits", retention_mode="metadata", retention_time=0)
    with monkeypatch.context() as patch:
        patch.setattr(purge, "removed", crash)
        with pytest.raises(Crash):
            tracker.maintain(time=datetime.now(UTC) + timedelta(hours=1))
    assert made.refresh().info.trimmed_at is not None
    assert tracker.maintain().orphans_removed == 1
    assert files(store_folder / "removed") == []


def test_what_is_logged_to_a_trimmed_run_later_is_kept(tracker, tmp_path):
    made = train(tracker, tmp_path)
    tracker.experiments.update("digits", retention_mode="metadata", retention_time=0)
    late = datetime.now(UTC) + timedelta(hours=1)
    tracker.maintain(time=late)
    made.log_artifact(tmp_path / "model.bin", "late.bin")
    assert not tracker.maintain(time=late + timedelta(days=9)).orphans_removed
    assert made.download_artifact("late.bin", tmp_path / "copy").stat().st_size == 5000


def test_the_folder_of_a_submission_that_never_came_is_removed_after_a_day(tracker, run, store_folder):
    stranger = store_folder / "runs" / ("0" * 32)
    stranger.mkdir()
    (stranger / "code").write_text("x")
    assert tracker.maintain().orphans_removed == 0
    os.utime(stranger, (0, 0))
    assert tracker.maintain().orphans_removed == 1
    assert not stranger.exists()
    assert (store_folder / "runs" / run.id).exists()


def test_objects_and_journals_to_which_nothing_refers_are_removed(tracker, store_folder):
    source = tracker.sources.create("print(1)\n", name="code")
    (store_folder / "sources/objects/ab").mkdir(exist_ok=True)
    (store_folder / "sources/objects/ab" / ("c" * 62)).write_bytes(bytes(100))
    (store_folder / "journals").mkdir(exist_ok=True)
    (store_folder / "journals/left").write_bytes(bytes(100))
    with tracker.runs.start("digits") as made:
        made.log({"loss": 1.0})
        done = tracker.maintain()
        assert (done.orphans_removed, done.bytes_freed) == (2, 200)
        made.log({"loss": 2.0})
    assert made.series()["loss"].tolist() == [1.0, 2.0]
    assert str(tracker.sources.describe(source.id))
    assert tracker.sources.download(source.id, store_folder / "copy").is_dir()


def test_a_source_takes_only_the_contents_that_no_other_has(tracker, tmp_path, store_folder):
    for name, extra in (("one", "1"), ("two", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.py").write_text("print(0)\n")
        (tmp_path / name / "extra.txt").write_text(extra)
        tracker.sources.create(tmp_path / name)
    assert len(files(store_folder / "sources")) == 3
    tracker.sources.delete("one@1")
    assert tracker.sources.purge("one@1").orphans_removed == 1
    assert len(files(store_folder / "sources")) == 2
    assert (tracker.sources.download("two", tmp_path / "copy") / "main.py").read_text() == "print(0)\n"


def test_sources_made_meanwhile_keep_their_contents(tracker, tmp_path):
    """One thread keeps and purges equal code, another tidies: what a source has is always there."""
    over = threading.Event()
    failures: list[BaseException] = []

    def tidy():
        try:
            with jt.connect() as other:
                while not over.is_set():
                    other.maintain()
        except BaseException as error:  # noqa: BLE001  # it is told below
            failures.append(error)

    thread = threading.Thread(target=tidy)
    thread.start()
    try:
        for turn in range(8):
            made = tracker.sources.create("print(1)\n", name="code")
            copy = tracker.sources.download(made.id, tmp_path / f"copy-{turn}")
            assert any(copy.iterdir())
            with tracker.runs.start("digits") as run:
                run.log({"loss": float(turn)})
            assert run.series()["loss"].tolist() == [float(turn)]
            tracker.sources.delete(made.id)
            tracker.sources.purge(made.id)
    finally:
        over.set()
        thread.join()
    assert failures == []


def test_free_room_is_given_back(tracker, store_folder):
    with tracker.runs.start("digits") as made:
        for _ in range(200):
            made.log_event("x" * 50_000)
    tracker.maintain()
    size = (store_folder / "tracker.db").stat().st_size
    assert size > 9_000_000
    tracker.runs.delete(made.id)
    tracker.runs.purge(made.id)
    assert tracker.maintain().bytes_freed > 8_000_000
    assert (store_folder / "tracker.db").stat().st_size < size - 8_000_000


def test_a_large_experiment_is_purged_in_portions(tracker, monkeypatch):
    monkeypatch.setattr(purge, "PORTION", 2)
    for _ in range(5):
        tracker.runs.start("digits").end()
    tracker.experiments.delete("digits")
    assert tracker.experiments.purge("digits").runs_purged == 5
    with pytest.raises(NotFound):
        tracker.experiments.get("digits")


def test_a_supervisor_looks_after_the_earlier_runs_of_its_experiment(tracker, tmp_path):
    old = train(tracker, tmp_path)
    other = tracker.runs.start("words", name="other").end()
    tracker.experiments.update("words", retention_mode="none", retention_time=0)
    tracker.experiments.update("digits", retention_mode="metadata", retention_time=0)
    new = tracker.runs.submit("digits", code="print('trained')\n").wait(60)
    keeper = subprocess.run(
        [sys.executable, "-c", WAIT, new.id], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, timeout=60
    )
    assert keeper.returncode == 0
    assert old.refresh().info.trimmed_at is not None
    assert new.refresh().info.trimmed_at is None
    assert other.refresh().info.trimmed_at is None
    assert str(new.logs()) == "trained"


WAIT = """
import sys, time
import jupyter_tracker as jt
from jupyter_tracker.backends.local.process.identity import alive

with jt.connect() as tracker, tracker.backend.store.read() as db:
    (keeper,) = db.execute("SELECT keeper FROM runs WHERE id = ?", sys.argv[1:]).fetchone()
while alive(keeper):
    time.sleep(0.02)
"""
"""Wait until the supervisor of a run is gone."""


def test_an_end_looks_after_few_runs_and_never_after_its_own(tracker, monkeypatch):
    monkeypatch.setattr(retention, "AT_AN_END", 2)
    for _ in range(4):
        tracker.runs.start("digits").end()
    tracker.experiments.update("digits", retention_mode="none", retention_time=0)
    store = tracker.backend.store
    with store.read() as db:
        numbers = [row[0] for row in db.execute("SELECT number FROM runs ORDER BY number")]
    late = now() + 1_000_000
    assert retention.apply_after_end(store, numbers[-1], late).runs_purged == 2
    assert retention.apply_after_end(store, numbers[-1], late).runs_purged == 1
    assert retention.apply_after_end(store, numbers[-1], late).runs_purged == 0
    assert len(tracker.runs.list()) == 1


def test_datasets_and_executions_that_no_run_has_any_more_are_orphans(tracker):
    with tracker.runs.start("digits", name="kept") as kept, tracker.runs.start("digits", name="gone") as gone:
        for run in (kept, gone):
            run.log_input("shared", digest="1f")
            run.associate_execution("shared", execution_id="shared")
        gone.log_input("alone", digest="2e")
        gone.log_output("made", digest="3d")
        gone.associate_execution("alone", execution_id="alone")
    assert not tracker.maintain()
    tracker.runs.delete("gone")
    tracker.runs.purge(gone.id)
    assert tracker.maintain().orphans_removed == 3
    assert not tracker.maintain()
    with pytest.raises(NotFound):
        tracker.lineage(dataset="alone")
    assert len(kept.inputs()) == len(kept.executions()) == 1


def test_contents_that_no_model_has_are_orphans_and_those_of_models_stay(tracker, tmp_path, store_folder):
    (tmp_path / "weights.bin").write_bytes(b"123")
    model = tracker.models.create("net", path=tmp_path / "weights.bin")
    stray = store_folder / "models" / "objects" / "ab" / ("c" * 62)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(bytes(500))
    done = tracker.maintain()
    assert (done.orphans_removed, done.bytes_freed) == (1, 500)
    assert not stray.exists()
    copy = tracker.models.download(model.id, tmp_path / "copy")
    assert (copy / "weights.bin").read_bytes() == b"123"


def test_runs_stay_by_themselves_when_the_one_that_they_are_a_part_of_is_purged(tracker):
    sweep = tracker.runs.sweep("digits", code="print(1)\n", space={"lr": [1, 2]}, name="sweep").wait(120)
    trials = [run.id for run in sweep.children()]
    assert len(trials) == 2
    tracker.runs.delete(sweep.id)
    assert {tracker.runs.get(each).info.parent for each in trials} == {sweep.id}
    tracker.runs.purge(sweep.id)
    assert {tracker.runs.get(each).info.parent for each in trials} == {""}
    assert tracker.runs.get(trials[0]).lineage().complete


def test_a_deleted_model_is_purged_with_its_files_when_asked(tracker, tmp_path, store_folder):
    for name in ("kept", "gone"):
        (tmp_path / name).write_bytes(name.encode() * 100)
        tracker.models.create(name, path=tmp_path / name)
    tracker.models.delete("gone@1.0.0")
    assert not tracker.maintain()
    done = tracker.maintain(purge_deleted_after=0)
    assert (done.models_purged, done.orphans_removed, done.bytes_freed) == (1, 1, 400)
    assert repr(done) == "Purged 1 model; removed 1 orphan; freed 400 bytes."
    assert len([path for path in (store_folder / "models" / "objects").rglob("*") if path.is_file()]) == 1
    tracker.models.download("kept", tmp_path / "copy")
    with pytest.raises(NotFound):
        tracker.models.restore("gone@1.0.0")
