"""Each documented operation through the official SDK and through the project: the same request, the same answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import jupyter_tracker as jt
from tests.platforms import sdk
from tests.platforms.databricks import TOKEN, Databricks

SDK = "databricks-sdk==0.53.0"
"""The last that has every operation of the reference page."""

ENTRY = [{"user_name": "ada@example.com", "permission_level": "CAN_EDIT"}]
DATASET = {"dataset": {"name": "digits", "digest": "1", "source_type": "http", "source": "https://example.com"}}

CALLS = [
    ("create_experiment", {"name": "/Users/ada/second", "tags": [{"key": "team", "value": "vision"}]}),
    ("get_experiment", {"experiment_id": "1"}),
    ("get_by_name", {"experiment_name": "/Users/ada/größe & co"}),
    ("list_experiments", {"max_results": 1, "view_type": "ALL"}),
    ("search_experiments", {"filter": "name LIKE '%'", "max_results": 1, "order_by": ["name ASC"]}),
    ("update_experiment", {"experiment_id": "1", "new_name": "/Users/ada/renamed"}),
    ("delete_experiment", {"experiment_id": "1"}),
    ("restore_experiment", {"experiment_id": "1"}),
    ("set_experiment_tag", {"experiment_id": "1", "key": "a b", "value": "c"}),
    ("create_run", {"experiment_id": "1", "run_name": "second", "start_time": 5, "tags": [{"key": "k", "value": "v"}]}),
    ("get_run", {"run_id": "RUN"}),
    (
        "search_runs",
        {
            "experiment_ids": ["1"],
            "filter": "metrics.acc > 0.5",
            "max_results": 1,
            "order_by": ["attributes.start_time DESC"],
            "run_view_type": "ALL",
        },
    ),
    ("update_run", {"run_id": "RUN", "status": "FINISHED", "end_time": 9, "run_name": "named"}),
    ("delete_run", {"run_id": "RUN"}),
    ("restore_run", {"run_id": "RUN"}),
    ("delete_runs", {"experiment_id": "1", "max_timestamp_millis": 99, "max_runs": 10}),
    ("restore_runs", {"experiment_id": "1", "min_timestamp_millis": 1, "max_runs": 10}),
    ("log_metric", {"key": "val/loss", "value": 0.25, "timestamp": 7, "run_id": "RUN", "step": 3}),
    (
        "log_batch",
        {
            "run_id": "RUN",
            "metrics": [{"key": "acc", "value": 0.5, "timestamp": 1, "step": 2}],
            "params": [{"key": "lr", "value": "0.1"}],
            "tags": [{"key": "team", "value": "vision"}],
        },
    ),
    ("log_param", {"key": "depth", "value": "3", "run_id": "RUN"}),
    ("log_inputs", {"run_id": "RUN", "datasets": [DATASET]}),
    ("log_model", {"run_id": "RUN", "model_json": "{}"}),
    ("set_tag", {"key": "stage", "value": "try", "run_id": "RUN"}),
    ("delete_tag", {"run_id": "RUN", "key": "stage"}),
    ("get_history", {"metric_key": "val/loss", "run_id": "RUN", "max_results": 1}),
    ("list_artifacts", {"run_id": "RUN", "path": "plots"}),
    ("get_permission_levels", {"experiment_id": "1"}),
    ("get_permissions", {"experiment_id": "1"}),
    ("set_permissions", {"experiment_id": "1", "access_control_list": ENTRY}),
    ("update_permissions", {"experiment_id": "1", "access_control_list": ENTRY}),
    ("get_credentials_for_trace_data_download", {"request_id": "tr-1"}),
    ("get_credentials_for_trace_data_upload", {"request_id": "tr-1"}),
]

SCRIPT = """
import inspect, json, sys, typing
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import ml

def made(kind, value):
    # From JSON to the dataclass or enumeration that the SDK wants.
    if isinstance(value, list):
        (item,) = [each for each in typing.get_args(kind) if each is not type(None)] or [None]
        item = typing.get_args(item)[0] if typing.get_args(item) else item
        return [made(item, each) for each in value]
    kinds = [each for each in typing.get_args(kind) if each is not type(None)] or [kind]
    if isinstance(value, dict):
        return kinds[0].from_dict(value)
    if isinstance(kinds[0], type) and hasattr(kinds[0], "__members__"):
        return kinds[0](value)
    return value

experiments = WorkspaceClient().experiments
for name, options in json.loads(sys.argv[1]):
    operation = getattr(experiments, name)
    hints = typing.get_type_hints(operation, vars(ml))
    answer = operation(**{key: made(hints[key], value) for key, value in options.items()})
    if inspect.isgenerator(answer):
        list(answer)
print(json.dumps(sorted(dir(experiments))))
"""


def prepared() -> Databricks:
    """A workspace with an experiment, two runs, some points and a file."""
    platform = Databricks()
    platform.experiments["1"] = {
        "experiment_id": "1",
        "name": "/Users/ada/größe & co",
        "lifecycle_stage": "active",
        "tags": [],
    }
    platform.experiments["2"] = {"experiment_id": "2", "name": "other", "lifecycle_stage": "active", "tags": []}
    for number in (1, 2):
        identity = f"{number:032x}"
        info = {
            "run_id": identity,
            "run_name": "first",
            "experiment_id": "1",
            "status": "RUNNING",
            "start_time": number,
            "artifact_uri": "dbfs:/x",
            "lifecycle_stage": "active",
        }
        platform.runs[identity] = {"info": info, "data": {"metrics": [], "params": [], "tags": []}}
    platform.history[RUN, "val/loss"] = [
        {"key": "val/loss", "value": 1.0, "timestamp": step, "step": step} for step in (0, 1)
    ]
    platform.files[f"{RUN}/plots/roc.png"] = b"x"
    platform._numbers = iter(range(100, 200))
    return platform


RUN = f"{1:032x}"


def filled(options):
    return json.loads(json.dumps(options).replace('"RUN"', f'"{RUN}"'))


@pytest.fixture(scope="session")
def python():
    return sdk.environment(Path.home() / ".cache" / "jupyter_tracker_tests", [SDK])


def seen(platform):
    """What was sent, apart from what belongs to the client rather than to the request."""
    return [
        (request.method, request.path, sorted(request.query), request.json, request.headers["authorization"])
        for request in platform.requests
        if not request.path.startswith("/.well-known/")
    ]


@pytest.mark.timeout(900)
def test_the_official_sdk_sends_the_same(python, monkeypatch):
    calls = [(name, filled(options)) for name, options in CALLS]
    with prepared().serving() as theirs:
        variables = {"DATABRICKS_HOST": theirs.url, "DATABRICKS_TOKEN": TOKEN}
        known = sdk.run(python, SCRIPT, calls, variables)
    with prepared().serving() as ours:
        monkeypatch.setenv("DATABRICKS_HOST", ours.url)
        monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
        with jt.connect("databricks") as tracker:
            for name, options in calls:
                getattr(tracker.native, name)(**options)
    assert {name for name, _ in CALLS} <= set(known)
    assert seen(ours) == seen(theirs)


def test_every_documented_operation_is_compared():
    from jupyter_tracker.backends.mlflow.operations import MlflowOperations

    offered = {name for name in dir(MlflowOperations) if name[0] != "_"}
    compared = {name for name, _ in CALLS}
    assert len(compared) == 32
    assert offered - compared == {"delete_experiment_tag", "get_history_bulk"}  # the open-source server's own
