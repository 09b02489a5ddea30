"""`LogPanel` and `EventPanel`: what a run printed, and what happened to it."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from jupyter_tracker.client import flows
from jupyter_tracker.feed.logrows import LogRow, rows_of
from jupyter_tracker.models import Event
from jupyter_tracker.widgets.of_run import PanelOfRun
from jupyter_tracker.widgets.panel import STATIC
from jupyter_tracker.widgets.text_picture import event_line, lines_picture, lines_text, log_line

LAST = 25
"""Lines and events that stay in the saved notebook."""
_PARTS = 10 * LAST


class LogPanel(PanelOfRun):
    """The log of a run, live: search, filters by level and stream, jumps to errors, a million lines.

    Args:
        run: A run of any backend; the panel goes on when this object is gone.
    """

    kind: ClassVar[str] = "log"
    _esm = STATIC / "log-panel.js"
    _css = STATIC / "log-panel.css"

    def picture(self) -> str:
        """The last lines as SVG text."""
        return lines_picture(self.info(), "log", list(map(log_line, self._last())))

    def text(self) -> str:
        """The last lines of the log."""
        return lines_text(self.info(), "The run has printed nothing.", list(map(log_line, self._last())))

    def _last(self) -> list[LogRow]:
        page = self._run.tracker.drive(self._run.backend.logs.tail(self._run.id, _PARTS, None))
        return rows_of(page.items)[-LAST:]


class EventPanel(PanelOfRun):
    """What happened to a run, live: by kind and level, alerts first to be seen.

    Args:
        run: A run of any backend; the panel goes on when this object is gone.
    """

    kind: ClassVar[str] = "events"
    _esm = STATIC / "event-panel.js"
    _css = STATIC / "event-panel.css"

    def picture(self) -> str:
        """The last events as SVG text."""
        return lines_picture(self.info(), "events", list(map(event_line, self._last())))

    def text(self) -> str:
        """The last events."""
        return lines_text(self.info(), "Nothing has happened yet.", list(map(event_line, self._last())))

    def _last(self) -> list[Event]:
        events = self._run.tracker.drive(flows.read_events(self._run.backend, self._run.id, 0))
        return list(deque(events, LAST))
