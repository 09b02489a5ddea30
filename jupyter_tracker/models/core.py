"""What all nouns share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


JsonValue = Any
"""None, bool, int, float, str, a list of these or a dict of these by str."""


class Lifecycle(StrEnum):
    """Whether a record is in use, put away, or deleted and still restorable."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


class Level(StrEnum):
    """How serious an event is, the most serious last."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items and where to go on reading."""

    items: Sequence[T]
    cursor: str | None
    """None when nothing can follow."""
    late: bool = False
    """Whether more may come of what had ended before: some platforms hand in the last lines of a log late."""


def span(seconds: float) -> str:
    """A duration as people say it: `0.4 s`, `12 s`, `1 m 02 s`, `3 h 07 m`, `2 d 05 h`."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 1:
        return f"{minutes} m {rest:02d} s"
    days, hours = divmod(hours, 24)
    return f"{hours} h {minutes:02d} m" if days < 1 else f"{days} d {hours:02d} h"


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def read_span(text: str) -> float:
    """Seconds from what people write: `90`, `90s`, `5m`, `2h`, `1d`.

    Raises:
        ValueError: it is none; the message says what is expected.
    """
    unit = _UNITS.get(text[-1:])
    try:
        number = float(text[:-1] if unit else text) * (unit or 1.0)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError("seconds, or a time as in 90s, 5m, 2h")
    return number
