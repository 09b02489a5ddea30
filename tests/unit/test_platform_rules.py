"""Rules that the documentation of the platforms gives, in the order of that list; each names platform and operation.

They hold on the local backend, too, where it has the noun; what is said of the wire is tested with its platform.
"""

from __future__ import annotations

import inspect
import json
import math
from datetime import UTC, datetime, timedelta

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import Conflict, InvalidConfig, InvalidInput, NotFound


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"abc")
    return path


@pytest.fixture
def tracker(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with jt.connect() as client:
        yield client


@pytest.fixture
def run(tracker):
    with tracker.runs.start("digits") as made:
        yield made


def names(runs):
    return [run.name for run in runs]


def test_ubiops_experiment_environment_variables_list_shadows_inherited_ones(tracker):
    tracker.experiments.create("digits")
    tracker.variables.create("A", "store")
    tracker.variables.create("B", "store")
    tracker.variables.create("A", "own", experiment="digits")
    assert [(each.name, each.value, each.inherited) for each in tracker.variables.list("digits")] == [
        ("A", "own", False),
        ("B", "store", True),
    ]


def test_ubiops_experiment_environment_variables_get_never_returns_a_secret(tracker):
    tracker.variables.create("TOKEN", "hidden-word", secret=True)
    found = tracker.variables.get("TOKEN")
    assert (found.secret, found.value) == (True, None)
    assert "hidden-word" not in repr(found)


def test_ubiops_experiment_environment_variables_update_makes_no_secret_public(tracker):
    tracker.variables.create("TOKEN", "hidden-word", secret=True)
    with pytest.raises(Conflict, match="never becomes public"):
        tracker.variables.update("TOKEN", "hidden-word", secret=False)
    assert tracker.variables.get("TOKEN").secret


@pytest.mark.parametrize("name", ["", "1A", "A B", "A-B", "Ä"])
def test_ubiops_experiment_environment_variables_create_has_name_rules(tracker, name):
    with pytest.raises(InvalidInput, match="name"):
        tracker.variables.create(name, "1")


def test_ubiops_experiments_create_has_name_rules_and_names_are_unique(tracker):
    tracker.experiments.create("digits")
    with pytest.raises(Conflict, match="digits"):
        tracker.experiments.create("digits")
    with pytest.raises(InvalidInput, match="1 to 250"):
        tracker.experiments.create("x" * 251)


def test_ubiops_experiment_runs_create_ends_after_14400_s_and_at_most_172800_s(tracker):
    run = tracker.runs.submit("digits", code="print(1)\n").wait(60)
    assert run.submission().timeout == 14_400
    assert tracker.runs.submit("digits", code="print(1)\n", timeout=172_800).wait(60).state == "succeeded"
    with pytest.raises(InvalidInput, match=r"timeout.*172,800.*172801"):
        tracker.runs.submit("digits", code="print(1)\n", timeout=172_801)


@pytest.mark.parametrize("folder", [False, True])
def test_ubiops_experiment_runs_create_takes_a_folder_or_a_file(tracker, tmp_path, folder):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "train.py").write_text("print('trained')\n")
    where = {"code": tmp_path / "project", "entry_point": "train.py"} if folder else {"code": "project/train.py"}
    assert str(tracker.runs.submit("digits", **where).wait(60).logs()) == "trained"


def test_abeja_get_training_jobs_lists_with_archived_ones_or_without(tracker):
    for name in ("kept", "put-away"):
        tracker.runs.start("digits", name=name).end()
    tracker.runs.archive("put-away")
    assert names(tracker.runs.list("digits")) == ["kept"]
    assert names(tracker.runs.list("digits", lifecycle="archived")) == ["put-away"]


def test_abeja_get_training_job_definitions_tells_totals(tracker):
    for name in "abc":
        tracker.runs.start("digits", name=name).end()
    (found,) = tracker.experiments.list()
    assert (found.run_count, found.active_run_count) == (3, 0)


def test_abeja_update_statistics_has_progress_epochs_and_named_stages(run):
    run.log_statistics({"train": {"loss": 0.5}, "own": {"loss": 0.6}}, epoch=3, num_epochs=12)
    found = run.statistics()
    assert (found.epoch, found.num_epochs, found.progress) == (3, 12, 0.25)
    assert found == {"train": {"loss": 0.5}, "own": {"loss": 0.6}}


def test_abeja_update_statistics_keeps_zero(run):
    run.log_statistics({"train": {"loss": 0}}, epoch=0, num_epochs=2, progress=0)
    found = run.statistics()
    assert (found.epoch, found.progress, found["train"]["loss"]) == (0, 0.0, 0.0)


def test_chariot_lookup_blueprint_id_takes_an_ilike_pattern(tracker):
    for name in ("ResNet-50", "resnet-101", "vit"):
        tracker.templates.create(name, code="print(1)\n")
    assert sorted(each.name for each in tracker.templates.list("RESNET%")) == ["ResNet-50", "resnet-101"]


def test_chariot_get_runs_sorts_and_goes_on_behind_a_key_while_runs_are_added(tracker, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.client.flows.PAGE", 2)
    for rate in (3, 1, 5, 2, 4):
        tracker.runs.start("digits", name=str(rate), params={"lr": rate}).end()
    assert names(tracker.runs.list("digits", order_by="params.lr DESC")) == ["5", "4", "3", "2", "1"]
    assert names(tracker.runs.list("digits", order_by="params.lr", limit=3)) == ["1", "2", "3"]


def test_chariot_validate_run_config_tells_all_mistakes_before_a_run_is_created(tracker):
    schema = {
        "type": "object",
        "properties": {"lr": {"type": "number", "exclusiveMinimum": 0}, "epochs": {"type": "integer"}},
        "required": ["lr"],
    }
    tracker.templates.create("recipe", code="print(1)\n", schema=schema)
    assert len(tracker.templates.validate("recipe", {"lr": -1, "epochs": "x"})) == 2
    with pytest.raises(InvalidConfig, match="lr"):
        tracker.templates.submit("recipe", "digits", config={"lr": -1})
    assert tracker.runs.list() == []


def test_chariot_create_run_takes_kubernetes_quantities(tracker):
    run = tracker.runs.submit("digits", code="print(1)\n", resources={"cpu": "500m", "memory": "5Gi"}).wait(60)
    assert run.submission().resources == {"cpu": "500m", "memory": "5Gi"}
    with pytest.raises(InvalidInput, match=r"memory.*5GiB"):
        tracker.runs.submit("digits", code="print(1)\n", resources={"memory": "5GiB"})


def test_chariot_stop_run_waits_ten_minutes_unless_told_otherwise():
    for kind in (jt.Run, jt.AsyncRun):
        assert inspect.signature(kind.stop).parameters["grace_period"].default == 600


def test_chariot_get_events_is_a_sequence_without_gaps(run):
    run.log_event("one")
    run.set_tags({"a": "b"})
    run.alert("two", "text")
    run.end()
    sequence = [event.sequence for event in run.events()]
    assert sequence == list(range(1, len(sequence) + 1))


def test_chariot_delete_checkpoints_needs_a_filter(tracker, run, weights):
    run.log_checkpoint(1, weights)
    with pytest.raises(InvalidInput, match="Say which"):
        tracker.checkpoints.delete()
    assert len(tracker.checkpoints.list()) == 1
    assert tracker.checkpoints.delete(run=run.id) == 1


def test_databricks_delete_run_and_restore_run_are_soft(tracker):
    run = tracker.runs.start("digits", name="a")
    run.log({"loss": 1})
    run.end()
    tracker.runs.delete("a")
    assert tracker.runs.list() == []
    tracker.runs.restore(run.id)
    assert tracker.runs.get("a").metrics == {"loss": 1.0}


def test_databricks_delete_runs_and_restore_runs_go_by_time_with_a_maximum(tracker):
    for name in "abc":
        tracker.runs.start("digits", name=name).end()
    now = datetime.now(UTC)
    assert tracker.runs.delete_before("digits", now, maximum=2) == 2
    assert names(tracker.runs.list()) == ["c"]
    assert tracker.runs.restore_after("digits", now - timedelta(minutes=1)) == 2
    assert names(tracker.runs.list()) == ["c", "b", "a"]


def test_databricks_log_metric_appends_and_never_overwrites(run):
    for value in (3.0, 1.0, 2.0):
        run.log({"loss": value}, step=0)
    assert run.series(["loss"], wide=False)["value"].tolist() == [3.0, 1.0, 2.0]


def test_databricks_log_param_writes_once(run):
    run.log_params({"lr": 0.1})
    run.log_params({"lr": 0.1})
    with pytest.raises(Conflict, match=r"'lr'.*0\.1.*0\.2"):
        run.log_params({"lr": 0.2})
    assert run.params == {"lr": 0.1}


def test_databricks_set_tag_overwrites_and_delete_tag_removes(run):
    run.set_tags({"a": "1", "b": "1"})
    run.set_tags({"a": "2", "b": None})
    assert dict(run.tags) == {"a": "2"}


def test_databricks_log_batch_takes_more_than_one_request_may_hold(tracker, run):
    # 1,000 metrics, 100 params, 100 tags and 1 MB a request are no limits of ours.
    run.log({f"m{at}": at for at in range(1_500)})
    run.log_params({f"p{at}": "x" * 6_000 for at in range(200)})
    run.set_tags({f"t{at}": "x" for at in range(200)})
    found = tracker.runs.get(run.id)
    assert (len(found.metrics), len(found.params), len(found.tags)) == (1_500, 200, 200)


def test_databricks_log_batch_has_keys_of_250_characters_at_most(run):
    run.log({"k" * 250: 1})
    with pytest.raises(InvalidInput, match="1 to 250"):
        run.log({"k" * 251: 1})


def test_databricks_get_run_has_the_metric_of_the_latest_time_then_the_largest(tracker, run):
    for value, time in ((9.0, 100.0), (1.0, 200.0), (3.0, 200.0), (2.0, 200.0)):
        run.log({"loss": value}, step=0, time=time)
    assert tracker.runs.get(run.id).metrics["loss"] == 3.0


def test_databricks_search_runs_is_read_to_its_end(tracker, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.client.flows.PAGE", 2)
    for name in "abcde":
        tracker.runs.start("digits", name=name).end()
    assert names(tracker.runs.list("digits")) == list("edcba")


def test_databricks_search_runs_takes_quoted_names(tracker):
    params = {"learning rate": 0.1, "a.b": "x"}
    tracker.runs.start("digits", name="a", params=params, tags={"mlflow.parentRunId": "1"}).end()
    tracker.runs.start("digits", name="b").end()
    for where in (
        'params."learning rate" = 0.1',
        "params.`a.b` = 'x' and tags.`mlflow.parentRunId` ILIKE '1'",
        "attributes.`run_name` = 'a'",
    ):
        assert names(tracker.runs.list(where=where)) == ["a"]


MATRIX = {"labels": ["a", "b"], "matrix": [[1, 2], [3, 4]]}
CURVE = {"fpr": [0.0, 1.0], "tpr": [0.0, 1.0], "thresholds": [math.inf, 0.0]}


@pytest.mark.parametrize(
    "given",
    [
        {"labels": MATRIX["labels"]},
        {"matrix": MATRIX["matrix"]},
        {"fpr": CURVE["fpr"], "tpr": CURVE["tpr"]},
        {"tpr": CURVE["tpr"], "thresholds": CURVE["thresholds"]},
        {**MATRIX, "labels": ["a"]},
        {**CURVE, "fpr": [0.0]},
    ],
)
def test_vertex_log_classification_metrics_takes_parts_together_and_equally_long(run, given):
    with pytest.raises(ValueError, match=r"together|equally|each|long"):
        run.log_classification(name="test", **given)
    with pytest.raises(NotFound):
        run.classification("test")


def test_vertex_log_time_series_metrics_goes_on_from_the_largest_step(run):
    for step in (7, 3, None, None):
        run.log({"loss": 1}, step=step)
    assert run.series(["loss"]).index.tolist() == [3, 7, 8, 9]


def test_vertex_log_metrics_overwrites_the_value_of_a_key(tracker, run):
    # The latest value is replaced, the history stays; params are written once, as Databricks has it.
    run.log({"loss": 1.0})
    run.log({"loss": 0.5})
    assert dict(tracker.runs.get(run.id).metrics) == {"loss": 0.5}


@pytest.mark.parametrize("value", [None, [1.0, 2.0], {"a": 1}, "text"])
def test_vertex_log_metrics_takes_numbers_only(run, value):
    with pytest.raises(InvalidInput, match="'loss' must be one number"):
        run.log({"loss": value})
    assert run.refresh().metrics == {}


def test_vertex_get_time_series_data_frame_has_all_series_however_many(run):
    for step in range(3):
        run.log({f"m{at}": at * step for at in range(300)}, step=step)
    frame = run.series()
    assert [name for name in frame.columns if name.startswith("m")] == [f"m{at}" for at in range(300)]
    assert json.loads(frame["m299"].to_json()) == {"0": 0.0, "1": 299.0, "2": 598.0}
