"""The first rows of a table of runs as a still picture (SVG)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from jupyter_tracker import svg
from jupyter_tracker.models import JsonValue, RunInfo, span
from jupyter_tracker.widgets.picture import STATE_COLOUR, STATE_SHAPE, WIDTH

ROWS = 15
"""Runs in the picture."""
_FIELDS = 6
_LINE = 22
_WIDEST = 40
"""Characters of a cell; the picture is as small as its text."""
_LEFT = (12, 108, 250, 350)
"""Where state, name, start and duration stand."""
_FIRST_FIELD = 430


def runs_picture(infos: Sequence[RunInfo], count: int, title: str) -> str:
    """Runs as SVG: state, name, start, duration, and the first params and metrics that some of them have."""
    shown = infos[:ROWS]
    fields = _fields(shown)
    left = count - len(shown)
    picture = svg.sheet(WIDTH, 66 + _LINE * len(shown) + (18 if left > 0 else 0), f"{title}: {count:,} runs")
    picture.append(svg.text(12, 22, title[:80], bold=True))
    picture.append(
        svg.text(WIDTH - 12, 22, f"{count:,} {'run' if count == 1 else 'runs'}", fill=svg.MUTED, anchor="end")
    )
    picture.append(svg.shape("line", x1=0, x2=WIDTH, y1=32, y2=32, stroke=svg.RULE))
    width = (WIDTH - _FIRST_FIELD - 12) / max(1, len(fields))
    letters = max(4, int(width / 7))
    for x, word in zip(_LEFT, ("state", "name", "started", "duration"), strict=True):
        picture.append(svg.text(x, 49, word, fill=svg.MUTED))
    for place, name in enumerate(fields):
        at = _FIRST_FIELD + (place + 1) * width
        picture.append(svg.text(at, 49, _cut(name.partition(".")[2], letters), fill=svg.MUTED, anchor="end"))
    for line, info in enumerate(shown):
        y = 70 + line * _LINE
        _row(picture, info, y)
        for place, name in enumerate(fields):
            at = _FIRST_FIELD + (place + 1) * width
            picture.append(svg.text(at, y, _cut(_text(_value(info, name)), letters), anchor="end"))
    if left > 0:
        picture.append(svg.text(12, 70 + _LINE * len(shown), f"and {left:,} more", fill=svg.MUTED))
    return svg.written(picture)


def _row(picture: svg.Element, info: RunInfo, y: float) -> None:
    picture.append(svg.text(_LEFT[0], y, f"{STATE_SHAPE[info.state]} {info.state}", fill=STATE_COLOUR[info.state]))
    picture.append(svg.text(_LEFT[1], y, _cut(info.name, 20)))
    if info.started_at is not None:
        seconds = ((info.ended_at or datetime.now(UTC)) - info.started_at).total_seconds()
        picture.append(svg.text(_LEFT[2], y, f"{info.started_at:%Y-%m-%d %H:%M}"[2:], fill=svg.MUTED))
        picture.append(svg.text(_LEFT[3], y, span(seconds), fill=svg.MUTED))


def _fields(infos: Sequence[RunInfo]) -> list[str]:
    """Some params, those that differ first, and some metrics."""
    params = dict.fromkeys(name for info in infos for name in info.params)
    metrics = dict.fromkeys(name for info in infos for name in info.training_metrics)
    same = {name for name in params if len({_text(info.params.get(name)) for info in infos}) < 2}
    half = _FIELDS - min(len(metrics), _FIELDS // 2)
    named = [f"params.{name}" for name in sorted(params, key=lambda name: name in same)[:half]]
    return named + [f"metrics.{name}" for name in list(metrics)[: _FIELDS - len(named)]]


def _value(info: RunInfo, field: str) -> JsonValue:
    scope, _, name = field.partition(".")
    if scope == "params":
        return info.params.get(name)
    return info.metrics[name].value if name in info.metrics else None


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:_WIDEST]


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
