"""Artifacts and checkpoints."""

from __future__ import annotations

import hashlib
import os

import pytest

from jupyter_tracker.errors import InvalidInput, NotFound


def test_a_file_is_kept_under_its_name_with_size_and_digest(run, tmp_path):
    source = tmp_path / "model.bin"
    source.write_bytes(bytes(range(256)) * 10_000)
    (kept,) = run.log_artifact(source)
    assert (kept.path, kept.size) == ("model.bin", 2_560_000)
    assert kept.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    source.unlink()
    copy = run.download_artifact("model.bin", tmp_path / "back")
    assert copy == tmp_path / "back" / "model.bin"
    assert copy.read_bytes() == bytes(range(256)) * 10_000
    assert [artifact.path for artifact in run.artifacts()] == ["model.bin"]


def test_a_file_can_be_kept_under_another_path(run, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    run.log_artifact(tmp_path / "a.txt", "plots/deep/b.txt")
    assert [artifact.path for artifact in run.artifacts()] == ["plots/deep/b.txt"]
    copy = run.download_artifact("plots", tmp_path / "back")
    assert (copy / "deep" / "b.txt").read_text() == "a"


def test_a_folder_is_kept_file_by_file(run, tmp_path):
    source = tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    (source / "a.txt").write_text("a")
    (source / "deep" / "größe.txt").write_text("b")
    kept = run.log_artifact(source)
    assert [artifact.path for artifact in kept] == ["out/a.txt", "out/deep/größe.txt"]
    frame = run.artifacts().frame()
    assert frame["size"].tolist() == [1, 1]
    assert str(frame["created_at"].dtype) == "datetime64[us, UTC]"


def test_the_same_path_again_replaces_the_file(run, tmp_path):
    source = tmp_path / "a.txt"
    for text in ("one", "three"):
        source.write_text(text)
        run.log_artifact(source)
    assert [(artifact.path, artifact.size) for artifact in run.artifacts()] == [("a.txt", 5)]
    assert run.download_artifact("a.txt", tmp_path / "back").read_text() == "three"


@pytest.mark.parametrize("path", ["../escape", "a/../../escape", "/etc/passwd", "..", "a\0b", "//x"])
def test_a_path_that_leaves_the_run_is_refused(run, tmp_path, path):
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(InvalidInput, match="artifact path"):
        run.log_artifact(tmp_path / "a.txt", path)
    with pytest.raises(InvalidInput, match="artifact path"):
        run.download_artifact(path, tmp_path / "back")
    assert run.artifacts() == []
    assert not (tmp_path / "escape").exists()


def test_a_folder_with_links_that_lead_away_or_round_is_kept_without_hanging(run, tmp_path):
    source = tmp_path / "out"
    source.mkdir()
    (source / "real.txt").write_text("real")
    (source / "loop").symlink_to(source)
    (source / "broken").symlink_to(tmp_path / "nowhere")
    os.mkfifo(source / "pipe")
    assert [artifact.path for artifact in run.log_artifact(source)] == ["out/real.txt"]


def test_a_source_that_is_not_there_is_not_found(run, tmp_path):
    (tmp_path / "model.bin").touch()
    with pytest.raises(NotFound, match="Did you mean"):
        run.log_artifact(tmp_path / "modl.bin")


def test_an_artifact_that_is_not_there_is_not_found_and_a_close_name_is_suggested(run, tmp_path):
    (tmp_path / "model.bin").write_bytes(b"x")
    run.log_artifact(tmp_path / "model.bin")
    with pytest.raises(NotFound, match=r"Did you mean 'model\.bin'"):
        run.download_artifact("modl.bin", tmp_path / "back")


def test_an_empty_file_is_a_file(run, tmp_path):
    (tmp_path / "empty").touch()
    (kept,) = run.log_artifact(tmp_path / "empty")
    assert kept.size == 0


def test_checkpoints_are_listed_by_step(run, tmp_path):
    source = tmp_path / "weights.bin"
    for step in (20, 3):
        source.write_bytes(b"x" * step)
        made = run.log_checkpoint(step, source)
        assert (made.step, made.size, made.complete) == (step, step, True)
    found = run.checkpoints()
    assert [(one.step, one.size) for one in found] == [(3, 3), (20, 20)]
    assert len({one.id for one in found}) == 2
    assert found[0].run_id == run.id
    assert run.download_artifact(found[0].path, tmp_path / "back").read_bytes() == b"xxx"
    assert found.frame()["complete"].tolist() == [True, True]


def test_a_folder_can_be_a_checkpoint(run, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "a").write_bytes(b"12")
    (tmp_path / "state" / "b").write_bytes(b"345")
    assert run.log_checkpoint(1, tmp_path / "state").size == 5


def test_a_checkpoint_is_an_event(run, tmp_path):
    (tmp_path / "w").touch()
    run.log_checkpoint(7, tmp_path / "w")
    assert run.events()[-1].data["step"] == 7


@pytest.mark.parametrize("step", [-1, 1.5, True, "3"])
def test_a_checkpoint_needs_a_whole_step(run, tmp_path, step):
    (tmp_path / "w").touch()
    with pytest.raises(InvalidInput, match="step"):
        run.log_checkpoint(step, tmp_path / "w")


def test_a_checkpoint_of_nothing_is_not_kept(run, tmp_path):
    with pytest.raises(NotFound):
        run.log_checkpoint(1, tmp_path / "nothing")
    assert [one for one in run.checkpoints() if one.complete] == []
    assert run.checkpoints() == []
