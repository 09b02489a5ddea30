"""Still pictures as SVG: the little that our drawings share. Text is hostile; it is set as text, never as markup."""

from __future__ import annotations

from xml.etree import ElementTree as ET

INK, MUTED, RULE, PAPER = "#212121", "#616161", "#e0e0e0", "#ffffff"
"""A light sheet of its own, which reads well on light and dark pages."""
HUE = "#0072b2"

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


def line(points: str, colour: str) -> Element:
    """A curve through `x,y x,y …`."""
    return shape("polyline", points=points, fill="none", stroke=colour, stroke_width=1.5)


def written(svg: Element) -> str:
    """The picture as text."""
    return ET.tostring(svg, encoding="unicode")


def short(number: float) -> str:
    """A number to a tenth."""
    return f"{number:.1f}".removesuffix(".0")


def clean(content: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return "".join(character if character.isprintable() else " " for character in content)
