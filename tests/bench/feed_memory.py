"""How much a process grows that shows a run live, against the size of the points that it holds."""

from __future__ import annotations

import json
import subprocess
import sys

from harness import Figure, environment, folder, main

import jupyter_tracker as jt

LIMIT = 2.0

FOLLOW = """
import asyncio, gc, json, sys
import psutil
import jupyter_tracker as jt
from jupyter_tracker.feed import RunFeed, Subscription

async def follow():
    tracker = jt.connect_async()
    process = psutil.Process()
    async def shown(run):
        view = Subscription(lambda update, buffers: None, 1000)
        feed = RunFeed(tracker, run)
        feed._views.add(view)
        await feed.refresh()
        await asyncio.sleep(0)  # until then the loop holds what the last read gave
        return feed
    small = await shown(sys.argv[1])  # everything is imported and warm
    gc.collect()
    before = process.memory_info().rss
    feed = await shown(sys.argv[2])
    gc.collect()
    grown = process.memory_info().rss - before
    size = sum(8 * len(columns) * (2 + len(columns.keys)) for columns in feed._points.columns.values())
    print(json.dumps([grown, size]))

asyncio.run(follow())
"""


def measure(small: bool) -> list[Figure]:
    steps = 100_000 if small else 400_000
    keys = [f"m{index}" for index in range(10)]
    with folder() as home:
        with jt.connect(f"local://{home}") as tracker:
            ids = []
            for count in (1000, steps):
                with tracker.runs.start("bench") as run:
                    for step in range(count):
                        run.log(dict.fromkeys(keys, step * 0.5))
                ids.append(run.id)
        result = subprocess.run(
            [sys.executable, "-c", FOLLOW, *ids], env=environment(home), capture_output=True, text=True, check=True
        )
    grown, size = json.loads(result.stdout)
    megabyte = 2**20
    name = f"growth for {steps * 10:,} points"
    return [Figure(name, grown / megabyte, "MiB", LIMIT, floor=size / megabyte, judge_ratio=True)]


if __name__ == "__main__":
    main(measure)
