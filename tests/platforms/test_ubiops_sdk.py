"""UbiOps: each documented operation sends what the official SDK sends, and gives back what it gives back.

One script calls all operations through the SDK; the same calls are made here; both against a fresh stand-in.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from pathlib import Path

import pytest

import jupyter_tracker as jt
from tests.platforms import sdk
from tests.platforms.proof import agrees, shapes
from tests.platforms.standin import Request
from tests.platforms.ubiops_standin import PROJECT, TOKEN, UbiOps

SDKS = {"v2.1": "ubiops==4.14.0", "v2": "ubiops==4.15.0"}
TRAINING = "def train(training_data, parameters, context):\n    return {'metrics': {'acc': 0.5}}\n"


def calls(work: str) -> list[tuple[str, dict[str, object]]]:
    """Operations with their values; `$run` and `$variable` are what was made before."""
    p, e = {"project_name": PROJECT}, {"project_name": PROJECT, "experiment_name": "digits 1/ü"}
    first = {
        "name": "digits 1/ü",
        "environment": "python3-12",
        "instance_type": "4096mb",
        "description": "handwritten",
        "labels": {"team": "vision"},
        "default_bucket": "default",
        "request_retention_time": 3600,
    }
    plain = {"name": "plain", "environment": "python3-12", "instance_type": "256mb"}
    variable = {"name": "API_TOKEN", "value": "s3cret", "secret": True}
    return [
        ("initialize", p),
        ("experiments_create", {**p, "data": first}),
        ("experiments_create", {**p, "data": plain}),
        ("experiments_get", e),
        ("experiments_list", p),
        ("experiments_list", {**p, "labels": "team:vision"}),
        ("experiments_update", {**e, "data": {"description": "new", "labels": {"a": "b"}}}),
        ("experiments_update", {**e, "data": {"environment": "python3-11", "default_bucket": "default"}}),
        ("experiments_update", {"project_name": PROJECT, "experiment_name": "plain", "data": {"name": "renamed"}}),
        ("experiment_environment_variables_create", {**e, "data": variable}),
        ("experiment_environment_variables_list", e),
        ("experiment_environment_variables_get", {**e, "id": "$variable"}),
        ("experiment_environment_variables_update", {**e, "id": "$variable", "data": {**variable, "value": ""}}),
        ("experiment_environment_variables_delete", {**e, "id": "$variable"}),
        (
            "experiment_runs_create",
            {
                **e,
                "data": {
                    "name": "one",
                    "training_code": f"{work}/train.py",
                    "training_data": f"{work}/data",
                    "parameters": {"lr": 0.1, "layers": [1, 2]},
                },
                "timeout": 600,
            },
        ),
        ("experiment_runs_create", {**e, "data": {"name": "two", "training_code": f"{work}/project"}}),
        (
            "experiment_runs_create",
            {**e, "data": {"name": "3", "description": "d", "training_code": "ubiops-file://default/given/train.py"}},
        ),
        ("experiment_runs_get", {**e, "run_id": "$run"}),
        ("experiment_runs_get", {**e, "run_id": "$run", "metadata_only": True}),
        ("experiment_runs_list", {**e, "limit": 10, "offset": 0}),
        ("experiment_runs_list", {**e, "status": "failed", "search_id": "zz", "limit": 5}),
        ("experiment_runs_update", {**e, "run_id": "$run", "data": {"status": "cancelled"}}),
        ("experiment_runs_delete", {**e, "run_id": "$run"}),
        ("experiments_delete", e),
        *beside_training(p),
    ]


def beside_training(p: dict[str, object]) -> list[tuple[str, dict[str, object]]]:
    """What training needs of the rest of the platform."""
    d = {**p, "deployment_name": "training-base-deployment"}
    b = {**p, "bucket_name": "default"}
    f = {**b, "file": "given/größe 1.txt"}
    variable = {"name": "WORKERS", "value": "4", "secret": False}
    points = [{"metric": "custom.loss", "labels": {"a": "b"}, "data": [{"date": "2026-01-01T00:00:00Z", "value": 0.5}]}]
    day = {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-01-02T00:00:00Z"}
    return [
        ("deployment_environment_variables_create", {**d, "data": variable}),
        ("deployment_environment_variables_list", d),
        ("deployment_environment_variables_update", {**d, "id": "$variable", "data": {**variable, "value": "8"}}),
        ("deployment_environment_variables_delete", {**d, "id": "$variable"}),
        ("buckets_list", p),
        ("buckets_get", b),
        ("files_list", {**b, "prefix": "given/", "limit": 5}),
        ("files_get", f),
        ("files_upload", f),
        ("files_download", f),
        ("files_delete", f),
        ("logs_list", {**p, "query": "| deployment_name=`a b`", "start": "1700000000000000000", "limit": 10}),
        ("metrics_create", {**p, "data": {"name": "custom.loss", "metric_type": "gauge"}}),
        ("metrics_list", p),
        ("time_series_data_create", {**p, "data": points}),
        ("time_series_search", {**p, "labels": "a:b", "custom": True, "limit": 10, "offset": 0}),
        ("time_series_data_list", {**p, "metric": "custom.loss", **day, "labels": "a:b"}),
    ]


SCRIPT = """
import json, os, sys
import ubiops
os.chdir(json.loads(sys.argv[1])["here"])
training = ubiops.Training()
kept, results = {}, []
for name, values in json.loads(sys.argv[1])["calls"]:
    values = {key: kept.get(value, value) if isinstance(value, str) else value for key, value in values.items()}
    try:
        result = getattr(training if hasattr(training, name) else training.core_api, name)(**values)
    except Exception as error:
        raise SystemExit(f"{name}: {error!r} {getattr(error, 'body', error)} {getattr(error, 'status', None)}")
    plain = [each.to_dict() for each in result] if isinstance(result, list) else (
        result.to_dict() if hasattr(result, "to_dict") else result)
    if name.endswith("runs_create"):
        kept.setdefault("$run", plain["id"])
    if name.endswith("variables_create"):
        kept["$variable"] = plain["id"]
    results.append(plain)
print()
print(json.dumps(results, default=str))
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "project" / "deep").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "train.py").write_text(TRAINING)
    (folder / "project" / "train.py").write_text("from deep import words\n" + TRAINING)
    (folder / "project" / "deep" / "words.py").write_text("WORD = 'größe'\n")
    (folder / "data" / "table.csv").write_text("1,2,3")
    return folder


def standin() -> UbiOps:
    """A project that is not prepared, whose runs wait for ever."""
    made = UbiOps(initialized=False)
    for name in ("given/train.py", "given/größe 1.txt"):
        made.files["default"][name] = (TRAINING.encode(), "2026-01-01T00:00:00.000000Z")
    made.waiting = True
    return made


def through_the_sdk(python: Path, api: str, work: Path) -> tuple[list[object], list[Request]]:
    (work.parent / "here").mkdir()
    with standin().serving() as platform:
        variables = {"UBIOPS_API_HOST": f"{platform.url}/{api}", "UBIOPS_API_TOKEN": TOKEN}
        value = {"calls": calls(str(work)), "here": str(work.parent / "here")}
        return sdk.run(python, SCRIPT, value, variables), platform.requests


def through_ours(
    monkeypatch: pytest.MonkeyPatch, api: str, work: Path, *, wait: bool
) -> tuple[list[object], list[Request]]:
    with standin().serving() as platform:
        monkeypatch.setenv("UBIOPS_API_HOST", f"{platform.url}/{api}/")
        monkeypatch.setenv("UBIOPS_API_TOKEN", "fake")
        kept: dict[str, str] = {}
        results: list[object] = []

        async def call_all() -> None:
            tracker = jt.connect_async(f"ubiops://{PROJECT}") if wait else jt.connect(f"ubiops://{PROJECT}")
            for name, given in calls(str(work)):
                values = {
                    key: kept.get(value, value) if isinstance(value, str) else value for key, value in given.items()
                }
                result = getattr(tracker.native, name)(**values)
                result = await result if inspect.isawaitable(result) else result
                if name.endswith("runs_create"):
                    kept.setdefault("$run", result["id"])
                if name.endswith("variables_create"):
                    kept["$variable"] = result["id"]
                results.append(result)
            closed = tracker.close()
            if closed is not None:
                await closed

        asyncio.run(call_all())
        return json.loads(json.dumps(results)), platform.requests


@pytest.mark.timeout(900)
@pytest.mark.parametrize("api", SDKS)
def test_each_operation_sends_and_gives_back_what_the_official_sdk_does(sdk_folder, monkeypatch, work, api):
    python = sdk.environment(sdk_folder, [SDKS[api]])
    their_results, their_requests = through_the_sdk(python, api, work)
    expected = shapes(their_requests)
    for wait in (False, True):
        results, requests = through_ours(monkeypatch, api, work, wait=wait)
        assert shapes(requests) == expected
        for (name, _), theirs, ours in zip(calls(""), their_results, results, strict=True):
            assert agrees(theirs, ours), f"{name}\n{theirs}\n{ours}"


def test_all_fifteen_documented_operations_are_among_them():
    beside = {name for name, _ in beside_training({})}
    assert len({name for name, _ in calls("")} - beside - {"initialize"}) == 15
