"""`ClassificationPanel`: confusion matrices, ROC and PR curves of some runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import traitlets

from jupyter_tracker import svg
from jupyter_tracker.client import flows
from jupyter_tracker.client.results import ClassificationResult
from jupyter_tracker.client.run import Run
from jupyter_tracker.errors import NotFound
from jupyter_tracker.models import Classification
from jupyter_tracker.pictures import classification_picture
from jupyter_tracker.widgets.group import GroupPanel
from jupyter_tracker.widgets.panel import STATIC


class ClassificationPanel(GroupPanel):
    """Confusion matrix with examples, ROC and PR curves with a threshold to move, and each class in numbers.

    Args:
        runs: Runs of any trackers; their curves are drawn over each other.
        name: Under which it was logged; what a run logged last by default.
    """

    kind: ClassVar[str] = "classification"
    shown = (*GroupPanel.shown, "name")
    example: ClassVar[str] = "tracker.runs.get('last')"
    _esm = STATIC / "classification-panel.js"
    _css = STATIC / "classification-panel.css"

    name = traitlets.Unicode(read_only=True).tag(sync=True)
    """The name that is shown first; empty for the one logged last."""

    def __init__(self, *runs: Run | Iterable[Run], name: str | None = None) -> None:
        super().__init__(*runs)
        self.set_trait("name", name or "")

    @property
    def results(self) -> list[ClassificationResult]:
        """What is shown, run by run, with its DataFrames; runs that logged none are left out."""
        return [ClassificationResult(each) for _, each in self._logged() if each is not None]

    def picture(self) -> str:
        """The first run's matrix and the ROC curves of all as SVG text."""
        found = self._logged()
        drawn = [(run.name, svg.run_hue(run.id), each) for run, each in found if each is not None]
        picture = classification_picture(drawn[0][2], drawn if len(drawn) > 1 else ()) if drawn else None
        if picture is not None:
            return picture
        sheet = svg.sheet(480, 44, "No classification metrics")
        sheet.append(svg.text(12, 27, self._nothing(), fill=svg.MUTED))
        return svg.written(sheet)

    def text(self) -> str:
        """Each run in some lines of text."""
        return "\n".join(
            f"{svg.clean(run.name)}  {run.id[:8]}\n{self._nothing() if each is None else ClassificationResult(each)!r}"
            for run, each in self._logged()
        )

    def _nothing(self) -> str:
        what = f"{self.name!r}" if self.name else "classification metrics"
        return f"No {what} yet: call run.log_classification(...)."

    def _logged(self) -> list[tuple[Run, Classification | None]]:
        return [(run, self._of(run)) for run in self._members.values()]

    def _of(self, run: Run) -> Classification | None:
        try:
            return run.tracker.drive(flows.classification(run.backend, run.id, self.name or None))
        except NotFound:
            return None
