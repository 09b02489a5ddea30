"""A run as a still picture (SVG) and as text, for saved notebooks, dead kernels and pages without scripts."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from jupyter_tracker import svg
from jupyter_tracker.feed.points import Lines, PointStore, envelope, share
from jupyter_tracker.models import MACHINE_PREFIX, RunInfo, RunState, span

WIDTH = 760
_CHARTS = 6
_CHART_WIDTH, _CHART_HEIGHT = 362, 130
_POINTS = 120
"""Pixel columns of a curve, which bounds the size of the picture."""

STATE_COLOUR = {
    RunState.QUEUED: "#757575",
    RunState.RUNNING: "#1976d2",
    RunState.STOPPING: "#b26a00",
    RunState.SUCCEEDED: "#2e7d32",
    RunState.FAILED: "#c62828",
    RunState.STOPPED: "#b26a00",
    RunState.LOST: "#c62828",
    RunState.UNKNOWN: "#757575",
}
STATE_SHAPE = {
    RunState.QUEUED: "○",
    RunState.RUNNING: "●",
    RunState.STOPPING: "◐",
    RunState.SUCCEEDED: "✓",
    RunState.FAILED: "✕",
    RunState.STOPPED: "■",
    RunState.LOST: "?",
    RunState.UNKNOWN: "?",
}


def run_text(info: RunInfo) -> str:
    """A run in some lines: state, name, times, progress, params and latest metrics."""
    lines = [f"{STATE_SHAPE[info.state]} {info.state}   {info.experiment} / {info.name}   {info.id[:8]}"]
    spans = [part for part in (_progress(info), _duration(info)) if part]
    lines += ["  " + " · ".join(spans)] if spans else []
    lines += [f"  {info.reason}"] if info.reason else []
    if info.params:
        lines.append("  params   " + ", ".join(f"{key}={value!r}" for key, value in info.params.items()))
    shown = info.training_metrics
    if shown:
        lines.append("  metrics  " + ", ".join(f"{key} {latest.value:.4g}" for key, latest in shown.items()))
    return "\n".join(map(svg.clean, lines))


def run_picture(info: RunInfo, points: PointStore) -> str:
    """A run as SVG: header, the first curves, params."""
    keys = [key for key in points.summaries if not key.startswith(MACHINE_PREFIX)]
    shown = keys[:_CHARTS]
    rows = math.ceil(len(shown) / 2)
    notes = _notes(info, len(keys) - len(shown))
    height = 52 + rows * (_CHART_HEIGHT + 8) + len(notes) * 16 + (4 if notes else 0)
    picture = svg.sheet(WIDTH, height, f"{info.experiment} / {info.name}: {info.state}")
    _header(picture, info)
    for index, key in enumerate(shown):
        x, y = 12 + index % 2 * (_CHART_WIDTH + 12), 48 + index // 2 * (_CHART_HEIGHT + 8)
        _chart(picture, key, points, x, y)
    for index, note in enumerate(notes):
        picture.append(svg.text(12, height - 10 - (len(notes) - 1 - index) * 16, note, fill=svg.MUTED))
    return svg.written(picture)


def _header(picture: svg.Element, info: RunInfo) -> None:
    colour = STATE_COLOUR[info.state]
    picture.append(svg.text(12, 26, f"{STATE_SHAPE[info.state]} {info.state}", fill=colour, bold=True))
    picture.append(svg.text(110, 26, f"{info.experiment} / {info.name}"[:60], bold=True))
    right = " · ".join(part for part in (_progress(info), _duration(info)) if part)
    picture.append(svg.text(WIDTH - 12, 26, right, fill=svg.MUTED, anchor="end"))
    picture.append(svg.shape("line", x1=0, x2=WIDTH, y1=38, y2=38, stroke=svg.RULE))


def _chart(picture: svg.Element, key: str, points: PointStore, x: int, y: int) -> None:
    summary = points.summaries[key]
    picture.append(svg.text(x, y + 11, key[:36], bold=True))
    stated = f"last {summary.last:.4g}  min {summary.min:.4g}  max {summary.max:.4g}"
    picture.append(svg.text(x + _CHART_WIDTH, y + 11, stated, fill=svg.MUTED, anchor="end"))
    picture.append(
        svg.shape("rect", x=x, y=y + 17, width=_CHART_WIDTH, height=_CHART_HEIGHT - 34, fill="none", stroke=svg.RULE)
    )
    lines, _ = envelope(points.lines(key, {}), _POINTS)
    for path in _paths(lines, x + 3, y + 20, _CHART_WIDTH - 6, _CHART_HEIGHT - 40):
        picture.append(path)
    steps = lines[0]
    if len(steps):
        picture.append(svg.text(x, y + _CHART_HEIGHT - 4, f"{steps[0]:g}", fill=svg.MUTED))
        picture.append(svg.text(x + _CHART_WIDTH / 2, y + _CHART_HEIGHT - 4, "step", fill=svg.MUTED, anchor="middle"))
        picture.append(
            svg.text(x + _CHART_WIDTH, y + _CHART_HEIGHT - 4, f"{steps[-1]:g}", fill=svg.MUTED, anchor="end")
        )


def _paths(lines: Lines, x: float, y: float, width: float, height: float) -> list[svg.Element]:
    """The curve, in as many pieces as values that are no numbers cut it into; a piece of one point is a dot."""
    steps, _, values = lines
    finite = np.isfinite(values)
    if not finite.any():
        return []
    across = x + share(steps, steps) * width
    down = y + height - share(np.where(finite, values, values[finite][0]), values[finite]) * height
    points = list(zip(across.tolist(), down.tolist(), strict=True))
    cuts = (np.flatnonzero(np.diff(finite)) + 1).tolist()
    pieces = [points[start:stop] for start, stop in pairwise([0, *cuts, len(points)]) if finite[start]]
    curves = [piece for piece in pieces if len(piece) > 1]
    alone = [piece[0] for piece in pieces if len(piece) == 1]
    return [svg.curve(curves, svg.HUE)] * bool(curves) + [svg.dots(alone, svg.HUE)] * bool(alone)


def _notes(info: RunInfo, hidden: int) -> list[str]:
    notes = []
    if info.reason:
        notes.append(info.reason[:110])
    if info.params:
        notes.append(("params  " + ", ".join(f"{key}={value!r}" for key, value in info.params.items()))[:110])
    if hidden > 0:
        notes.append(f"and {hidden} more metrics")
    return notes


def _duration(info: RunInfo) -> str:
    if info.started_at is None:
        return ""
    return span(((info.ended_at or datetime.now(UTC)) - info.started_at).total_seconds())


def _progress(info: RunInfo) -> str:
    return str(info.progress[0]) if info.progress else ""
