"""Time of one `run.log` of ten metrics in a tight loop, against packing and writing the same bytes."""

from __future__ import annotations

import os
import struct
import time

from harness import Figure, folder, main, percentile

import jupyter_tracker as jt

P50, P99 = 10.0, 100.0


def measure(small: bool) -> list[Figure]:
    calls, rounds = (20_000, 3) if small else (100_000, 5)
    ours, floors = [], []
    with folder() as home, jt.connect(f"local://{home}") as tracker, tracker.runs.start("bench") as run:
        file = os.open(home / "floor", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        keys = [f"m{index}" for index in range(10)]
        pack = struct.Struct("<qqd10d").pack
        for _ in range(rounds):
            ours.append(_calls(calls, lambda step: run.log(dict.fromkeys(keys, step * 0.5))))
            floors.append(_calls(calls, lambda step: os.write(file, pack(1, step, 0.0, *[step * 0.5 for _ in keys]))))
        os.close(file)
    # The calmest round: what the call costs, not what else the machine did meanwhile.
    p50 = min(percentile(times, 0.5) for times in ours)
    p99 = min(percentile(times, 0.99) for times in ours)
    floor50 = min(percentile(times, 0.5) for times in floors)
    floor99 = min(percentile(times, 0.99) for times in floors)
    return [
        Figure("run.log of ten metrics, p50", p50, "µs", P50, floor=floor50),
        Figure("run.log of ten metrics, p99", p99, "µs", P99, floor=floor99),
    ]


def _calls(count, call):
    """Microseconds of each call."""
    clock, times = time.perf_counter_ns, []
    for step in range(count):
        began = clock()
        call(step)
        times.append((clock() - began) / 1000)
    return times


if __name__ == "__main__":
    main(measure)
