"""Live data for views: only what is new travels, and adds up to everything."""

from __future__ import annotations

import asyncio
import math
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jupyter_tracker as jt
from jupyter_tracker.errors import StoreError
from jupyter_tracker.feed import RunFeed, Subscription
from jupyter_tracker.feed import feed as feed_module
from jupyter_tracker.feed.points import PointStore, envelope, within
from jupyter_tracker.models import PointBlock, Stream

curves = st.lists(
    st.one_of(st.floats(-100, 100), st.sampled_from([math.nan, math.inf, -math.inf])), min_size=1, max_size=200
)


def block_of(keys, steps, columns):
    steps = array("q", steps)
    times = array("d", map(float, steps))
    return PointBlock(
        keys, memoryview(steps), memoryview(times), tuple(memoryview(array("d", column)) for column in columns)
    )


async def until(check):
    for _ in range(1000):
        if check():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come about in time")


class View:
    """What a browser would hold."""

    def __init__(self, columns=500):
        self.updates = []
        self.points = {}
        self.lines = []
        self.events = []
        self.run = None
        self.resets = 0
        self.subscription = Subscription(self.push, columns)

    def push(self, update, buffers):
        self.updates.append(update)
        self.run = update.get("run", self.run)
        for change in update.get("points", []):
            made = np.frombuffer(buffers[change["buffer"]], "<f8").reshape(3, change["count"])
            held = self.points.get(change["key"])
            self.resets += change["reset"]
            self.points[change["key"]] = made if change["reset"] or held is None else np.hstack([held, made])
            assert change["reset"] or held is not None
        log = update.get("log")
        if log:
            self.lines = (log["lines"] if log["reset"] else self.lines + log["lines"]) if log["lines"] else self.lines
        events = update.get("events")
        if events:
            self.events = events["events"] if events["reset"] else self.events + events["events"]

    def curve(self, key):
        return self.points[key][0].tolist(), self.points[key][2].tolist()


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as tracker:
        yield tracker


@pytest.fixture
def run(tracker):
    run = tracker.runs.start("digits")
    yield run
    run.end()


def watching(tracker, run, work, columns=500):
    """Run `work(feed, view)` in a loop with a feed that only polls when it is told to."""

    async def inside():
        feed = RunFeed(jt.AsyncTracker(tracker.backend), run.id)
        view = View(columns)
        feed._views.add(view.subscription)
        await work(feed, view)
        return view

    return asyncio.run(inside())


def test_a_view_gets_everything_once_and_then_what_is_new(tracker, run):
    run.log({"loss": 1.0, "acc": 0.5})

    async def work(feed, view):
        await feed.refresh()
        assert (view.run["state"], view.curve("loss")) == ("running", ([0.0], [1.0]))
        run.log({"loss": 2.0})
        await feed.refresh()
        assert [change["key"] for change in view.updates[-1]["points"]] == ["loss"]
        assert view.updates[-1]["points"][0]["count"] == 1
        count = len(view.updates)
        await feed.refresh()
        assert len(view.updates) == count

    view = watching(tracker, run, work)
    assert view.curve("loss") == ([0.0, 1.0], [1.0, 2.0])
    assert [event["kind"] for event in view.events] == ["created", "started"]


def test_many_small_deltas_add_up_to_all_points(tracker, run):
    async def work(feed, view):
        for step in range(60):
            run.log({"a": float(step)} if step % 3 else {"a": float(step), "b": -float(step)})
            await feed.refresh()

    view = watching(tracker, run, work)
    assert view.curve("a") == (list(map(float, range(60))), list(map(float, range(60))))
    assert view.curve("b")[1] == [-float(step) for step in range(0, 60, 3)]
    assert view.resets == 2


def test_points_behind_the_last_step_reset_the_curve_in_order(tracker, run):
    async def work(feed, view):
        for step in (5, 6, 2, 7):
            run.log({"a": float(step)}, step=step)
            await feed.refresh()

    assert watching(tracker, run, work).curve("a")[0] == [2.0, 5.0, 6.0, 7.0]


def test_a_long_curve_is_thinned_and_its_size_stays_bounded(tracker, run):
    async def work(feed, view):
        for batch in range(20):
            for step in range(200):
                run.log({"a": math.sin(batch * 200 + step)})
            await feed.refresh()
            assert len(view.curve("a")[0]) <= 8 * 50

    view = watching(tracker, run, work, columns=50)
    assert view.updates[-1]["points"][0]["total"] == 4000
    assert max(view.curve("a")[1]) == pytest.approx(1.0, abs=1e-4)


def test_two_views_share_one_poll(tracker, run, monkeypatch):
    polls = []
    original = RunFeed._poll

    async def counted(feed):
        polls.append(1)
        return await original(feed)

    monkeypatch.setattr(RunFeed, "_poll", counted)

    async def inside():
        feed = RunFeed(jt.AsyncTracker(tracker.backend), run.id)
        views = [View() for _ in range(5)]
        for view in views:
            feed.watch(view.subscription)
        assert sum(not task.done() for task in asyncio.all_tasks()) == 2
        run.log({"a": 1.0})
        await until(lambda: all(view.points for view in views))
        assert len(polls) < 100
        late = View()
        feed.watch(late.subscription)
        assert late.curve("a") == ([0.0], [1.0])
        for view in (*views, late):
            feed.unwatch(view.subscription)
        assert feed._task is None
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(inside())


def test_what_a_run_uses_of_its_machine_is_told_without_haste(tracker, run, monkeypatch):
    pauses, original = [], asyncio.sleep

    async def noted(seconds):
        if seconds >= feed_module._FASTEST:
            pauses.append(seconds)
        await original(min(seconds, 0.02))

    monkeypatch.setattr(asyncio, "sleep", noted)

    async def inside():
        feed, view = RunFeed(jt.AsyncTracker(tracker.backend), run.id), View()
        feed.watch(view.subscription)
        await until(lambda: pauses and pauses[-1] == feed_module._SLOWEST)
        pauses.clear()
        run.log({"system/cpu_percent": 50.0, "system/memory_bytes": 1e9})
        await until(lambda: view.points.keys() >= {"system/cpu_percent"} and pauses)
        assert {*pauses} == {feed_module._SLOWEST}
        run.log({"loss": 1.0})
        await until(lambda: "loss" in view.points)
        await until(lambda: feed_module._FASTEST in pauses)
        feed.unwatch(view.subscription)

    asyncio.run(inside())


def test_polling_ends_with_the_run_and_everything_has_arrived(tracker):
    run = tracker.runs.start("digits")

    async def inside():
        feed, view = RunFeed(jt.AsyncTracker(tracker.backend), run.id), View()
        feed.watch(view.subscription)
        run.log({"a": 1.0})
        run.end("failed", "enough")
        async with asyncio.timeout(20):
            await feed._task
        return view

    view = asyncio.run(inside())
    assert (view.run["state"], view.run["reason"]) == ("failed", "enough")
    assert view.curve("a") == ([0.0], [1.0])
    assert view.events[-1]["kind"] == "ended"
    assert view.run["actions"]["runs.stop"]
    assert view.run["actions"]["runs.delete"] is None


def test_a_failure_of_the_store_is_shown_and_polling_goes_on(tracker, run, monkeypatch):
    failures = iter([StoreError("locked"), None])
    original = RunFeed._poll

    async def sometimes(feed):
        failure = next(failures, None)
        if failure:
            raise failure
        return await original(feed)

    monkeypatch.setattr(RunFeed, "_poll", sometimes)

    async def inside():
        feed, view = RunFeed(jt.AsyncTracker(tracker.backend), run.id), View()
        feed.watch(view.subscription)
        await until(lambda: view.run is not None)
        feed.unwatch(view.subscription)
        return view

    view = asyncio.run(inside())
    assert view.updates[0]["error"] == {"kind": "StoreError", "message": "locked"}


def append(tracker, run, text):
    tracker.drive(tracker.backend.logs.append(run.id, Stream.STDOUT, text))


def test_the_log_begins_with_its_end_and_goes_on_without_gap_or_repeat(tracker, run):
    append(tracker, run, "".join(f"{number}\n" for number in range(1000)))

    async def work(feed, view):
        await feed.refresh()
        assert len(view.lines) == feed_module.FIRST_LINES
        for number in range(1000, 1500):
            append(tracker, run, f"{number}\n")
            if number % 50 == 0:
                await feed.refresh()
        await feed.refresh()

    view = watching(tracker, run, work)
    numbers = [int(line["text"]) for line in view.lines]
    assert numbers == list(range(500, 1500))
    assert view.updates[-1]["log"]["total"] == 1500


def test_a_log_that_is_faster_than_the_feed_goes_on_at_its_end(tracker, run, monkeypatch):
    monkeypatch.setattr(feed_module, "_LINES_A_POLL", 50)
    monkeypatch.setattr(feed_module, "FIRST_LINES", 20)

    async def work(feed, view):
        await feed.refresh()
        append(tracker, run, "first\n")
        await feed.refresh()
        append(tracker, run, "".join(f"{number}\n" for number in range(500)))
        await feed.refresh()
        assert view.updates[-1]["log"]["reset"] is True
        append(tracker, run, "last\n")
        await feed.refresh()

    view = watching(tracker, run, work)
    assert [line["text"] for line in view.lines] == [*map(str, range(480, 500)), "last"]


def test_a_range_of_points_is_read_for_zooming(tracker, run):
    for step in range(1000):
        run.log({"a": float(step), "b": 1.0})

    async def work(feed, view):
        answer, buffers = await feed.points(["a", "unknown"], "step", 100, 200, 500)
        (only,) = answer["points"]
        made = np.frombuffer(buffers[0], "<f8").reshape(3, only["count"])
        assert made[0].tolist() == list(map(float, range(99, 202)))
        assert only["sampled"] is False

    watching(tracker, run, work)


@given(curves, st.integers(1, 30))
def test_the_envelope_keeps_ends_extremes_and_gaps(values, columns):
    values = np.array(values)
    steps = np.arange(len(values), dtype=float)
    (kept_steps, _, kept), sampled = envelope((steps, steps, values), columns)
    assert len(kept) <= max(4 * columns + 1, len(values) * (not sampled))
    assert (np.diff(kept_steps) > 0).all()
    assert kept_steps[0] == 0
    assert kept_steps[-1] == len(values) - 1
    np.testing.assert_array_equal(values[kept_steps.astype(int)], kept)
    finite, kept_finite = values[np.isfinite(values)], kept[np.isfinite(kept)]
    if len(finite):
        assert kept_finite.min() == finite.min()
        assert kept_finite.max() == finite.max()
    # Wherever the line has a gap, the thinned line has one in the same column.
    width = -(-len(values) // columns)
    if sampled:
        gaps = {int(index) // width for index in np.flatnonzero(~np.isfinite(values))}
        shown = {int(step) // width for step in kept_steps[~np.isfinite(kept)]}
        assert shown == gaps


@given(st.lists(st.tuples(st.sampled_from(["a", "ab", "b"]), curves), max_size=5))
def test_the_store_of_points_sums_up_what_it_took_in(batches):
    store = PointStore()
    taken = {}
    step = 0
    for keys, values in batches:
        store.extend([block_of(tuple(keys), range(step, step + len(values)), [values] * len(keys))])
        step += len(values)
        for key in keys:
            taken.setdefault(key, []).extend(values)
    for key, values in taken.items():
        summary = store.summaries[key]
        real = [value for value in values if not math.isnan(value)]
        assert summary.total == len(values)
        assert repr(summary.last) == repr(values[-1])
        assert repr(summary.min) == repr(min(real, default=math.nan))
        assert repr(summary.max) == repr(max(real, default=math.nan))
        assert len(store.lines(key, {})[0]) == len(values)


def test_a_range_has_one_neighbour_on_each_side():
    line = np.arange(10.0)
    steps, _, _ = within((line, line * 10, line), "time", 35, 62)
    assert steps.tolist() == [3, 4, 5, 6, 7]
    assert within((line, line, line), "step", 100, 200)[0].tolist() == []


@given(
    st.lists(st.tuples(st.sampled_from(["a", "ab"]), st.lists(st.integers(-20, 20), max_size=20)), max_size=4),
    st.booleans(),
    st.sampled_from(["step", "time"]),
    st.floats(-25, 25),
    st.floats(0, 30),
)
def test_a_range_is_the_same_whether_all_points_are_looked_at_or_not(batches, in_order, axis, start, width):
    store, last = PointStore(), -20
    for keys, steps in batches:
        written = [max(last, step) for step in sorted(steps)] if in_order else steps
        last = written[-1] if in_order and written else last
        store.extend([block_of(tuple(keys), written, [list(map(float, written))] * len(keys))] if written else [])
    found = store.within("a", axis, start, start + width)
    wanted = within(store.lines("a", {}), axis, start, start + width)
    assert [column.tolist() for column in found] == [column.tolist() for column in wanted]


def test_a_view_goes_on_with_a_run_that_is_restarted(tracker):
    run = tracker.runs.submit("digits", code="print('once')\nraise ValueError('broken')\n")

    async def inside():
        feed, view = RunFeed(jt.AsyncTracker(tracker.backend), run.id), View()
        feed.watch(view.subscription)
        async with asyncio.timeout(60):
            await feed._task
            await asyncio.to_thread(run.restart)
            await feed.refresh()
            await feed._task
        return view

    view = asyncio.run(inside())
    assert [event["kind"] for event in view.events].count("ended") == 2
    assert [event["sequence"] for event in view.events] == list(range(1, len(view.events) + 1))
    assert [line["text"] for line in view.lines if line["stream"] == "stdout"] == ["once", "once"]
