"""Metric points as DataFrames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jupyter_tracker.frames.columns import TIME
from jupyter_tracker.models import PointBlock, Points


def series(points: Points, *, keys: Sequence[str] | None, wide: bool) -> pd.DataFrame:
    """All points: wide, with one row a step, or long, with one row a point.

    Where a metric was logged several times at one step, the wide frame has several rows of that step, so that no point
    is lost. `attrs["sampled"]` is False: these are all points.
    """
    frame = _wide(points.blocks, keys) if wide else _long(points.blocks)
    frame.attrs["sampled"] = False
    return frame


def machine(points: Points) -> pd.DataFrame:
    """Samples of the machine, indexed by time."""
    frames = [
        pd.DataFrame(
            dict(zip(block.keys, map(np.asarray, block.values), strict=True)),
            index=pd.DatetimeIndex(_moments(block.times), name="time"),
        )
        for block in points.blocks
    ]
    if not frames:
        return pd.DataFrame(index=pd.DatetimeIndex([], dtype=TIME, name="time"))
    return pd.concat(frames).sort_index()


def _wide(blocks: Sequence[PointBlock], keys: Sequence[str] | None) -> pd.DataFrame:
    order = list(keys) if keys is not None else list(dict.fromkeys(key for block in blocks for key in block.keys))
    if not blocks:
        return pd.DataFrame(columns=order, index=pd.Index([], dtype=np.int64, name="step"), dtype=np.float64)
    steps = np.concatenate([np.asarray(block.steps) for block in blocks])
    # One allocation, filled column by column: pandas takes the transposed array as it is.
    table = np.empty((len(order), len(steps)))
    column = {key: index for index, key in enumerate(order)}
    present = np.zeros((len(order), len(blocks)), dtype=bool)
    start = 0
    for number, block in enumerate(blocks):
        stop = start + len(block)
        if len(block.keys) < len(order):
            table[:, start:stop] = np.nan
        for key, values in zip(block.keys, block.values, strict=True):
            table[column[key], start:stop] = values
            present[column[key], number] = True
        start = stop
    if not (steps[1:] > steps[:-1]).all():
        steps, table = _merged(steps, table, present, [len(block) for block in blocks])
    return pd.DataFrame(table.T, index=pd.Index(steps, name="step"), columns=order, copy=False)


def _merged(
    steps: np.ndarray, table: np.ndarray, present: np.ndarray, lengths: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """One row for each step; the n-th point of a metric at a step goes to the n-th row of that step."""
    distinct, position = np.unique(steps, return_inverse=True)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    chosen = []
    for column in range(len(table)):
        at = np.flatnonzero(present[column, owner])
        at = at[np.argsort(position[at], kind="stable")]
        chosen.append((at, _occurrence(position[at])))
    span = 1 + max((int(nth.max()) for _, nth in chosen if len(nth)), default=0)
    slots = np.unique(np.concatenate([position[at] * span + nth for at, nth in chosen]))
    merged = np.full((len(table), len(slots)), np.nan)
    for column, (at, nth) in enumerate(chosen):
        merged[column, np.searchsorted(slots, position[at] * span + nth)] = table[column, at]
    return distinct[slots // span], merged


def _occurrence(ordered: np.ndarray) -> np.ndarray:
    """0 for the first point of each step, 1 for the second, and so on."""
    if not len(ordered):
        return np.empty(0, np.int64)
    starts = np.r_[True, ordered[1:] != ordered[:-1]]
    first = np.flatnonzero(starts)
    return np.arange(len(ordered)) - np.repeat(first, np.diff(np.r_[first, len(ordered)]))


def _long(blocks: Sequence[PointBlock]) -> pd.DataFrame:
    keys: list[str] = list(dict.fromkeys(key for block in blocks for key in block.keys))
    code = {key: number for number, key in enumerate(keys)}
    parts = [
        (code[key], block, values) for block in blocks for key, values in zip(block.keys, block.values, strict=True)
    ]
    codes = np.repeat([number for number, _, _ in parts], [len(block) for _, block, _ in parts]).astype(np.int64)
    frame = pd.DataFrame(
        {
            "key": pd.Categorical.from_codes(codes, pd.Index(keys, dtype="str")),
            "step": _joined([block.steps for _, block, _ in parts], np.int64),
            "time": _moments(_joined([block.times for _, block, _ in parts], np.float64)),
            "value": _joined([values for _, _, values in parts], np.float64),
        }
    )
    return frame.sort_values(["key", "step", "time"], kind="stable", ignore_index=True)


def _joined(buffers: Sequence[memoryview[Any]], dtype: type) -> np.ndarray:
    return np.concatenate([np.asarray(buffer) for buffer in buffers]) if buffers else np.empty(0, dtype)


def _moments(seconds: memoryview[float] | np.ndarray) -> pd.DatetimeIndex:
    microseconds = np.round(np.asarray(seconds) * 1e6).astype("datetime64[us]")
    return pd.DatetimeIndex(microseconds).tz_localize("UTC")


def time_series(points: Points) -> pd.DataFrame:
    """A row for each step and time, a column for each metric (Vertex AI: `get_time_series_data_frame`)."""
    frame = _long(points.blocks)
    if frame.empty:
        return pd.DataFrame()
    frame = frame.rename(columns={"time": "wall_time"}).drop_duplicates(["step", "wall_time", "key"], keep="last")
    table = frame.set_index(["step", "wall_time", "key"])["value"].unstack("key")  # noqa: PD010  # a pivot would leave out points that are NaN
    table.columns = pd.Index(table.columns.tolist())
    return table.reset_index()
