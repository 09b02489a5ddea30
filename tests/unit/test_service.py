"""Requests to a platform: whose they are, when they are sent again, and what their failures say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from jupyter_tracker.backends.remote.auth import ClientCredentials, basic, bearer
from jupyter_tracker.backends.remote.retry import Retry
from jupyter_tracker.backends.remote.service import Problem, Service
from jupyter_tracker.errors import (
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    PlatformFailure,
    RateLimited,
    RemoteInvalid,
    Unreachable,
)
from jupyter_tracker.flow import Download, Sleep, Upload
from jupyter_tracker.models import Secret

TOKEN = "tok-1f5a-s3cret"
BASE = "https://platform.example/api"


class Platform:
    """Answers in the order in which they are given; an exception is a failure of the connection."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.pauses = []

    def drive(self, flow):
        """The result of a flow whose requests are answered here and whose pauses take no time."""
        result, failure = None, None
        while True:
            try:
                step = flow.throw(failure) if failure else flow.send(result)
            except StopIteration as end:
                return end.value
            result, failure = None, None
            if isinstance(step, Sleep):
                self.pauses.append(step.seconds)
                continue
            try:
                result = self.answered(step)
            except httpx.TransportError as error:
                failure = error

    def answered(self, step):
        self.requests.append(step.request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        answer.request = step.request
        if isinstance(step, Download) and answer.is_success:
            with step.target.open("ab") as file:
                file.write(answer.content)
        return answer


def service(**options):
    return Service("acme", BASE, bearer(Secret(TOKEN)), **options)


def ok(value=None):
    return httpx.Response(200, json=value if value is not None else {"ok": True})


def failed(status, **fields):
    return httpx.Response(status, json=fields or {"message": "no"})


def test_a_request_has_its_authority_query_and_body():
    platform = Platform(ok([1]))
    query = {"ids": ["a", "b"], "limit": 3}
    assert platform.drive(service().json("list_runs", "POST", "/runs", query=query, body={"lr": 0.1})) == [1]
    (request,) = platform.requests
    assert str(request.url) == f"{BASE}/runs?ids=a&ids=b&limit=3"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content) == {"lr": 0.1}


def test_an_empty_answer_is_nothing():
    assert Platform(httpx.Response(204)).drive(service().json("delete_run", "DELETE", "/runs/1")) is None


def test_what_is_no_json_is_never_sent():
    with pytest.raises(ValueError, match=r"not JSON compliant"):
        Platform().drive(service().json("log", "POST", "/log", body={"loss": float("nan")}))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_request_is_sent_again_after_the_time_that_is_asked_for(status, method):
    platform = Platform(httpx.Response(status, headers={"Retry-After": "7"}), ok())
    assert platform.drive(service().json("x", method, "/x")) == {"ok": True}
    assert platform.pauses == [7.0]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_only_a_harmless_request_is_sent_again_after_a_failure(status):
    platform = Platform(failed(status), ok())
    assert platform.drive(service().json("get_run", "GET", "/runs/1")) == {"ok": True}
    platform = Platform(failed(status), ok())
    with pytest.raises(PlatformFailure, match=f"HTTP {status}"):
        platform.drive(service().json("create_run", "POST", "/runs"))
    assert len(platform.requests) == 1
    platform = Platform(failed(status), ok())
    assert platform.drive(service().json("search_runs", "POST", "/runs/search", harmless=True)) == {"ok": True}


def test_a_connection_that_was_never_made_is_tried_again_whatever_is_sent():
    platform = Platform(httpx.ConnectError("refused"), ok())
    assert platform.drive(service().json("create_run", "POST", "/runs")) == {"ok": True}


def test_a_request_that_may_have_arrived_is_not_repeated_unless_it_is_harmless():
    platform = Platform(httpx.ReadTimeout("too slow"))
    with pytest.raises(
        Unreachable, match=r"platform\.example gave no answer to create_run: too slow.*It may have been"
    ):
        platform.drive(service().json("create_run", "POST", "/runs"))
    platform = Platform(httpx.ReadTimeout("too slow"), ok())
    assert platform.drive(service().json("get_run", "GET", "/runs/1")) == {"ok": True}


def test_patience_has_an_end():
    platform = Platform(*[httpx.Response(429, json={"message": "slow down"})] * 50)
    with pytest.raises(RateLimited, match=r"slow down"):
        platform.drive(service(retry=Retry(limit=20.0)).json("x", "GET", "/x"))
    assert 10 < sum(platform.pauses) <= 20
    # Each pause is about twice the one before.
    assert all(after > before for before, after in zip(platform.pauses, platform.pauses[1:], strict=False))


def test_a_pause_that_is_too_long_is_not_waited_for():
    platform = Platform(httpx.Response(429, headers={"Retry-After": "86400"}))
    with pytest.raises(RateLimited):
        platform.drive(service().json("x", "GET", "/x"))
    assert platform.pauses == []


def test_a_pause_may_be_a_date_or_stand_in_the_platforms_own_header():
    soon = datetime.now(UTC) + timedelta(seconds=30)
    assert Retry().pause(1, {"retry-after": format_datetime(soon, usegmt=True)}) == pytest.approx(30, abs=5)
    assert Retry(reset_header="x-ratelimit-reset").pause(1, {"x-ratelimit-reset": "12"}) == 12
    assert Retry().pause(1, {"retry-after": "soon"}) <= 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (401, NotAuthenticated),
        (403, PermissionDenied),
        (404, NotFound),
        (409, Conflict),
        (418, InvalidInput),
        (501, PlatformFailure),
    ],
)
def test_an_error_is_of_the_kind_that_its_status_says(status, kind):
    with pytest.raises(kind, match=r"acme answered get_run with HTTP .*: no such luck") as caught:
        Platform(failed(status, message="no such luck")).drive(service().json("get_run", "GET", "/runs/1"))
    assert (caught.value.operation, caught.value.status) == ("get_run", status)


def test_the_platforms_own_code_decides_first():
    def problem(answer):
        return Problem(answer["message"], answer["error_code"], conflict_if(answer))

    def conflict_if(answer):
        from jupyter_tracker.errors import RemoteConflict

        return RemoteConflict if answer["error_code"] == "RESOURCE_ALREADY_EXISTS" else None

    made = service(problem=problem)
    taken = failed(400, message="taken", error_code="RESOURCE_ALREADY_EXISTS")
    with pytest.raises(Conflict, match=r"RESOURCE_ALREADY_EXISTS: taken"):
        Platform(taken).drive(made.json("create_experiment", "POST", "/e"))
    with pytest.raises(RemoteInvalid):
        Platform(failed(400, message="bad", error_code="BAD")).drive(made.json("create_experiment", "POST", "/e"))


def test_html_never_reaches_the_user():
    page = "<!doctype html><script>alert(1)</script>"
    for content_type in ("text/html", "text/plain"):
        answer = httpx.Response(404, text=page, headers={"Content-Type": content_type})
        with pytest.raises(NotFound) as caught:
            Platform(answer).drive(service().json("x", "GET", "/x"))
        assert "<" not in str(caught.value)
    with pytest.raises(
        PlatformFailure, match=r"no JSON \(text/html.*https://platform.example is the platform"
    ) as caught:
        Platform(httpx.Response(200, html=page)).drive(service().json("x", "GET", "/x"))
    assert "<" not in str(caught.value)


def test_a_truncated_answer_is_a_failure_of_the_platform():
    answer = httpx.Response(200, content=b'{"runs": [', headers={"Content-Type": "application/json"})
    with pytest.raises(PlatformFailure, match=r"no JSON"):
        Platform(answer).drive(service().json("x", "GET", "/x"))


def test_no_error_shows_a_token():
    for answer in (failed(401), failed(500), httpx.ReadTimeout("slow")):
        with pytest.raises(Exception, match="acme") as caught:
            Platform(answer).drive(service().json("x", "POST", "/x"))
        assert TOKEN not in str(caught.value)
        assert TOKEN not in repr(service())


def test_a_fixed_token_that_is_refused_is_not_tried_again():
    platform = Platform(failed(401))
    with pytest.raises(NotAuthenticated, match=r"Set ACME_TOKEN"):
        platform.drive(service(sign_in="Set ACME_TOKEN.").json("x", "GET", "/x"))
    assert len(platform.requests) == 1


def test_a_login_is_made_once_and_again_when_its_token_is_refused():
    auth = ClientCredentials("acme", "https://platform.example/login", "me", Secret("pw"), scope="all")
    made = Service("acme", BASE, auth)
    first, second = ok({"access_token": "one", "expires_in": 3600}), ok({"access_token": "two"})
    platform = Platform(first, ok(), ok(), failed(401), second, ok())
    for _ in range(3):
        platform.drive(made.json("x", "GET", "/x"))
    login, *others = platform.requests
    assert login.content == b"grant_type=client_credentials&scope=all&client_id=me&client_secret=pw"
    tokens = [request.headers.get("authorization") for request in others]
    assert tokens == ["Bearer one", "Bearer one", "Bearer one", None, "Bearer two"]


def test_a_token_is_renewed_before_it_ends():
    auth = ClientCredentials("acme", "https://platform.example/login", "me", Secret("pw"))
    platform = Platform(ok({"access_token": "one", "expires_in": 30}), ok(), ok({"access_token": "two"}), ok())
    made = Service("acme", BASE, auth)
    platform.drive(made.json("x", "GET", "/x"))
    platform.drive(made.json("x", "GET", "/x"))
    assert platform.requests[-1].headers["authorization"] == "Bearer two"


def test_a_login_that_fails_says_so_without_the_secret():
    auth = ClientCredentials("acme", "https://platform.example/login", "me", Secret("pw-s3cret"))
    with pytest.raises(NotAuthenticated, match=r"login at https://platform.example/login as 'me' failed") as caught:
        Platform(failed(400, error="bad secret pw-s3cret")).drive(Service("acme", BASE, auth).json("x", "GET", "/x"))
    assert "pw-s3cret" not in str(caught.value)


def test_basic_authority():
    platform = Platform(ok())
    platform.drive(Service("acme", BASE, basic("me", Secret("pw"))).json("x", "GET", "/x"))
    assert platform.requests[0].headers["authorization"] == "Basic bWU6cHc="


def test_a_signed_url_gets_no_token(tmp_path: Path):
    source = tmp_path / "model.bin"
    source.write_bytes(b"12345")
    platform = Platform(httpx.Response(200), httpx.Response(200, content=b"123"))
    platform.drive(service().upload("put", "PUT", "https://bucket.example/x?sig=1", source, signed=True))
    platform.drive(service().download("get", "https://bucket.example/x?sig=1", tmp_path / "copy", signed=True))
    assert all("authorization" not in request.headers for request in platform.requests)


def test_a_download_goes_on_where_it_broke(tmp_path: Path):
    target = tmp_path / "model.bin"

    class Breaking(Platform):
        def answered(self, step):
            if not self.requests:
                step.target.write_bytes(b"123")
                self.requests.append(step.request)
                raise httpx.ReadError("broken")
            return super().answered(step)

    platform = Breaking(httpx.Response(206, content=b"45"))
    platform.drive(service().download("get", "/files/model.bin", target))
    assert target.read_bytes() == b"12345"
    assert platform.requests[1].headers["range"] == "bytes=3-"


def test_a_range_that_is_not_heeded_begins_anew(tmp_path: Path):
    target = tmp_path / "model.bin"

    class Breaking(Platform):
        def answered(self, step):
            if not self.requests:
                step.target.write_bytes(b"123")
                self.requests.append(step.request)
                raise httpx.ReadError("broken")
            return super().answered(step)

    platform = Breaking(httpx.Response(200, content=b"12345"), httpx.Response(200, content=b"12345"))
    platform.drive(service().download("get", "/files/model.bin", target))
    assert target.read_bytes() == b"12345"


def test_an_upload_is_sent_again_from_its_beginning(tmp_path: Path):
    source = tmp_path / "model.bin"
    source.write_bytes(b"12345")
    platform = Platform(httpx.WriteError("broken"), httpx.Response(200))
    flow = service().upload("put", "PUT", "/files/x", source, offset=1, size=3)
    steps = []

    def remember(step):
        steps.append(step)
        return Platform.answered(platform, step)

    platform.answered = remember
    platform.drive(flow)
    assert [(type(step), step.offset, step.size) for step in steps] == [(Upload, 1, 3)] * 2
