"""Some runs as one still picture: their curves over each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from jupyter_tracker import svg
from jupyter_tracker.feed.points import PointStore, envelope
from jupyter_tracker.models import RunInfo

PICTURED = 12
"""Runs whose curves are drawn."""
_WIDTH, _CHARTS = 760, 4
_ACROSS, _DOWN = 362, 140
_ALL_POINTS = 2400
"""Points of the whole picture, which bounds its size."""


def compare_picture(infos: Sequence[RunInfo], stores: Sequence[PointStore]) -> str:
    """The first metrics of the runs, each run in its colour, and a legend."""
    keys = list(dict.fromkeys(key for info in infos for key in info.training_metrics))
    shown = keys[:_CHARTS]
    named = list(zip(infos, stores, strict=False))
    rows = math.ceil(len(named) / 3)
    top = 44 + rows * 16
    height = top + math.ceil(len(shown) / 2) * (_DOWN + 10) + 10
    title = f"{len(infos)} runs" + (f", {len(named)} of them drawn" if len(named) < len(infos) else "")
    picture = svg.sheet(_WIDTH, height, title)
    picture.append(svg.text(12, 24, title, bold=True))
    hidden = len(keys) - len(shown)
    if hidden > 0:
        picture.append(svg.text(_WIDTH - 12, 24, f"and {hidden} more metrics", fill=svg.MUTED, anchor="end"))
    for place, (info, _) in enumerate(named):
        x, y = 12 + place % 3 * 248, 44 + place // 3 * 16
        picture.append(svg.shape("rect", x=x, y=y - 6, width=12, height=3, fill=svg.run_hue(info.id)))
        picture.append(svg.text(x + 18, y, f"{info.experiment} / {info.name}"[:34], size=11))
    columns = max(8, _ALL_POINTS // max(1, 4 * len(named) * max(1, len(shown))))
    for place, key in enumerate(shown):
        x, y = 12 + place % 2 * (_ACROSS + 12), top + place // 2 * (_DOWN + 10)
        _chart(picture, key, [(info, store) for info, store in named if key in store.summaries], x, y, columns)
    return svg.written(picture)


def _chart(
    picture: svg.Element, key: str, drawn: Sequence[tuple[RunInfo, PointStore]], x: float, y: float, columns: int
) -> None:
    width, height = _ACROSS, _DOWN - 36
    picture.append(svg.text(x, y + 11, key[:40], bold=True))
    picture.append(svg.shape("rect", x=x, y=y + 17, width=width, height=height, fill="none", stroke=svg.RULE))
    found = [(info, envelope(store.lines(key, {}), columns)[0]) for info, store in drawn]
    steps = np.concatenate([lines[0] for _, lines in found] or [np.empty(0)])
    values = np.concatenate([lines[2] for _, lines in found] or [np.empty(0)])
    values = values[np.isfinite(values)]
    if not len(values):
        return
    for info, (across, _, down) in found:
        finite = np.isfinite(down)
        xs = x + 3 + _share(across, steps) * (width - 6)
        ys = y + 20 + (1 - _share(np.where(finite, down, values[0]), values)) * (height - 6)
        points = list(zip(xs.tolist(), ys.tolist(), strict=True))
        cuts = (np.flatnonzero(np.diff(finite)) + 1).tolist()
        pieces = [points[start:stop] for start, stop in pairwise([0, *cuts, len(points)]) if finite[start]]
        hue = svg.run_hue(info.id)
        curves, alone = [each for each in pieces if len(each) > 1], [each[0] for each in pieces if len(each) == 1]
        picture.extend([svg.curve(curves, hue)] * bool(curves) + [svg.dots(alone, hue)] * bool(alone))
    stated = f"min {values.min():.4g}  max {values.max():.4g}"
    picture.append(svg.text(x + width, y + 11, stated, fill=svg.MUTED, anchor="end"))
    base = y + _DOWN - 6
    picture.append(svg.text(x, base, f"{steps.min():g}", fill=svg.MUTED, size=11))
    picture.append(svg.text(x + width / 2, base, "step", fill=svg.MUTED, size=11, anchor="middle"))
    picture.append(svg.text(x + width, base, f"{steps.max():g}", fill=svg.MUTED, size=11, anchor="end"))


def _share(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Where values lie between the least (0) and the greatest (1) of some; 0.5 where these are the same."""
    scale = float(np.abs(among).max()) or 1.0  # numbers of ±1e308 cannot be subtracted as they are
    low, high = float(among.min()) / scale, float(among.max()) / scale
    return (values / scale - low) / (high - low) if high > low else np.full(len(values), 0.5)
