"""ABEJA: archives on their way here."""

from __future__ import annotations

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import PlatformFailure
from tests.platforms import stand_ins
from tests.platforms.abeja_standin import ORGANIZATION, Abeja
from tests.platforms.standin import Answer


@pytest.fixture
def platform():
    return Abeja()


@pytest.fixture
def tracker(platform, monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_TRACKER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("jupyter_tracker.backends.remote.retry.Retry.pause", lambda *_: 0.0)
    with stand_ins.abeja(platform) as address, jt.connect(address) as client:
        yield client


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.py"
    path.write_text("def handler(context):\n    pass\n")
    return path


def test_a_download_goes_on_where_it_broke_or_its_url_expired_and_is_compared(tracker, platform, train, tmp_path):
    run = tracker.runs.submit("digits", code=train).wait(60)
    data = platform.blobs[run.id] = bytes(range(256)) * 4000

    def signed(request):
        return request.path.startswith("/signed/")

    platform.fail(Answer(data[:300_000], 200, {"Content-Length": str(len(data))}), where=signed)
    platform.fail(Answer(b"<Error><Message>Request has expired</Message></Error>", 403), where=signed)
    fetch = tracker.native.download_training_result
    assert fetch(ORGANIZATION, "digits", run.id, tmp_path / "a.zip").read_bytes() == data
    ranges = [request.headers.get("range") for request in platform.requests if signed(request)]
    assert ranges == [None, "bytes=262144-", "bytes=262144-"]
    changed = Answer(b"else", 200, {"ETag": f'"{"0" * 32}"'})
    platform.fail(changed, times=3, where=signed)
    with pytest.raises(PlatformFailure, match=r"b\.zip came changed 3 times"):
        fetch(ORGANIZATION, "digits", run.id, tmp_path / "b.zip")
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".zip"] == ["a.zip"]
