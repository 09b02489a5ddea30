"""How long runs are kept (UbiOps: request_retention_mode, request_retention_time), and tidying up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jupyter_tracker.errors import InvalidInput, NotFound
from jupyter_tracker.models import Cleanup, RetentionMode

HOUR = 3600.0


@pytest.fixture
def trained(tracker, tmp_path):
    """A run with something of everything."""
    (tmp_path / "model.bin").write_bytes(bytes(1000))

    def train(experiment="digits", name="a"):
        with tracker.runs.start(experiment, name=name, params={"lr": 0.1}, tags={"team": "x"}) as run:
            for step in range(5):
                run.log({"loss": 5.0 - step})
            run.log_text("one\ntwo\n")
            run.log_artifact(tmp_path / "model.bin")
            run.log_checkpoint(4, tmp_path / "model.bin")
            run.log_classification(labels=["x", "y"], matrix=[[1, 0], [0, 1]])
            run.set_progress(5, 5)
        return run.refresh()

    return train


def later(seconds):
    return datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.mark.needs("endless retention")
def test_an_experiment_keeps_everything_unless_it_is_told_otherwise(tracker):
    made = tracker.experiments.create("digits")
    assert (made.retention_mode, made.retention_time) == (RetentionMode.FULL, None)
    told = tracker.experiments.update("digits", retention_mode="metadata", retention_time=HOUR)
    assert (told.retention_mode, told.retention_time) == (RetentionMode.METADATA, HOUR)
    assert tracker.experiments.update("digits", description="x").retention_time == HOUR
    made = tracker.experiments.create("words", retention_mode="none", retention_time=60)
    assert (made.retention_mode, made.retention_time) == (RetentionMode.NONE, 60.0)
    frame = tracker.experiments.list().frame()
    assert sorted(frame["retention_mode"]) == ["metadata", "none"]


@pytest.mark.parametrize("time", [-1, float("nan"), float("inf"), "1h", True, 1e12])
def test_a_retention_time_that_is_none_is_refused(tracker, time):
    with pytest.raises(InvalidInput, match="retention time"):
        tracker.experiments.create("digits", retention_mode="none", retention_time=time)


@pytest.mark.parametrize("mode", ["", "all", "FULL", 3])
def test_a_retention_mode_that_is_none_is_refused_with_the_known_ones(tracker, mode):
    with pytest.raises(InvalidInput, match="none, metadata, full"):
        tracker.experiments.create("digits", retention_mode=mode)


def test_nothing_happens_before_the_time_is_over(tracker, trained):
    run = trained()
    tracker.experiments.update("digits", retention_mode="none", retention_time=HOUR)
    assert tracker.maintain(time=later(HOUR / 2)).runs_purged == 0
    assert run.refresh().series()["loss"].tolist() == [5.0, 4.0, 3.0, 2.0, 1.0]


@pytest.mark.parametrize("retention", [{"retention_mode": "full", "retention_time": 0}, {"retention_mode": "none"}])
def test_without_an_end_everything_stays(tracker, trained, retention):
    run = trained()
    tracker.experiments.update("digits", **retention)
    assert tracker.maintain(time=later(1000 * HOUR)).runs_purged == 0
    assert len(run.refresh().series()) == 5
    assert str(run.logs()) == "one\ntwo"


def test_metadata_keeps_what_is_small_and_says_what_went(tracker, trained):
    run = trained()
    before = run.info
    tracker.experiments.update("digits", retention_mode="metadata", retention_time=HOUR)
    done = tracker.maintain(time=later(2 * HOUR))
    assert (done.runs_trimmed, done.runs_purged) == (1, 0)
    assert done.bytes_freed >= 2000
    after = run.refresh().info
    assert (after.params, after.tags, after.metrics, after.state) == (
        before.params,
        before.tags,
        before.metrics,
        before.state,
    )
    assert before.trimmed_at is None
    assert after.trimmed_at is not None
    assert run.progress is not None
    assert run.classification().accuracy == 1.0
    event = run.events()[-1]
    assert (event.kind, event.data["retention_mode"]) == ("data_removed", "metadata")
    assert "1 h 00 m after the end" in event.message
    assert "removed by retention" in repr(run)
    assert [line.text for line in run.logs()] == ["The log was removed by the retention of the experiment."]
    assert [line.text for line in run.logs(follow=True)] == ["The log was removed by the retention of the experiment."]
    assert len(run.logs(tail=3)) == 1
    for keys in (None, ["loss"]):
        with pytest.raises(NotFound, match="retention"):
            run.series(keys)
    assert run.artifacts() == []
    assert run.checkpoints() == []
    assert [found.id for found in tracker.runs.list("digits", where="min(metrics.loss) = 1")] == [run.id]


def test_it_is_done_once(tracker, trained):
    run = trained()
    tracker.experiments.update("digits", retention_mode="metadata", retention_time=HOUR)
    tracker.maintain(time=later(2 * HOUR))
    assert tracker.maintain(time=later(3 * HOUR)).runs_trimmed == 0
    assert [event.kind for event in run.events()].count("data_removed") == 1


def test_none_keeps_nothing_also_of_archived_and_deleted_and_trimmed_runs(tracker, trained):
    runs = [trained(name=name) for name in ("a", "b", "c")]
    kept = trained("words")
    tracker.experiments.update("digits", retention_mode="metadata", retention_time=HOUR)
    tracker.maintain(time=later(2 * HOUR))
    tracker.runs.archive(runs[1].id)
    tracker.runs.delete(runs[2].id)
    tracker.experiments.update("digits", retention_mode="none")
    assert tracker.maintain(time=later(2 * HOUR)).runs_purged == 3
    for run in runs:
        with pytest.raises(NotFound):
            run.refresh()
    assert len(kept.refresh().series()) == 5
    assert tracker.experiments.get("digits").run_count == 0


def test_a_run_that_has_not_ended_is_never_touched(tracker, run):
    run.log({"loss": 1.0})
    run.log_text("here\n")
    for mode in ("metadata", "none"):
        tracker.experiments.update("digits", retention_mode=mode, retention_time=0)
        assert not tracker.maintain(time=later(1000 * HOUR)).runs_purged
    run.log({"loss": 0.5})
    run.end()
    assert run.series()["loss"].tolist() == [1.0, 0.5]
    assert str(run.logs()) == "here"
    assert tracker.maintain(time=later(1)).runs_purged == 1


def test_what_was_deleted_long_ago_is_purged_only_when_asked(tracker, trained):
    run = trained()
    source = tracker.sources.create("print(1)\n", name="code")
    used = tracker.sources.create("print(2)\n", name="used")
    template = tracker.templates.create("recipe", code=used)
    tracker.experiments.create("empty")
    tracker.runs.delete(run.id)
    tracker.sources.delete(source.id)
    tracker.sources.delete(used.id)
    tracker.experiments.delete("empty")
    assert not tracker.maintain(time=later(1000 * HOUR)).runs_purged
    assert not tracker.maintain(time=later(HOUR), purge_deleted_after=2 * HOUR).runs_purged
    done = tracker.maintain(time=later(3 * HOUR), purge_deleted_after=2 * HOUR)
    assert (done.runs_purged, done.experiments_purged, done.sources_purged) == (1, 1, 1)
    assert tracker.sources.get(used.id).id == template.source
    tracker.templates.delete(template.id)
    done = tracker.maintain(time=later(1), purge_deleted_after=0)
    assert (done.templates_purged, done.sources_purged) == (1, 1)


@pytest.mark.parametrize("age", [-1, float("nan"), "1d"])
def test_an_age_that_is_none_is_refused(tracker, age):
    with pytest.raises(InvalidInput, match="age"):
        tracker.maintain(purge_deleted_after=age)


def test_a_tidy_store_has_nothing_to_remove(tracker):
    tracker.experiments.create("digits")
    tracker.maintain()
    done = tracker.maintain()
    assert done == Cleanup()
    assert repr(done) == "There was nothing to remove."


def test_what_was_removed_reads_well_and_adds_up():
    done = Cleanup(runs_purged=1, sources_purged=2, bytes_freed=1500) + Cleanup(runs_purged=1, runs_trimmed=1)
    assert repr(done) == "Purged 2 runs, 2 sources; trimmed 1 run to the metadata; freed 1.5 kB."


def test_downloads_of_what_retention_removed_say_why(tracker, trained, tmp_path):
    run = trained()
    (checkpoint,) = run.checkpoints()
    tracker.experiments.update("digits", retention_mode="metadata", retention_time=60)
    tracker.maintain(time=later(HOUR))
    told = "were removed by the retention of 'digits': metadata, 1 m 00 s after the end"
    for download in (
        lambda: run.download_artifact("model.bin", tmp_path / "copy"),
        lambda: tracker.checkpoints.download(checkpoint.id, tmp_path / "copy"),
        lambda: tracker.checkpoints.download(checkpoint.id[:8], tmp_path / "copy"),
        lambda: tracker.models.create("net", checkpoint=checkpoint.id),
    ):
        with pytest.raises(NotFound, match=told):
            download()
    with pytest.raises(NotFound, match="lists them"):
        tracker.checkpoints.download("0123abcd", tmp_path / "copy")
