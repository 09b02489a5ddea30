"""From the points of a run to what they come to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from jupyter_tracker.models import MetricSummary, PointBlock


def summarized(blocks: Iterable[PointBlock]) -> Mapping[str, MetricSummary]:
    """Each metric over all of its points.

    The first is the earliest; the last is the latest and, of several, the largest (Databricks: `get_run`).
    """
    columns: dict[str, list[tuple[float, float]]] = {}
    for block in blocks:
        for key, values in zip(block.keys, block.values, strict=True):
            columns.setdefault(key, []).extend(zip(block.times, values, strict=True))
    return {key: _summary(timed) for key, timed in columns.items() if timed}


def _summary(timed: list[tuple[float, float]]) -> MetricSummary:
    numbers = [value for _, value in timed if not math.isnan(value)]
    latest = max(time for time, _ in timed)
    return MetricSummary(
        count=len(timed),
        last=max((value for time, value in timed if time == latest), key=lambda value: (not math.isnan(value), value)),
        first=min(timed, key=lambda point: point[0])[1],
        min=min(numbers, default=math.nan),
        max=max(numbers, default=math.nan),
    )
