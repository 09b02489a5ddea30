"""What can be done to keep the place tidy where everything is kept."""

from __future__ import annotations

from datetime import datetime

from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Cleanup


class MaintenanceOperations(Operations):
    """Upkeep of the store."""

    noun = "maintenance"

    def maintain(self, time: datetime | None, purge_deleted_after: float | None) -> Flow[Cleanup]:
        """Apply the retention of each experiment as it is due at `time` (now if None), and remove what crashes left.

        What was deleted longer than `purge_deleted_after` seconds before is purged, too, unless that is None.
        """
        self._lacks("maintain")
