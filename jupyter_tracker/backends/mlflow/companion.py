"""The local store beside a server: it has the process, log, events and newest points of the runs that are started here.

Such a run has the same id in both. It logs into the local store, which is quick and survives whatever happens to the
process; what it logged is sent from there (outbox.py). A store belongs to one server, so that ids cannot clash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.backends.local.rows import run_number
from jupyter_tracker.backends.operations import ExperimentOperations, RunQuery
from jupyter_tracker.config import default_home
from jupyter_tracker.errors import Conflict, NotFound
from jupyter_tracker.filters import Among, Attribute
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import DatasetUse, Experiment, Lifecycle, RunInfo

_FOLDER = "remote"


def companion_home(address: str) -> Path:
    """The folder of the store beside a server, below the store of this machine."""
    home = default_home().absolute()
    if home.parent.name == _FOLDER:
        home = home.parents[1]  # this process is itself a run of such a store
    readable = re.sub(r"[^A-Za-z0-9.-]+", "-", address.partition("://")[2] or address).strip("-")[:40]
    return home / _FOLDER / f"{readable}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


class Companion:
    """The local store beside one server; it is made when the first run is started here."""

    def __init__(self, address: str) -> None:
        self.home = companion_home(address)
        self.local = LocalBackend(self.home)
        self._known: set[str] = set()

    def exists(self) -> bool:
        """Whether any run was started here."""
        return (self.home / "tracker.db").exists()

    def has(self, run_id: str) -> bool:
        """Whether a run was started here."""
        if run_id in self._known:
            return True
        if not self.exists():
            return False
        try:
            with self.local.store.read() as db:
                run_number(db, run_id)
        except NotFound:
            return False
        self._known.add(run_id)
        return True

    def follow(self, change: Callable[[ExperimentOperations], Flow[Experiment]]) -> Flow[None]:
        """Change an experiment here as it was changed on the server; nothing happens when no run of it started here."""
        if self.exists():
            with suppress(NotFound, Conflict):
                yield from change(self.local.experiments)

    def inputs(self, run_ids: Iterable[str]) -> Flow[Mapping[str, Sequence[DatasetUse]]]:
        """The datasets that some runs read which were started here, by run."""
        wanted = list(run_ids)
        return local(lambda: self.local.guests.inputs(wanted) if wanted else {})

    def infos(self, run_ids: Iterable[str]) -> Flow[dict[str, RunInfo]]:
        """What is known here of those of some runs that were started here."""
        wanted = tuple(run_ids)
        found: dict[str, RunInfo] = {}
        if wanted and self.exists():
            for lifecycle in Lifecycle:
                query = RunQuery(where=Among(Attribute.ID, wanted), lifecycle=lifecycle, limit=len(wanted))
                page = yield from self.local.runs.list(query)
                found |= {info.id: info for info in page.items}
        return found
