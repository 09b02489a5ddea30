"""What a run reports beside its log: statistics by stage, progress of several operations, alerts."""

from __future__ import annotations

import contextlib
import math

import pytest

from jupyter_tracker.errors import InvalidInput, InvalidMetric, NotFound
from jupyter_tracker.models import Level


def test_metrics_of_a_stage_have_its_name_before_theirs(run):
    run.log({"loss": 0.5, "acc": 0.9}, stage="validation", step=3)
    run.log({"loss": 0.1}, stage="train", step=3)
    assert dict(run.refresh().metrics) == {"validation/loss": 0.5, "validation/acc": 0.9, "train/loss": 0.1}
    assert run.series(["validation/loss"])["validation/loss"].tolist() == [0.5]


def test_statistics_are_the_latest_values_by_stage(run):
    for epoch in (1, 2):
        run.log_statistics({"train": {"loss": 1 / epoch}, "validation": {"loss": 2 / epoch, "acc": 0.5}}, epoch=epoch)
    run.log({"lr": 0.01, "own/deep/name": 3.0}, step=2)
    found = run.statistics()
    assert found == {
        "train": {"loss": 0.5},
        "validation": {"loss": 1.0, "acc": 0.5},
        "overall": {"lr": 0.01},
        "own": {"deep/name": 3.0},
    }
    frame = found.frame()
    assert list(frame.columns) == ["train", "validation", "overall", "own"]
    assert frame.loc["loss"].tolist()[:2] == [0.5, 1.0]
    assert math.isnan(frame.loc["acc", "train"])
    assert set(frame.dtypes.astype(str)) == {"float64"}


def test_epochs_and_progress_are_those_of_abeja(tracker, run):
    # ABEJA `update_statistics`: num_epochs, epoch, progress_percentage (0 to 1), stages and any other key.
    run.log_statistics({"train": {"loss": 0.3}, "lr": 0.1}, epoch=3, num_epochs=12)
    found = tracker.runs.get(run.id).statistics()
    assert (found.epoch, found.num_epochs, found.progress) == (3, 12, 0.25)
    assert found["overall"] == {"lr": 0.1}
    assert run.series(["train/loss"]).index.tolist() == [3]
    run.log_statistics(progress=0.5)
    assert run.statistics().progress == 0.5
    assert "epoch 3 of 12 · 50%" in repr(run.statistics())


def test_zero_is_a_value_of_statistics(run):
    # ABEJA: its own client drops values that are 0; here they are kept.
    run.log_statistics({"train": {"loss": 0.0, "accuracy": 0}}, epoch=0, num_epochs=10, progress=0)
    found = run.statistics()
    assert found == {"train": {"loss": 0.0, "accuracy": 0.0}}
    assert (found.epoch, found.num_epochs, found.progress) == (0, 10, 0.0)
    assert "0%" in repr(found)


def test_statistics_replace_those_before_and_the_history_is_kept(run):
    for epoch in range(5):
        run.log_statistics({"train": {"loss": 5.0 - epoch}}, epoch=epoch)
    assert run.statistics()["train"] == {"loss": 1.0}
    assert run.series(["train/loss"])["train/loss"].tolist() == [5.0, 4.0, 3.0, 2.0, 1.0]


def test_a_run_without_metrics_has_no_statistics(run):
    found = run.statistics()
    assert found == {}
    assert (found.epoch, found.num_epochs, found.progress) == (None, None, None)
    assert repr(found) == "No metrics."


def test_metrics_that_are_called_like_the_overall_stage_hide_none(run):
    logged = {"loss": 1.0, "overall/loss": 2.0}
    run.log(logged)
    for key in ("/odd", "odd/"):
        with contextlib.suppress(InvalidMetric):  # not every platform takes such a name
            run.log({key: 3.0})
            logged[key] = 3.0
    assert run.statistics() == {"overall": logged}
    run.log({"loss": 5.0}, stage="overall")
    assert run.statistics()["overall"]["loss"] == 5.0


@pytest.mark.parametrize("stage", ["", " ", "a/b", 3, None])
def test_a_stage_is_a_name(run, stage):
    with pytest.raises(InvalidInput, match="stage"):
        run.log_statistics({stage: {"loss": 1.0}})
    if stage is not None:
        with pytest.raises(InvalidInput, match="stage"):
            run.log({"loss": 1.0}, stage=stage)
    assert run.refresh().metrics == {}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"progress": 1.1}, "progress"),
        ({"progress": "half"}, "progress"),
        ({"progress": math.nan}, "progress"),
        ({"num_epochs": 3}, "epoch"),
        ({"epoch": math.inf}, "epoch"),
        ({"epoch": "one"}, "epoch"),
        ({"epoch": 1, "num_epochs": math.nan}, "num_epochs"),
    ],
)
def test_statistics_that_are_wrong_log_nothing(run, given, told):
    with pytest.raises(InvalidInput, match=told):
        run.log_statistics({"train": {"loss": 1.0}}, **given)
    assert run.refresh().metrics == {}
    assert run.progress is None


def test_a_statistic_that_is_no_number_is_refused(run):
    with pytest.raises(InvalidMetric, match="loss"):
        run.log_statistics({"train": {"loss": "low"}})


def test_all_operations_of_a_run_are_seen(tracker, run):
    # Chariot: progress has operation, value, final_value and units.
    run.set_progress(200, 1000, operation="batch", units="images")
    run.set_progress(7, operation="download", units="MB")
    run.set_progress(2, 30, operation="epoch")
    found = tracker.runs.get(run.id)
    assert found.progress == found.progresses[0]
    frame = found.progresses.frame()
    assert frame["operation"].tolist() == ["epoch", "download", "batch"]
    assert frame["value"].tolist() == [2.0, 7.0, 200.0]
    assert frame["final_value"].isna().tolist() == [False, True, False]
    assert frame["units"].tolist() == ["", "MB", "images"]
    assert frame["percent"].round(2).tolist()[0::2] == [6.67, 20.0]
    assert math.isnan(frame["percent"][1])
    assert found.progresses.named("batch").value == 200
    for part in ("epoch 2 of 30", "download 7 MB", "batch 200 of 1000 images"):
        assert part in repr(found)
    assert "download" in repr(found.progresses)


def test_a_progress_of_nothing_has_no_share(run):
    run.set_progress(0, 0)
    assert run.refresh().progress.fraction is None


def test_an_alert_is_an_event_and_a_row_of_the_alerts(tracker, run):
    event = run.alert("loss is NaN", "since epoch 3", level="error")
    assert (event.kind, event.level, event.message) == ("alert", Level.ERROR, "loss is NaN: since epoch 3")
    assert run.events()[-1] == event
    (found,) = tracker.runs.alerts()
    assert (found.run_id, found.run, found.experiment) == (run.id, run.name, "digits")
    assert (found.sequence, found.title, found.text, found.level) == (
        event.sequence,
        "loss is NaN",
        "since epoch 3",
        Level.ERROR,
    )
    assert run.alert("slow").level is Level.WARNING
    frame = tracker.runs.alerts().frame()
    assert frame["title"].tolist() == ["slow", "loss is NaN"]
    assert str(frame["time"].dtype) == "datetime64[us, UTC]"
    assert "loss is NaN" in repr(tracker.runs.alerts())


def test_alerts_are_chosen_by_experiment_level_and_number(tracker):
    for experiment in ("one", "two"):
        with tracker.runs.start(experiment) as run:
            for level in ("info", "warning", "error"):
                run.alert(f"{experiment} {level}", level=level)

    def titles(*args, **options):
        return [alert.title for alert in tracker.runs.alerts(*args, **options)]

    assert titles("one") == ["one error", "one warning", "one info"]
    assert titles(level="error") == ["two error", "one error"]
    assert titles("two", level="warning") == ["two error", "two warning"]
    assert titles(limit=2) == ["two error", "two warning"]
    assert titles(limit=0) == []
    with pytest.raises(NotFound):
        titles("three")
    with pytest.raises(InvalidInput, match="level"):
        titles(level="loud")
    with pytest.raises(InvalidInput, match="limit"):
        titles(limit=-1)


def test_alerts_of_a_deleted_run_are_not_listed(tracker, run):
    run.alert("one")
    run.end()
    tracker.runs.delete(run.id)
    assert tracker.runs.alerts() == []
    assert repr(tracker.runs.alerts()) == "No alerts."
    tracker.runs.restore(run.id)
    assert len(tracker.runs.alerts("digits")) == 1


@pytest.mark.parametrize("title", ["", "  ", 3, None])
def test_an_alert_needs_a_title(run, title):
    with pytest.raises(InvalidInput, match="title"):
        run.alert(title)


def test_an_alert_of_a_level_that_is_none_is_refused(run):
    with pytest.raises(InvalidInput, match="level"):
        run.alert("a", level="loud")


def test_the_life_of_a_run_is_a_sequence_without_gaps(tracker, run, tmp_path):
    # Chariot: `get_events`
    (tmp_path / "weights").write_bytes(b"1")
    run.log_checkpoint(1, tmp_path / "weights")
    run.alert("look")
    with run.checkpoint(2) as folder:
        (folder / "weights").write_bytes(b"2")
    run.end()
    events = run.events()
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.kind for event in events] == ["created", "started", "checkpoint", "alert", "checkpoint", "ended"]
