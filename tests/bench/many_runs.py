"""One page of very many runs, filtered and ordered in each way that an index serves: 50 of 10,000 and of 100,000."""

from __future__ import annotations

from collections.abc import Sequence

from harness import Figure, folder, main, median_time
from stores import fill

import jupyter_tracker as jt
from jupyter_tracker.client import Tracker

LIMIT = 50
QUERIES = {
    "the newest": ("", ""),
    "two conditions, by a metric": ("metrics.m1 > 0.5 AND params.model = 'resnet'", "metrics.m2 DESC"),
    "one in a hundred, by a metric": ("metrics.m1 > 0.99", "metrics.m2 DESC"),
    "NOT, one in a thousand": ("NOT metrics.m1 < 0.999", ""),
    "best() filtered and ordered": ("best(metrics.m1) > 1.5", "best(metrics.m2) DESC"),
    "by a param": ("", "params.p1"),
    "by duration": ("tags.t1 = 'value 3'", "duration DESC"),
}


def measure(small: bool) -> list[Figure]:
    found: list[Figure] = []
    for runs, first, filtered in ((10_000, 5, 5),) if small else ((10_000, 5, 5), (100_000, 50, 25)):
        with folder() as home, jt.connect(f"local://{home}") as tracker:
            fill(tracker, runs)
            found += pages(tracker, runs, first, [filtered] * (len(QUERIES) - 1))
    return found


def pages(tracker: Tracker, runs: int, first: float, filtered: Sequence[float]) -> list[Figure]:
    """A figure for each query, in milliseconds, with what it may take at most."""
    found: list[Figure] = []
    for (name, (where, order)), limit in zip(QUERIES.items(), (first, *filtered), strict=True):

        def listed(where: str = where, order: str = order) -> int:
            return len(tracker.runs.list("sweep", where=where, order_by=order, limit=LIMIT))

        shown = listed()
        assert 0 < shown <= LIMIT
        found.append(Figure(f"{shown} of {runs:,} runs: {name}", median_time(listed, 15) * 1e3, "ms", limit))
    return found


if __name__ == "__main__":
    main(measure)
