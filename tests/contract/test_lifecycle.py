"""Archiving, deleting, restoring, renaming and purging, one by one and many at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jupyter_tracker.errors import Ambiguous, Conflict, InvalidInput, NotFound
from jupyter_tracker.models import Cleanup, Lifecycle

DAY = timedelta(days=1)


@pytest.fixture
def runs(tracker):
    """Three runs of digits that have ended, oldest first."""
    return [ended(tracker, name) for name in ("a", "b", "c")]


def ended(tracker, name, experiment="digits"):
    with tracker.runs.start(experiment, name=name) as made:
        made.log({"loss": 1.0})
    return made


def names(found):
    return sorted(each.name for each in found)


@pytest.fixture(params=["experiment", "run", "source", "template"])
def record(request, tracker):
    """One of each noun: its verbs, and what it is called."""
    if request.param == "experiment":
        return tracker.experiments, tracker.experiments.create("digits").id
    if request.param == "run":
        return tracker.runs, ended(tracker, "a").id
    source = tracker.sources.create("print(1)\n", name="code")
    if request.param == "source":
        return tracker.sources, source.id
    return tracker.templates, tracker.templates.create("recipe", code=source).id


def where(record):
    found = record[0].get(record[1])
    return getattr(found, "info", found).lifecycle


def test_unarchive_takes_back_what_was_archived(record):
    # ABEJA: unarchive_training_job, unarchive_training_job_definition
    verbs, identity = record
    verbs.archive(identity)
    assert where(record) is Lifecycle.ARCHIVED
    verbs.unarchive(identity)
    assert where(record) is Lifecycle.ACTIVE


@pytest.mark.parametrize(
    ("before", "verb", "told"),
    [
        ((), "unarchive", "active"),
        ((), "restore", "active"),
        ((), "purge", "delete it first"),
        (("archive",), "archive", "unarchive"),
        (("archive",), "purge", "delete it first"),
    ],
)
@pytest.mark.needs("restoring")
def test_a_move_that_is_not_there_is_a_conflict_and_changes_nothing(record, before, verb, told):
    refuses(record, before, verb, told)


@pytest.mark.needs("restoring")
@pytest.mark.parametrize("verb", ["delete", "archive", "unarchive"])
def test_what_was_deleted_can_only_be_restored(record, verb):
    refuses(record, ("delete",), verb, "restore")


def refuses(record, before, verb, told):
    verbs, identity = record
    for step in before:
        getattr(verbs, step)(identity)
    here = where(record)
    with pytest.raises(Conflict, match=told):
        getattr(verbs, verb)(identity)
    assert where(record) is here


@pytest.mark.needs("restoring")
def test_what_is_purged_is_gone(record):
    verbs, identity = record
    verbs.delete(identity)
    assert isinstance(verbs.purge(identity), Cleanup)
    with pytest.raises(NotFound):
        verbs.get(identity)
    with pytest.raises(NotFound):
        verbs.restore(identity)


def test_a_name_that_was_purged_is_free_again(tracker, runs):
    tracker.experiments.delete("digits")
    assert tracker.experiments.purge("digits").runs_purged == 3
    tracker.experiments.create("digits")
    assert tracker.experiments.get("digits").run_count in (0, None)
    assert tracker.runs.list() == []
    assert tracker.runs.list(lifecycle="deleted") == []


def test_a_name_of_an_archived_one_is_explained(tracker):
    tracker.experiments.create("digits")
    tracker.experiments.archive("digits")
    with pytest.raises(Conflict, match=r"archived.*unarchive"):
        tracker.experiments.create("digits")


def test_an_experiment_takes_its_runs_along_and_brings_them_back_as_they_were(tracker, runs):
    tracker.runs.archive(runs[1].id)
    tracker.experiments.delete("digits")
    for lifecycle in ("active", "archived"):
        assert tracker.runs.list(lifecycle=lifecycle) == []
        assert tracker.runs.list("digits", lifecycle=lifecycle) == []
    assert names(tracker.runs.list(lifecycle="deleted")) == ["a", "b", "c"]
    for reference in ("last", "a", runs[0].id[:12]):
        with pytest.raises(NotFound):
            tracker.runs.get(reference)
    (gone,) = tracker.experiments.list(lifecycle="deleted")
    assert gone.run_count in (3, None)
    tracker.experiments.restore("digits")
    assert names(tracker.runs.list()) == ["a", "c"]
    assert names(tracker.runs.list(lifecycle="archived")) == ["b"]
    assert [event.kind for event in runs[0].events()][-2:] == ["deleted", "restored"]
    assert [event.sequence for event in runs[0].events()] == [1, 2, 3, 4, 5]


def test_a_run_that_was_deleted_on_its_own_stays_deleted(tracker, runs):
    tracker.runs.delete(runs[0].id)
    tracker.experiments.delete("digits")
    tracker.experiments.restore("digits")
    assert names(tracker.runs.list()) == ["b", "c"]
    assert names(tracker.runs.list(lifecycle="deleted")) == ["a"]


@pytest.mark.needs("restoring")
def test_a_run_of_a_deleted_experiment_comes_back_with_it_only(tracker, runs):
    tracker.runs.delete(runs[0].id)
    tracker.experiments.delete("digits")
    for run in runs[:2]:
        with pytest.raises(Conflict, match="--experiment digits"):
            tracker.runs.restore(run.id)
    with pytest.raises(Conflict, match="--experiment digits"):
        tracker.runs.restore_after("digits", datetime.now(UTC) - DAY)


def test_a_run_is_renamed_described_and_tagged(tracker, runs):
    # as update_run of MLflow does
    changed = tracker.runs.update("a", name="baseline", notes="the one\nof the paper", tags={"keep": "yes"})
    assert (changed.name, changed.notes, dict(changed.tags)) == ("baseline", "the one\nof the paper", {"keep": "yes"})
    assert "of the paper" in repr(changed)
    again = runs[0].update(tags={"keep": None})
    assert (again.name, again.notes, dict(again.tags)) == ("baseline", "the one\nof the paper", {})
    assert runs[0].update(notes="").notes == ""
    assert names(tracker.runs.list(where="name = 'baseline'")) == ["baseline"]


def test_runs_are_found_by_their_notes(tracker, runs):
    tracker.runs.update("a", notes="the one of the paper")
    assert names(tracker.runs.list(where="attributes.notes LIKE '%paper%'")) == ["a"]
    assert names(tracker.runs.list(where="notes = ''")) == ["b", "c"]


def test_runs_of_one_name_are_allowed_and_named_when_it_matters(tracker, runs):
    tracker.runs.update("b", name="a")
    with pytest.raises(Ambiguous, match="digits / a"):
        tracker.runs.get("a")


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"name": 3},
        {"notes": "\x00"},
        {"notes": "\x1f"},
        {"notes": "\ud800"},
        {"notes": "x" * 100_001},
        {"notes": 3},
        {"tags": {"": "x"}},
        {"tags": {"a": 3}},
    ],
)
def test_a_change_that_cannot_be_kept_is_refused_as_a_whole(tracker, runs, change):
    with pytest.raises(InvalidInput):
        tracker.runs.update(runs[0].id, **{"name": "new", "notes": "new", **change})
    assert tracker.runs.get(runs[0].id).info == tracker.runs.get("a").info
    assert tracker.runs.get("a").notes == ""


@pytest.mark.parametrize("tags", [{"": "x"}, {"a": 3}, {"a": "\ud800"}])
def test_tags_of_an_experiment_are_text(tracker, tags):
    with pytest.raises(InvalidInput, match="tag"):
        tracker.experiments.create("digits", tags=tags)
    tracker.experiments.create("digits")
    with pytest.raises(InvalidInput, match="tag"):
        tracker.experiments.update("digits", tags=tags)


@pytest.mark.needs("restoring")
def test_what_is_deleted_is_not_changed(tracker, runs):
    tracker.runs.delete(runs[0].id)
    with pytest.raises(Conflict, match=r"[Rr]estore"):
        tracker.runs.update(runs[0].id, name="new")
    tracker.experiments.delete("digits")
    with pytest.raises(Conflict, match=r"[Rr]estore"):
        tracker.experiments.update("digits", name="new")


def test_runs_created_until_a_time_are_deleted_the_oldest_first(tracker, runs):
    # Databricks: delete_runs with max_timestamp_millis and max_runs; one created at that time goes, too
    assert tracker.runs.delete_before("digits", runs[1].created_at, maximum=1) == 1
    assert names(tracker.runs.list()) == ["b", "c"]
    assert tracker.runs.delete_before("digits", runs[1].created_at) == 1
    assert names(tracker.runs.list()) == ["c"]
    assert tracker.runs.delete_before("digits", runs[1].created_at) == 0
    assert runs[0].events()[-1].kind == "deleted"


def test_deleting_many_leaves_what_is_archived_running_or_elsewhere(tracker, runs, run):
    ended(tracker, "other", "words")
    tracker.runs.archive(runs[0].id)
    assert tracker.runs.delete_before("digits", datetime.now(UTC)) == 2
    assert names(tracker.runs.list()) == ["other", "run"]


def test_runs_deleted_since_a_time_are_restored_the_last_first(tracker, runs):
    # Databricks: restore_runs with min_timestamp_millis and max_runs
    stamps = []
    for run in runs:
        stamps.append(datetime.now(UTC))
        tracker.runs.delete(run.id)
    assert tracker.runs.restore_after("digits", stamps[1], maximum=1) == 1
    assert names(tracker.runs.list()) == ["c"]
    assert tracker.runs.restore_after("digits", stamps[1].isoformat()) == 1
    assert names(tracker.runs.list()) == ["b", "c"]
    assert tracker.runs.restore_after("digits", datetime.now(UTC) + DAY) == 0
    assert runs[1].events()[-1].kind == "restored"


def test_more_than_a_request_may_move_is_moved_in_portions(tracker, runs, monkeypatch):
    # Databricks: max_runs is at most 10,000; limits are kept by splitting
    monkeypatch.setattr("jupyter_tracker.client.bulk.PORTION", 2)
    assert tracker.runs.delete_before("digits", datetime.now(UTC)) == 3
    assert tracker.runs.restore_after("digits", "2020-01-01", maximum=3) == 3


@pytest.mark.parametrize("verb", ["delete_before", "restore_after"])
def test_times_and_maximums_that_are_none_are_refused(tracker, runs, verb):
    move = getattr(tracker.runs, verb)
    for time in ("yesterday", "", 3, None):
        with pytest.raises(InvalidInput, match="time"):
            move("digits", time)
    for maximum in (0, -1, 1.5, True, "3"):
        with pytest.raises(InvalidInput, match="maximum"):
            move("digits", datetime.now(UTC), maximum=maximum)
    with pytest.raises(NotFound, match="Did you mean 'digits'"):
        move("digit", datetime.now(UTC))
    assert len(tracker.runs.list()) == 3


def test_a_source_is_not_purged_while_something_refers_to_it(tracker):
    source = tracker.sources.create("print(1)\n", name="code")
    template = tracker.templates.create("recipe", code=source)
    tracker.sources.delete(source.id)
    with pytest.raises(Conflict, match="1 templates"):
        tracker.sources.purge(source.id)
    tracker.templates.delete(template.id)
    tracker.templates.purge(template.id)
    assert tracker.sources.purge(source.id).sources_purged == 1


@pytest.mark.needs("restoring")
def test_purging_one_run_leaves_all_others_whole(tracker, runs):
    tracker.runs.delete(runs[1].id)
    assert tracker.runs.purge(runs[1].id).runs_purged == 1
    assert names(tracker.runs.list()) == ["a", "c"]
    for run in (runs[0], runs[2]):
        assert run.series()["loss"].tolist() == [1.0]
        assert run.refresh().metrics == {"loss": 1.0}
    for read in (runs[1].events, runs[1].logs, runs[1].artifacts, runs[1].series, runs[1].refresh):
        with pytest.raises(NotFound):
            read()
