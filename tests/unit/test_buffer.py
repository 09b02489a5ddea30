"""Items on their way to a platform: in order, in portions, never lost without a word."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from jupyter_tracker.backends.remote.buffer import Buffer


class Writer:
    """Takes portions; fails as often as it is told to, and can be held."""

    def __init__(self, failures=0):
        self.portions = []
        self.failures = failures
        self.open = threading.Event()
        self.open.set()
        self.came = threading.Event()

    def __call__(self, portion):
        self.came.set()
        assert self.open.wait(10)
        if self.failures:
            self.failures -= 1
            raise OSError("no way there")
        self.portions.append(list(portion))

    @property
    def items(self):
        return [item for portion in self.portions for item in portion]


def add_until_told(buffer):
    while True:
        buffer.add([])


@pytest.fixture
def buffered():
    """A writer, and a buffer that writes nothing by itself until it is told, or has 10 items."""
    writer = Writer()
    buffer = Buffer(writer, delay=3600.0, size=10)
    yield writer, buffer
    writer.failures = 0
    writer.open.set()
    buffer.close()


def test_items_wait_and_go_out_in_order_and_in_portions(buffered):
    writer, buffer = buffered
    for number in range(25):
        buffer.add([number])
    buffer.flush()
    assert writer.items == list(range(25))
    assert max(map(len, writer.portions)) <= 10
    assert len(buffer) == 0


def test_a_full_portion_goes_out_by_itself(buffered):
    writer, buffer = buffered
    buffer.add(list(range(10)))
    assert writer.came.wait(10)


def test_what_has_waited_long_enough_goes_out_by_itself():
    writer = Writer()
    buffer = Buffer(writer, delay=0.0, size=10)
    buffer.add([1])
    assert writer.came.wait(10)
    buffer.close()
    assert writer.items == [1]


def test_adding_does_not_wait_for_the_writer(buffered):
    writer, buffer = buffered
    writer.open.clear()
    buffer.add(list(range(10)))
    assert writer.came.wait(10)
    buffer.add([10])  # returns while the writer is held
    assert len(buffer) == 11
    writer.open.set()
    buffer.flush()
    assert writer.items == list(range(11))


def test_a_failure_of_the_background_is_told_once_and_nothing_is_lost(buffered):
    writer, buffer = buffered
    writer.failures = 1
    buffer.add(list(range(10)))
    with pytest.raises(OSError, match="no way there"):
        add_until_told(buffer)
    buffer.add([10])  # told already
    buffer.flush()
    assert writer.items == list(range(11))


def test_a_flush_that_fails_keeps_the_items_for_the_next_one(buffered):
    writer, buffer = buffered
    writer.failures = 1
    buffer.add([1, 2])
    with pytest.raises(OSError, match="no way there"):
        buffer.flush()
    assert len(buffer) == 2
    buffer.flush()
    assert writer.items == [1, 2]


def test_a_buffer_that_was_closed_opens_again(buffered):
    writer, buffer = buffered
    buffer.add([1])
    buffer.close()
    assert writer.items == [1]
    buffer.add([2])
    buffer.close()
    assert writer.items == [1, 2]


def test_writers_at_once_lose_and_repeat_nothing(buffered):
    writer, buffer = buffered

    def add(first):
        for number in range(first, first + 200):
            buffer.add([number])

    threads = [threading.Thread(target=add, args=(1000 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    buffer.flush()
    assert sorted(writer.items) == sorted(1000 * each + number for each in range(4) for number in range(200))
    for each in range(4):
        mine = [item for item in writer.items if item // 1000 == each]
        assert mine == sorted(mine)


def test_far_more_than_can_be_written_makes_adding_wait(buffered):
    _, buffer = buffered
    buffer.add(list(range(250)))  # more than 20 portions
    assert len(buffer) == 0


def test_a_fork_leaves_the_items_to_its_parent(buffered):
    writer, buffer = buffered
    buffer.add([1])
    child = os.fork()
    if child == 0:  # pragma: no cover
        os._exit(0 if len(buffer) == 0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    buffer.flush()
    assert writer.items == [1]


def test_what_is_left_when_the_interpreter_ends_is_written_or_told():
    code = """
from jupyter_tracker.backends.remote.buffer import Buffer
def fail(portion):
    raise OSError("no way there")
kept, lost = Buffer(print, delay=3600.0), Buffer(fail, delay=3600.0)
kept.add([1, 2])
lost.add([3])
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "[1, 2]\n"
    assert "1 points were not written: no way there" in ended.stderr
