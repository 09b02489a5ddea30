"""The picture of a panel in the output of its cell, where a saved notebook keeps it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

from jupyter_tracker.errors import NotFound
from jupyter_tracker.feed.wire import error_data

Bundle = tuple[dict[str, Any], dict[str, Any]]
"""Data and metadata of an output."""

_log = logging.getLogger(__name__)


class KeptPicture:
    """Sees to it that the output of a panel ends as the panel does.

    A front end finds the output by its id whenever an update comes. Who executes a notebook without one, such as
    nbclient, takes an update only from the cell that runs. So the last picture is put there twice at most: as soon as
    nothing more will change, and at the end of the first cell that ends after that.

    Args:
        shell: The shell in whose cells the panel is shown.
        draw: Makes the output.
        ended: Whether nothing more will change.
    """

    def __init__(self, shell: Any, draw: Callable[[], Bundle], ended: Callable[[], bool]) -> None:
        self._events = shell.events
        self._draw = draw
        self._ended = ended
        self._lock = Lock()
        self._output: Any = None
        self._last: Bundle | None = None
        self._complete = False
        self._complained = False

    def show(self) -> bool:
        """Display the panel in the cell that runs; True when there is more to come."""
        from IPython.display import display

        with self._lock:
            self._complete = self._ended()
            data, metadata = self._draw()
            self._output = display(  # type: ignore[no-untyped-call]  # IPython has no types here
                data, metadata=metadata, raw=True, display_id=self._output.display_id if self._output else True
            )
            if not self._complete:
                self._events.register("post_run_cell", self._cell_ended)
            return not self._complete

    def save(self) -> None:
        """Put the panel as it is now into its output, from a cell; a failure is logged."""
        self._try(lambda: self._save(from_cell=True))

    def save_last(self) -> None:
        """Put the last picture there, between cells."""
        self._try(lambda: self._save(from_cell=False))

    def close(self) -> None:
        """Save no more."""
        with suppress(ValueError):  # IPython's word for: is not registered
            self._events.unregister("post_run_cell", self._cell_ended)

    def _cell_ended(self, _: object) -> None:
        self._try(self._save_if_ended)

    def _save_if_ended(self) -> None:
        if self._last is not None or self._ended():
            self._save(from_cell=True)

    def _save(self, *, from_cell: bool) -> None:
        with self._lock:
            if self._output is None or self._complete or (self._last is not None and not from_cell):
                return
            bundle = self._last
            if bundle is None:
                ended = self._ended()  # before it is drawn, so that a last picture is the last
                bundle = self._draw()
                self._last = bundle if ended else None
            data, metadata = bundle
            self._output.update(data, metadata=metadata, raw=True)
            if self._last is not None and from_cell:
                self._complete, self._last = True, None
                self.close()

    def _try(self, action: Callable[[], None]) -> None:
        """Do something that must not fail the cell of a person."""
        try:
            action()
        except NotFound:  # the run was deleted, and the picture of it stays
            self.close()
        except Exception as error:  # noqa: BLE001  # whatever the platform raises; the next cell tries again
            level = logging.DEBUG if self._complained else logging.WARNING
            _log.log(level, "A picture was not saved: %s", error_data(error)["message"])
            _log.debug("A picture was not saved", exc_info=True)
            self._complained = True
