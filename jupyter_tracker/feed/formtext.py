"""A form in lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_tracker import svg
from jupyter_tracker.feed.fields import Field, Kind
from jupyter_tracker.feed.form import OTHERS, Form

MOST = 40
"""Fields that are shown."""
_WIDEST = 60


@dataclass(frozen=True, slots=True)
class FormLine:
    """A field: its name, what stands in it, and what may."""

    name: str
    value: str
    told: str


def title_of(form: Form) -> str:
    """What it submits."""
    return f"Submit {form.recipe.label}, not submitted yet"


def form_lines(form: Form) -> list[FormLine]:
    """The fields of a form that are most looked at: experiment, name, params, and resources that are set."""
    written = form.written()
    return [
        *_lines(form.groups["run"], written["run"], ""),
        *_lines([each for each in form.groups["params"] if each.name != OTHERS], written["params"], ""),
        *(line for line in _lines(form.groups["resources"], written["resources"], "") if line.value),
    ]


def _lines(fields: Sequence[Field], written: Mapping[str, Any], path: str) -> Iterator[FormLine]:
    for each in fields:
        value = written.get(each.name)
        if each.kind is Kind.OBJECT and isinstance(value, Mapping):
            yield from _lines(each.fields, value, f"{path}{each.name}.")
            continue
        kind = " | ".join(map(str, each.choices[:6])) if each.kind is Kind.CHOICE else str(each.kind)
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
        if each.kind is Kind.CHOICE and text:
            text = str(each.choices[int(text)])
        told = ", ".join(part for part in (kind, each.hint, "required" if each.required else "") if part)
        yield FormLine(f"{path}{each.name}", text[:_WIDEST], told)


def form_text(form: Form) -> str:
    """A form as plain text."""
    lines = form_lines(form)
    shown = lines[:MOST]
    wide = max((len(line.name) for line in shown), default=0)
    told = max((len(line.value) for line in shown), default=0)
    rows = [f"  {line.name:<{wide}}  {line.value:<{told}}  {line.told}".rstrip() for line in shown]
    more = [f"  and {len(lines) - MOST} more fields"] if len(lines) > MOST else []
    return "\n".join(svg.clean(line) for line in [title_of(form), *rows, *more])
