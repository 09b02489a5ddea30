"""DataFrames for the eye: plain text, and HTML for Jupyter."""

from __future__ import annotations

from functools import partial

import pandas as pd

from jupyter_tracker.models import span

_LONG = ("id", "run_id", "checkpoint_id", "sha256", "git_commit")
"""Columns of which the beginning is enough."""
_TOLD = ("message", "reason", "title", "text", "description", "summary", "note", "detail")
"""Columns of sentences, which are cut only when they are very long."""
_WIDTH, _TOLD_WIDTH = 48, 240


def text(frame: pd.DataFrame, noun: str, rows: int) -> str:
    """A frame as plain text for people: short ids, relative precision, no index."""
    found = readable(frame).head(rows).copy()
    for column in found.select_dtypes(["object", "string"]).columns:
        width = _TOLD_WIDTH if column in _TOLD else _WIDTH
        found[column] = found[column].map(partial(_cut, width=width))
    shown = found.to_string(index=False, max_colwidth=None, na_rep="")
    left = len(frame) - rows
    return f"{shown}\n… and {left:,} more {noun}" if left > 0 else shown


def _cut(value: object, width: int) -> object:
    return value if len(str(value)) <= width else f"{str(value)[: width - 3]}..."


def html(frame: pd.DataFrame, rows: int) -> str:
    """A frame as a table for Jupyter; pandas escapes what it shows. A numbered index is left out, it says nothing."""
    numbered = isinstance(frame.index, pd.RangeIndex)
    with pd.option_context("display.max_colwidth", 80, "display.precision", 4):
        return readable(frame).to_html(index=not numbered, max_rows=rows, border=0, na_rep="", justify="left")


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table for the eye: short ids, times to the second, no column that is empty or implied by another."""
    implied = ["created_at", "ended_at"] if "started_at" in frame else []
    shown = frame.drop(columns=implied)
    for column in shown.columns:
        if column in _LONG:
            shown[column] = shown[column].str[:8]
        elif isinstance(shown[column].dtype, pd.DatetimeTZDtype):
            shown[column] = shown[column].dt.strftime("%Y-%m-%d %H:%M:%S")
        elif pd.api.types.is_timedelta64_dtype(shown[column].dtype):
            shown[column] = ["" if pd.isna(value) else span(value.total_seconds()) for value in shown[column]]
        elif shown[column].isna().any() and not pd.api.types.is_float_dtype(shown[column].dtype):
            shown[column] = shown[column].astype(object).where(shown[column].notna(), "")
    empty = [column for column in shown.columns if not any(map(_says_something, shown[column]))]
    return shown.drop(columns=empty) if len(shown) else shown


def _says_something(value: object) -> bool:
    return not (value is None or value is pd.NaT or value is pd.NA or value in ("", {}) or value != value)  # noqa: PLR0124  # NaN
