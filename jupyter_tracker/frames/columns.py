"""What all frames are made of: columns of the right type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from jupyter_tracker.models import Repeated

TIME = "datetime64[us, UTC]"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def times(moments: Iterable[datetime | None]) -> pd.Series:
    """Times; None is missing."""
    return pd.Series(list(moments), dtype=TIME)


def microseconds(moments: Sequence[int | None]) -> pd.Series:
    """Times of the table of runs."""
    whole = [pd.NaT.value if moment is None else moment for moment in moments] if None in moments else moments
    numbers = np.array(whole, dtype=np.int64)
    return pd.Series(pd.DatetimeIndex(numbers.view("datetime64[us]"), tz="UTC"))


def text_column(values: Iterable[str | None]) -> pd.Series:
    """Text; None is missing."""
    return pd.Series(list(values), dtype="str")


def spread(prefix: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, pd.Series]:
    """A column for each key, in the order in which the keys are met; types are found from the values."""
    return {f"{prefix}.{key}": typed(column_of(rows, key)) for key in keys_of(rows)}


def keys_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, None]:
    """All keys, in the order in which they are met."""
    keys: dict[str, None] = {}
    for row in rows:
        keys |= {} if row.keys() <= keys.keys() else dict.fromkeys(row)
    return keys


def column_of(rows: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    """The values of a key; None where it is not there."""
    try:
        return [row[key] for row in rows]
    except KeyError:
        return [row.get(key) for row in rows]


def typed(values: Sequence[Any]) -> pd.Series:
    """A column of the type that its values have; numbers stay exact."""
    if isinstance(values, Repeated):
        return pd.Series(typed(values.distinct).array.take(np.asarray(values.places)))
    kinds = set(map(type, values))
    if int in kinds and any(type(value) is int and not -(2**63) <= value < 2**63 for value in values):
        return pd.Series(values, dtype=object)  # exact, which a float would not be
    if kinds <= {int, float} or kinds in ({bool}, {str}):
        return pd.Series(values)
    if kinds == {int, type(None)}:
        return pd.Series(values, dtype="Int64")
    if kinds == {bool, type(None)}:
        return pd.Series(values, dtype="boolean")
    if kinds <= {int, float, type(None)} and kinds != {type(None)}:
        return pd.Series(values, dtype="float64")
    if kinds == {str, type(None)}:
        return pd.Series(values, dtype="str")
    return pd.Series(values, dtype=object)


def since_epoch(moment: datetime | None) -> int | None:
    """Microseconds since the epoch."""
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)
