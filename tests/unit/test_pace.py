"""How long feeds wait between two polls."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from jupyter_tracker.errors import InvalidInput, Unreachable
from jupyter_tracker.feed.pace import LONGEST, LONGEST_RETRY, SHORTEST, Pace, Pauses, Retries, pace_param
from jupyter_tracker.feed.polling import PolledFeed


def test_failed_polls_are_repeated_after_longer_and_longer_pauses_within_bounds():
    pauses = Pauses(share=20, quiet_share=100)
    assert pauses.after(took=600, paces=[Pace(1, 5)], active=False) == 60_000  # a slow poll that went well
    failed = [pauses.failed() for _ in range(20)]
    assert failed[:4] == [1, 2, 4, 8]  # however long each hung
    assert max(failed) == failed[-1] == LONGEST_RETRY
    assert pauses.after(took=0.01, paces=[Pace(1, 5)], active=True) == 1
    assert pauses.failed() == 1
    few = Retries(longest=3)
    assert [few.failed() for _ in range(4)] == [1, 2, 3, 3]


def test_the_most_impatient_view_counts_and_slow_polls_are_rare():
    pauses = Pauses(share=20, quiet_share=100)
    paces = [Pace(1, 5), Pace(0.5, 60)]
    assert pauses.after(0, paces, active=True) == 0.5
    assert pauses.after(0, paces, active=False) == 5
    assert pauses.after(1, paces, active=True) == 20
    assert pauses.after(1, paces, active=False) == 100


def test_a_view_asks_for_its_pace_within_bounds():
    assert pace_param({}, Pace(2, 10)) == Pace(2, 10)
    assert pace_param({"active_pause": 0, "quiet_pause": 1e9}, Pace(2, 10)) == Pace(SHORTEST, LONGEST)
    with pytest.raises(InvalidInput, match="quiet_pause"):
        pace_param({"quiet_pause": "often"}, Pace(2, 10))


class Failing(PolledFeed):
    def __init__(self):
        super().__init__(Pace(0, 0), Pauses(0, 0))
        self.polls = 0
        self.polled = asyncio.Event()

    async def _look(self):
        self.polls += 1
        self.polled.set()
        raise Unreachable("It does not answer.", operation="experiments.list")

    def _active(self):
        return 0

    def _tell(self, views):
        raise AssertionError("there is nothing to tell")


async def _watched():
    feed, told = Failing(), []

    def view(update, _):
        told.append(update)

    feed.watch(view)
    await feed.polled.wait()
    feed.polled.clear()
    await asyncio.sleep(0)  # the feed goes on to wait
    feed.wake()  # somebody wants to know it now
    await feed.polled.wait()
    feed.unwatch(view)
    return told[0], feed.polls


def test_views_hear_of_a_poll_that_failed_and_can_ask_for_another():
    told, polls = asyncio.run(_watched())
    assert (told["error"]["kind"], polls) == ("Unreachable", 2)


ENDING = """
import asyncio, atexit, os
from threading import Event, Thread
from jupyter_tracker.feed.pace import Pace, Pauses
from jupyter_tracker.feed.polling import PolledFeed

class Reading(PolledFeed):
    async def _look(self):
        await asyncio.to_thread(int)
        read.set()
        return False

    def _active(self):
        return 0

    def _tell(self, views):
        pass

async def watch():
    feed = Reading(Pace(0, 0), Pauses(0, 0))
    feed.watch(lambda update, _: os.write(1, str(update).encode()))
    feed._task.add_done_callback(lambda _: over.set())
    await asyncio.Event().wait()

read, over = Event(), Event()
atexit.register(lambda: os.write(1, b"over" if over.wait(60) else b"polled on"))
Thread(target=asyncio.run, args=(watch(),), daemon=True).start()
read.wait(60)
"""


def test_a_process_that_ends_tells_no_view_of_it():
    ended = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("over", "")
