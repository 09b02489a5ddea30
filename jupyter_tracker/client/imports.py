"""What an import brought, as people hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracker.client.results import ResultList
from jupyter_tracker.models import Imported, ImportedRun

if TYPE_CHECKING:
    import pandas as pd


class ImportList(ResultList[ImportedRun]):
    """The runs that were imported; `notes` says what was left out or is different here."""

    def __init__(self, imported: Imported) -> None:
        super().__init__(imported.runs)
        self.notes = imported.notes

    def frame(self) -> pd.DataFrame:
        """Columns id, name, experiment, state, points, files."""
        from jupyter_tracker import frames

        return frames.imported(self)

    def __repr__(self) -> str:
        return "\n".join([super().__repr__(), *self.notes])

    def _repr_html_(self) -> str | None:
        return None if self.notes else super()._repr_html_()  # text shows the notes, too

    @property
    def _noun(self) -> str:
        return "imported runs"
