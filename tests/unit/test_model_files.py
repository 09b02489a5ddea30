"""How the local store keeps the files of models: shared where the disk can do that, whole always."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import StoreError


@pytest.fixture
def home(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def tracker(home):
    with jt.connect(f"local://{home}") as client:
        yield client


@pytest.fixture
def checkpoint(tracker):
    with tracker.runs.start("digits") as run, run.checkpoint(1) as folder:
        (folder / "weights").write_bytes(b"12345")
    return run.checkpoints()[0]


def kept(home: Path) -> list[Path]:
    return [path for path in (home / "models" / "objects").rglob("*") if path.is_file()]


def test_a_file_of_a_checkpoint_is_shared_with_the_model(tracker, home, checkpoint):
    tracker.models.create("m", checkpoint=checkpoint)
    (content,) = kept(home)
    assert content.samefile(home / "runs" / checkpoint.run_id / "artifacts" / checkpoint.path / "weights")
    assert content.stat().st_mode & 0o222 == 0


def test_it_is_copied_where_there_are_no_hard_links(tracker, home, checkpoint, monkeypatch, tmp_path):
    def refuse(_path, _target):
        raise OSError("not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    tracker.models.create("m", checkpoint=checkpoint)
    shutil.rmtree(home / "runs" / checkpoint.run_id)
    assert (tracker.models.download("m", tmp_path / "back") / "weights").read_bytes() == b"12345"


def test_equal_files_are_kept_once(tracker, home, checkpoint, tmp_path):
    (tmp_path / "same").write_bytes(b"12345")
    tracker.models.create("one", checkpoint=checkpoint)
    tracker.models.create("two", checkpoint=checkpoint)
    tracker.models.create("three", path=tmp_path / "same")
    assert len(kept(home)) == 1
    assert [path.name for path in (home / "models").iterdir()] == ["objects"]


def test_two_equal_files_of_one_checkpoint_are_both_there(tracker, home, tmp_path):
    with tracker.runs.start("digits") as run, run.checkpoint(1) as folder:
        for name in ("a", "b"):
            (folder / name).write_bytes(b"same")
    tracker.models.create("m", checkpoint=run.checkpoints()[0])
    assert sorted(path.name for path in tracker.models.download("m", tmp_path / "back").iterdir()) == ["a", "b"]
    assert len(kept(home)) == 1


def test_a_file_that_is_gone_or_damaged_makes_no_model(tracker, home, checkpoint):
    file = home / "runs" / checkpoint.run_id / "artifacts" / checkpoint.path / "weights"
    file.chmod(0o600)
    file.write_bytes(b"1")
    with pytest.raises(StoreError, match="damaged"):
        tracker.models.create("m", checkpoint=checkpoint)
    file.unlink()
    with pytest.raises(StoreError, match="missing"):
        tracker.models.create("m", checkpoint=checkpoint)
    assert tracker.models.list() == []


def test_content_that_was_changed_in_the_store_is_never_given_out(tracker, home, checkpoint, tmp_path):
    tracker.models.create("m", checkpoint=checkpoint)
    (content,) = kept(home)
    content.chmod(0o600)
    content.write_bytes(b"54321")
    with pytest.raises(StoreError, match="was changed in the store"):
        tracker.models.download("m", tmp_path / "back")


def test_a_checkpoint_whose_files_are_gone_says_so(tracker, home, checkpoint, tmp_path):
    shutil.rmtree(home / "runs" / checkpoint.run_id / "artifacts")
    with pytest.raises(StoreError, match="weights"):
        tracker.checkpoints.download(checkpoint, tmp_path / "back")


def test_checkpoints_go_with_the_row_of_their_run_and_models_stay(tracker, home, checkpoint, tmp_path):
    tracker.models.create("m", checkpoint=checkpoint)
    with tracker.backend.store.write() as db:
        db.execute("DELETE FROM runs WHERE id = ?", (checkpoint.run_id,))
    shutil.rmtree(home / "runs" / checkpoint.run_id)
    assert tracker.checkpoints.list() == []
    described = tracker.models.describe("m")
    assert (described.run, described.checkpoint, described.source) == (None, None, None)
    assert described.lineage["there"].tolist() == [False, False]
    assert (tracker.models.download("m", tmp_path / "back") / "weights").read_bytes() == b"12345"


def test_what_a_checkpoint_holds_cannot_be_written_over_by_its_path(tracker, home, checkpoint):
    file = home / "runs" / checkpoint.run_id / "artifacts" / checkpoint.path / "weights"
    assert file.stat().st_mode & 0o222 == 0
    assert os.access(file, os.R_OK)
