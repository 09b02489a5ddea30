"""From the end of `run.log` until a reader in another process has the point; the reader looks every 10 ms."""

from __future__ import annotations

import subprocess
import sys
import time

from harness import Figure, environment, folder, main, percentile

import jupyter_tracker as jt

LIMIT = 20.0
EVERY = 0.01

WRITER = """
import sys, time
import jupyter_tracker as jt
run = jt.connect().runs.start("bench")
print(run.id, flush=True)
sys.stdin.readline()
said = []
for step in range(int(sys.argv[1])):
    run.log({f"m{index}": float(step) for index in range(10)}, step=step)
    said.append(time.monotonic())
    time.sleep(0.01)
run.end()
print(*said)
"""


def measure(small: bool) -> list[Figure]:
    calls = 150 if small else 600
    with folder() as home, jt.connect(f"local://{home}") as tracker:
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(calls)],
            env=environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        run_id = child.stdout.readline().strip()
        child.stdin.write("go\n")
        child.stdin.flush()
        seen: dict[int, float] = {}
        cursor = None
        while len(seen) < calls:
            points = tracker.drive(tracker.backend.metrics.read(run_id, ["m0"], cursor))
            arrived = time.monotonic()
            cursor = points.cursor
            for block in points.blocks:
                for step in block.steps:
                    seen[step] = arrived
            time.sleep(EVERY)
        said = list(map(float, child.communicate()[0].split()))
    lags = [max(0.0, seen[step] - moment) * 1000 for step, moment in enumerate(said)]
    floor = EVERY * 1000 / 2
    return [Figure("visible in another process, p50", percentile(lags, 0.5), "ms", LIMIT, floor=floor)]


if __name__ == "__main__":
    main(measure)
