"""Metric points as the shared model has them, from lists of numbers."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from jupyter_tracker.models import PointBlock


def block(steps: Sequence[int], times: Sequence[float], values: Mapping[str, Sequence[float]]) -> PointBlock:
    """Points that were logged together."""
    return PointBlock(
        tuple(values),
        memoryview(array("q", steps)),
        memoryview(array("d", times)),
        tuple(memoryview(array("d", column)) for column in values.values()),
    )
