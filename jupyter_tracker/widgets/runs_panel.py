"""`RunsPanel`: the runs of an experiment, or of all, as a live table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import traitlets

from jupyter_tracker.client import Run, Tracker, connect, requests
from jupyter_tracker.client.results import RunList
from jupyter_tracker.errors import InvalidFilter, NotFound
from jupyter_tracker.filters import Among, And, Attribute
from jupyter_tracker.flow import Flow, Sleep
from jupyter_tracker.models import Experiment, Lifecycle, RunState
from jupyter_tracker.widgets.panel import STATIC, Panel
from jupyter_tracker.widgets.remembered import recall, remember
from jupyter_tracker.widgets.table_picture import runs_picture

ROWS = 20
"""Runs in the text of a saved notebook."""
_PAUSE = 2.0
"""Seconds between two looks whether a run is still active."""
_ACTIVE = tuple(str(state) for state in RunState if not state.ended and state is not RunState.UNKNOWN)
_REMEMBERED = ("where", "order_by", "columns", "view")


class RunsPanel(Panel):
    """Runs as a table: filter, sort, group, choose columns, draw the selected ones, stop, tag, archive and delete.

    How a person leaves it is remembered for the notebook and the experiment, and is there again the next time; what is
    given here comes before what was remembered.

    Args:
        experiment: Name or id, an `Experiment`, a list of runs, or a tracker; the runs of all experiments without it.
        tracker: Where the runs are; the default store without it.
        where: A filter, for example `metrics.acc > 0.9 and params.lr < 0.1`.
        order_by: For example `metrics.acc DESC`; newest first by default.
        columns: What the filter language calls them, such as `state`, `params.lr`, `metrics.loss`, `min(metrics.loss)`,
            and `spark(metrics.loss)` for a small curve; chosen by what the runs have without it.
        lifecycle: `active`, `archived` or `deleted`.

    Raises:
        InvalidFilter: the filter or the order cannot be read; it points at the column.
        TypeError: the first argument is none of those.
    """

    kind: ClassVar[str] = "runs"
    shown = ("experiment", "where", "order_by", "columns", "lifecycle", "view")
    _esm = STATIC / "runs-panel.js"
    _css = STATIC / "runs-panel.css"

    experiment = traitlets.Unicode().tag(sync=True)
    """Name or id; empty for all."""
    where = traitlets.Unicode().tag(sync=True)
    """The filter."""
    order_by = traitlets.Unicode().tag(sync=True)
    """The order."""
    columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """What is shown; empty where it is chosen by what the runs have."""
    lifecycle = traitlets.Unicode(str(Lifecycle.ACTIVE)).tag(sync=True)
    """`active`, `archived` or `deleted`."""
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Ids of the selected runs, the one selected last at the end."""
    view = traitlets.Dict().tag(sync=True)
    """What only the eye needs: pinned columns, widths, the param by which runs are grouped."""

    def __init__(
        self,
        experiment: str | Experiment | RunList[Any] | Tracker | None = None,
        *,
        tracker: Tracker | None = None,
        where: str = "",
        order_by: str | Sequence[str] = "",
        columns: Sequence[str] | None = None,
        lifecycle: str = Lifecycle.ACTIVE,
    ) -> None:
        given = {"where": where, "order_by": requests.order_text(order_by), "columns": list(columns or ())}
        if isinstance(experiment, RunList):
            listing = experiment.listing
            if listing is None:
                raise TypeError("RunsPanel takes a list of runs as tracker.runs.list() gives it.")
            tracker = tracker or Tracker(listing.tracker.backend, listing.tracker.address)
            lifecycle = listing.lifecycle
            given = {
                **given,
                "where": given["where"] or listing.where,
                "order_by": given["order_by"] or listing.order_by,
            }
            experiment = listing.experiment
        elif isinstance(experiment, Tracker):
            tracker, experiment = tracker or experiment, None
        elif isinstance(experiment, Experiment):
            experiment = experiment.name
        if not isinstance(experiment, str | None):
            raise TypeError(
                "RunsPanel takes the name of an experiment, an Experiment, a list of runs or a tracker,"
                f" not {type(experiment).__name__}."
            )
        requests.query(
            experiment, str(given["where"]), str(given["order_by"]), lifecycle
        )  # raises what is wrong with them
        self._tracker = tracker or connect()
        self._place = f"runs {self._tracker.address} {experiment or ''}"
        traits = {**_readable(recall(self._place)), **{name: value for name, value in given.items() if value}}
        super().__init__(self._tracker.backend, experiment=experiment or "", lifecycle=str(lifecycle), **traits)
        self.observe(self._remember, list(_REMEMBERED))

    @traitlets.validate("where", "order_by", "lifecycle")
    def _checked(self, proposal: traitlets.Bunch) -> str:
        """What is set can be read; the rest of the panel goes on when it cannot."""
        value: str = proposal["value"]
        given = {"where": "", "order_by": "", "lifecycle": str(Lifecycle.ACTIVE), proposal["trait"].name: value}
        requests.query(None, given["where"], given["order_by"], given["lifecycle"])
        return value

    def _remember(self, _: object) -> None:
        remember(self._place, {name: getattr(self, name) for name in _REMEMBERED})

    @property
    def runs(self) -> RunList[Run]:
        """The runs that the table shows now."""
        return self._tracker.runs.list(
            self.experiment or None, where=self.where, order_by=self.order_by, lifecycle=self.lifecycle
        )

    def picture(self) -> str:
        """The first runs as SVG text."""
        runs = self.runs
        title = " where ".join(part for part in (self.experiment or "all experiments", self.where) if part)
        return runs_picture([run.info for run in runs[:ROWS]], len(runs), title)

    def text(self) -> str:
        """The first runs as a table of plain text."""
        from jupyter_tracker import frames

        runs = self.runs
        if not runs:
            return repr(runs)
        shown = frames.text(frames.runs([run.info for run in runs[:ROWS]]), "runs", ROWS)
        return f"{shown}\n… and {len(runs) - ROWS:,} more runs" if len(runs) > ROWS else shown

    def ended(self) -> bool:
        """Whether none of its runs is active any more."""
        return self._tracker.drive(self._quiet())

    async def _settled(self) -> None:
        await self._session.tracker.drive(self._until_quiet())

    def _until_quiet(self) -> Flow[None]:
        while not (yield from self._quiet()):
            yield Sleep(_PAUSE)

    def _quiet(self) -> Flow[bool]:
        asked = requests.query(self.experiment or None, self.where, "", self.lifecycle)
        active = And((asked.where, Among(Attribute.STATE, _ACTIVE)))
        try:
            page = yield from self._session.tracker.backend.runs.list(replace(asked, where=active, limit=1))
        except NotFound:  # the experiment comes with its first run
            return False
        return not page.items


def _readable(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Of what was remembered that which can still be used: another version, or a person, may have written it."""
    found = {name: kept[name] for name in ("where", "order_by") if isinstance(kept.get(name), str)}
    try:
        requests.query(None, found.get("where"), found.get("order_by"), Lifecycle.ACTIVE)
    except InvalidFilter:
        found = {}
    columns, view = kept.get("columns"), kept.get("view")
    if isinstance(columns, list) and all(isinstance(column, str) for column in columns):
        found["columns"] = columns
    if isinstance(view, dict):
        found["view"] = view
    return found
