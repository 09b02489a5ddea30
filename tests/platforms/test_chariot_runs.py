"""Chariot: the shared model over its operations, and how one signs in."""

from __future__ import annotations

import gc
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import (
    Ambiguous,
    ConfigError,
    Conflict,
    InvalidConfig,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    RemoteNotFound,
    Unreachable,
    Unsupported,
)
from jupyter_tracker.models import Lifecycle, RunState
from tests.platforms.chariot_standin import RESOURCES, SCHEMA, T


@pytest.fixture
def address(chariot):
    return chariot.address


# The shared model


def test_names_are_experiments_and_versions_are_runs(chariot, tracker):
    for version in ("1", "2"):
        run = chariot.add_run("digits", version, config={"lr": 0.1}, status="job_completed", notes="good")
        chariot.metric(run, "acc", 9, 0.5 + int(version) / 10)
    chariot.add_run("words", "1", progress=[{"operation": "epoch", "value": 3, "final_value": 30, "units": "epochs"}])
    chariot.add_run("other", "1", project="q")
    assert [one.name for one in tracker.experiments.list()] == ["words", "digits"]
    assert (tracker.experiments.get("digits").run_count, tracker.experiments.get("words").active_run_count) == (2, 1)
    found = tracker.runs.list("digits", where="metrics.acc > 0.65 and params.lr = 0.1 and tags.user_id = 'u'")
    assert [(run.experiment, run.name, run.state) for run in found] == [("digits", "2", RunState.SUCCEEDED)]
    assert found.frame()["metrics.acc"].tolist() == [0.7]
    assert found[0].info.notes == "good"
    assert str(tracker.runs.get("last").progress) == "epoch 3 of 30 epochs"
    with pytest.raises(NotFound, match="Did you mean 'digits'"):
        tracker.runs.list("digit")
    with pytest.raises(NotFound, match="Did you mean 'digits'"):
        tracker.experiments.get("digit")


def test_more_than_a_thousand_runs_are_listed_by_keyset(chariot, tracker):
    for number in range(1050):
        chariot.add_run("digits", str(number), status="run_created")
    found = tracker.native.get_runs(limit=1)
    assert len(tracker.drive(tracker.backend.experiments.list(Lifecycle.ACTIVE))) == 1
    assert tracker.experiments.get("digits").run_count == 1050
    assert all(request.value("offset") in ("0", None) for request in chariot.requests)
    assert found[0]["version"] == "1049"


def test_a_template_is_submitted_and_mistakes_make_no_run(chariot, tracker):
    chariot.add_blueprint("resnet", "1.2.0", SCHEMA)
    resources = {"cpu": "1", "memory": "2Gi", "task_type": "Image Classification"}
    with pytest.raises(InvalidConfig, match=r"resnet@1\.2\.0 has 2 mistakes") as caught:
        tracker.templates.submit("resnet", "digits", config={"epochs": "x", "lr": -1}, resources=resources)
    assert sorted(one.path for one in caught.value.mistakes) == ["epochs", "lr"]
    first = tracker.templates.submit("resnet@1.2.0", "digits", config={"lr": 0.1}, resources=resources)
    second = tracker.templates.submit("resnet", "digits", config={"lr": 0.2}, resources=resources)
    assert [(run.experiment, run.name, dict(run.params)) for run in (first, second)] == [
        ("digits", "1", {"lr": 0.1}),
        ("digits", "2", {"lr": 0.2}),
    ]
    assert first.state is RunState.QUEUED
    with pytest.raises(InvalidInput, match="task type"):
        tracker.templates.submit("resnet", "digits", config={"lr": 0.1}, resources={"cpu": "1", "memory": "2Gi"})


def test_a_run_is_cloned_with_other_params_as_the_next_version(chariot, tracker):
    chariot.add_blueprint("resnet", "1.2.0", SCHEMA)
    resources = {**RESOURCES, "task_type": "Image Classification"}
    first = tracker.templates.submit("resnet", "digits", config={"lr": 0.1, "epochs": 3}, resources=resources)
    again = first.clone(params={"lr": 0.2})
    assert (again.experiment, again.name, dict(again.params)) == ("digits", "2", {"lr": 0.2, "epochs": 3})
    assert chariot.requests[-2].json["resources"] == RESOURCES
    assert first.clone(name="best").name == "best"


def test_checkpoints_are_found_by_the_beginning_of_their_id_and_none_is_deleted_when_one_is_not_there(
    chariot, tracker, tmp_path
):
    run = chariot.add_run("digits", "1")
    made = [chariot.add_checkpoint(run, step, {"a": b"1"}) for step in range(3)]
    with pytest.raises(Ambiguous, match="step 0"):
        tracker.checkpoints.get(made[0][:4])
    with pytest.raises(NotFound):
        tracker.checkpoints.delete([made[0], "zebra"])
    assert len(chariot.checkpoints) == 3
    chariot.runs["gone"] = chariot.runs[run]
    left = chariot.add_checkpoint("gone", 9, {})
    del chariot.runs["gone"]
    assert tracker.checkpoints.get(left).run == ""
    del chariot.checkpoints[left]
    (found, *_) = tracker.checkpoints.list()
    assert (found.run, found.experiment) == ("1", "digits")
    assert tracker.checkpoints.delete([made[0], made[0]]) == 1
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(Conflict, match="not an empty folder"):
        tracker.checkpoints.download(made[1], tmp_path / "full")


def test_a_blueprint_that_was_deleted_meanwhile_is_named(chariot, native):
    blueprint = chariot.add_blueprint("resnet")
    del chariot.blueprints[blueprint]
    with pytest.raises(RemoteNotFound, match="create_run with HTTP 404: blueprint not found"):
        native.create_run("digits", "1", RESOURCES, {}, "t", blueprint, "p")


def test_code_is_not_taken_and_the_way_is_told(tracker):
    with pytest.raises(Unsupported, match="made from blueprints"):
        tracker.runs.submit("digits", code="print(1)\n")


def test_stopping_goes_through_its_states_and_deleting_waits_for_the_end(chariot, tracker):
    run = chariot.add_run("digits", "1")
    with pytest.raises(Conflict, match="not ended"):
        tracker.runs.delete(run)
    assert tracker.runs.stop(run, grace_period=0).state is RunState.STOPPING
    assert chariot.events[run][-1]["details"] == {"grace_period_seconds": 1}
    chariot.event(run, "job_terminated")
    found = tracker.runs.get(run)
    assert found.wait(0).state is RunState.STOPPED
    assert found.ended_at is not None
    with pytest.raises(Conflict, match="ended already"):
        found.stop()
    assert tracker.runs.delete(run).info.lifecycle is Lifecycle.DELETED
    with pytest.raises(NotFound):
        tracker.runs.get(run)


@pytest.mark.parametrize("status", ["job_unknown", "brand_new", None])
def test_an_unknown_state_is_unknown(chariot, tracker, status):
    run = chariot.add_run("digits", "1")
    chariot.runs[run]["status"] = status
    assert tracker.runs.get(run).state is RunState.UNKNOWN


def test_answers_may_be_bare(chariot, tracker):
    chariot.bare = True
    run = chariot.add_run("digits", "1")
    chariot.metric(run, "a", 0, 1.0)
    assert tracker.runs.get("digits"[:0] or run).metrics == {"a": 1.0}
    assert len(tracker.runs.list()) == 1


def test_metrics_are_read_only(chariot, tracker):
    run = tracker.runs.get(chariot.add_run("digits", "1"))
    with pytest.raises(Unsupported, match=r"metrics\.log"):
        run.log({"a": 1.0})


async def events_of(address, run):
    async with jt.connect_async(address) as client:
        found = await client.runs.get(run)
        return [event.sequence async for event in found.events(follow=True)]


def test_the_asynchronous_client_follows_events_too(chariot, address):
    import asyncio

    run = chariot.add_run("digits", "1", status="job_completed")
    assert asyncio.run(events_of(address, run)) == [1, 2]


# Connecting


def test_client_credentials_log_in_and_again_when_a_token_was_refused(chariot, address, monkeypatch):
    monkeypatch.delenv("CHARIOT_TOKEN")
    monkeypatch.setenv("CHARIOT_CLIENT_ID", "me")
    monkeypatch.setenv("CHARIOT_CLIENT_SECRET", "s3cret")
    with jt.connect(address) as tracker:
        tracker.native.get_runs()
        login = chariot.requests[0]
        assert (login.path, login.form) == (
            "/auth/client/v2/chariot/login",
            {"grant_type": "client_credentials", "client_id": "me", "client_secret": "s3cret"},
        )
        chariot.tokens.clear()
        tracker.native.get_runs()
        assert [request.path for request in chariot.requests].count(login.path) == 2
    monkeypatch.setenv("CHARIOT_CLIENT_SECRET", "wrong-one")
    with jt.connect(address) as tracker, pytest.raises(NotAuthenticated, match="as 'me' failed") as caught:
        tracker.native.get_runs()
    assert "wrong-one" not in str(caught.value)


def test_without_credentials_it_is_told_how_to_give_them(chariot, address, monkeypatch):
    monkeypatch.delenv("CHARIOT_TOKEN")
    with jt.connect(address) as tracker, pytest.raises(NotAuthenticated, match="CHARIOT_CLIENT_ID"):
        tracker.native.get_runs()
    assert chariot.requests == []


def test_a_certificate_of_pkcs12_is_opened_with_its_password(tmp_path, monkeypatch):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import pkcs12

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "me")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2044, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    sealed = serialization.BestAvailableEncryption(b"pass word")
    (tmp_path / "me.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"me", key, certificate, None, sealed))
    address = f"chariot://127.0.0.1:9/p?pkcs12={tmp_path / 'me.p12'}"
    with pytest.raises(ConfigError, match="password"):
        jt.connect(address)
    monkeypatch.setenv("CHARIOT_PKCS12_PASSWORD", "pass word")
    with jt.connect(address) as tracker:
        files = [Path(file) for file in tracker.backend.transport.certificate]
        assert all(file.stat().st_mode & 0o077 == 0 for file in files)
        with pytest.raises(Unreachable):  # TLS takes the files; nobody listens there
            tracker.drive(one_try(tracker))
    del tracker
    gc.collect()
    assert not any(file.exists() for file in files)


def one_try(tracker):
    from jupyter_tracker.backends.remote.retry import Retry

    tracker.backend.native._requests._service.retry = Retry(limit=0)
    return tracker.backend.native.get_runs()


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_a_path_is_corrected_from_configuration(chariot, address, tmp_path, monkeypatch, kind):
    run = chariot.add_run("digits", "1")
    file = tmp_path / f"paths.{kind}"
    line = "PUT /api/training/v3/runs/{id}:stop"
    file.write_text(json.dumps({"stop_run": line}) if kind == "json" else f"stop_run = {json.dumps(line)}\n")
    monkeypatch.setenv("JUPYTER_TRACKER_CHARIOT_PATHS", str(file))
    with jt.connect(address) as tracker, pytest.raises(RemoteNotFound):
        tracker.native.stop_run(run)
    assert (chariot.requests[-1].method, chariot.requests[-1].path) == ("PUT", f"/api/training/v3/runs/{run}:stop")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"stop": "POST /x/{id}"}', "Did you mean 'stop_run'"),
        ('{"stop_run": "POST /x"}', "must look like"),
        ('{"get_runs": "FETCH /x"}', "must look like"),
        ('{"get_runs": "GET /x/{0}"}', "must look like"),
        ("[]", "table"),
        ("{", "cannot be read"),
    ],
)
def test_paths_that_are_none_are_refused(address, tmp_path, text, said):
    (tmp_path / "paths.json").write_text(text)
    with pytest.raises(ConfigError, match=said):
        jt.connect(f"{address}&paths={tmp_path / 'paths.json'}")


@pytest.mark.parametrize(
    "address", ["chariot://host", "chariot:///p", "chariot://host/p?pths=x", "chariot://host/p?key=x"]
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ConfigError, match="chariot://"):
        jt.connect(address)


def test_an_id_stays_in_its_place(chariot, native):
    for hostile in ("..", "a/../../b", "x?y=z"):
        with pytest.raises(NotFound):
            native.get_run(hostile)
    assert all(request.path.startswith(f"{T}/runs/") for request in chariot.requests)
    assert all(request.query == () for request in chariot.requests)
