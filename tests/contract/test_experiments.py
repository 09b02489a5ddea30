"""Experiments: named groups of runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jupyter_tracker.errors import Conflict, InvalidInput, NotFound
from jupyter_tracker.models import Lifecycle


def test_one_that_was_created_is_found_by_name_and_by_id(tracker):
    made = tracker.experiments.create("digits", description="handwritten", tags={"team": "vision"})
    assert tracker.experiments.get("digits").id == made.id
    found = tracker.experiments.get(made.id)
    assert (found.name, found.description, dict(found.tags)) == ("digits", "handwritten", {"team": "vision"})
    assert found.lifecycle is Lifecycle.ACTIVE


def test_its_times_are_aware_and_recent(tracker):
    made = tracker.experiments.create("digits")
    assert made.created_at.tzinfo is not None
    assert abs(datetime.now(UTC) - made.created_at) < timedelta(minutes=1)


def test_an_unknown_one_is_not_found_and_a_close_name_is_suggested(tracker):
    tracker.experiments.create("digits")
    with pytest.raises(NotFound, match="Did you mean 'digits'"):
        tracker.experiments.get("digit")


def test_a_name_that_is_taken_is_a_conflict(tracker):
    tracker.experiments.create("digits")
    with pytest.raises(Conflict, match="digits"):
        tracker.experiments.create("digits")


@pytest.mark.needs("restoring")
def test_a_name_that_a_deleted_one_has_is_explained(tracker):
    tracker.experiments.create("digits")
    tracker.experiments.delete("digits")
    with pytest.raises(Conflict, match=r"deleted.*[Rr]estore"):
        tracker.experiments.create("digits")
    with pytest.raises(Conflict, match=r"deleted.*[Rr]estore"):
        tracker.runs.start("digits")


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 251, "\x1b[31m"])
def test_a_name_that_cannot_be_shown_is_refused(tracker, name):
    with pytest.raises(InvalidInput, match="name"):
        tracker.experiments.create(name)


@pytest.mark.needs("any names")
@pytest.mark.parametrize("name", ["Ziffern 数字 🔢", "a/b", "50% 'quoted' \"twice\"", "<script>alert(1)</script>"])
def test_unusual_names_are_kept_as_they_are(tracker, name):
    tracker.experiments.create(name)
    assert tracker.experiments.get(name).name == name
    assert [found.name for found in tracker.experiments.list()] == [name]


def test_the_list_has_the_one_used_last_first(tracker):
    for name in ("one", "two", "three"):
        tracker.experiments.create(name)
    assert [found.name for found in tracker.experiments.list()] == ["three", "two", "one"]
    with tracker.runs.start("one"):
        pass
    assert [found.name for found in tracker.experiments.list()] == ["one", "three", "two"]


def test_it_counts_its_runs_and_those_that_have_not_ended(tracker):
    with tracker.runs.start("digits") as first:
        found = tracker.experiments.get("digits")
        if found.run_count is None:  # the platform does not say
            assert found.active_run_count is None
            return
        assert found.active_run_count == 1
    tracker.runs.start("digits").end()
    found = tracker.experiments.get("digits")
    assert (found.run_count, found.active_run_count) == (2, 0)
    tracker.runs.delete(first.id)
    assert tracker.experiments.get("digits").run_count == 1


def test_update_changes_only_what_is_given(tracker):
    tracker.experiments.create("digits", description="old", tags={"a": "1", "b": "2"})
    tracker.experiments.update("digits", tags={"a": None, "c": "3"})
    tracker.experiments.update("digits", description="new")
    found = tracker.experiments.update("digits", name="numbers")
    assert (found.name, found.description, dict(found.tags)) == ("numbers", "new", {"b": "2", "c": "3"})
    if found.id != "digits":  # where the first name is the id, it stays one
        with pytest.raises(NotFound):
            tracker.experiments.get("digits")


def test_renaming_to_a_taken_name_is_a_conflict_and_changes_nothing(tracker):
    tracker.experiments.create("one")
    tracker.experiments.create("two")
    with pytest.raises(Conflict):
        tracker.experiments.update("two", name="one", description="changed")
    assert tracker.experiments.get("two").description == ""


@pytest.mark.needs("restoring")
def test_a_deleted_one_leaves_the_list_with_its_runs_until_it_is_restored(tracker):
    tracker.runs.start("digits").end()
    tracker.experiments.delete("digits")
    assert tracker.experiments.list() == []
    assert tracker.runs.list() == []
    assert [found.name for found in tracker.experiments.list(lifecycle="deleted")] == ["digits"]
    tracker.experiments.restore("digits")
    assert [found.name for found in tracker.experiments.list()] == ["digits"]
    assert len(tracker.runs.list()) == 1


def test_an_archived_one_leaves_the_list_and_stays_readable(tracker):
    tracker.experiments.create("digits")
    assert tracker.experiments.archive("digits").lifecycle is Lifecycle.ARCHIVED
    assert tracker.experiments.list() == []
    assert [found.name for found in tracker.experiments.list(lifecycle="archived")] == ["digits"]
    assert tracker.experiments.get("digits").name == "digits"
    assert tracker.experiments.restore("digits").lifecycle is Lifecycle.ACTIVE


def test_one_with_a_run_that_has_not_ended_cannot_be_deleted(tracker, run):
    with pytest.raises(Conflict, match=r"[Ss]top"):
        tracker.experiments.delete("digits")
    run.end()
    tracker.experiments.delete("digits")


def test_starting_a_run_makes_its_experiment(tracker, run):
    assert tracker.experiments.get("digits").run_count in (1, None)
    assert [found.id for found in tracker.runs.list("digits")] == [run.id]


def test_an_unknown_lifecycle_is_refused_with_the_known_ones(tracker):
    with pytest.raises(InvalidInput, match="active"):
        tracker.experiments.list(lifecycle="gone")
    with pytest.raises(InvalidInput, match="active"):
        tracker.runs.list(lifecycle="gone")


def test_the_list_turns_into_a_frame(tracker):
    tracker.experiments.create("digits", tags={"team": "vision"})
    tracker.experiments.create("words")
    frame = tracker.experiments.list().frame()
    assert frame["name"].tolist() == ["words", "digits"]
    assert frame["runs"].fillna(0).tolist() == [0, 0]
    assert str(frame["created_at"].dtype) == "datetime64[us, UTC]"
    assert frame["tags.team"].fillna("").tolist() == ["", "vision"]
