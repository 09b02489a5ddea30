"""Chariot: what goes wrong on the way, as people see it."""

from __future__ import annotations

import time

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import (
    InvalidInput,
    NotAuthenticated,
    PermissionDenied,
    PlatformFailure,
    RateLimited,
    Unreachable,
    Unsupported,
)
from tests.platforms.standin import Answer

RESOURCES = {"cpu": "1", "memory": "2Gi"}


@pytest.fixture
def address(chariot):
    return chariot.address


@pytest.fixture
def native(tracker, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.backends.remote.retry.Retry.pause", lambda *_: 0.0)
    return tracker.native


def creations(chariot):
    return [one for one in chariot.requests if one.method == "POST" and one.path.endswith("/runs")]


def signed(request):
    return request.path.startswith("/signed/")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_run_is_never_created_twice_after_a_failure_of_the_platform(chariot, native, status):
    blueprint = chariot.add_blueprint("resnet")
    chariot.fail(Answer({"error": "oops"}, status), times=5)
    with pytest.raises(PlatformFailure, match=f"HTTP {status}: oops"):
        native.create_run("digits", "1", RESOURCES, {}, "t", blueprint, "p")
    assert len(creations(chariot)) == 1


def test_a_run_is_never_created_twice_when_the_connection_breaks(chariot, native):
    chariot.fail(None, times=5)
    with pytest.raises(Unreachable, match="may have been carried out"):
        native.create_run("digits", "1", RESOURCES, {}, "t", "b", "p")
    assert len(creations(chariot)) == 1


def test_reading_is_tried_again(chariot, native):
    run = chariot.add_run("digits", "1")
    chariot.fail(Answer({"error": "oops"}, 502), times=2)
    chariot.fail(None)
    assert native.get_run(run)["name"] == "digits"


def test_too_many_requests_wait_as_long_as_is_asked_for(chariot, address, monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with jt.connect(address) as tracker:
        chariot.fail(Answer({"error": "slow down"}, 429, {"Retry-After": "7"}))
        tracker.native.get_runs()
        assert waited == [7.0]
        chariot.fail(Answer({"error": "slow down"}, 429, {"Retry-After": "100000"}))
        with pytest.raises(RateLimited, match="slow down"):
            tracker.native.get_runs()


def test_a_wrong_token_says_where_it_comes_from_and_is_not_shown(address, monkeypatch):
    monkeypatch.setenv("CHARIOT_TOKEN", "hidden-word")
    with jt.connect(address) as tracker, pytest.raises(NotAuthenticated, match="CHARIOT_TOKEN") as caught:
        tracker.native.get_runs()
    assert "hidden-word" not in repr(caught.value)


def test_an_empty_answer_to_what_makes_something_is_told(chariot, native):
    made = chariot.add_checkpoint(chariot.add_run("digits", "1"), 1, {})
    for answer in (Answer(None), Answer({"data": {}})):
        chariot.fail(answer, times=2)
        with pytest.raises(PlatformFailure, match=r"answered create_run with .* look before you repeat it"):
            native.create_run("digits", "1", RESOURCES, {}, "t", "b", "p")
        with pytest.raises(PlatformFailure, match="answered create_model_from_checkpoint with"):
            native.create_model_from_checkpoint(made, "digits", "1.0.0", "reads digits")


def test_an_empty_answer_to_a_list_is_an_empty_list_and_html_is_a_failure(chariot, native):
    chariot.fail(Answer(None))
    assert native.get_runs() == []
    chariot.fail(Answer(b"<html>sign in</html>", 200, {"Content-Type": "text/html"}))
    with pytest.raises(PlatformFailure, match="no JSON"):
        native.get_runs()


def test_a_signed_url_that_has_expired_is_asked_for_anew(chariot, native, tmp_path):
    made = chariot.add_checkpoint(chariot.add_run("digits", "1"), 3, {"a.bin": b"12", "b.bin": b"345"})
    expired = Answer(b"<Error><Message>Request has expired</Message></Error>", 403)
    chariot.fail(expired, where=signed)
    native.download_checkpoint(made, tmp_path)
    assert ((tmp_path / "a.bin").read_bytes(), (tmp_path / "b.bin").read_bytes()) == (b"12", b"345")
    assert len([one for one in chariot.requests if one.path.endswith("/files")]) == 2
    assert all("authorization" not in one.headers for one in chariot.requests if signed(one))
    chariot.fail(expired, times=6, where=signed)
    (tmp_path / "other").mkdir()
    with pytest.raises(PermissionDenied) as caught:
        native.download_checkpoint(made, tmp_path / "other")
    assert "signed/" not in str(caught.value)
    assert list((tmp_path / "other").iterdir()) == []


def test_a_download_that_breaks_goes_on_where_it_ended(chariot, native, tmp_path):
    data = bytes(range(256)) * 4000
    made = chariot.add_checkpoint(chariot.add_run("digits", "1"), 3, {"a.bin": data})
    chariot.fail(Answer(data[:300_000], 200, {"Content-Length": str(len(data))}), where=signed)
    native.download_checkpoint(made, tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == data
    assert [one.headers.get("range") for one in chariot.requests if signed(one)] == [None, "bytes=262144-"]


def test_a_file_that_comes_changed_is_fetched_again_and_told_in_the_end(chariot, native, tmp_path):
    made = chariot.add_checkpoint(chariot.add_run("digits", "1"), 3, {"a.bin": b"12"})
    changed = Answer(b"1?", 200, {"ETag": '"c20ad4d76fe97759aa27a0c99bff6710"'})  # that of 12
    chariot.fail(changed, where=signed)
    native.download_checkpoint(made, tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == b"12"
    chariot.fail(changed, times=3, where=signed)
    with pytest.raises(PlatformFailure, match=r"a\.bin came changed 3 times"):
        native.download_checkpoint(made, tmp_path)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"tags": {"team": "vision"}}, Unsupported, r"runs\.set_tags"),
        ({"variables": {"A": "1"}}, Unsupported, r"variables\.create"),
        ({"retries": 2}, Unsupported, r"runs\.restart"),
        ({"priority": 1}, Unsupported, r"queue\.prioritize"),
        ({"timeout": 60}, InvalidInput, "no time limit"),
    ],
)
def test_what_the_platform_cannot_do_with_a_run_is_refused_and_no_run_is_made(chariot, address, options, kind, said):
    chariot.add_blueprint("resnet")
    resources = {**RESOURCES, "task_type": "Image Classification"}
    with jt.connect(address) as tracker, pytest.raises(kind, match=said):
        tracker.templates.submit("resnet", "digits", resources=resources, **options)
    assert creations(chariot) == []
