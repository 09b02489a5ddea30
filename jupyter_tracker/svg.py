"""Still pictures as SVG: the little that our drawings share. Text is hostile; it is set as text, never as markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

INK, MUTED, RULE, PAPER = "#212121", "#616161", "#e0e0e0", "#ffffff"
"""A light sheet of its own, which reads well on light and dark pages."""
HUE = "#0072b2"
RUN_HUES = ("#0b6bb8", "#d1580a", "#00876c", "#b5519b", "#7a5cc7", "#946b00", "#2b9bc9", "#5f6368")
"""The colours of runs, which colour-blind readers can tell apart; those of `js/src/views/chart/colors.ts`."""

Element = ET.Element


def sheet(width: float, height: float, title: str) -> Element:
    """An empty picture of that size in pixels; the title is what a screen reader says."""
    svg = Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {short(width)} {short(height)}",
        width=short(width),
        height=short(height),
        role="img",
    )
    ET.SubElement(svg, "title").text = clean(title)
    svg.append(shape("rect", width=width, height=height, fill=PAPER, rx=3))
    return svg


def shape(tag: str, **attributes: str | float) -> Element:
    """An element; `stroke_width` stands for `stroke-width`, and numbers are shortened to a tenth of a pixel."""
    return Element(
        tag,
        {
            name.replace("_", "-"): value if isinstance(value, str) else short(value)
            for name, value in attributes.items()
        },
    )


def text(
    x: float,
    y: float,
    content: str,
    *,
    fill: str = INK,
    size: float = 12,
    bold: bool = False,
    anchor: str = "start",
) -> Element:
    """A line of text with its base at x, y."""
    element = shape("text", x=x, y=y, fill=fill, font_size=size, text_anchor=anchor)
    element.set("font-family", "system-ui, sans-serif")
    if bold:
        element.set("font-weight", "600")
    element.text = clean(content)
    return element


def curve(pieces: Iterable[Sequence[tuple[float, float]]], colour: str) -> Element:
    """A curve in pieces of two points or more each, as one path, so that many pieces are still little text."""
    path = "".join("M" + " ".join(f"{short(x)},{short(y)}" for x, y in piece) for piece in pieces)
    return shape("path", d=path, fill="none", stroke=colour, stroke_width=1.5)


def dots(points: Iterable[tuple[float, float]], colour: str) -> Element:
    """Round dots, as one path of lines without length."""
    path = "".join(f"M{short(x)},{short(y)}h0" for x, y in points)
    return shape("path", d=path, fill="none", stroke=colour, stroke_width=4, stroke_linecap="round")


def run_hue(run: str) -> str:
    """The colour that a run has everywhere, by its id; the same as `runHue` of the views."""
    value = 0x811C9DC5
    for character in run:
        value = (value ^ ord(character)) * 0x01000193 & 0xFFFFFFFF
    return RUN_HUES[(value >> 8) % len(RUN_HUES)]


def written(svg: Element) -> str:
    """The picture as text."""
    return ET.tostring(svg, encoding="unicode")


def short(number: float) -> str:
    """A number to a tenth."""
    return f"{number:.1f}".removesuffix(".0")


def clean(content: str) -> str:
    """One line of text without what XML, UTF-8 or a terminal cannot take: control characters, half surrogates."""
    return "".join(character if character.isprintable() else " " for character in content)
