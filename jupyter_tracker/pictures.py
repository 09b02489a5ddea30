"""Classification metrics as still pictures: the confusion matrix and the ROC curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from jupyter_tracker import svg
from jupyter_tracker.models import Classification

_LARGEST = 20
"""Classes up to which cells have their number; up to `_MOST` they are drawn at all."""
_MOST = 40
_CURVES = 12
"""Curves of runs that are drawn."""
_LEVELS = 32
_SIDE = 320.0
_MARGIN = 90.0
_TOP = 32.0
_LABEL, _TITLE = 12, 28
"""Characters of a label and of a name that are shown."""


Named = tuple[str, str, Classification]
"""The classification metrics of a run, with its name and its colour."""


def classification_picture(classification: Classification, runs: Sequence[Named] = ()) -> str | None:
    """The matrix and the curve side by side as SVG; None when there is nothing to draw.

    Where `runs` are given, their curves are drawn, each in the colour of its run.
    """
    drawn = [(name, hue, each) for name, hue, each in runs if len(each.fpr) > 1][:_CURVES]
    has_matrix = 0 < len(classification.labels) <= _MOST
    has_curve = len(classification.fpr) > 1 or bool(drawn)
    if not (has_matrix or has_curve):
        return None
    panel = _MARGIN + _SIDE + 16
    below = _depth(classification.labels if has_matrix else ()) + 28
    picture = svg.sheet(panel * (has_matrix + has_curve), _TOP + _SIDE + below, f"Classification {classification.name}")
    if has_matrix:
        _draw_matrix(picture, classification, 0)
    if has_curve:
        _draw_curve(picture, classification, drawn, panel if has_matrix else 0)
    return svg.written(picture)


def area(fpr: Sequence[float], tpr: Sequence[float]) -> float | None:
    """The area under a ROC curve by the trapezoid rule; None when there is no curve."""
    points = sorted(zip(fpr, tpr, strict=True))
    if not points:
        return None
    return math.fsum((right[0] - left[0]) * (left[1] + right[1]) / 2 for left, right in pairwise(points))


def accuracy(matrix: Sequence[Sequence[float]]) -> float | None:
    """The share of a confusion matrix that lies on its diagonal; None when it is empty."""
    total = math.fsum(map(math.fsum, matrix))
    return math.fsum(row[index] for index, row in enumerate(matrix)) / total if total else None


def _draw_matrix(picture: svg.Element, classification: Classification, left: float) -> None:
    labels, matrix = classification.labels, classification.matrix
    size = _SIDE / len(labels)
    x, y = left + _MARGIN, _TOP
    share = accuracy(matrix)
    _title(picture, x, classification.name, "" if share is None else f"accuracy {share:.4g}")
    shares = [[cell / (math.fsum(cells) or 1.0) for cell in cells] for cells in matrix]
    for level, squares in _by_level(shares, x, y, size).items():
        picture.append(svg.shape("path", d="".join(squares), fill=_shade(level / _LEVELS)))
    outline = "".join(_square(x + index * size, y + index * size, size) for index in range(len(labels)))
    picture.append(svg.shape("path", d=outline, fill="none", stroke=svg.INK))
    if len(labels) <= _LARGEST:
        _draw_counts(picture, matrix, shares, x, y, size)
    _draw_labels(picture, labels, x, y, size)
    reach = min(max(map(len, labels)), _LABEL) * 6.5 + 18
    _axes(picture, x, "predicted", _depth(labels) + 18, "true", min(reach, _MARGIN - 11))


def _draw_labels(picture: svg.Element, labels: Sequence[str], x: float, y: float, size: float) -> None:
    """The classes at the left of the matrix and below it."""
    slanted, bottom = _slanted(labels), y + _SIDE + 14
    for index in range(0, len(labels), math.ceil(len(labels) / _LARGEST)):
        middle = (index + 0.5) * size
        shown = _clipped(labels[index], _LABEL)
        picture.append(svg.text(x - 6, y + middle + 4, shown, size=11, anchor="end"))
        across = svg.text(x + middle, bottom, shown, size=11, anchor="end" if slanted else "middle")
        if slanted:
            across.set("transform", f"rotate(-45 {svg.short(x + middle)} {svg.short(bottom)})")
        picture.append(across)


def _title(picture: svg.Element, x: float, name: str, stated: str) -> None:
    """The name above a drawing, and at its right what it comes to."""
    picture.append(svg.text(x, 20, _clipped(name, _TITLE), bold=True))
    picture.append(svg.text(x + _SIDE, 20, stated, fill=svg.MUTED, anchor="end"))


def _axes(picture: svg.Element, x: float, across: str, below: float, along: str, before: float) -> None:
    """The names of the axes of a drawing, `below` and `before` it."""
    picture.append(svg.text(x + _SIDE / 2, _TOP + _SIDE + below, across, fill=svg.MUTED, anchor="middle"))
    left, middle = x - before, _TOP + _SIDE / 2
    side = svg.text(left, middle, along, fill=svg.MUTED, anchor="middle")
    side.set("transform", f"rotate(-90 {svg.short(left)} {svg.short(middle)})")
    picture.append(side)


def _clipped(content: str, longest: int) -> str:
    return content if len(content) <= longest else content[: longest - 1] + "…"


def _slanted(labels: Sequence[str]) -> bool:
    """Whether the labels below the matrix would run into each other."""
    return max(map(len, labels)) * 7 > _SIDE / len(labels)


def _depth(labels: Sequence[str]) -> float:
    """How far the labels reach below a drawing."""
    return 14 + (min(max(map(len, labels)), _LABEL) * 4.6 if labels and _slanted(labels) else 0)


def _by_level(shares: Sequence[Sequence[float]], x: float, y: float, size: float) -> dict[int, list[str]]:
    """The cells as squares of a path, those of one shade together, so that a large matrix is a small picture."""
    levels: dict[int, list[str]] = {}
    for row, across in enumerate(shares):
        for column, share in enumerate(across):
            level = math.ceil(min(max(share, 0.0), 1.0) * _LEVELS) if math.isfinite(share) else 0
            if level:
                levels.setdefault(level, []).append(_square(x + column * size, y + row * size, size))
    return levels


def _draw_counts(
    picture: svg.Element,
    matrix: Sequence[Sequence[float]],
    shares: Sequence[Sequence[float]],
    x: float,
    y: float,
    size: float,
) -> None:
    group = svg.shape("g", font_size=min(12, size * 0.42), text_anchor="middle", font_family="system-ui, sans-serif")
    for row, cells in enumerate(matrix):
        for column, count in enumerate(cells):
            if count:
                number = svg.shape("text", x=x + (column + 0.5) * size, y=y + (row + 0.5) * size + 4)
                number.text = f"{count:.4g}"
                if shares[row][column] > 0.5:
                    number.set("fill", svg.PAPER)
                group.append(number)
    picture.append(group)


def _square(x: float, y: float, size: float) -> str:
    side = svg.short(size)
    return f"M{svg.short(x)} {svg.short(y)}h{side}v{side}h-{side}z"


def _draw_curve(picture: svg.Element, classification: Classification, runs: Sequence[Named], left: float) -> None:
    x, y = left + _MARGIN, _TOP
    under = area(classification.fpr, classification.tpr)
    stated = f"{len(runs)} runs" if len(runs) > 1 or under is None else f"area {under:.4g}"
    _title(picture, x, f"ROC  {classification.name}", stated)
    picture.append(svg.shape("rect", x=x, y=y, width=_SIDE, height=_SIDE, fill="none", stroke=svg.RULE))
    picture.append(svg.shape("line", x1=x, y1=y + _SIDE, x2=x + _SIDE, y2=y, stroke=svg.RULE, stroke_dasharray="4 4"))
    for row, (name, hue, each) in enumerate(runs or [("", svg.HUE, classification)]):
        points = sorted(zip(each.fpr, each.tpr, strict=True))
        path = [(x + fpr * _SIDE, y + (1 - tpr) * _SIDE) for fpr, tpr in _thinned(points, max(len(runs), 1))]
        picture.append(svg.curve([path], hue))
        if len(runs) > 1:
            told = f"{_clipped(name, _TITLE)}  {area(each.fpr, each.tpr):.4g}"
            picture.append(svg.text(x + _SIDE - 8, y + _SIDE - 10 - row * 15, told, fill=hue, size=11, anchor="end"))
    for tick in (0.0, 0.5, 1.0):
        picture.append(svg.text(x + tick * _SIDE, y + _SIDE + 16, f"{tick:g}", fill=svg.MUTED, anchor="middle"))
        picture.append(svg.text(x - 6, y + (1 - tick) * _SIDE + 4, f"{tick:g}", fill=svg.MUTED, anchor="end"))
    _axes(picture, x, "false positive rate", 32, "true positive rate", 34)


def _thinned(points: Sequence[tuple[float, float]], curves: int) -> list[tuple[float, float]]:
    """At most some points for each pixel, so that the picture stays small; fewer where there are many curves."""
    kept: list[tuple[float, float]] = []
    last = (-1.0, -1.0)
    grain = _SIDE / math.sqrt(curves)
    for point in points:
        if not (math.isfinite(point[0]) and math.isfinite(point[1])):
            continue
        pixel = (round(point[0] * grain), round(point[1] * grain))
        if pixel != last:
            kept.append(point)
            last = pixel
    return kept


def _shade(share: float) -> str:
    """One hue, from paper to full, by the share of the row."""
    full = (int(svg.HUE[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (channel - 255) * share):02x}" for channel in full)
