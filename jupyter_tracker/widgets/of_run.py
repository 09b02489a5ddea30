"""What the panels of one run have in common."""

from __future__ import annotations

import traitlets

from jupyter_tracker.client import flows
from jupyter_tracker.client.run import Run
from jupyter_tracker.models import RunInfo
from jupyter_tracker.widgets.panel import Panel


class PanelOfRun(Panel):
    """A panel of one run.

    Args:
        run: A run of any backend; the panel goes on when this object is gone.
    """

    shown = ("run",)

    run = traitlets.Unicode(read_only=True).tag(sync=True)
    """Id of the run."""

    def __init__(self, run: Run) -> None:
        if not isinstance(run, Run):
            name = type(self).__name__
            raise TypeError(f"{name} takes a Run, for example tracker.runs.get('last'), not {type(run).__name__}.")
        self._run = run
        super().__init__(run.backend)
        # Panels name the way to the run by the address that people gave.
        self._session.tracker.address = run.tracker.address
        self.set_trait("run", run.id)

    def info(self) -> RunInfo:
        """The run as it is now."""
        return self._run.tracker.drive(self._run.backend.runs.get(self._run.id))

    def ended(self) -> bool:
        """Whether the run has ended."""
        return self.info().state.ended

    async def _settled(self) -> None:
        await self._session.tracker.drive(flows.wait(self._session.tracker.backend, self._run.id, None))
