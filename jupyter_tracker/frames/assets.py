"""What runs are made of, as DataFrames: variables, sources, templates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jupyter_tracker.frames.columns import text, times
from jupyter_tracker.models import Variable


def variables(found: Sequence[Variable]) -> pd.DataFrame:
    """One row a variable; the value of a secret is missing."""
    return pd.DataFrame(
        {
            "name": text(item.name for item in found),
            "value": text(item.value for item in found),
            "secret": np.fromiter((item.secret for item in found), np.bool_, len(found)),
            "scope": text(str(item.scope) for item in found),
            "experiment": text(item.experiment for item in found),
            "inherited": np.fromiter((item.inherited for item in found), np.bool_, len(found)),
            "shadows": np.fromiter((item.shadows for item in found), np.bool_, len(found)),
            "updated_at": times(item.updated_at for item in found),
        }
    )
