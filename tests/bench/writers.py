"""Eight processes that log to one store at once, against eight that each write a file of their own."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from harness import Figure, environment, folder, main

import jupyter_tracker as jt

LIMIT = 500_000
WRITERS = 8

HEAD = """
import json, os, struct, sys, time
steps = int(sys.argv[1])
keys = [f"m{index}" for index in range(10)]
"""
OURS = """
import jupyter_tracker as jt
run = jt.connect().runs.start("bench")
log = lambda step: run.log({key: step * 0.5 for key in keys})
end = run.end
"""
FLOOR = """
file = open(os.environ["JUPYTER_TRACKER_HOME"] + f"/{os.getpid()}", "wb", 2**20)
pack = struct.Struct("<qqd10d").pack
log = lambda step: file.write(pack(1, step, 0.0, *[step * 0.5 for _ in keys]))
end = file.close
"""
LOOP = """
print("ready", flush=True)
sys.stdin.readline()
began = time.monotonic()
for step in range(steps):
    log(step)
print(json.dumps([began, time.monotonic()]), flush=True)
end()
"""


def measure(small: bool) -> list[Figure]:
    steps, rounds = (5_000, 3) if small else (25_000, 5)
    rates, floors, lost = [], [], 0
    for _ in range(rounds):
        with folder() as home:
            rates.append(_rate(HEAD + OURS + LOOP, home, steps))
            with jt.connect(f"local://{home}") as tracker:
                runs = tracker.runs.list()
                kept = sum(int(run.series().notna().sum().sum()) for run in runs)
                lost += WRITERS * steps * 10 - kept
                assert all(run.state == "succeeded" for run in runs)
        with folder() as home:
            floors.append(_rate(HEAD + FLOOR + LOOP, home, steps))
    return [
        Figure(
            "eight processes together", statistics.median(rates), "points/s", LIMIT, True, statistics.median(floors)
        ),
        Figure("lost of what they logged", float(lost), "points", 0),
    ]


def _rate(code, home, steps):
    """Points a second from the first call of any to the last call of all."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(steps)],
            env=environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(WRITERS)
    ]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    spans = [json.loads(child.communicate()[0]) for child in children]
    assert all(child.returncode == 0 for child in children)
    return WRITERS * steps * 10 / (max(end for _, end in spans) - min(begin for begin, _ in spans))


if __name__ == "__main__":
    main(measure)
