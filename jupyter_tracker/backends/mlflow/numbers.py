"""Numbers as the protocol has them: JSON's, and text for what JSON cannot hold."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Any

LARGEST = 1.7976931348623157e308
"""As which the open-source server gives an infinity back."""
_TEXTS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_wire(value: float) -> float | str:
    """A number for a request."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def from_wire(value: Any) -> float:
    """A number of an answer; NaN where it is none."""
    if isinstance(value, str):
        if value in _TEXTS:
            return _TEXTS[value]
        try:
            return from_wire(float(value))
        except ValueError:
            return math.nan
    if not isinstance(value, int | float):
        return math.nan
    number = float(value)
    return math.copysign(math.inf, number) if abs(number) >= LARGEST else number


def column(values: Sequence[Any]) -> array[float]:
    """Many numbers of answers."""
    try:
        numbers = array("d", values)
    except TypeError:  # there is text among them
        return array("d", map(from_wire, values))
    if numbers and not (max(numbers) < LARGEST and min(numbers) > -LARGEST):  # also when the first one is NaN
        return array("d", map(from_wire, numbers))
    return numbers
