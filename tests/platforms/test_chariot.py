"""Chariot: the documented rules of its operations. Their paths are assumptions."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from jupyter_tracker.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PlatformFailure,
    RemoteInvalid,
)
from jupyter_tracker.models import Level, RunState
from tests.platforms.chariot_standin import RESOURCES, SCHEMA, T
from tests.platforms.standin import Answer


@pytest.fixture
def address(chariot):
    return chariot.address


def versions(found):
    return [run["version"] for run in found]


# Runs


def test_a_run_is_created_with_all_that_is_documented(chariot, native):
    blueprint = chariot.add_blueprint("resnet", schema=SCHEMA)
    made = native.create_run(
        "digits", "1", RESOURCES, {"lr": 0.1}, "Image Classification", blueprint, "p", notes="first"
    )
    sent = chariot.requests[-1]
    assert (sent.method, sent.path) == ("POST", f"{T}/runs")
    assert sent.json == {
        "name": "digits", "version": "1", "resources": RESOURCES, "config": {"lr": 0.1},
        "task_type": "Image Classification", "blueprint_id": blueprint, "project_id": "p", "notes": "first",
    }  # fmt: skip
    assert native.get_run(made)["notes"] == "first"


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ({"cpu": "1"}, "lack 'memory'"),
        ({"cpu": "much", "memory": "5Gi"}, "'cpu' must be a Kubernetes quantity"),
        ({"cpu": "1", "memory": "5 GB"}, "'memory' must be a Kubernetes quantity"),
        ({"cpu": "0", "memory": "5Gi"}, "'cpu'"),
        ({"cpu": "1", "memory": "5Gi", "gpus": 1}, "Did you mean 'gpu'"),
        ({"cpu": "1", "memory": "5Gi", "gpu": {"count": 1}}, "count and type"),
        ({"cpu": "1", "memory": "5Gi", "gpu": {"count": 0, "type": "T4"}}, "count of 'gpu'"),
    ],
)
def test_resources_that_are_none_are_refused_before_anything_is_sent(chariot, native, resources, said):
    with pytest.raises(InvalidInput, match=said):
        native.create_run("digits", "1", resources, {}, "t", "b", "p")
    assert chariot.requests == []


def test_a_config_is_validated_with_all_its_mistakes_and_no_run_is_made(chariot, native):
    blueprint = chariot.add_blueprint("resnet", schema=SCHEMA)
    native.validate_run_config(blueprint, {"lr": 0.1})
    with pytest.raises(RemoteInvalid, match=r"lr: .*; epochs: ") as caught:
        native.validate_run_config(blueprint, {"lr": -1, "epochs": "x"})
    assert sorted(mistake.path for mistake in caught.value.mistakes) == ["epochs", "lr"]
    with pytest.raises(RemoteInvalid, match="lr"):
        native.create_run("digits", "1", RESOURCES, {"lr": -1}, "t", blueprint, "p")
    assert chariot.runs == {}


def test_a_blueprint_is_looked_up_by_exact_name_and_ilike_version_the_newest_first(chariot, native):
    chariot.add_blueprint("resnet", "1.0")
    second = chariot.add_blueprint("resnet", "1.1-BETA")
    chariot.add_blueprint("ResNet", "9")
    assert native.lookup_blueprint_id("resnet") == second
    assert native.lookup_blueprint_id("resnet", "%beta") == second
    assert dict(chariot.requests[-1].query) == {
        "name": "resnet", "version_ilike": "%beta", "sort": "created_at:desc", "limit": "1",
    }  # fmt: skip
    with pytest.raises(NotFound, match="blueprint 'unet'"):
        native.lookup_blueprint_id("unet")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("DIGITS", ["1"]), ("digit%", ["3", "2", "1"]), ("digits_2", ["3", "2"]), (r"digits\_2", ["2"]), ("none", [])],
)
def test_names_are_ilike_patterns(chariot, native, pattern, expected):
    for number, name in enumerate(("digits", "digits_2", "digitsx2", "words"), start=1):
        chariot.add_run(name, str(number))
    assert versions(native.get_runs(name_ilikes=[pattern])) == expected


def test_runs_are_filtered_sorted_selected_and_paged_as_documented(chariot, native):
    for number in range(12):
        chariot.add_run("digits", str(number), status="job_failed" if number % 2 else "job_running")
    assert versions(native.get_runs()) == [str(number) for number in range(11, 1, -1)]  # the default is 10
    assert versions(native.get_runs(statuses=["job_failed"], sort=["created_at:asc"], limit=2, offset=1)) == ["3", "5"]
    assert native.get_runs(select=["id", "version"], limit=1) == [{"id": max(chariot.runs), "version": "11"}]
    moment = chariot.runs[min(chariot.runs)]["created_at"]
    later = datetime.fromtimestamp(moment / 1000, UTC)
    assert len(native.get_runs(created_after=later, limit=100)) == 11
    assert versions(native.get_runs(created_before=moment + 1)) == ["0"]
    assert chariot.requests[-1].value("created_before") == str(moment + 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sort": ["name:asc"]}, "sort has 'name:asc'"),
        ({"select": ["notes"]}, "select has 'notes'"),
        ({"statuses": ["running"]}, "Did you mean 'job_running'"),
        ({"limit": -1}, "limit"),
        ({"ids": "abc"}, "list of texts"),
        ({"created_after": math.nan}, "created_after"),
    ],
)
def test_filters_that_are_none_are_refused_before_anything_is_sent(chariot, native, options, said):
    with pytest.raises(InvalidInput, match=said):
        native.get_runs(**options)
    assert chariot.requests == []


def test_chosen_fields_are_reloaded_and_no_others(chariot, native):
    run = chariot.add_run("digits", "1")
    assert native.reload_run(run, ["status", "progress"]) == {"status": "job_running", "progress": []}
    assert native.reload_run(run)["name"] == "digits"
    with pytest.raises(InvalidInput, match="fields has 'config'"):
        native.reload_run(run, ["config"])
    with pytest.raises(NotFound, match="run 'nothing'"):
        native.reload_run("nothing", ["status"])


def test_a_run_is_stopped_with_a_grace_period_of_at_least_a_second(chariot, native):
    run = chariot.add_run("digits", "1")
    native.stop_run(run)
    assert chariot.requests[-1].json == {}
    native.stop_run(run, 30)
    assert chariot.requests[-1].json == {"grace_period_seconds": 30}
    with pytest.raises(InvalidInput, match="1 or more"):
        native.stop_run(run, 0)


# Metrics and events


def test_all_metrics_come_also_where_many_share_a_time(chariot, native):
    run = chariot.add_run("digits", "1")
    for step in range(1200):
        for tag in ("a", "b", "c"):
            chariot.metric(run, tag, step, step / 3, at=1_714_557_600_000 + step // 100)
    found = native.get_all_metrics(run)
    assert len({one["id"] for one in found}) == len(found) == 3600
    assert len(native.get_metrics(run)) == 1000
    assert {one["tag"] for one in native.get_metrics(run, tags=["b"], global_steps=[1, 2])} == {"b"}


def test_a_crowd_of_one_time_larger_than_a_page_is_read_all_the_same(chariot, native):
    run = chariot.add_run("digits", "1")
    for step in range(2500):
        chariot.metric(run, "a", step, 1.0, at=1_714_557_600_000)
    assert len(native.get_all_metrics(run)) == 2500


def test_null_is_not_a_number_and_points_go_on_behind_a_cursor(chariot, tracker):
    run = chariot.add_run("digits", "1")
    chariot.metric(run, "loss", 0, 0.5, at=2_000)
    chariot.metric(run, "loss", 1, None, at=2_000)
    frame = tracker.runs.get(run).series()
    assert frame.index.tolist() == [0, 1]
    assert math.isnan(frame["loss"][1])
    assert len(tracker.runs.get(run).series(wide=False)) == 2
    points = tracker.drive(tracker.backend.metrics.read(run, None, None))
    chariot.metric(run, "loss", 2, 0.25, at=2_000)  # of the same time
    more = tracker.drive(tracker.backend.metrics.read(run, None, points.cursor))
    assert [list(block.steps) for block in more.blocks] == [[2]]
    assert not tracker.drive(tracker.backend.metrics.read(run, None, more.cursor)).blocks


def test_times_may_be_milliseconds_or_seconds(chariot, tracker):
    run = chariot.add_run("digits", "1", created_at=1_714_557_600.5)
    found = tracker.runs.get(run)
    assert found.created_at == datetime(2024, 5, 1, 10, 0, 0, 500_000, UTC)
    assert found.info.state is RunState.RUNNING


def test_events_have_the_newest_first_and_are_paged(chariot, native):
    run = chariot.add_run("digits", "1")
    for _ in range(150):
        chariot.event(run, "job_running")
    assert [one["sequence"] for one in native.get_events(run)][:2] == [152, 151]
    assert len(native.get_events(run)) == 100
    assert [one["sequence"] for one in native.get_events(run, limit=2, offset=1, sort=["sequence:asc"])] == [2, 3]


def test_events_are_gapless_and_followed_to_the_end(chariot, tracker):
    run = chariot.add_run("digits", "1")
    for _ in range(150):
        chariot.event(run, "job_running")
    chariot.event(run, "job_failed", message="out of memory")
    events = list(tracker.runs.get(run).events(follow=True))
    assert [event.sequence for event in events] == list(range(1, 154))
    assert (events[-1].message, events[-1].level) == ("out of memory", Level.ERROR)


def test_an_event_gap_is_waited_for_and_then_named(chariot, tracker):
    run = chariot.add_run("digits", "1")
    chariot.clock = round(datetime.now(UTC).timestamp() * 1000)
    chariot.event(run, "job_running")
    chariot.event(run, "job_running")
    hidden = chariot.events[run].pop(-2)
    assert [event.sequence for event in tracker.runs.get(run).events()] == [1, 2]  # the third may still come
    chariot.events[run].append(hidden)
    assert [event.sequence for event in tracker.runs.get(run).events()] == [1, 2, 3, 4]
    chariot.events[run].remove(hidden)
    chariot.event(run, "job_completed")
    events = tracker.runs.get(run).events()
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert (events[2].kind, events[2].message) == ("missing", "Chariot gave no event 3.")


# Checkpoints


def test_checkpoints_are_listed_with_their_steps(chariot, tracker):
    run = chariot.add_run("digits", "1")
    for step in (20, 3):
        chariot.add_checkpoint(run, step, {"weights.bin": b"x"})
    chariot.add_checkpoint(run, 30, {}, "incomplete")
    assert tracker.native.get_global_steps_with_checkpoints(run) == [3, 20, 30]
    found = tracker.runs.get(run).checkpoints()
    assert [(one.step, one.complete) for one in found] == [(3, True), (20, True), (30, False)]
    assert [one["global_step"] for one in tracker.native.get_run_checkpoints(run, statuses=["incomplete"])] == [30]


def test_steps_are_told_by_the_checkpoints_where_a_deployment_has_no_list_of_them(chariot, native):
    run = chariot.add_run("digits", "1")
    for step in (7, 3, 7):
        chariot.add_checkpoint(run, step, {})
    chariot.fail(Answer({"error": "not found"}, 404))
    assert native.get_global_steps_with_checkpoints(run) == [3, 7]


def test_a_checkpoint_is_downloaded_without_the_token_and_keeps_its_folders(chariot, native, tmp_path):
    run = chariot.add_run("digits", "1")
    made = chariot.add_checkpoint(run, 3, {"a.bin": b"\x00" * 300_000, "deep/b c.txt": b"text", "empty": b""})
    native.download_checkpoint(made, tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == b"\x00" * 300_000
    assert (tmp_path / "deep" / "b c.txt").read_text() == "text"
    assert (tmp_path / "empty").read_bytes() == b""
    signed = [request for request in chariot.requests if request.path.startswith("/signed/")]
    assert len(signed) == 3
    assert all("authorization" not in request.headers for request in signed)
    with pytest.raises(InvalidInput, match="no folder"):
        native.download_checkpoint(made, tmp_path / "nowhere")


def test_a_checkpoint_half_uploaded_is_not_downloaded(chariot, native, tmp_path):
    made = chariot.add_checkpoint(chariot.add_run("digits", "1"), 3, {"a.bin": b"x"}, "incomplete")
    with pytest.raises(Conflict, match="step 3 is not complete"):
        native.download_checkpoint(made, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_would_leave_the_folder_stops_the_download(chariot, native, tmp_path):
    made = chariot.add_checkpoint(chariot.add_run("digits", "1"), 3, {"a.bin": b"x", "../../escape": b"x"})
    with pytest.raises(PlatformFailure, match="outside"):
        native.download_checkpoint(made, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_deleting_checkpoints_needs_a_filter(chariot, native):
    run = chariot.add_run("digits", "1")
    kept, gone = chariot.add_checkpoint(run, 1, {}), chariot.add_checkpoint(run, 2, {})
    for nothing in ({}, {"ids": []}, {"ids": [], "run_ids": None}):
        with pytest.raises(InvalidInput, match="all would go"):
            native.delete_checkpoints(**nothing)
    assert chariot.requests == []
    native.delete_checkpoints(ids=[gone])
    assert list(chariot.checkpoints) == [kept]
    native.delete_checkpoints(run_ids=[run])
    assert chariot.checkpoints == {}


def test_a_model_is_made_of_a_checkpoint(chariot, native):
    made = chariot.add_checkpoint(chariot.add_run("digits", "1"), 1, {})
    model = native.create_model_from_checkpoint(made, "digits", "1.0.0-rc.1", "reads digits")
    assert chariot.models == [
        {"id": model, "project_id": "p", "name": "digits", "version": "1.0.0-rc.1", "summary": "reads digits"}
    ]
    with pytest.raises(InvalidInput, match="semantic"):
        native.create_model_from_checkpoint(made, "digits", "1.0", "reads digits")
