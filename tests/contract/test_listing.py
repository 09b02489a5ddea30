"""Finding runs: one by what people call it, many by filter and order."""

from __future__ import annotations

import pytest

from jupyter_tracker.errors import Ambiguous, InvalidFilter, InvalidInput, NotFound


@pytest.fixture
def runs(tracker):
    """Five runs that have ended: r0 to r4."""
    made = []
    for number in range(5):
        experiment = "even" if number % 2 == 0 else "odd"
        params = {"lr": number / 10, "model": "resnet" if number < 3 else "vit"}
        with tracker.runs.start(experiment, name=f"r{number}", params=params, tags={"n": str(number)}) as run:
            run.log({"acc": 1 - number / 10})
            if number == 4:
                run.log({"loss": 0.5})
        made.append(run)
    return made


def names(found):
    return [run.name for run in found]


def test_the_newest_comes_first(tracker, runs):
    assert names(tracker.runs.list()) == ["r4", "r3", "r2", "r1", "r0"]


def test_those_of_an_experiment_by_name_or_id(tracker, runs):
    assert names(tracker.runs.list("odd")) == ["r3", "r1"]
    assert names(tracker.runs.list(tracker.experiments.get("odd").id)) == ["r3", "r1"]


def test_an_unknown_experiment_is_not_found(tracker, runs):
    with pytest.raises(NotFound, match="Did you mean 'even'"):
        tracker.runs.list("evn")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("metrics.acc > 0.75", ["r2", "r1", "r0"]),
        ("params.model = 'vit'", ["r4", "r3"]),
        ("params.lr <= 0.1 and metrics.acc < 1", ["r1"]),
        ("tags.n in ('0', '3')", ["r3", "r0"]),
        ("name like 'r%' and not name = 'r2'", ["r4", "r3", "r1", "r0"]),
        ("metrics.loss is not null", ["r4"]),
        ("metrics.loss is null and experiment = 'even'", ["r2", "r0"]),
        ("state = 'succeeded' and created_at > now() - 1h", ["r4", "r3", "r2", "r1", "r0"]),
        ("name = 'none'", []),
        ('name = "\'; drop table runs; --"', []),
    ],
)
def test_a_filter_selects(tracker, runs, where, expected):
    assert names(tracker.runs.list(where=where)) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("metrics.acc", ["r4", "r3", "r2", "r1", "r0"]),
        ("metrics.acc DESC", ["r0", "r1", "r2", "r3", "r4"]),
        ("metrics.loss, params.lr", ["r4", "r0", "r1", "r2", "r3"]),
        (["params.model", "metrics.acc desc"], ["r0", "r1", "r2", "r3", "r4"]),
        ("name desc", ["r4", "r3", "r2", "r1", "r0"]),
    ],
)
def test_an_order_sorts_with_what_is_missing_last(tracker, runs, order, expected):
    assert names(tracker.runs.list(order_by=order)) == expected


def test_a_limit_takes_the_first(tracker, runs):
    assert names(tracker.runs.list(limit=2)) == ["r4", "r3"]
    assert names(tracker.runs.list(order_by="metrics.acc desc", limit=2)) == ["r0", "r1"]
    assert tracker.runs.list(limit=0) == []
    assert len(tracker.runs.list(limit=100)) == 5
    with pytest.raises(InvalidInput, match="limit"):
        tracker.runs.list(limit=-1)


def test_pages_are_complete_and_do_not_overlap(tracker, runs, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.client.flows.PAGE", 2)
    assert names(tracker.runs.list()) == ["r4", "r3", "r2", "r1", "r0"]
    assert names(tracker.runs.list(order_by="metrics.loss, metrics.acc")) == ["r4", "r3", "r2", "r1", "r0"]
    assert names(tracker.runs.list(order_by="params.model, params.lr desc", limit=3)) == ["r2", "r1", "r0"]


@pytest.mark.parametrize("where", ["metrics.acc >", "accuracy > 1", "metrics.acc > 'x", "name === 'x'", "(name = 'x'"])
def test_a_filter_that_cannot_be_read_points_at_the_mistake(tracker, where):
    with pytest.raises(InvalidFilter) as caught:
        tracker.runs.list(where=where)
    message, text, pointer = str(caught.value).splitlines()
    assert message
    assert text.strip() == where
    assert pointer.strip() == "^"


def test_a_run_is_found_by_id_prefix_name_and_last(tracker, runs):
    run = runs[2]
    assert tracker.runs.get(run.id).id == run.id
    assert tracker.runs.get(run.id[:10]).id == run.id
    assert tracker.runs.get("r2").id == run.id
    assert tracker.runs.get("last").name == "r4"


def test_the_last_of_no_runs_is_not_found(tracker):
    with pytest.raises(NotFound, match="no runs yet"):
        tracker.runs.get("last")


def test_an_unknown_run_is_not_found_and_a_close_name_is_suggested(tracker):
    tracker.runs.start("digits", name="baseline").end()
    with pytest.raises(NotFound, match="Did you mean 'baseline'"):
        tracker.runs.get("basline")
    for reference in ("", "zzzz", "' or 1=1 --", "%"):
        with pytest.raises(NotFound):
            tracker.runs.get(reference)


def test_a_name_that_several_have_is_ambiguous_and_they_are_named(tracker):
    made = [tracker.runs.start("digits", name="same").end() for _ in range(7)]
    with pytest.raises(Ambiguous, match="and 2 more") as caught:
        tracker.runs.get("same")
    assert len(caught.value.candidates) == 7
    assert any(run.id[:8] in caught.value.candidates[0] for run in made)


def test_a_prefix_that_several_have_is_ambiguous(tracker):
    made = [tracker.runs.start("digits").end() for _ in range(17)]
    firsts = [run.id[0] for run in made]
    shared = next(first for first in firsts if firsts.count(first) > 1)
    with pytest.raises(Ambiguous, match="Give more of the id"):
        tracker.runs.get(shared)


def test_runs_that_log_have_their_newest_values_in_the_listing(tracker, run):
    for step in range(10):
        run.log({"acc": step / 10})
    assert tracker.runs.list()[0].metrics == {"acc": 0.9}
    assert names(tracker.runs.list(where="metrics.acc = 0.9")) == ["run"]
    assert names(tracker.runs.list(where="min(metrics.acc) = 0 and max(metrics.acc) = 0.9")) == ["run"]


def test_the_listing_turns_into_a_frame(tracker, runs):
    frame = tracker.runs.list().frame()
    assert frame["name"].tolist() == ["r4", "r3", "r2", "r1", "r0"]
    assert frame["id"].tolist() == [run.id for run in reversed(runs)]
    assert frame["params.lr"].tolist() == [0.4, 0.3, 0.2, 0.1, 0.0]
    assert frame["metrics.acc"].tolist() == pytest.approx([0.6, 0.7, 0.8, 0.9, 1.0])
    assert frame["metrics.loss"].isna().tolist() == [False, True, True, True, True]
    assert frame["tags.n"].tolist() == ["4", "3", "2", "1", "0"]
    for column in ("created_at", "started_at", "ended_at"):
        assert str(frame[column].dtype) == "datetime64[us, UTC]"
    assert (frame["duration"] >= "0s").all()
    assert str(frame["metrics.acc"].dtype) == "float64"


def test_a_refreshed_run_is_new_in_the_frame_too(tracker, run):
    listed = tracker.runs.list()
    run.log({"acc": 0.5})
    run.end("failed", "enough")
    assert listed.frame()["state"].tolist() == ["running"]
    listed[0].refresh()
    assert listed.frame()["state"].tolist() == ["failed"]
    assert listed.frame()["metrics.acc"].tolist() == [0.5]


def test_parts_of_a_listing_are_listings(tracker, runs):
    listed = tracker.runs.list()
    assert names(listed[1:3]) == ["r3", "r2"]
    assert names(sorted(listed, key=lambda run: run.name)) == ["r0", "r1", "r2", "r3", "r4"]
    assert listed[-1].name == "r0"


def test_a_query_is_explained_without_losing_a_condition(tracker):
    plan = tracker.runs.explain("metrics.acc > 0.5 and (params.lr < 0.1 or name = 'x')", order_by="metrics.acc DESC")
    told = " ".join([plan.there, *plan.here])
    for part in ("acc", "0.5", "lr", "'x'"):
        assert part in told
    assert "looked at here" in repr(plan)
    with pytest.raises(InvalidFilter):
        tracker.runs.explain("metrics.acc >")
