"""ABEJA: each documented operation sends what the official SDK sends, and gives back what it gives back."""

from __future__ import annotations

import asyncio
import inspect
import json
import zipfile
from pathlib import Path

import pytest

import jupyter_tracker as jt
from tests.platforms import sdk
from tests.platforms.abeja_standin import ORGANIZATION, TOKEN, USER, Abeja
from tests.platforms.proof import agrees, shapes
from tests.platforms.standin import Request

# Its start-up imports pkg_resources, which newer versions of setuptools do not have any more.
REQUIREMENTS = ["abeja-sdk==2.3.6", "setuptools<80"]
CREDENTIALS = {
    "user": {"ABEJA_PLATFORM_USER_ID": USER, "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN": TOKEN},
    "token": {"PLATFORM_AUTH_TOKEN": TOKEN, "ABEJA_PLATFORM_USER_ID": USER},
}


def calls(work: str) -> list[tuple[str, dict[str, object]]]:
    """Operations with their values; `$job` and `$model` are what was made before, `file:` is given as it is taken."""
    o = {"organization_id": ORGANIZATION}
    d = {**o, "job_definition_name": "digits"}
    v, j, m = {**d, "version_id": 1}, {**d, "training_job_id": "$job"}, {**d, "model_id": "$model"}
    statistics = {"num_epochs": 10, "epoch": 0, "stages": {"train": {"loss": 0.0, "accuracy": 0.5}}, "other": "text"}
    parameters = {"training_job_id": "$job", "description": "m", "user_parameters": {"a": "1"}, "metrics": {"acc": 1}}
    return [
        ("create_training_job_definition", d),
        ("get_training_job_definitions", o),
        ("get_training_job_definitions", {**o, "filter_archived": True, "offset": 0, "limit": 5}),
        ("get_training_job_definitions", {**o, "filter_archived": False}),
        ("get_training_job_definition", d),
        ("get_training_job_definition", {**d, "include_jobs": False}),
        ("get_training_job_definition", {**d, "include_jobs": True}),
        ("archive_training_job_definition", d),
        ("unarchive_training_job_definition", d),
        (
            "create_training_job_definition_version",
            {**d, "filepaths": [f"{work}/train.py", f"{work}/deep/words.py"], "handler": "train:handler"},
        ),
        (
            "create_training_job_definition_version",
            {
                **d,
                "filepaths": [f"{work}/train.py"],
                "handler": "train:handler",
                "image": "abeja-inc/all-gpu:19.04",
                "environment": {"LR": "0.1"},
                "description": "größer",
            },
        ),
        (
            "create_training_job_definition_version_native_api",
            {**d, "source_code": f"file:{work}/code.zip", "parameters": {"handler": "train:handler"}},
        ),
        ("get_training_job_definition_versions", d),
        ("get_training_job_definition_versions", {**d, "filter_archived": True}),
        ("get_training_job_definition_version", v),
        ("patch_training_job_definition_version", {**v, "description": "new"}),
        ("archive_training_job_definition_version", v),
        ("unarchive_training_job_definition_version", v),
        ("create_training_job", v),
        (
            "create_training_job",
            {
                **v,
                "environment": {"LR": "0.1"},
                "datasets": {"mnist": "1111111111111"},
                "instance_type": "gpu:b-4",
                "description": "d",
                "export_log": True,
            },
        ),
        ("create_training_job", {**v, "user_parameters": {"OLD": "1"}, "export_log": False}),
        ("get_training_jobs", d),
        ("get_training_jobs", {**d, "limit": 2, "offset": 1, "filter_archived": True}),
        ("get_training_job", j),
        ("update_statistics", {**j, "statistics": statistics}),
        ("stop_training_job", j),
        ("archive_training_job", j),
        ("unarchive_training_job", j),
        ("get_training_result", {**d, "training_job_id": "1"}),
        ("create_training_model", {**d, "model_data": f"file:{work}/code.zip", "parameters": parameters}),
        ("create_training_model", {**d, "model_data": f"file:{work}/model.bin"}),
        ("get_training_models", d),
        ("get_training_models", {**d, "filter_archived": False}),
        ("get_training_model", m),
        ("patch_training_model", {**m, "description": "better"}),
        ("download_training_model", m),
        ("archive_training_model", m),
        ("unarchive_training_model", m),
        ("delete_training_job_definition_version", v),
        ("delete_training_job_definition", d),
    ]


SCRIPT = """
import json, sys
import abeja.training
client = abeja.training.APIClient()
kept, results = {}, []

def given(value):
    if isinstance(value, dict):
        return {key: given(inner) for key, inner in value.items()}
    if isinstance(value, str) and value.startswith("file:"):
        return open(value[5:], "rb")
    return kept.get(value, value) if isinstance(value, str) else value

for name, values in json.loads(sys.argv[1])["calls"]:
    result = getattr(client, name)(**given(values))
    if name == "create_training_job":
        kept.setdefault("$job", result["training_job_id"])
    if name == "create_training_model":
        kept.setdefault("$model", result["training_model_id"])
    results.append(result)
print()
print(json.dumps(results))
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "train.py").write_text("def handler(context):\n    print('größe')\n")
    (tmp_path / "deep" / "words.py").write_text("WORD = 1\n")
    (tmp_path / "model.bin").write_bytes(bytes(range(256)))
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.write(tmp_path / "train.py", "train.py")
        archive.write(tmp_path / "deep" / "words.py", "deep/words.py")
    return tmp_path


def through_the_sdk(python: Path, who: str, work: Path) -> tuple[list[object], list[Request]]:
    with Standing().serving() as platform:
        variables = {"ABEJA_API_URL": platform.url, **CREDENTIALS[who]}
        return sdk.run(python, SCRIPT, {"calls": calls(str(work))}, variables), platform.requests


def through_ours(
    monkeypatch: pytest.MonkeyPatch, who: str, work: Path, *, wait: bool
) -> tuple[list[object], list[Request]]:
    with Standing().serving() as platform:
        monkeypatch.setenv("ABEJA_API_URL", platform.url + "/")
        for name, value in CREDENTIALS[who].items():
            monkeypatch.setenv(name, value)
        kept: dict[str, str] = {}
        results: list[object] = []

        def given(value: object) -> object:
            if isinstance(value, dict):
                return {key: given(inner) for key, inner in value.items()}
            return kept.get(value, value.removeprefix("file:")) if isinstance(value, str) else value

        async def call_all() -> None:
            address = f"abeja://{ORGANIZATION}"
            tracker = jt.connect_async(address) if wait else jt.connect(address)
            for name, values in calls(str(work)):
                result = getattr(tracker.native, name)(**given(values))
                result = await result if inspect.isawaitable(result) else result
                if name == "create_training_job":
                    kept.setdefault("$job", result["training_job_id"])
                if name == "create_training_model":
                    kept.setdefault("$model", result["training_model_id"])
                results.append(result)
            closed = tracker.close()
            if closed is not None:
                await closed

        asyncio.run(call_all())
        return json.loads(json.dumps(results)), platform.requests


class Standing(Abeja):
    """Its jobs wait for ever; the job 1 has a result."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = True
        self.blobs["1"] = b"PK"

    def _job(self, n: str, i: str) -> dict[str, object]:
        return {} if i == "1" else super()._job(n, i)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("who", CREDENTIALS)
def test_each_operation_sends_and_gives_back_what_the_official_sdk_does(sdk_folder, monkeypatch, work, who):
    python = sdk.environment(sdk_folder, REQUIREMENTS)
    their_results, their_requests = through_the_sdk(python, who, work)
    expected = shapes(their_requests)
    for wait in (False, True):
        results, requests = through_ours(monkeypatch, who, work, wait=wait)
        assert shapes(requests) == expected
        for (name, _), theirs, ours in zip(calls(""), their_results, results, strict=True):
            assert agrees(theirs, ours), f"{name}\n{theirs}\n{ours}"


def test_all_twenty_nine_documented_operations_are_among_them():
    assert len({name for name, _ in calls("")}) == 29
