"""Ten thousand runs with 25 fields each as a DataFrame, against reading them from one Parquet file."""

from __future__ import annotations

import random

import pandas as pd
from harness import Figure, folder, fresh_times, main, paired_times

import jupyter_tracker as jt
from jupyter_tracker.backends.local.packing import key_set, pack, pack_points
from jupyter_tracker.client import Tracker

LIMIT = 2.5
WARM_LIMIT = 100.0
"""A guard only: once all is warm, reading Parquet is little more than a copy of memory."""

OURS = """
import jupyter_tracker as jt
from jupyter_tracker.backends.local.packing import key_set, pack, pack_points
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


def fill(tracker: Tracker, runs: int) -> None:
    """Runs with 10 params, 10 metrics and 5 tags, as they lie in the store after their end."""
    chance = random.Random(5)
    tracker.experiments.create("sweep")
    store = tracker.backend.store  # type: ignore[attr-defined]  # the local backend
    with store.write() as db:
        (experiment,) = db.execute("SELECT id FROM experiments").fetchone()
        for number in range(1, runs + 1):
            params = {f"p{index}": chance.random() for index in range(8)}
            params |= {"model": chance.choice(["resnet", "vit"]), "layers": number % 12}
            metrics = {f"m{index}": (chance.random(), 1000, 1.7e9 + number + chance.random()) for index in range(10)}
            record = pack(params, {f"t{index}": f"value {number % 7}" for index in range(5)})
            created = 1_700_000_000_000_000 + number * 1_000_000
            db.execute(
                "INSERT INTO runs (number, id, experiment_id, name, kind, state, fields, numbers, texts, metrics,"
                " points, created_at, started_at, ended_at, exit_code)"
                " VALUES (?, ?, ?, ?, 'submitted', 'succeeded', ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                (
                    number,
                    f"{number:032x}",
                    experiment,
                    f"run-{number}",
                    key_set(db, record.names),
                    record.numbers,
                    record.texts,
                    key_set(db, [*metrics]),
                    pack_points(metrics),
                    created,
                    created + 10,
                    created + 60_000_000,
                ),
            )


if __name__ == "__main__":
    main(measure)
