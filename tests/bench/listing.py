"""Ten thousand runs with 25 fields each as a DataFrame, against reading them from one Parquet file."""

from __future__ import annotations

import pandas as pd
from harness import Figure, folder, fresh_times, main, paired_times
from stores import fill

import jupyter_tracker as jt

LIMIT = 2.5
WARM_LIMIT = 100.0
"""A guard only: once all is warm, reading Parquet is little more than a copy of memory."""

OURS = """
import jupyter_tracker as jt
import jupyter_tracker.frames
tracker = jt.connect()
tracker.experiments.list()
---
tracker.runs.list("sweep").frame()
"""
FLOOR = """
import pandas as pd
---
pd.read_parquet("{file}")
"""


def measure(small: bool) -> list[Figure]:
    runs, repetitions = (10_000, 3) if small else (10_000, 9)
    with folder() as home:
        tracker = jt.connect(f"local://{home}")
        fill(tracker, runs)
        frame = tracker.runs.list("sweep").frame()
        assert len(frame) == runs
        file = home / "runs.parquet"
        frame.to_parquet(file)
        warm, warm_floor = paired_times(lambda: tracker.runs.list("sweep").frame(), lambda: pd.read_parquet(file), 9)
        tracker.close()
        first, floor = fresh_times(OURS, FLOOR.format(file=file), home, repetitions)
    name = f"{runs:,} runs x 25 fields to a frame"
    return [
        Figure(f"{name}, fresh process", first, "s", LIMIT, floor=floor, judge_ratio=True),
        Figure(f"{name}, again and again", warm, "s", WARM_LIMIT, floor=warm_floor, judge_ratio=True),
    ]


if __name__ == "__main__":
    main(measure)
