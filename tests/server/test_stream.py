"""The stream of changes: what a page is told, and that one page or platform does not hold up another."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing

import pytest
from tornado.httpclient import HTTPClientError

import jupyter_tracker as jt
from jupyter_tracker import config
from jupyter_tracker.errors import NotAuthenticated, NotFound, Unreachable
from jupyter_tracker.server.breaker import LONGEST, SHORTEST, TOLERATED, Breaker
from jupyter_tracker.server.connection import Connection


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as tracker:
        yield tracker


async def test_a_page_follows_a_run_and_sees_its_end(open_stream, tracker):
    run = tracker.runs.start("digits")
    run.log({"loss": 0.5})
    stream = await open_stream()
    assert "result" in await stream.send("follow", key="k", topic="run", run=run.id)
    first = await stream.update(lambda update: "points" in update)
    assert first["run"]["state"] == "running"
    await asyncio.to_thread(run.end)
    await stream.update(lambda update: update.get("run", {}).get("state") == "succeeded")


async def test_the_overview_has_experiments_and_changes_with_them(open_stream, tracker, ask):
    tracker.experiments.create("first")
    stream = await open_stream()
    await stream.send("follow", key="o", topic="overview")
    await stream.update(lambda update: [each["name"] for each in update.get("experiments", [])] == ["first"])
    run = tracker.runs.start("second")
    assert (await ask("refresh"))[0] == 200
    found = await stream.update(lambda update: len(update.get("experiments", [])) == 2)
    assert found["active"] == 1
    assert found["experiments"][0] | {"id": "", "updated_at": 0} == {
        "id": "",
        "name": "second",
        "description": "",
        "tags": {},
        "lifecycle": "active",
        "updated_at": 0,
        "runs": 1,
        "active": 1,
    }
    await asyncio.to_thread(run.end)
    await stream.update(lambda update: update.get("active") == 0 and len(update["experiments"]) == 2)


async def test_experiments_that_a_page_knows_are_not_sent_again(open_stream, tracker):
    tracker.experiments.create("first")
    stream = await open_stream()
    await stream.send("follow", key="o", topic="overview")
    version = (await stream.update(lambda update: "experiments" in update))["version"]
    other = await open_stream()
    await other.send("follow", key="o", topic="overview", known=version)
    assert "experiments" not in await other.update(lambda update: "live" in update)
    late = await open_stream()
    await late.send("follow", key="o", topic="overview", known=version - 1)
    assert "experiments" in await late.update(lambda update: "live" in update)


async def test_a_page_that_comes_back_gets_everything_again(open_stream, tracker):
    tracker.runs.start("digits").end()
    for _ in range(2):
        stream = await open_stream()
        await stream.send("follow", key="t", topic="table", experiment="digits")
        assert (await stream.update(lambda update: "count" in update))["count"] == 1
        stream.socket.close()


async def test_what_is_unfollowed_is_told_no_more(open_stream, tracker):
    run = tracker.runs.start("digits")
    stream = await open_stream()
    await stream.send("follow", key="r", topic="run", run=run.id)
    await stream.update(lambda update: "run" in update)
    await stream.send("unfollow", key="r")
    stream.updates.clear()
    await asyncio.to_thread(run.end)
    await stream.send("follow", key="o", topic="overview")
    await stream.update(lambda update: "experiments" in update)
    assert {found["push"] for found in stream.updates} == {"o"}


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"key": "k", "topic": "rum", "run": "x"}, "InvalidInput"),
        ({"key": 1, "topic": "run"}, "InvalidInput"),
        ({"key": "k", "topic": "run"}, "InvalidInput"),
        ({"key": "k", "topic": "overview", "profile": "mlflow+http://169.254.169.254"}, "NotFound"),
        ({"key": "k", "topic": "table", "where": "params.lr >"}, "InvalidFilter"),
    ],
)
async def test_a_request_that_cannot_be_met_is_refused_and_the_stream_goes_on(open_stream, params, kind):
    stream = await open_stream()
    assert (await stream.send("follow", **params))["error"]["kind"] == kind
    assert "result" in await stream.send("follow", key="o", topic="overview")


async def test_the_stream_wants_a_token(open_stream):
    with pytest.raises(HTTPClientError, match="403"):
        await open_stream(headers={})


async def test_the_stream_of_another_origin_is_refused_though_the_browser_sends_its_cookies(open_stream, sign_in):
    headers = await sign_in()
    await open_stream(headers=headers)
    with pytest.raises(HTTPClientError, match="403"):
        await open_stream(headers={**headers, "Origin": "http://evil.example"})


async def test_who_may_not_read_gets_no_stream(open_stream, jp_serverapp, monkeypatch):
    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", lambda *_: False)
    with pytest.raises(HTTPClientError, match="403"):
        await open_stream()


async def test_a_store_that_hangs_holds_up_neither_the_others_nor_the_server(
    ask, open_stream, tracker, tmp_path, monkeypatch
):
    from jupyter_tracker.backends.local.store import Store

    gate = threading.Event()
    read = Store.read

    def hanging(store):
        if store.home == tmp_path / "slow":
            gate.wait(60)
        return read(store)

    monkeypatch.setattr(Store, "read", hanging)
    config.keep(config.Profile("slow", f"local://{tmp_path}/slow"))
    stream = await open_stream()
    await stream.send("follow", key="slow", topic="overview", profile="slow")
    waiting = [
        asyncio.ensure_future(ask("runs.rows", {"from": 0, "to": 1}, {"profile": "slow"})) for _ in range(6)
    ]  # more than it has threads
    began = time.monotonic()
    await stream.send("follow", key="local", topic="overview")
    await stream.update(lambda update: "experiments" in update)
    for _ in range(5):
        assert (await ask("runs.rows", {"from": 0, "to": 1}))[0] == 200
    assert time.monotonic() - began < 30
    assert not any(request.done() for request in waiting)
    gate.set()
    assert {status for status, _ in await asyncio.gather(*waiting)} == {200}


async def test_an_operation_ends_in_time_and_a_platform_that_hangs_is_left_alone(store_folder, monkeypatch):
    from jupyter_tracker.backends.local.store import Store

    gate = threading.Event()
    monkeypatch.setattr(Store, "read", lambda _: gate.wait(60))
    connection = Connection("slow", "local", limit=0.05)
    try:
        for _ in range(TOLERATED):
            with pytest.raises(Unreachable, match="did not answer within"):
                await connection.call("runs.get", {"run": "x"})
        with pytest.raises(Unreachable, match="next attempt"):
            await connection.call("runs.get", {"run": "x"})
        assert connection.waiting > 0
    finally:
        gate.set()
        await connection.close()


async def test_a_refusal_is_an_answer(store_folder):
    connection = Connection("local", "local")
    for _ in range(TOLERATED + 1):
        with pytest.raises(NotFound):
            await connection.call("runs.get", {"run": "x"})
    assert connection.waiting == 0
    await connection.close()


def test_the_breaker_waits_longer_and_longer_and_lets_one_attempt_through():
    now = 0.0
    breaker = Breaker("work", lambda: now)
    for _ in range(TOLERATED):
        breaker.check()
        breaker.failed()
    pauses = []
    for _ in range(8):
        pauses.append(breaker.waiting)
        with pytest.raises(Unreachable, match="work"):
            breaker.check()
        now += breaker.waiting
        breaker.check()
        with pytest.raises(Unreachable):  # the others wait for what becomes of the attempt
            breaker.check()
        breaker.failed()
    assert pauses[0] == SHORTEST
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST
    now += LONGEST
    breaker.check()
    breaker.succeeded()
    breaker.check()
    assert breaker.waiting == 0


async def test_fifty_tabs_of_one_run_in_two_browsers_are_one_poll(open_stream, tracker, monkeypatch):
    from jupyter_tracker.feed.feed import RunFeed

    polled = set()
    poll = RunFeed._poll

    async def counted(feed):
        polled.add(feed)
        return await poll(feed)

    monkeypatch.setattr(RunFeed, "_poll", counted)
    run = tracker.runs.start("digits")
    browsers = [await open_stream() for _ in range(2)]
    for browser in browsers:
        for tab in range(25):
            await browser.send("follow", key=f"tab {tab}", topic="run", run=run.id)
    await asyncio.to_thread(run.end)
    for browser in browsers:
        ended = set()
        while len(ended) < 25:
            browser.updates.append(await browser.read())
            ended = {found["push"] for found in browser.updates if found["update"].get("live") is False}
    assert len(polled) == 1


async def test_a_change_in_one_browser_is_seen_in_the_other(open_stream, tracker, ask):
    run = tracker.runs.start("digits")
    run.end()
    streams = [await open_stream() for _ in range(2)]
    for stream in streams:
        await stream.send("follow", key="t", topic="table")
        await stream.update(lambda update: update.get("count") == 1)
    assert (await ask("runs.delete", {"run": run.id}))[0] == 200
    for stream in streams:
        await stream.update(lambda update: update.get("count") == 0)


async def test_a_platform_that_signs_one_out_while_it_is_open_says_so_and_comes_back(
    open_stream, tracker, ask, monkeypatch
):
    """Never as HTTP 401 or 403: these say that Jupyter's own sign-in has expired."""
    from jupyter_tracker.backends.local.store import Store

    tracker.experiments.create("first")
    stream = await open_stream()
    await stream.send("follow", key="o", topic="overview")
    await stream.update(lambda update: "experiments" in update)
    expired = NotAuthenticated("The token has expired.", operation="experiments.list")
    with monkeypatch.context() as patch:
        patch.setattr(Store, "read", lambda _: (_ for _ in ()).throw(expired))
        status, content = await ask("runs.get", {"run": "x"})
        assert (status, content["error"]["kind"]) == (502, "NotAuthenticated")
        await ask("refresh")
        await stream.update(lambda update: update.get("error", {}).get("kind") == "NotAuthenticated")
        # Another browser hears of it at once, not with the next poll.
        other = await open_stream()
        await other.send("follow", key="o", topic="overview")
        await other.update(lambda update: update.get("error", {}).get("kind") == "NotAuthenticated")
    for each in (stream, other):
        each.updates.clear()
    await ask("refresh")
    # It is over, though nothing has changed meanwhile.
    for each in (stream, other):
        await each.update(lambda update: len(update.get("experiments", [])) == 1)


async def test_a_store_that_is_being_migrated_is_waited_for_and_holds_up_nothing_else(ask, tmp_path):
    folder = tmp_path / "migrating"
    with jt.connect(f"local://{folder}") as other:
        other.experiments.create("there")
    config.keep(config.Profile("migrating", f"local://{folder}"))
    (database,) = folder.glob("*.db")
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(ask("experiments.archive", {"experiment": "there"}, {"profile": "migrating"}))
        for _ in range(3):
            assert (await ask("runs.rows", {"from": 0, "to": 1}))[0] == 200
        assert not waiting.done()
        db.execute("ROLLBACK")
    assert (await waiting)[0] == 200
