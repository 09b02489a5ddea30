"""Frames as files: CSV, JSON or Parquet, by the suffix; written whole or not at all.

Exact are text, whole numbers, floats (also as text, digit by digit), truth values and times to the microsecond, with
their zone. A duration is seconds in CSV and JSON. In CSV and Parquet, a column of mixed types, lists or dicts is JSON
text.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from jupyter_tracker.errors import InvalidInput, MissingLibrary, NotFound


def save(frame: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a frame to a `.csv`, `.json` or `.parquet` file, replacing one that is there; the result is its path.

    Raises:
        InvalidInput: the suffix is another one.
        MissingLibrary: it is `.parquet`, and pyarrow is not installed.
        NotFound: its folder is not there.
    """
    target = Path(path).expanduser()
    write = WRITERS.get(target.suffix.lower())
    if write is None:
        raise InvalidInput(f"The file must end with {', '.join(WRITERS)}, which says its format, not {target.name!r}.")
    if not target.parent.is_dir():
        raise NotFound("folder", str(target.parent), (), "Make it first, or choose another path.")
    partial = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    try:
        write(frame, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _csv(frame: pd.DataFrame, path: Path) -> None:
    _flat(_seconds(frame), mixed=True).to_csv(path, index=_named(frame), encoding="utf-8", lineterminator="\n")


def _json(frame: pd.DataFrame, path: Path) -> None:
    """A list of objects, one a row; what is missing and NaN are null, infinities text, as JSON has no word for them."""
    frame = _seconds(frame)
    shown = frame.reset_index() if _named(frame) else frame
    columns = {str(name): [_plain(value) for value in shown[name].astype(object)] for name in shown.columns}
    rows = zip(*columns.values(), strict=True)
    with path.open("x", encoding="utf-8") as file:
        file.write("[")
        for number, row in enumerate(rows):
            text = json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False, allow_nan=False)
            file.write(f"{',' if number else ''}\n{text}")
        file.write("\n]\n")


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    try:
        import pyarrow  # noqa: F401, ICN001  # pandas says less clearly that it is not there
    except ImportError as error:
        raise MissingLibrary("Writing Parquet", "pyarrow", "parquet") from error
    _flat(frame, mixed=False).to_parquet(path, engine="pyarrow")


WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {".csv": _csv, ".json": _json, ".parquet": _parquet}


def _named(frame: pd.DataFrame) -> bool:
    """Whether the index says something."""
    return not isinstance(frame.index, pd.RangeIndex) or frame.index.name is not None


def _seconds(frame: pd.DataFrame) -> pd.DataFrame:
    durations = [name for name in frame.columns if pd.api.types.is_timedelta64_dtype(frame[name].dtype)]
    return frame.assign(**{name: frame[name].dt.total_seconds() for name in durations}) if durations else frame


def _flat(frame: pd.DataFrame, *, mixed: bool) -> pd.DataFrame:
    """The frame with JSON text in the place of objects; `mixed` leaves text beside it as it is."""
    objects = {
        name: pd.Series([_json_text(value, mixed=mixed) for value in frame[name]], frame.index, "str")
        for name in frame.columns
        if frame[name].dtype == object
    }
    return frame.assign(**objects) if objects else frame


def _json_text(value: Any, *, mixed: bool) -> str | None:
    if value is None or value is pd.NA:
        return None
    return value if mixed and isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """A cell as JSON has it."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, float):
        return None if math.isnan(value) else value if math.isfinite(value) else str(value).replace("inf", "Infinity")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.item() if hasattr(value, "item") else value
