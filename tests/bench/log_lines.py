"""Lines that a submitted run prints until they are captured, against the same program printing into a file."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from harness import Figure, environment, folder, main

import jupyter_tracker as jt

LIMIT = 200_000

PRINTS = """
import sys, time
began = time.monotonic()
write = sys.stdout.write
for number in range({lines}):
    write(f"epoch 3 of 30, step {{number}}: loss 0.123456 acc 0.98\\n")
sys.stdout.flush()
sys.stderr.write(f"{{began}}\\n")
"""


def measure(small: bool) -> list[Figure]:
    lines, rounds = (200_000, 3) if small else (1_000_000, 3)
    code = PRINTS.format(lines=lines)
    rates, floors = [], []
    for _ in range(rounds):
        with folder() as home, jt.connect(f"local://{home}") as tracker:
            # Buffered as a program prints into a pipe, unlike what the tracker asks Python for by default.
            run = tracker.runs.submit("bench", code=code, variables={"PYTHONUNBUFFERED": ""})
            run.wait(300)
            assert run.state == "succeeded", run.info.reason
            last = run.logs(tail=2)
            assert {line.line for line in last} == {lines - 1, lines}, "lines are missing"
            ended = next(event.time for event in run.events() if event.kind == "ended").timestamp()
            began = next(event.time for event in run.events() if event.kind == "started").timestamp()
            rates.append(lines / (ended - began))
            began = time.monotonic()
            with (home / "floor").open("wb") as file:
                subprocess.run(
                    [sys.executable, "-c", code],
                    stdout=file,
                    stderr=subprocess.DEVNULL,
                    check=True,
                    env=environment(home),
                )
            floors.append(lines / (time.monotonic() - began))
    return [
        Figure(f"{lines:,} lines captured", statistics.median(rates), "lines/s", LIMIT, True, statistics.median(floors))
    ]


if __name__ == "__main__":
    main(measure)
