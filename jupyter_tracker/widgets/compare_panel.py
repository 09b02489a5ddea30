"""`ComparePanel`: runs side by side."""

from __future__ import annotations

from typing import ClassVar

from jupyter_tracker.feed.points import PointStore
from jupyter_tracker.widgets.compare_picture import PICTURED, compare_picture
from jupyter_tracker.widgets.group import GroupPanel
from jupyter_tracker.widgets.panel import STATIC


class ComparePanel(GroupPanel):
    """Curves over each other, parallel coordinates, scatter, best values, and what differs between runs.

    Args:
        runs: Runs of any trackers, or lists of them: `ComparePanel(small, large)`.
    """

    kind: ClassVar[str] = "compare"
    example: ClassVar[str] = "*tracker.runs.list('digits', limit=5)"
    _esm = STATIC / "compare-panel.js"
    _css = STATIC / "compare-panel.css"

    def picture(self) -> str:
        """The first curves of the first runs as SVG text."""
        infos = self.infos()
        stores = []
        for info, member in zip(infos[:PICTURED], self._members.values(), strict=False):
            keys = tuple(info.training_metrics)
            store = PointStore()
            if keys:
                store.extend(member.tracker.drive(member.backend.metrics.read(info.id, keys, None)).blocks)
            stores.append(store)
        return compare_picture(infos, stores)

    def text(self) -> str:
        """A table with a row for each run: params that differ first, then the others, then the latest metrics."""
        from jupyter_tracker import frames  # and pandas, which a live panel needs not

        return frames.text(frames.compare(self.infos()).reset_index(), "runs", 100)
