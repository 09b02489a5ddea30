"""One project of UbiOps: its experiments and runs by what people call them."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_tracker.backends.remote.selection import choose
from jupyter_tracker.backends.ubiops.operations import UbiOpsOperations
from jupyter_tracker.backends.ubiops.reading import parse_experiment, parse_run
from jupyter_tracker.backends.ubiops.settings import Settings
from jupyter_tracker.errors import NotFound, RemoteNotFound
from jupyter_tracker.flow import Flow, Together
from jupyter_tracker.models import Experiment, RunInfo

PAGE = 500
"""Runs that are asked for at once."""
WHOLE = 250
"""Runs that are read whole at once: the limit of the platform."""
MOST_READ = 100
_IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclasses.dataclass
class Project:
    """What the nouns share."""

    settings: Settings
    native: UbiOpsOperations
    known: dict[str, str] = dataclasses.field(default_factory=dict)
    """Experiment by run: the platform finds a run only by both."""
    read: dict[str, tuple[float, Mapping[str, Any]]] = dataclasses.field(default_factory=dict)
    """The JSON of runs as they were read last, and when, by a clock that only goes on."""

    @property
    def name(self) -> str:
        """Of the project."""
        return self.settings.project

    def experiments(self) -> Flow[tuple[Experiment, ...]]:
        """All of them."""
        found = yield from self.native.experiments_list(self.name)
        return tuple(map(parse_experiment, found))

    def experiment(self, reference: str) -> Flow[Experiment]:
        """One by name or id; `NotFound` suggests close names."""
        known = yield from self.experiments()
        named = [each for each in known if each.name == reference] or [each for each in known if each.id == reference]
        if named:
            return named[0]
        raise NotFound("experiment", reference, [each.name for each in known], "`%tracker experiments` lists them.")

    def runs(self, experiment: str | None = None) -> Flow[tuple[RunInfo, ...]]:
        """All runs of an experiment, or of all."""
        chosen = (yield from self.experiments()) if experiment is None else ((yield from self.experiment(experiment)),)
        found = yield Together([self._runs_of(each) for each in chosen])
        return tuple(run for runs in found for run in runs)

    def run(self, reference: str) -> Flow[RunInfo]:
        """One by id, unique beginning of an id, name, or `last`."""
        if _IDENTITY.fullmatch(reference):
            found = yield from self.request(reference)
            return parse_run(found, {})
        runs = yield from self.runs()
        return choose(runs, reference)

    def request(self, run_id: str, *, recent: bool = False) -> Flow[Mapping[str, Any]]:
        """The JSON of a run, by its id; one that was just read where `recent` does, as while a run is followed."""
        if recent and run_id in self.read and time.monotonic() - self.read[run_id][0] < self.settings.poll / 2:
            return self.read[run_id][1]
        if run_id in self.known:
            found = yield from self._tried(self.known[run_id], run_id)
            if found is not None:
                if len(self.read) >= MOST_READ:
                    self.read.clear()
                self.read[run_id] = (time.monotonic(), found)
                return found
            del self.known[run_id]
        experiments = (yield from self.experiments()) if _IDENTITY.fullmatch(run_id) else ()
        answers = yield Together([self._tried(each.name, run_id) for each in experiments])
        for each, answer in zip(experiments, answers, strict=True):
            if answer is not None:
                self.known[run_id] = each.name
                return dict(answer)
        raise NotFound("run", run_id, (), "`%tracker runs` lists them.")

    def _tried(self, experiment: str, run_id: str) -> Flow[Mapping[str, Any] | None]:
        try:
            found: Mapping[str, Any] = yield from self.native.experiment_runs_get(self.name, experiment, run_id)
        except RemoteNotFound:
            return None
        return found

    def _runs_of(self, experiment: Experiment) -> Flow[tuple[RunInfo, ...]]:
        ids: list[str] = []
        while True:
            page = yield from self.native.experiment_runs_list(self.name, experiment.name, limit=PAGE, offset=len(ids))
            ids += [run["id"] for run in page]
            if len(page) < PAGE:
                break
        # A listed run has neither name nor params.
        whole = yield Together(
            [self.native.experiment_runs_collect(self.name, experiment.name, part) for part in _parts(ids)]
        )
        self.known |= dict.fromkeys(ids, experiment.name)
        return tuple(parse_run(run, {experiment.name: experiment.id}) for part in whole for run in part)


def _parts(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), WHOLE):
        yield ids[start : start + WHOLE]
