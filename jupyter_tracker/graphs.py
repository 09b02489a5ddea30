"""A lineage as a still picture: one column a step of the way, from what came first at the left."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_tracker import svg
from jupyter_tracker.models import LineageEdge, LineageGraph, LineageNode, NodeKind

_WIDTH, _HEIGHT = 168.0, 40.0
_ACROSS, _DOWN = 76.0, 14.0
_EDGE = 16.0
_NAME, _DETAIL, _LABEL = 23, 27, 12
"""Characters that are shown."""
_TALLEST = 30
"""Nodes of a column that are drawn; the others are counted."""
_HUES = {
    NodeKind.DATASET: "#0072b2",
    NodeKind.SOURCE: "#616161",
    NodeKind.RUN: "#d55e00",
    NodeKind.EXECUTION: "#cc79a7",
    NodeKind.CHECKPOINT: "#009e73",
    NodeKind.MODEL: "#7a5c00",
    NodeKind.ARTIFACT: "#56b4e9",
}
"""Colours that the colour-blind can tell apart; the kind is written, too."""


def lineage_picture(graph: LineageGraph) -> str | None:
    """A lineage as SVG; None when it is a node by itself."""
    if not graph.edges:
        return None
    columns = _columns(graph)
    nodes = {node.key: node for node in graph.nodes}
    tallest = max(min(len(keys), _TALLEST + 1) for keys in columns)
    width = 2 * _EDGE + len(columns) * (_WIDTH + _ACROSS) - _ACROSS
    height = 2 * _EDGE + tallest * (_HEIGHT + _DOWN) - _DOWN
    title = f"Lineage of {', '.join(nodes[key].name for key in graph.starts[:3])}"
    picture = svg.sheet(width, height, title)
    places: dict[str, tuple[float, float]] = {}
    for number, keys in enumerate(columns):
        x = _EDGE + number * (_WIDTH + _ACROSS)
        rows = min(len(keys), _TALLEST + 1)
        top = (height - rows * (_HEIGHT + _DOWN) + _DOWN) / 2
        for row, key in enumerate(keys[:_TALLEST]):
            places[key] = x, top + row * (_HEIGHT + _DOWN)
        if len(keys) > _TALLEST:
            left = f"and {len(keys) - _TALLEST:,} more"
            picture.append(svg.text(x + 10, top + _TALLEST * (_HEIGHT + _DOWN) + 24, left, fill=svg.MUTED))
    for edge in graph.edges:
        if edge.before in places and edge.after in places:
            _draw_edge(picture, edge, places)
    for key, place in places.items():
        _draw_node(picture, nodes[key], *place, asked=key in graph.starts)
    return svg.written(picture)


def _columns(graph: LineageGraph) -> list[list[str]]:
    """The nodes by their distance from those that were asked about: their past before them, their future behind."""
    distance = dict.fromkeys(graph.starts, 0)
    for step, near, far in ((-1, "after", "before"), (1, "before", "after")):
        level = dict.fromkeys(graph.starts)
        seen = set(level)
        while level:
            reached: dict[str, None] = {}
            for edge in graph.edges:
                key = getattr(edge, far)
                if getattr(edge, near) in level and key not in seen:
                    distance.setdefault(key, distance[getattr(edge, near)] + step)
                    reached[key] = None
                    seen.add(key)
            level = reached
    return [
        [node.key for node in graph.nodes if distance[node.key] == at]
        for at in range(min(distance.values()), max(distance.values()) + 1)
    ]


def _draw_edge(picture: svg.Element, edge: LineageEdge, places: Mapping[str, tuple[float, float]]) -> None:
    """A line from the right of a node to the left of the next one."""
    (x1, y1), (x2, y2) = places[edge.before], places[edge.after]
    x1, y1, y2 = x1 + _WIDTH, y1 + _HEIGHT / 2, y2 + _HEIGHT / 2
    bend = max((x2 - x1) / 2, _ACROSS / 2)
    numbers = (x1 + bend, y1, x2 - bend, y2, x2, y2)
    path = f"M{svg.short(x1)} {svg.short(y1)}C{' '.join(map(svg.short, numbers))}"
    picture.append(svg.shape("path", d=path, fill="none", stroke=svg.MUTED, stroke_width=1.2))
    picture.append(svg.shape("path", d=f"M{svg.short(x2)} {svg.short(y2)}l-6 -3.5v7z", fill=svg.MUTED))
    label = _clipped(edge.label or edge.relation, _LABEL)
    middle = svg.text((x1 + x2) / 2, (y1 + y2) / 2 - 4, label, fill=svg.MUTED, size=10, anchor="middle")
    # A rim of paper, so that the label can be read where it crosses lines.
    middle.set("paint-order", "stroke")
    middle.set("stroke", svg.PAPER)
    middle.set("stroke-width", "3")
    picture.append(middle)


def _draw_node(picture: svg.Element, node: LineageNode, x: float, y: float, *, asked: bool) -> None:
    """A box with the kind at its left edge as a colour, and in words."""
    hue = _HUES[node.kind]
    group = svg.shape("g")
    group.append(svg.shape("title"))
    group[0].text = svg.clean(" ".join(filter(None, (node.kind, node.name, node.detail))))
    box = svg.shape("rect", x=x, y=y, width=_WIDTH, height=_HEIGHT, rx=3, fill=svg.PAPER)
    box.set("stroke", svg.INK if asked else svg.RULE)
    group.append(box)
    group.append(svg.shape("rect", x=x, y=y, width=4, height=_HEIGHT, rx=2, fill=hue))
    group.append(svg.text(x + 12, y + 17, _clipped(node.name, _NAME), bold=asked))
    told = " · ".join(filter(None, (node.kind, node.detail)))
    group.append(svg.text(x + 12, y + 32, _clipped(told, _DETAIL), fill=svg.MUTED, size=10))
    picture.append(group)


def _clipped(content: str, longest: int) -> str:
    return content if len(content) <= longest else content[: longest - 1] + "…"
