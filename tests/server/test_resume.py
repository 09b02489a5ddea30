"""A page whose connection breaks: what it missed comes when it is back, each update once."""

from __future__ import annotations

import asyncio

import pytest

import jupyter_tracker as jt
from jupyter_tracker.server import pages
from jupyter_tracker.server.connections import Connections
from jupyter_tracker.server.pages import Pages


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as tracker:
        yield tracker


def lines(stream):
    """The log lines that a page was told of, as it would show them."""
    shown = []
    for found in stream.updates:
        log = found["update"].get("log")
        if log is not None:
            shown = [*([] if log["reset"] else shown), *(line["text"] for line in log["lines"])]
    return shown


def broken(stream):
    """The network is gone: no side says a word."""
    stream.socket.protocol.stream.close()


async def shows(stream, *texts):
    while lines(stream) != list(texts):
        stream.updates.append(await stream.read())


async def test_after_a_broken_connection_nothing_is_lost_and_nothing_is_shown_twice(open_stream, tracker, sign_in):
    run = tracker.runs.start("digits")
    tracker.drive(append(tracker, run, "one\n"))
    headers = await sign_in()
    stream = await open_stream(headers=headers)
    page = (await stream.send("resume", page=None, received=0))["result"]["page"]
    await stream.send("follow", key="k", topic="run", run=run.id)
    await shows(stream, "one")
    received = len(stream.updates)
    broken(stream)
    await asyncio.to_thread(tracker.drive, append(tracker, run, "two\n"))
    again = await open_stream(headers=headers)
    again.updates = stream.updates
    assert (await again.send("resume", page=page, received=received))["result"] == {"page": page, "resumed": True}
    await shows(again, "one", "two")
    await asyncio.to_thread(tracker.drive, append(tracker, run, "three\n"))
    await shows(again, "one", "two", "three")
    await asyncio.to_thread(run.end)


def append(tracker, run, text):
    return tracker.backend.logs.append(run.id, "stdout", text)


async def test_a_page_that_the_server_does_not_know_follows_anew(open_stream, tracker):
    tracker.runs.start("digits").end()
    stream = await open_stream()
    answer = (await stream.send("resume", page="of a server that was restarted", received=7))["result"]
    assert answer["resumed"] is False
    await stream.send("follow", key="t", topic="table")
    assert (await stream.update(lambda update: "count" in update))["count"] == 1
    assert (await stream.send("resume", page=answer["page"], received=0))["error"]["kind"] == "InvalidInput"


async def test_what_was_told_before_the_page_began_is_not_told_again(open_stream, tracker, ask):
    """Alerts have a cursor: a page goes on behind the one that it was told last."""
    run = tracker.runs.start("digits")
    await asyncio.to_thread(run.alert, "before")
    stream = await open_stream()
    await stream.send("follow", key="a", topic="alerts")
    first = await stream.update(lambda update: "alerts" in update)
    assert first["alerts"] == []
    await asyncio.to_thread(run.alert, "while nobody listened")
    await asyncio.to_thread(run.end)
    again = await open_stream()
    await again.send("follow", key="a", topic="alerts", cursor=first["cursor"])
    await ask("refresh")
    told = await again.update(lambda update: update.get("alerts"))
    assert [alert["title"] for alert in told["alerts"]] == ["while nobody listened"]


@pytest.fixture
def page_of(tmp_path):
    connections = Connections(str(tmp_path))
    return Pages(connections)


async def test_updates_are_counted_and_kept_within_bounds(page_of, monkeypatch):
    monkeypatch.setattr(pages, "MOST_KEPT", 10)
    sent = []
    page = page_of.new("ada", sent.append)
    page._push("12345")
    page_of.away(page)
    page._push("67890")
    assert page_of.resume(page.token, 1, "eve", sent.append) is None  # it is another's
    assert page_of.resume(page.token, 1, "ada", sent.append) is page
    assert sent == ["12345", "67890"]
    page_of.away(page)
    page._push("abc")
    page._push("0123456789")  # there is room for this one only
    assert page_of.resume(page.token, 2, "ada", sent.append) is None
    assert page_of.resume(page.token, 4, "ada", sent.append) is None  # and is forgotten
    for received in (-1, 99):
        other = page_of.new("ada", sent.append)
        page_of.away(other)
        assert page_of.resume(other.token, received, "ada", sent.append) is None


async def test_pages_that_do_not_come_back_are_given_up(page_of, monkeypatch):
    monkeypatch.setattr(pages, "MOST_AWAY", 1)
    first, second = (page_of.new("ada", lambda _: None) for _ in range(2))
    page_of.away(first)
    page_of.away(second)
    assert page_of.resume(first.token, 0, "ada", lambda _: None) is None
    page_of.close()
    assert page_of.resume(second.token, 0, "ada", lambda _: None) is None
