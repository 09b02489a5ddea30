"""Files over HTTP and several flows at once, driven both ways."""

from __future__ import annotations

import asyncio
import ssl
import threading
from pathlib import Path

import certifi
import httpx
import pytest

from jupyter_tracker.backends.base import Transport
from jupyter_tracker.flow import Download, Local, Send, Together, Upload, arun, run
from jupyter_tracker.transfer import client_options


def drive_here(flow, handler):
    with httpx.Client(transport=httpx.MockTransport(handler)) as http:
        return run(flow, http)


def drive_in_loop(flow, handler):
    async def drive():
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http:
            return await arun(flow, http)

    return asyncio.run(drive())


drivers = pytest.mark.parametrize("drive", [drive_here, drive_in_loop])


def step(one):
    return (yield one)


def no_request(_request):
    raise AssertionError("nothing is sent")


@drivers
def test_a_part_of_a_file_is_sent_with_its_length(drive, tmp_path: Path):
    source = tmp_path / "data"
    source.write_bytes(bytes(range(256)) * 4096)
    sent, told = {}, []

    def handler(request):
        sent.update(body=request.read() if drive is drive_here else b"", headers=request.headers)
        return httpx.Response(200)

    async def ahandler(request):
        sent.update(body=await request.aread(), headers=request.headers)
        return httpx.Response(200)

    request = httpx.Request("PUT", "https://bucket.example/x", headers={"X-Kind": "block"})
    upload = Upload(request, source, offset=10, size=600_000, progress=told.append)
    drive(step(upload), handler if drive is drive_here else ahandler)
    assert sent["body"] == source.read_bytes()[10:600_010]
    assert sent["headers"]["content-length"] == "600000"
    assert "transfer-encoding" not in sent["headers"]
    assert sent["headers"]["x-kind"] == "block"
    assert sum(told) == 600_000


@drivers
def test_an_answer_goes_into_a_file_behind_what_is_there(drive, tmp_path: Path):
    target, told = tmp_path / "data", []
    target.write_bytes(b"begun ")
    content = b"x" * 700_000
    request = httpx.Request("GET", "https://bucket.example/x")
    response = drive(step(Download(request, target, told.append)), lambda _: httpx.Response(206, content=content))
    assert response.status_code == 206
    assert target.read_bytes() == b"begun " + content
    assert sum(told) == len(content)


@drivers
def test_an_error_is_read_and_nothing_is_written(drive, tmp_path: Path):
    target = tmp_path / "data"
    request = httpx.Request("GET", "https://bucket.example/x")
    response = drive(step(Download(request, target)), lambda _: httpx.Response(404, text="gone"))
    assert response.text == "gone"
    assert not target.exists()


@drivers
def test_a_download_follows_redirections(drive, tmp_path: Path):
    def handler(request):
        if request.url.path == "/x":
            return httpx.Response(302, headers={"Location": "https://other.example/y"})
        return httpx.Response(200, content=b"there")

    drive(step(Download(httpx.Request("GET", "https://bucket.example/x"), tmp_path / "data")), handler)
    assert (tmp_path / "data").read_bytes() == b"there"


@drivers
def test_results_come_in_the_order_of_their_flows(drive):
    gate = threading.Event()

    def late():
        return (yield Local(lambda: gate.wait(30)))

    def early():
        return (yield Local(gate.set))

    assert drive(step(Together([late(), early()], limit=2)), no_request) == [True, None]


@drivers
def test_no_more_than_the_limit_run_at_once(drive):
    running, most, lock = 0, 0, threading.Lock()

    def enter():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)

    def leave():
        nonlocal running
        with lock:
            running -= 1

    def work():
        yield Local(enter)
        yield Local(lambda: None)
        yield Local(leave)

    drive(step(Together([work() for _ in range(20)], limit=3)), no_request)
    assert 1 <= most <= 3


@drivers
def test_the_first_failure_is_that_of_the_step_and_can_be_caught(drive):
    def fail():
        raise ValueError("broken")

    def broken():
        yield Local(fail)

    def careful():
        try:
            yield Together([broken() for _ in range(5)], limit=1)
        except ValueError as error:
            return str(error)

    assert drive(careful(), no_request) == "broken"


@drivers
def test_flows_at_once_send_requests(drive):
    def ask(number):
        response = yield Send(httpx.Request("GET", f"https://platform.example/{number}"))
        return response.text

    flows = [ask(number) for number in range(10)]
    answers = drive(step(Together(flows)), lambda request: httpx.Response(200, text=request.url.path))
    assert answers == [f"/{number}" for number in range(10)]


@drivers
def test_nothing_at_once_is_nothing(drive):
    assert drive(step(Together([])), no_request) == []


@pytest.mark.parametrize("field", ["X-Amz-Signature", "X-Goog-Signature", "sig", "Signature", "upload_id"])
def test_the_log_of_requests_has_no_signed_url(caplog, field):
    caplog.set_level("INFO", logger="httpx")
    for query in (f"{field}=hidden-word&x=1", "page=2"):
        drive_here(step(Send(httpx.Request("GET", f"https://bucket.example/a?{query}"))), lambda _: httpx.Response(200))
    first, second = (record.getMessage() for record in caplog.records)
    assert "https://bucket.example/a?" in first
    assert "hidden-word" not in first
    assert "https://bucket.example/a?page=2" in second


def test_connections_share_what_they_trust_until_the_environment_or_their_address_says_otherwise(monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    usual = client_options(Transport())["verify"]
    assert usual.verify_mode is ssl.CERT_REQUIRED
    assert client_options(Transport(timeout=5))["verify"] is usual
    unchecked = client_options(Transport(verify=False))["verify"]
    assert (unchecked.verify_mode, usual.verify_mode) == (ssl.CERT_NONE, ssl.CERT_REQUIRED)
    authorities = certifi.where()
    assert client_options(Transport(verify=authorities))["verify"] is not usual
    monkeypatch.setenv("SSL_CERT_FILE", authorities)
    assert client_options(Transport())["verify"] is not usual
