"""Checkpoints over all runs: written in two steps, listed by filters, downloaded, deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jupyter_tracker.errors import Ambiguous, Conflict, InvalidInput, NotFound


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"abc")
    return path


def steps(found):
    return [each.step for each in found]


def begin_only(run, step):
    """A checkpoint whose writer gives up."""

    def write():
        with run.checkpoint(step) as folder:
            (folder / "half").write_bytes(b"1")
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        write()


def test_one_is_written_file_by_file_and_complete_at_the_end_of_the_block(run, tmp_path):
    with run.checkpoint(20) as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "state").write_bytes(b"12")
        (folder / "weights").write_bytes(b"345")
        (seen,) = run.checkpoints()
        assert (seen.complete, seen.size, seen.completed_at) == (False, 0, None)
    (made,) = run.checkpoints()
    assert (made.step, made.complete, made.size) == (20, True, 5)
    assert made.created_at <= made.completed_at
    assert (made.run_id, made.run, made.experiment) == (run.id, run.name, "digits")
    event = run.events()[-1]
    assert (event.kind, event.data) == (
        "checkpoint",
        {"id": made.id, "step": 20, "path": made.path, "size": 5},
    )
    assert len(run.artifacts()) == 2
    copy = run.download_artifact(made.path, tmp_path / "back")
    assert (copy / "deep" / "state").read_bytes() == b"12"


def test_one_whose_writer_raises_stays_incomplete(tracker, run, tmp_path):
    begin_only(run, 3)
    (left,) = run.checkpoints()
    assert not left.complete
    assert run.artifacts() == []
    assert "checkpoint" not in [event.kind for event in run.events()]
    assert run.checkpoint_steps() == ()
    with pytest.raises(Conflict, match="incomplete"):
        tracker.checkpoints.download(left, tmp_path / "back")


@pytest.mark.needs("watching")
def test_one_whose_writer_is_killed_stays_incomplete(tracker, process):
    child = process("""
        import os, signal
        run = tracker.runs.start("digits", name="killed")
        with run.checkpoint(4) as folder:
            (folder / "half").write_bytes(b"1")
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    assert child.wait(60) == -9
    (left,) = tracker.checkpoints.list(status="incomplete")
    assert (left.step, left.run, left.complete) == (4, "killed", False)
    assert tracker.checkpoints.list(status="complete") == []
    assert tracker.checkpoints.delete(run="killed") == 1
    assert tracker.checkpoints.list() == []


def test_a_block_that_writes_nothing_is_told(run):
    with pytest.raises(InvalidInput, match="Nothing was written"), run.checkpoint(1):
        pass
    assert [each.complete for each in run.checkpoints()] == [False]


def test_links_that_a_writer_makes_become_files(run, tmp_path):
    (tmp_path / "outside").write_bytes(b"real")
    with run.checkpoint(1) as folder:
        (folder / "link").symlink_to(tmp_path / "outside")
        (folder / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "outside").write_bytes(b"changed")
    (made,) = run.checkpoints()
    assert made.size == 4
    copy = run.download_artifact(made.path + "/link", tmp_path / "back")
    assert copy.read_bytes() == b"real"


def test_two_of_a_step_do_not_share_their_files(tracker, run, weights, tmp_path):
    first = run.log_checkpoint(5, weights)
    weights.write_bytes(b"later")
    second = run.log_checkpoint(5, weights)
    assert (first.size, second.size) == (3, 5)
    assert tracker.checkpoints.delete(first) == 1
    assert (tracker.checkpoints.download(second, tmp_path / "back") / "weights.bin").read_bytes() == b"later"


def test_a_folder_without_files_is_no_checkpoint(run, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match="no files"):
        run.log_checkpoint(1, tmp_path / "empty")
    assert run.checkpoints() == []


@pytest.fixture
def many(tracker, weights):
    """Complete ones of steps 1 to 3 in each of two runs, and an incomplete one of step 9."""
    made = {}
    for name in ("small", "large"):
        with tracker.runs.start(f"of {name}", name=name) as run:
            for step in (2, 1, 3):
                weights.write_bytes(b"x" * (step if name == "small" else 10 * step))
                made[name, step] = run.log_checkpoint(step, weights)
            if name == "large":
                begin_only(run, 9)
    return made


def test_all_filters_of_chariot_select(tracker, many):
    # Chariot `get_checkpoints`: run, step, status, created_before, created_after, sort, limit, offset.
    find = tracker.checkpoints.list
    assert steps(find()) == [1, 1, 2, 2, 3, 3, 9]
    assert steps(find(run="small")) == [1, 2, 3]
    assert steps(find(run=["small", "large"], step=2)) == [2, 2]
    assert steps(find(experiment="of large")) == [1, 2, 3, 9]
    assert steps(find(experiment="of large", run="small")) == []
    assert steps(find(step=[1, 9])) == [1, 1, 9]
    assert steps(find(min_step=2, max_step=3)) == [2, 2, 3, 3]
    assert steps(find(step=0)) == []
    assert steps(find(status="incomplete")) == [9]
    assert steps(find(status="complete", run="large")) == [1, 2, 3]
    assert steps(find(order_by="created_at", run="small")) == [2, 1, 3]
    assert steps(find(order_by="created_at desc", limit=2)) == [9, 3]
    assert [each.size for each in find(order_by="size DESC", limit=2)] == [30, 20]
    assert steps(find(order_by="created_at", limit=2, offset=1)) == [1, 3]
    assert steps(find(offset=6)) == [9]
    assert steps(find(limit=0)) == []
    assert [each.id for each in find(order_by="id")] == sorted(each.id for each in find())
    middle = many["large", 2].created_at
    assert len(find(created_before=middle)) == 3
    assert len(find(created_after=middle)) == 3
    assert find(created_after=datetime.now(UTC) + timedelta(days=1)) == []
    assert find(run=[]) == []


@pytest.mark.parametrize(
    "given",
    [
        {"status": "half"},
        {"order_by": "colour"},
        {"order_by": "step sideways"},
        {"limit": -1},
        {"offset": 1.5},
        {"step": "3"},
        {"step": True},
        {"min_step": -1},
        {"max_step": 2**70},
        {"created_after": "yesterday"},
    ],
)
def test_a_filter_that_is_wrong_is_named(tracker, given):
    (value,) = given.values()
    with pytest.raises(InvalidInput) as caught:
        tracker.checkpoints.list(**given)
    assert str(value).split()[-1] in str(caught.value)


def test_those_of_a_run_take_the_same_filters(tracker, many):
    run = tracker.runs.get("large")
    assert steps(run.checkpoints(min_step=2, order_by="step DESC")) == [9, 3, 2]
    assert steps(run.checkpoints(status="complete", limit=1)) == [1]
    assert steps(run.checkpoints(step=9)) == [9]


def test_the_steps_with_checkpoints_are_those_that_are_complete(tracker, many, weights):
    # Chariot: `get_global_steps_with_checkpoints`
    assert tracker.checkpoints.steps("large") == (1, 2, 3)
    run = tracker.runs.get("small")
    run.log_checkpoint(3, weights)
    assert run.checkpoint_steps() == (1, 2, 3)


def test_one_is_found_by_id_and_its_beginning(tracker, many):
    made = many["small", 2]
    assert tracker.checkpoints.get(made.id) == made
    assert tracker.checkpoints.get(made.id[:20]) == made
    with pytest.raises(NotFound, match="checkpoint"):
        tracker.checkpoints.get("zebra")
    with pytest.raises(NotFound):
        tracker.checkpoints.get("")


def test_a_beginning_that_several_have_is_ambiguous(tracker, run, weights):
    found = [run.log_checkpoint(step, weights) for step in range(17)]
    letters = [each.id[0] for each in found]
    shared = next(letter for letter in letters if letters.count(letter) > 1)
    with pytest.raises(Ambiguous, match="step"):
        tracker.checkpoints.get(shared)


def test_one_is_downloaded_with_the_paths_that_it_has(tracker, run, tmp_path):
    # Chariot `download_checkpoint`: files keep their path below the checkpoint.
    (tmp_path / "state" / "deep").mkdir(parents=True)
    (tmp_path / "state" / "deep" / "a").write_bytes(b"12")
    made = run.log_checkpoint(1, tmp_path / "state")
    target = tracker.checkpoints.download(made.id[:12], tmp_path / "back")
    assert target == tmp_path / "back"
    copy = target / "state" / "deep" / "a"
    copy.write_bytes(b"it can be written")
    with pytest.raises(Conflict, match="not an empty folder"):
        tracker.checkpoints.download(made, target)


def test_deleting_without_a_filter_is_refused(tracker, many):
    # Chariot: `delete_checkpoints` without ids and runs would delete everything.
    with pytest.raises(InvalidInput, match="Say which checkpoints"):
        tracker.checkpoints.delete()
    assert len(tracker.checkpoints.list()) == 7
    assert tracker.checkpoints.delete([]) == 0
    assert len(tracker.checkpoints.list()) == 7


def test_they_are_deleted_by_id_by_run_and_by_both(tracker, many):
    one, two = many["small", 1], many["large", 2]
    assert tracker.checkpoints.delete([one, two], run="small") == 1
    assert tracker.checkpoints.delete([two.id, many["large", 3].id[:16]]) == 2
    assert steps(tracker.checkpoints.list(run="large")) == [1, 9]
    assert tracker.checkpoints.delete(run="large") == 2
    assert steps(tracker.checkpoints.list()) == [2, 3]
    assert tracker.checkpoints.delete(run="large") == 0


def test_what_is_deleted_is_gone_with_its_files_and_told_as_an_event(tracker, many, tmp_path):
    run = tracker.runs.get("small")
    first = many["small", 1]
    assert len(run.artifacts()) == 3
    tracker.checkpoints.delete([first])
    assert len(run.artifacts()) == 2
    with pytest.raises(NotFound):
        run.download_artifact(first.path, tmp_path / "back")
    with pytest.raises(NotFound):
        tracker.checkpoints.get(first.id)
    assert run.events()[-1].data == {"ids": [first.id], "steps": [1]}
    assert [event.sequence for event in run.events()] == list(range(1, len(run.events()) + 1))


def test_one_that_is_not_there_deletes_none(tracker, many):
    with pytest.raises(NotFound):
        tracker.checkpoints.delete([many["small", 1], "zebra"])
    assert len(tracker.checkpoints.list()) == 7


def test_one_that_is_deleted_while_it_is_written_is_told(tracker, run):
    def write():
        with run.checkpoint(1) as folder:
            (folder / "a").write_bytes(b"1")
            tracker.checkpoints.delete(run=run.id)

    with pytest.raises(NotFound, match="checkpoint"):
        write()
    assert run.checkpoints() == []
    assert run.artifacts() == []


def test_those_of_a_deleted_run_are_not_listed(tracker, many):
    tracker.runs.delete("small")
    assert steps(tracker.checkpoints.list()) == [1, 2, 3, 9]
    tracker.experiments.delete("of large")
    assert tracker.checkpoints.list() == []


@pytest.mark.needs("restoring")
def test_those_of_a_deleted_run_are_listed_for_that_run(tracker, many):
    small = tracker.runs.get("small").id
    tracker.runs.delete("small")
    assert steps(tracker.checkpoints.list(run=small)) == [1, 2, 3]


def test_the_list_prints_and_is_a_frame(tracker, many):
    found = tracker.checkpoints.list(run="large")
    frame = found.frame()
    assert frame["complete"].tolist() == [True, True, True, False]
    assert frame["completed_at"].isna().tolist() == [False, False, False, True]
    assert frame["run"].tolist() == ["large"] * 4
    assert "step-3" in repr(found)
