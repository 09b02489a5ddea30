"""A million points (10 metrics x 100,000 steps) to a wide DataFrame, against `np.load` of the columns and the frame."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
from harness import Figure, folder, fresh_times, main, paired_times

import jupyter_tracker as jt

LIMIT = 1.5
WARM_LIMIT = 10.0
"""A guard only: once all is warm, the floor is a copy of memory, and a database is not."""

OURS = """
import jupyter_tracker as jt
import jupyter_tracker.frames
run = jt.connect().runs.get("last")
---
run.series()
"""
FLOOR = """
import numpy as np, pandas as pd
---
columns = {{f"m{{index}}": np.load(f"{home}/m{{index}}.npy") for index in range(10)}}
pd.DataFrame(columns, index=pd.Index(np.load("{home}/steps.npy"), name="step"))
"""


def measure(small: bool) -> list[Figure]:
    steps, repetitions = (100_000, 3) if small else (100_000, 9)
    keys = [f"m{index}" for index in range(10)]
    with folder() as home, jt.connect(f"local://{home}/store") as tracker:
        with tracker.runs.start("bench") as run:
            for step in range(steps):
                value = math.sin(step) / 3
                run.log(dict.fromkeys(keys, value))
        frame = run.series()
        assert frame.shape == (steps, 10)
        for key in keys:
            np.save(home / f"{key}.npy", frame[key].to_numpy())
        np.save(home / "steps.npy", frame.index.to_numpy())

        warm, warm_floor = paired_times(run.series, lambda: _load(home), 15)
        first, floor = fresh_times(OURS, FLOOR.format(home=home), home / "store", repetitions)
        pd.testing.assert_frame_equal(_load(home), frame)
    name = f"{steps * 10:,} points to a wide frame"
    return [
        Figure(f"{name}, fresh process", first, "s", LIMIT, floor=floor, judge_ratio=True),
        Figure(f"{name}, again and again", warm, "s", WARM_LIMIT, floor=warm_floor, judge_ratio=True),
    ]


def _load(home: Path) -> pd.DataFrame:
    columns = {f"m{index}": np.load(home / f"m{index}.npy") for index in range(10)}
    return pd.DataFrame(columns, index=pd.Index(np.load(home / "steps.npy"), name="step"))


if __name__ == "__main__":
    main(measure)
