"""A form as a still picture (SVG)."""

from __future__ import annotations

from jupyter_tracker import svg
from jupyter_tracker.feed.form import Form
from jupyter_tracker.feed.formtext import MOST, form_lines, title_of
from jupyter_tracker.widgets.picture import WIDTH

_ROW, _HEAD = 22, 44
_VALUE, _TOLD = 220, 470
_LETTERS = (28, 34, 40)
"""Characters of name, value and rules."""


def form_picture(form: Form) -> str:
    """The fields of a form, what stands in them at first, and their rules."""
    lines = form_lines(form)
    shown = lines[:MOST]
    more = len(lines) - len(shown)
    picture = svg.sheet(WIDTH, _HEAD + (len(shown) + bool(more)) * _ROW + 8, title_of(form))
    picture.append(svg.text(12, 24, title_of(form)[:90], bold=True))
    for place, line in enumerate(shown):
        y = _HEAD + place * _ROW
        picture.append(svg.text(12, y + 15, line.name[: _LETTERS[0]]))
        picture.append(
            svg.shape(
                "rect", x=_VALUE - 6, y=y + 1, width=_TOLD - _VALUE - 6, height=_ROW - 4, fill="none", stroke=svg.RULE
            )
        )
        picture.append(svg.text(_VALUE, y + 15, line.value[: _LETTERS[1]]))
        picture.append(svg.text(_TOLD, y + 15, line.told[: _LETTERS[2]], fill=svg.MUTED))
    if more:
        picture.append(svg.text(12, _HEAD + len(shown) * _ROW + 15, f"and {more} more fields", fill=svg.MUTED))
    return svg.written(picture)
