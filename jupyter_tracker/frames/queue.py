"""The queue as DataFrames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jupyter_tracker.frames.columns import text_column
from jupyter_tracker.models import QueueEntry


def queue(found: Sequence[QueueEntry]) -> pd.DataFrame:
    """One row a run; position is 0 for those that run."""
    return pd.DataFrame(
        {
            "position": np.fromiter((item.position for item in found), np.int64, len(found)),
            "id": text_column(item.run_id for item in found),
            "name": text_column(item.name for item in found),
            "experiment": text_column(item.experiment for item in found),
            "state": text_column(str(item.state) for item in found),
            "priority": np.fromiter((item.priority for item in found), np.int64, len(found)),
            "reason": text_column(item.reason for item in found),
        }
    )
