"""Lines of text as a still picture: the ends of logs and lists of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jupyter_tracker import svg
from jupyter_tracker.feed.logrows import LogRow, level_of, plain
from jupyter_tracker.models import Event, Level, RunInfo
from jupyter_tracker.widgets.picture import WIDTH, run_text

_HUES = {Level.INFO: svg.INK, Level.WARNING: "#b26a00", Level.ERROR: "#c62828"}
_ROW, _HEAD, _MOST = 17, 34, 110


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a picture."""

    time: datetime
    text: str
    level: Level

    def __str__(self) -> str:
        mark = "" if self.level is Level.INFO else f"{self.level}: "
        return f"{self.time:%H:%M:%S}  {mark}{self.text}"


def log_line(row: LogRow) -> Line:
    """A row of a log as a line."""
    text = plain(row.text) + (f"  ×{row.repeats}" if row.repeats > 1 else "")
    return Line(datetime.fromtimestamp(row.time).astimezone(), text, level_of(row.text))


def event_line(event: Event) -> Line:
    """An event as a line."""
    return Line(event.time.astimezone(), f"{event.kind}: {event.message}", event.level)


def lines_text(info: RunInfo, empty: str, lines: Sequence[Line]) -> str:
    """The state of a run, and some lines of it."""
    head = run_text(info).partition("\n")[0]
    return "\n".join([head, *(f"  {svg.clean(str(line))}" for line in lines)] if lines else [head, f"  {empty}"])


def lines_picture(info: RunInfo, what: str, lines: Sequence[Line]) -> str:
    """The same as SVG."""
    head = f"{info.experiment} / {info.name}: {info.state}, {what}"
    picture = svg.sheet(WIDTH, _HEAD + max(1, len(lines)) * _ROW + 10, head)
    picture.append(svg.text(12, 22, head[:_MOST], bold=True))
    if not lines:
        picture.append(svg.text(12, _HEAD + _ROW - 4, "nothing yet", fill=svg.MUTED))
    for index, line in enumerate(lines):
        y = _HEAD + (index + 1) * _ROW - 4
        picture.append(svg.text(12, y, f"{line.time:%H:%M:%S}", fill=svg.MUTED, size=11))
        words = svg.text(72, y, line.text[:_MOST], fill=_HUES[line.level], size=11)
        words.set("font-family", "monospace")
        picture.append(words)
    return svg.written(picture)
