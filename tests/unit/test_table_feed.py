"""Tables of runs for views: told of changes, asked for rows."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

import jupyter_tracker as jt
from jupyter_tracker import rpc
from jupyter_tracker.errors import InvalidFilter, InvalidInput
from jupyter_tracker.feed.table import TableFeed, boxed, columns_of, same
from jupyter_tracker.feed.wire import error_data


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as tracker:
        yield tracker


@pytest.fixture
def runs(tracker):
    """Five ended runs; rates differ, the seed does not, one has a tag."""
    made = []
    for number in range(5):
        tags = {"team": "vision"} if number == 2 else None
        with tracker.runs.start("digits", name=f"r{number}", params={"lr": number / 10, "seed": 1}, tags=tags) as run:
            for step in range(10):
                run.log({"loss": 1 / (step + 1) + number}, step=step)
        made.append(run)
    return made


def with_feed(tracker, work, **params):
    """Run `work(session, feed, pushed)` with a feed that polls only when it is told to."""

    async def inside():
        session = rpc.Session(jt.AsyncTracker(tracker.backend))
        feed = session.table(params)
        pushed = []
        feed._views[lambda update, _: pushed.append(update)] = 0.0
        await work(session, feed, pushed)

    asyncio.run(inside())


def test_a_view_is_told_what_there_is_and_asks_for_rows(tracker, runs):
    async def work(session, feed, pushed):
        await feed.refresh()
        told = pushed[0]
        assert (told["count"], told["active"], told["more"]) == (5, 0, False)
        assert [(column["name"], column["varies"], column["numeric"]) for column in told["columns"]] == [
            ("params.lr", True, True),
            ("params.seed", False, True),
            ("metrics.loss", True, True),
            ("tags.team", True, False),
        ]
        page = await feed.rows(1, 3)
        assert [row["name"] for row in page["rows"]] == ["r3", "r2"]
        assert page["version"] == told["version"]
        assert feed.ids(0, 99) == [run.id for run in reversed(runs)]

    with_feed(tracker, work, experiment="digits")


def test_a_view_is_told_only_of_changes(tracker, runs):
    async def work(session, feed, pushed):
        await feed.refresh()
        await feed.refresh()
        assert len(pushed) == 1
        await asyncio.to_thread(runs[0].set_tags, {"best": "yes"})
        await feed.refresh()
        first, second = (update["version"] for update in pushed)
        assert second == first + 1
        assert first != TableFeed(feed._tracker, feed._query)._version + 1  # another feed has other versions
        with tracker.runs.start("digits") as run:
            run.log({"loss": float("nan")})
            await feed.refresh()
            assert pushed[-1]["active"] == 1
            await feed.refresh()
            assert len(pushed) == 3  # NaN is equal to itself here

    with_feed(tracker, work, experiment="digits")


def test_filter_and_order_are_those_of_the_language(tracker, runs):
    async def work(session, feed, pushed):
        page = await feed.rows(0, 10)
        assert [row["name"] for row in page["rows"]] == ["r2", "r3", "r4"]

    with_feed(tracker, work, where="params.lr > 0.1", order_by="metrics.loss")


def test_a_mistake_in_a_filter_points_at_its_column(tracker):
    session = rpc.Session(jt.AsyncTracker(tracker.backend))
    with pytest.raises(InvalidFilter) as caught:
        session.table({"where": "params.lr >> 1"})
    told = error_data(caught.value)
    assert told["column"] == caught.value.column
    assert "\n" not in told["message"]


def test_rows_have_the_history_of_metrics_on_demand(tracker, runs):
    async def work(session, feed, pushed):
        page = await feed.rows(0, 1, ["loss"])
        history = page["rows"][0]["histories"]["loss"]
        assert (history["count"], history["max"], history["first"]) == (10, 5.0, 5.0)
        assert history["min"] == pytest.approx(4.1)

    with_feed(tracker, work)


def test_groups_of_a_param_say_where_they_begin(tracker, runs):
    with tracker.runs.start("digits", params={"lr": 0.1}):
        pass

    async def work(session, feed, pushed):
        await feed.refresh()
        groups = feed.groups("lr")
        assert [(group["value"], group["start"], group["count"]) for group in groups[:3]] == [
            (0.0, 0, 1),
            (0.1, 1, 2),
            (0.2, 3, 1),
        ]

    with_feed(tracker, work, order_by="params.lr")


def test_curves_are_small_and_read_once_when_the_run_has_ended(tracker, runs, monkeypatch):
    async def work(session, feed, pushed):
        answer, buffers = await feed.sparks([runs[0].id, runs[1].id], "loss", 60)
        assert [spark["count"] for spark in answer["sparks"]] == [10, 10]
        steps, values = np.frombuffer(buffers[0], "<f4").reshape(2, 10)
        assert steps == pytest.approx(np.linspace(0, 1, 10))
        assert (values[0], values[-1]) == (1.0, 0.0)
        monkeypatch.setattr(tracker.backend.metrics, "read", None)
        assert (await feed.sparks([runs[0].id], "loss", 60))[1] == buffers[:1]
        assert (await feed.sparks([runs[0].id], "acc", 60))[0] == {"sparks": []}

    with_feed(tracker, work)


def test_a_curve_has_gaps_where_its_values_are_no_numbers():
    steps, values = np.array([0.0, 1, 2, 4]), np.array([-1e308, np.nan, np.inf, 1e308])
    across, down = np.frombuffer(boxed((steps, steps, values)), "<f4").reshape(2, 4)
    assert across.tolist() == [0.0, 0.25, 0.5, 1.0]
    assert np.isnan(down).tolist() == [False, True, True, False]
    assert (down[0], down[3]) == (0.0, 1.0)
    assert boxed((steps[:0], steps[:0], values[:0])) == b""
    assert np.isnan(np.frombuffer(boxed((steps[:1], steps[:1], values[1:2])), "<f4")).tolist() == [False, True]


def test_runs_that_are_objects_make_the_same_columns(tracker, runs):
    table = tracker.drive(tracker.backend.runs.list(rpc.requests.query(None, None, None, "active"))).items
    assert set(columns_of(list(table))) == set(columns_of(table))
    assert same(table, table)
    assert same(list(table), list(table))
    assert not same(table, table[1:])


def test_views_of_one_table_share_its_feed_until_the_last_has_left(tracker, runs):
    async def work():
        session = rpc.Session(jt.AsyncTracker(tracker.backend))
        first, second = [], []
        leave = [
            session.follow("table", {"where": ""}, lambda update, _, to=to: to.append(update)) for to in (first, second)
        ]
        feed = session.table({})
        assert isinstance(feed, TableFeed)
        for _ in range(1000):
            if first and second:
                break
            await asyncio.sleep(0.02)
        assert first[0]["count"] == second[0]["count"] == 5
        leave[0]()
        assert feed.watched
        leave[1]()
        assert not feed.watched
        assert session.table({}) is not feed

    asyncio.run(work())


@pytest.mark.parametrize(
    "params",
    [{"where": 3}, {"experiment": []}, {"lifecycle": "gone"}, {"order_by": {}}],
)
def test_what_names_no_table_is_refused(tracker, params):
    with pytest.raises(InvalidInput):
        rpc.Session(jt.AsyncTracker(tracker.backend)).table(params)


def test_a_run_is_tagged_archived_deleted_and_restored(tracker, runs):
    def call(operation, **params):
        return asyncio.run(rpc.call(rpc.Session(jt.AsyncTracker(tracker.backend)), operation, params))[0]["run"]

    assert call("runs.set_tags", run=runs[0].id, tags={"best": "yes", "team": None})["tags"] == {"best": "yes"}
    assert call("runs.archive", run=runs[0].id)["state"] == "succeeded"
    call("runs.restore", run=runs[0].id)
    call("runs.delete", run=runs[1].id)
    assert {run.name for run in tracker.runs.list()} == {"r0", "r2", "r3", "r4"}


def test_rows_come_by_their_ids_in_the_order_of_the_table(tracker, runs):
    async def work(session, feed, pushed):
        wanted = [runs[0].id, "gone", runs[3].id]
        answer, _ = await rpc.call(session, "runs.rows", {"runs": wanted})
        assert [row["name"] for row in answer["rows"]] == ["r3", "r0"]

    with_feed(tracker, work)


def test_a_row_is_found_again_when_others_have_come_above(tracker, runs):
    async def work(session, feed, pushed):
        assert (await feed.rows(0, 1, anchor=runs[3].id))["anchor"] == 1
        assert (await feed.rows(0, 1, anchor="gone"))["anchor"] is None
        with tracker.runs.start("digits"):
            await feed.refresh()
        assert (await feed.rows(0, 1, anchor=runs[3].id))["anchor"] == 2

    with_feed(tracker, work)


def test_columns_say_which_value_is_the_best(tracker, runs):
    async def work(session, feed, pushed):
        await feed.refresh()
        best = {column["name"]: column["best"] for column in pushed[0]["columns"]}
        assert best == {"params.lr": None, "params.seed": None, "metrics.loss": pytest.approx(0.1), "tags.team": None}

    with_feed(tracker, work)


def test_a_table_that_nobody_watches_is_forgotten_for_the_next(tracker):
    session = rpc.Session(jt.AsyncTracker(tracker.backend))
    for rate in range(20):
        session.table({"where": f"params.lr > {rate}"})
    assert len(session._tables) == 1


def test_many_runs_are_changed_at_once_and_those_that_are_not_are_named(tracker, runs):
    async def work(session, feed, pushed):
        ids = [run.id for run in runs[:2]]
        answer, _ = await rpc.call(session, "runs.set_tags", {"runs": [*ids, "gone"], "tags": {"team": "audio"}})
        assert [done["before"] for done in answer["done"]] == [{"team": None}] * 2
        assert [(each["id"], each["error"]["kind"]) for each in answer["failed"]] == [("gone", "NotFound")]
        answer, _ = await rpc.call(session, "runs.archive", {"runs": ids})
        assert [done["id"] for done in answer["done"]] == ids
        await feed.refresh()
        assert pushed[-1]["count"] == 3
        await rpc.call(session, "runs.restore", {"runs": ids})
        answer, _ = await rpc.call(session, "runs.stop", {"runs": ids})
        assert {each["error"]["kind"] for each in answer["failed"]} == {"Conflict"}
        await feed.refresh()
        assert pushed[-1]["count"] == 5

    with_feed(tracker, work)


def test_who_changes_a_run_does_not_wait_for_the_next_poll(tracker, runs):
    async def work(session, feed, pushed):
        told = asyncio.Queue()
        session.follow("table", {}, lambda update, _: told.put_nowait(update))
        async with asyncio.timeout(3):
            assert (await told.get())["count"] == 5
            await rpc.call(session, "runs.delete", {"run": runs[0].id})
            assert (await told.get())["count"] == 4

    with_feed(tracker, work)


def test_a_row_that_a_view_has_is_not_sent_again(tracker, runs):
    async def work(session, feed, pushed):
        first = (await feed.rows(0, 3))["rows"]
        known = {row["id"]: row["digest"] for row in first}
        await asyncio.to_thread(runs[3].set_tags, {"best": "yes"})
        await feed.refresh()
        answer, _ = await rpc.call(session, "runs.rows", {"from": 0, "to": 3, "known": known})
        assert [row.get("same", row.get("tags")) for row in answer["rows"]] == [True, {"best": "yes"}, True]

    with_feed(tracker, work)
