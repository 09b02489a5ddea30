"""`RunPanel`: one run, live."""

from __future__ import annotations

from typing import ClassVar

from jupyter_tracker.feed.points import PointStore
from jupyter_tracker.widgets.of_run import PanelOfRun
from jupyter_tracker.widgets.panel import STATIC
from jupyter_tracker.widgets.picture import run_picture, run_text


class RunPanel(PanelOfRun):
    """All of a run: state, curves, log, events, params, files, code and surroundings, and what can be done with it.

    Args:
        run: A run of any backend; the panel goes on when this object is gone.
    """

    kind: ClassVar[str] = "run"
    _esm = STATIC / "run-panel.js"
    _css = STATIC / "run-panel.css"

    def picture(self) -> str:
        """The run as SVG text, with the curves as they are now."""
        info = self.info()
        store = PointStore()
        store.extend(self._run.tracker.drive(self._run.backend.metrics.read(self._run.id, None, None)).blocks)
        return run_picture(info, store)

    def text(self) -> str:
        """The run in some lines of text."""
        return run_text(self.info())
