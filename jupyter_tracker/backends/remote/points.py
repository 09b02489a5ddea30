"""Metric points on their way to a platform: checked, and given the step and time that were left out."""

from __future__ import annotations

import math
import struct
import time as clock
from collections.abc import Mapping
from operator import index
from typing import SupportsIndex

from jupyter_tracker.errors import InvalidMetric

EARLIEST, LATEST = -62_135_596_800.0, 253_402_300_799.0
"""Seconds since the epoch that a date can show: the years 1 to 9999."""


def checked_values(values: Mapping[str, float]) -> dict[str, float]:
    """Metrics as floats.

    Raises:
        InvalidMetric: names the metric that is no number, or the name that is no text.
    """
    if not values:
        raise InvalidMetric("There is nothing to log: give a metric, for example run.log({'loss': 0.5}).")
    found = {}
    for key, value in values.items():
        if not isinstance(key, str) or not 0 < len(key) <= 250 or not _writable(key):
            raise InvalidMetric(f"The metric name {key!r} is not text of 1 to 250 characters.")
        try:
            (found[key],) = struct.unpack("<d", struct.pack("<d", value))
        except (struct.error, TypeError, ValueError, OverflowError):
            raise InvalidMetric(
                f"The metric {key!r} must be one number, not {_shown(value)}. Text belongs in tags or params."
            ) from None
    return found


def checked_step(step: object) -> int:
    """A step of 64 bits; `InvalidMetric` for anything else."""
    if isinstance(step, SupportsIndex) and -(2**63) <= index(step) < 2**63:
        return index(step)
    raise InvalidMetric(f"The step must be an integer of at most 64 bits, not {_shown(step)}.")


def checked_time(time: float | None) -> float:
    """Seconds since the epoch, now when it is None; `InvalidMetric` for what no date can show."""
    if time is None:
        return clock.time()
    if isinstance(time, int | float) and math.isfinite(time) and EARLIEST <= time <= LATEST:
        return float(time)
    raise InvalidMetric(f"The time must be seconds since the epoch, not {_shown(time)}.")


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '…'} ({type(value).__name__})"
