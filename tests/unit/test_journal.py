"""Metric points: exactly what was logged, in order, once, whatever happens meanwhile."""

from __future__ import annotations

import math
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_tracker.backends.local import journal, metrics
from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.backends.local.metrics import read_points, settle
from jupyter_tracker.backends.local.rows import run_number
from jupyter_tracker.client import Tracker
from jupyter_tracker.errors import StoreError
from jupyter_tracker.models import MACHINE_PREFIX

ROOT = Path(__file__).resolve().parents[2]
KEY_SETS = [("loss",), ("loss", "acc"), ("acc", "loss"), ("lr",), tuple(f"m{index}" for index in range(9))]

numbers = st.floats(width=64, allow_nan=True, allow_infinity=True)
log = st.tuples(st.just("log"), st.sampled_from(KEY_SETS), numbers, st.none() | st.integers(-5, 50))
bulk = st.tuples(st.just("bulk"), st.sampled_from(KEY_SETS), st.integers(2, 40))
actions = st.lists(
    st.one_of(log, log, bulk, st.tuples(st.just("settle")), st.tuples(st.just("read")), st.tuples(st.just("reopen"))),
    max_size=40,
)


class Opened:
    """A run in a store of its own, and what was logged to it."""

    def __init__(self, home):
        self.backend = LocalBackend(home)
        self.store = self.backend.store
        self.run = Tracker(self.backend).runs.start("digits")
        with self.store.read() as db:
            self.number = run_number(db, self.run.id)
        self.logged = []
        self.next_step = 0

    def log(self, keys, value, step):
        values = {key: value + index for index, key in enumerate(keys)}
        self.run.log(values, step=step)
        step = self.next_step if step is None else step
        self.next_step = max(self.next_step, step + 1)
        self.logged.append((keys, step, tuple(values.values())))

    def settle(self):
        settle(self.store, self.number)

    def reopen(self):
        """As another process goes on: a new journal."""
        self.backend.metrics.close(self.run.id)

    def read(self, cursor=None, keys=None):
        points = read_points(self.store, self.run.id, keys, cursor)
        return rows(points), points.cursor

    def close(self):
        self.run.end()
        self.backend.close()


@pytest.fixture
def opened(tmp_path):
    opened = Opened(tmp_path / "home")
    yield opened
    opened.close()


def rows(points):
    """Points as they were logged, row by row."""
    return [
        (block.keys, block.steps[row], tuple(column[row] for column in block.values))
        for block in points.blocks
        for row in range(len(block))
        if not block.keys[0].startswith(MACHINE_PREFIX)
    ]


def bits(found):
    """Rows that can be compared although there is NaN among their values; by key set, whose order is kept."""
    ordered = {}
    for keys, step, values in found:
        ordered.setdefault(keys, []).append((step, struct.pack(f"{len(values)}d", *values)))
    return ordered


@settings(max_examples=80)
@given(actions, st.sampled_from([64, 400, journal.ROTATE_AT]), st.sampled_from([2, 7, metrics.CHUNK_ROWS]))
def test_any_sequence_of_calls_is_read_from_any_cursor_exactly_once(actions, rotate_at, chunk_rows):
    before = journal.ROTATE_AT, metrics.CHUNK_ROWS, metrics.SETTLE_BYTES
    journal.ROTATE_AT, metrics.CHUNK_ROWS, metrics.SETTLE_BYTES = rotate_at, chunk_rows, 1024
    try:
        with tempfile.TemporaryDirectory() as home:
            opened = Opened(Path(home))
            followed, cursor, cursors = [], None, [(None, 0)]
            for action, *arguments in actions:
                if action == "log":
                    opened.log(*arguments)
                elif action == "bulk":
                    keys, count = arguments
                    for index in range(count):
                        opened.log(keys, float(index), None)
                elif action == "settle":
                    opened.settle()
                elif action == "reopen":
                    opened.reopen()
                else:
                    found, cursor = opened.read(cursor)
                    followed += found
                    cursors.append((cursor, len(opened.logged)))
            followed += opened.read(cursor)[0]
            assert bits(followed) == bits(opened.logged)
            for again in range(2):
                for old, count in cursors:
                    assert bits(opened.read(old)[0]) == bits(opened.logged[count:])
                if again == 0:
                    opened.close()
    finally:
        journal.ROTATE_AT, metrics.CHUNK_ROWS, metrics.SETTLE_BYTES = before


@given(st.lists(st.sampled_from([0, 1, 2]), max_size=60), st.integers(0, 400), st.binary(max_size=40))
def test_a_torn_tail_is_left_for_the_next_time(sets, cut, garbage):
    keys = {0: 1, 1: 2, 2: 5}
    whole = b""
    ends = []
    for row, key_set in enumerate(sets):
        whole += struct.pack(
            f"<IIqd{keys[key_set]}d", key_set, journal._MARK, row, 0.5, *map(float, range(keys[key_set]))
        )
        ends.append(len(whole))
    torn = whole[:cut]
    expected = sum(end <= cut for end in ends)
    found = list(journal.segments(torn, keys.__getitem__, 0))
    assert sum(segment.rows for segment in found) == expected
    assert (found[-1].end if found else 0) == (ends[expected - 1] if expected else 0)
    steps = [step for segment in found for step in memoryview(segment.column(0)).cast("q")]
    assert steps == list(range(expected))
    if struct.pack("<I", journal._MARK) not in garbage:
        # What is no row, behind rows that are, is not taken for one.
        complete = torn[: ends[expected - 1] if expected else 0]
        assert sum(segment.rows for segment in journal.segments(complete + garbage, keys.__getitem__, 0)) == expected


@given(st.lists(st.integers(0, 3), min_size=1, max_size=200))
def test_equal_heads_are_counted_right(heads):
    words = memoryview(b"".join(head.to_bytes(8, "little") for head in heads)).cast("Q")
    count = next((index for index, head in enumerate(heads) if head != heads[0]), len(heads))
    assert journal._repeats(words, heads[0], len(heads)) == count


def test_settled_journals_are_deleted(opened):
    for step in range(100):
        opened.log(("loss",), float(step), None)
    folder = opened.store.journal_folder()
    opened.settle()
    assert len(list(folder.iterdir())) == 1  # it may still be written
    opened.reopen()
    assert not [path for path in folder.iterdir() if "loss" in path.name]
    assert bits(opened.read()[0]) == bits(opened.logged)
    opened.run.end()
    assert list(folder.iterdir()) == []


def test_rotation_keeps_the_folder_small(opened, monkeypatch):
    monkeypatch.setattr(journal, "ROTATE_AT", 1000)
    for step in range(500):
        opened.log(("loss",), float(step), None)
    assert len(list(opened.store.journal_folder().iterdir())) > 10
    opened.settle()
    assert len(list(opened.store.journal_folder().iterdir())) <= 1
    assert bits(opened.read()[0]) == bits(opened.logged)


def test_a_journal_that_somebody_removed_is_an_error_and_not_an_endless_search(opened):
    opened.log(("loss",), 1.0, None)
    for path in opened.store.journal_folder().iterdir():
        path.unlink()
    with pytest.raises(StoreError, match="missing"):
        opened.run.series()
    assert opened.run.refresh().state == "running"


def test_many_threads_log_to_one_run(opened):
    def write(number):
        for index in range(500):
            opened.run.log({f"t{number}": float(index)})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        opened.settle()
        opened.read()
    for thread in threads:
        thread.join()
    long = opened.run.series(wide=False)
    assert len(long) == 4000
    assert sorted(long["step"]) == list(range(4000))
    for number in range(8):
        assert long[long["key"] == f"t{number}"]["value"].tolist() == list(map(float, range(500)))


def test_only_chosen_keys_are_read(opened):
    opened.log(("loss", "acc"), 1.0, None)
    opened.log(("lr",), 5.0, None)
    assert [(keys, values) for keys, _, values in opened.read(keys=["acc"])[0]] == [(("acc",), (2.0,))]
    opened.settle()
    assert [(keys, values) for keys, _, values in opened.read(keys=["lr", "acc"])[0]] == [
        (("acc",), (2.0,)),
        (("lr",), (5.0,)),
    ]


def test_a_value_with_a_bad_sign_of_number_is_not_half_logged(opened):
    opened.log(("a", "b"), 1.0, None)
    with pytest.raises(ValueError, match="'b'"):
        opened.run.log({"a": 1.0, "b": "x"})
    opened.log(("a", "b"), 3.0, None)
    assert bits(opened.read()[0]) == bits(opened.logged)
    assert math.isclose(opened.run.refresh().metrics["b"], 4.0)


WRITER = """
import os, sys
from pathlib import Path
from jupyter_tracker.backends.local import journal
from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.client import Tracker
journal.ROTATE_AT = int(sys.argv[3])
tracker = Tracker(LocalBackend(Path(sys.argv[1])))
run = tracker.runs.get(sys.argv[2]) if sys.argv[2] else tracker.runs.start("digits", name="killed")
print(run.id, flush=True)
limit = int(sys.argv[4])
acknowledged = memoryview(bytearray(8)).cast("q")
count = 0
while count < limit:
    run.log({"loss": count / 3, "pid": float(os.getpid())} if count % 100 else {"rare": float(count)}, step=count)
    count += 1
    if count % 64 == 0 or count == limit:
        os.pwrite(1 if len(sys.argv) < 6 else int(sys.argv[5]), count.to_bytes(8, "little"), 0)
backend = tracker.backend
backend.metrics.close_all()
os._exit(0)
"""


def writer(home, run="", *, rotate_at=journal.ROTATE_AT, limit=10**9, counter):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home), run, str(rotate_at), str(limit), str(counter)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        pass_fds=(counter,),
        stdout=subprocess.PIPE,
        text=True,
    )


def counted(path):
    return int.from_bytes(path.read_bytes()[:8], "little")


@pytest.mark.parametrize("rotate_at", [50_000, journal.ROTATE_AT])
def test_a_killed_writer_loses_no_acknowledged_point(tmp_path, rotate_at):
    for attempt in range(3):
        acknowledged = tmp_path / f"count-{attempt}"
        with acknowledged.open("w+b") as file:
            child = writer(tmp_path / f"home-{attempt}", rotate_at=rotate_at, counter=file.fileno())
            run_id = child.stdout.readline().strip()
            while counted(acknowledged) < 5_000 + 3_000 * attempt:
                assert child.poll() is None
            child.send_signal(signal.SIGKILL)
            child.communicate()
        tracker = Tracker(LocalBackend(tmp_path / f"home-{attempt}"))
        run = tracker.runs.get(run_id)
        long = run.series(wide=False)
        steps = sorted(set(long["step"]))
        assert steps == list(range(len(steps)))
        assert len(steps) >= counted(acknowledged)
        loss = long[long["key"] == "loss"]
        assert (loss["value"] == loss["step"] / 3).all()
        assert run.wait(10).state == "lost"
        assert len(run.series(wide=False)) == len(long)
        tracker.close()


def test_eight_processes_write_one_run_while_a_reader_follows(tmp_path):
    home, limit = tmp_path / "home", 4000
    tracker = Tracker(LocalBackend(home))
    run = tracker.runs.start("digits")
    store = tracker.backend.store
    files = [(tmp_path / f"count-{number}").open("w+b") for number in range(8)]
    children = [writer(home, run.id, rotate_at=40_000, limit=limit, counter=file.fileno()) for file in files]
    with store.read() as db:
        number = run_number(db, run.id)
    cursor, found = None, []
    while any(child.poll() is None for child in children):
        points = read_points(store, run.id, None, cursor)
        found, cursor = found + rows(points), points.cursor
        settle(store, number)
    found += rows(read_points(store, run.id, None, cursor))
    for child, file in zip(children, files, strict=True):
        child.communicate()
        file.close()
        assert child.returncode == 0
    assert len(found) == 8 * limit
    by_writer = {}
    for keys, step, values in found:
        if keys == ("loss", "pid"):
            by_writer.setdefault(values[1], []).append(step)
    expected = [step for step in range(limit) if step % 100]
    assert len(by_writer) == 8
    assert all(steps == expected for steps in by_writer.values())
    run.end()
    assert len(run.series(wide=False)) == 8 * (2 * len(expected) + limit - len(expected))
    tracker.close()
