"""`RunPanel`: one run, live."""

from __future__ import annotations

from typing import ClassVar

import traitlets

from jupyter_tracker.client import flows
from jupyter_tracker.client.run import Run
from jupyter_tracker.feed.points import PointStore
from jupyter_tracker.models import Points, RunInfo
from jupyter_tracker.widgets.panel import STATIC, Panel
from jupyter_tracker.widgets.picture import run_picture, run_text


class RunPanel(Panel):
    """State, progress, curves, log, params and metrics of a run, with a stop button.

    Args:
        run: A run of any backend; the panel goes on when this object is gone.
    """

    kind: ClassVar[str] = "run"
    _esm = STATIC / "run-panel.js"
    _css = STATIC / "run-panel.css"

    run = traitlets.Unicode(read_only=True).tag(sync=True)
    """Id of the run."""

    def __init__(self, run: Run) -> None:
        if not isinstance(run, Run):
            raise TypeError(f"RunPanel takes a Run, for example tracker.runs.get('last'), not {type(run).__name__}.")
        self._run = run
        super().__init__(run.backend)
        self.set_trait("run", run.id)

    def picture(self) -> str:
        """The run as SVG text, with the curves as they are now."""
        info, points = self._read()
        store = PointStore()
        store.extend(points.blocks)
        return run_picture(info, store)

    def text(self) -> str:
        """The run in some lines of text."""
        info, _ = self._read()
        return run_text(info)

    def _read(self) -> tuple[RunInfo, Points]:
        backend, drive = self._run.backend, self._run.tracker.drive
        return drive(backend.runs.get(self._run.id)), drive(backend.metrics.read(self._run.id, None, None))

    def ended(self) -> bool:
        """Whether the run has ended."""
        return self._run.tracker.drive(self._run.backend.runs.get(self._run.id)).state.ended

    async def _settled(self) -> None:
        await self._session.tracker.drive(flows.wait(self._session.tracker.backend, self._run.id, None))
