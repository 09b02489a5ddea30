"""Acknowledged points that are gone after `kill -9` of a process that logs in a tight loop."""

from __future__ import annotations

import mmap
import signal
import subprocess
import sys
import time

from harness import Figure, environment, folder, main

import jupyter_tracker as jt

WRITER = """
import mmap, sys
import jupyter_tracker as jt
with open(sys.argv[1], "r+b") as file:
    count = memoryview(mmap.mmap(file.fileno(), 8)).cast("q")
run = jt.connect().runs.start("bench")
keys = [f"m{index}" for index in range(10)]
print(run.id, flush=True)
step = 0
while True:
    run.log({key: float(step) for key in keys}, step=step)
    step += 1
    count[0] = step
"""


def measure(small: bool) -> list[Figure]:
    lost = acknowledged = 0
    for attempt in range(2 if small else 5):
        with folder() as home:
            counter = home / "count"
            counter.write_bytes(bytes(8))
            child = subprocess.Popen(
                [sys.executable, "-c", WRITER, str(counter)], env=environment(home), stdout=subprocess.PIPE, text=True
            )
            run_id = child.stdout.readline().strip()
            time.sleep(0.5 + 0.13 * attempt)
            child.send_signal(signal.SIGKILL)
            child.communicate()
            with counter.open("r+b") as file, mmap.mmap(file.fileno(), 8) as memory:
                said = int.from_bytes(memory[:8], sys.byteorder)
            with jt.connect(f"local://{home}") as tracker:
                kept = tracker.runs.get(run_id).series()
            whole = kept.notna().all(axis=1).sum() if len(kept) else 0
            acknowledged += said
            lost += max(0, said - int(whole))
    assert acknowledged
    return [Figure(f"lost of {acknowledged * 10:,} points on kill -9", float(lost), "calls", 0)]


if __name__ == "__main__":
    main(measure)
