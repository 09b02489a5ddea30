"""Flows are driven the same way synchronously and inside an event loop."""

from __future__ import annotations

import asyncio
import threading
import time

import httpx
import pytest

from jupyter_tracker.flow import Emit, Local, Send, Sleep, aiterate, arun, iterate, local, run


def drive_here(flow, handler=None):
    http = httpx.Client(transport=httpx.MockTransport(handler)) if handler else None
    return run(flow, http)


def drive_in_loop(flow, handler=None):
    http = httpx.AsyncClient(transport=httpx.MockTransport(handler)) if handler else None
    return asyncio.run(arun(flow, http))


def list_here(stream):
    return list(iterate(stream))


def list_in_loop(stream):
    async def collect():
        return [item async for item in aiterate(stream)]

    return asyncio.run(collect())


drivers = pytest.mark.parametrize("drive", [drive_here, drive_in_loop])
listers = pytest.mark.parametrize("collect", [list_here, list_in_loop])


def fail(error):
    raise error


@drivers
def test_a_step_gets_its_result(drive):
    def flow():
        first = yield Local(lambda: 2)
        second = yield Local(lambda: 3, brief=True)
        return first * second

    assert drive(flow()) == 6
    assert drive(local(lambda: "value")) == "value"


@drivers
def test_flows_are_made_of_flows(drive):
    def outer():
        one = yield from local(lambda: 1)
        two = yield from local(lambda: 2)
        return one + two

    assert drive(outer()) == 3


@drivers
def test_a_failure_is_thrown_at_the_place_that_yielded_it(drive):
    def flow():
        try:
            yield Local(lambda: fail(ValueError("first")))
        except ValueError as error:
            said = str(error)
            after = yield Local(lambda: f"recovered from {said}")
        return after

    assert drive(flow()) == "recovered from first"


@drivers
def test_a_failure_that_is_not_caught_comes_out_after_cleaning_up(drive):
    cleaned = []

    def flow():
        try:
            yield Local(lambda: fail(KeyError("gone")))
        finally:
            cleaned.append(True)

    with pytest.raises(KeyError, match="gone"):
        drive(flow())
    assert cleaned == [True]


@drivers
def test_an_interrupt_ends_the_flow_and_cleans_up(drive):
    cleaned = []

    def flow():
        try:
            yield Local(lambda: fail(KeyboardInterrupt()), brief=True)
        finally:
            cleaned.append(True)

    with pytest.raises(KeyboardInterrupt):
        drive(flow())
    assert cleaned == [True]


@drivers
def test_a_request_is_sent_and_its_response_comes_back_whole(drive):
    seen = []

    def handler(request):
        seen.append((request.method, str(request.url)))
        return httpx.Response(201, json={"id": 7})

    def flow():
        response = yield Send(httpx.Request("POST", "https://example.test/runs"))
        return response.status_code, response.json()

    assert drive(flow(), handler) == (201, {"id": 7})
    assert seen == [("POST", "https://example.test/runs")]


@drivers
def test_a_connection_that_fails_is_thrown_into_the_flow(drive):
    def handler(request):
        raise httpx.ConnectError("refused", request=request)

    def flow():
        try:
            yield Send(httpx.Request("GET", "https://example.test"))
        except httpx.ConnectError:
            return "offline"

    assert drive(flow(), handler) == "offline"


@drivers
def test_a_request_without_an_http_client_is_a_mistake_that_says_so(drive):
    def flow():
        yield Send(httpx.Request("GET", "https://example.test"))

    with pytest.raises(RuntimeError, match="no HTTP client"):
        drive(flow())


@drivers
def test_a_pause_lasts(drive):
    def flow():
        yield Sleep(0.05)

    began = time.monotonic()
    drive(flow())
    assert time.monotonic() - began >= 0.045


def test_the_loop_makes_long_calls_in_a_thread_and_brief_ones_itself():
    def flow():
        long = yield Local(threading.get_ident)
        brief = yield Local(threading.get_ident, brief=True)
        return long, brief

    long, brief = asyncio.run(arun(flow()))
    assert long != threading.get_ident()
    assert brief == threading.get_ident()


def test_the_loop_goes_on_while_a_call_is_made():
    async def both():
        release = threading.Event()
        waiting = asyncio.ensure_future(arun(local(lambda: release.wait(20))))
        await asyncio.sleep(0)
        release.set()
        return await waiting

    assert asyncio.run(both()) is True


@listers
def test_a_stream_gives_its_items_in_order(collect):
    def stream():
        yield Emit([1, 2])
        value = yield Local(lambda: 3)
        yield Emit((value,))
        yield Emit([])

    assert collect(stream()) == [1, 2, 3]


@listers
def test_a_failure_of_a_stream_comes_behind_the_items_before_it(collect):
    def stream():
        yield Emit([1])
        try:
            yield Local(lambda: fail(ValueError("x")))
        except ValueError:
            yield Emit(["caught"])
        yield Local(lambda: fail(OSError("end")))

    with pytest.raises(OSError, match="end"):
        collect(stream())


def test_breaking_out_of_a_stream_closes_it():
    closed = []

    def stream():
        try:
            while True:
                yield Emit([1, 2, 3])
        finally:
            closed.append(True)

    items = iterate(stream())
    for item in items:
        if item == 2:
            break
    items.close()
    assert closed == [True]

    async def break_out():
        items = aiterate(stream())
        async for item in items:
            if item == 2:
                break
        await items.aclose()

    asyncio.run(break_out())
    assert closed == [True, True]


def test_cancelling_a_task_closes_its_flow():
    closed = []

    def flow():
        try:
            yield Sleep(600)
        finally:
            closed.append(True)

    async def cancel():
        task = asyncio.create_task(arun(flow()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert closed == [True]
