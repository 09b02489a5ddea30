"""Pages of a million runs; it takes 4 GB of disk and many minutes, so that `run.py` measures it with `--large` only."""

from __future__ import annotations

import dataclasses
import statistics
import time

from harness import Figure, folder, main
from many_runs import LIMIT, QUERIES, pages
from stores import fill

import jupyter_tracker as jt
from jupyter_tracker.backends.operations import RunQuery
from jupyter_tracker.client import Tracker
from jupyter_tracker.filters import parse, parse_order

PAGE_LIMIT = 100.0


def measure(small: bool) -> list[Figure]:
    runs = 50_000 if small else 1_000_000
    with folder() as home, jt.connect(f"local://{home}") as tracker:
        fill(tracker, runs)
        return [
            *pages(tracker, runs, PAGE_LIMIT, [PAGE_LIMIT] * (len(QUERIES) - 1)),
            paged(tracker, f"a next page of {runs:,} runs: the newest", RunQuery("sweep", limit=LIMIT)),
            paged(
                tracker,
                f"a next page of {runs:,} runs: filtered and ordered",
                RunQuery("sweep", parse("metrics.m1 > 0.5"), parse_order("metrics.m2 DESC"), limit=LIMIT),
            ),
        ]


def paged(tracker: Tracker, name: str, query: RunQuery) -> Figure:
    """Milliseconds of the median one of some pages behind each other."""
    times: list[float] = []
    for _ in range(20):
        began = time.perf_counter()
        page = tracker.drive(tracker.backend.runs.list(query))
        times.append(time.perf_counter() - began)
        query = dataclasses.replace(query, cursor=page.cursor)
    return Figure(name, statistics.median(times) * 1e3, "ms", PAGE_LIMIT)


if __name__ == "__main__":
    main(measure)
