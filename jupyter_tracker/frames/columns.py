"""Columns of DataFrames from what models hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pandas as pd

TIME = "datetime64[us, UTC]"


def times(moments: Iterable[datetime | None]) -> pd.Series:
    """A column of aware times (UTC); None becomes NaT."""
    return pd.Series(list(moments), dtype=TIME)


def text(values: Iterable[str | None]) -> pd.Series:
    """A column of text; None is missing."""
    return pd.Series(list(values), dtype="str")
