"""What the listing knows of each metric is what a slow look at all points says."""

from __future__ import annotations

import math
import sqlite3
from array import array

from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.backends.local.schema import MIGRATIONS
from jupyter_tracker.backends.local.summary import read_latest, summarize, with_points
from jupyter_tracker.models import PointBlock

values = st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 0.0, 1.0, 2.0])
point = st.tuples(st.integers(0, 5), st.sampled_from([10.0, 11.0, 12.0, 13.0]), values, values)
blocks = st.lists(st.tuples(st.sampled_from([("a",), ("a", "b")]), st.lists(point, min_size=1, max_size=8)), max_size=6)


def block(keys, points):
    steps, times, *columns = zip(*points, strict=True)
    return PointBlock(
        keys,
        memoryview(array("q", steps)),
        memoryview(array("d", times)),
        tuple(memoryview(array("d", column)) for column in columns[: len(keys)]),
    )


def store():
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(MIGRATIONS[0])
    db.execute(
        "INSERT INTO experiments (id, name, description, tags, lifecycle, created_at, updated_at)"
        " VALUES ('e', 'e', '', '{}', 'active', 0, 0)"
    )
    db.execute(
        "INSERT INTO runs (number, id, experiment_id, name, kind, state, created_at)"
        " VALUES (1, 'r', 'e', 'r', 'in_kernel', 'running', 0)"
    )
    return db


def later(point):
    value, _, time = point
    return time, not math.isnan(value), 0.0 if math.isnan(value) else value


def slow(all_points):
    """Key to count, last, first and range, from all points in the order in which they came."""
    found = {}
    for key, points in all_points.items():
        last = points[0]
        for one in points[1:]:
            if later(one) >= later(last):
                last = one
        first = min(points, key=lambda one: one[2])
        real = [value for value, _, _ in points if not math.isnan(value)]
        found[key] = (len(points), last, first, min(real, default=None), max(real, default=None))
    return found


def stored(value):
    return None if math.isnan(value) else value


@given(blocks)
def test_the_table_and_the_listing_say_what_all_points_say(made):
    db = store()
    all_points = {}
    for keys, points in made:
        summarize(db, 1, block(keys, points))
        for step, time, *row in points:
            for key, value in zip(keys, row, strict=False):
                all_points.setdefault(key, []).append((value, step, time))
    expected = slow(all_points)
    table = {
        key: rest
        for key, *rest in db.execute(
            "SELECT key, count, last, last_time, first, first_time, min, max FROM metrics ORDER BY key"
        )
    }
    assert table == {
        key: [count, stored(last[0]), last[2], stored(first[0]), first[2], low, high]
        for key, (count, last, first, low, high) in expected.items()
    }
    assert plain(read_latest(db, 1)) == {key: (repr(last[0]), last[2]) for key, (_, last, *_) in expected.items()}
    db.close()


@given(blocks, st.integers(0, 6))
def test_points_in_a_journal_count_like_settled_ones(made, cut):
    db = store()
    for keys, points in made:
        summarize(db, 1, block(keys, points))
    settled = read_latest(db, 1)
    db.close()
    db = store()
    for keys, points in made[:cut]:
        summarize(db, 1, block(keys, points))
    assert plain(with_points(read_latest(db, 1), [block(keys, points) for keys, points in made[cut:]])) == plain(
        settled
    )
    db.close()


def plain(latest):
    return {key: (repr(value), time) for key, (value, _, time) in latest.items()}
