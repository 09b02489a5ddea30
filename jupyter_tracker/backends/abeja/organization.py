"""One organization of ABEJA: its job definitions and jobs by what people call them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jupyter_tracker.backends.abeja.follow import Followed
from jupyter_tracker.backends.abeja.operations import AbejaOperations
from jupyter_tracker.backends.abeja.reading import mapping, parse_experiment, parse_run, text
from jupyter_tracker.backends.abeja.settings import Settings
from jupyter_tracker.backends.remote.selection import choose
from jupyter_tracker.errors import Conflict, NotFound, RemoteNotFound
from jupyter_tracker.flow import Flow, Local, Together
from jupyter_tracker.models import Experiment, Lifecycle, RunInfo

PAGE = 100
"""Entries that are asked for at once."""


@dataclasses.dataclass
class Organization:
    """What the nouns share."""

    settings: Settings
    native: AbejaOperations
    followed: Followed
    known: dict[str, str] = dataclasses.field(default_factory=dict)
    """Job definition by job: the platform finds a job only by both."""

    @property
    def id(self) -> str:
        """Of the organization."""
        return self.settings.organization

    def experiments(self) -> Flow[tuple[Experiment, ...]]:
        """All of them, archived ones, too."""
        found: list[Mapping[str, Any]] = []
        while True:
            page = yield from self.native.get_training_job_definitions(
                self.id, filter_archived=False, offset=len(found), limit=PAGE
            )
            entries = mapping(page).get("entries") or ()
            found += entries
            if len(entries) < PAGE:
                return tuple(map(parse_experiment, found))

    def experiment(self, reference: str) -> Flow[Experiment]:
        """One by name or id; `NotFound` suggests close names."""
        known = yield from self.experiments()
        named = [each for each in known if each.name == reference] or [each for each in known if each.id == reference]
        if not named:
            active = [each.name for each in known if each.lifecycle is Lifecycle.ACTIVE]
            raise NotFound("experiment", reference, active, "`%tracker experiments` lists them.")
        return named[0]

    def runs(self, experiment: str | None = None) -> Flow[tuple[RunInfo, ...]]:
        """All runs of an experiment, or of all, archived ones, too."""
        chosen = (yield from self.experiments()) if experiment is None else ((yield from self.experiment(experiment)),)
        found = yield Together([self._runs_of(each.name) for each in chosen])
        return tuple(run for runs in found for run in runs)

    def run(self, reference: str) -> Flow[RunInfo]:
        """One by id, unique beginning of an id, name, or `last`; what its statistics say is kept."""
        if reference in self.known:
            job = yield from self.job(reference)
            return parse_run(job, self.known[reference])
        runs = yield from self.runs()
        found = choose(runs, reference)
        job = yield from self.job(found.id)
        return parse_run(job, found.experiment)

    def job(self, run_id: str) -> Flow[Mapping[str, Any]]:
        """The JSON of a job, by its id."""
        if run_id not in self.known:
            yield from self.runs()
        if run_id not in self.known:
            raise NotFound("run", run_id, (), "`%tracker runs` lists them.")
        try:
            job: Mapping[str, Any] = yield from self.native.get_training_job(self.id, self.known[run_id], run_id)
        except RemoteNotFound:
            self.known.pop(run_id, None)
            raise NotFound("run", run_id, (), "`%tracker runs` lists them.") from None
        yield Local(lambda: self.followed.keep(run_id, job))
        return job

    def _runs_of(self, definition: str) -> Flow[tuple[RunInfo, ...]]:
        found: list[Mapping[str, Any]] = []
        while True:
            page = yield from self.native.get_training_jobs(
                self.id, definition, limit=PAGE, offset=len(found), filter_archived=False
            )
            entries = mapping(page).get("entries") or ()
            found += entries
            total = mapping(page).get("total")
            if not entries or (len(found) >= total if isinstance(total, int) else len(entries) < PAGE):
                break
        self.known |= {text(job.get("training_job_id") or job.get("id")): definition for job in found}
        return tuple(parse_run(job, definition) for job in found)


def movable(what: str, lifecycle: Lifecycle, to: Lifecycle) -> None:
    """`Conflict` when something is there already where it is to be put."""
    if lifecycle is to:
        hint = " `unarchive` brings it back." if to is Lifecycle.ARCHIVED else ""
        raise Conflict(f"The {what} is {lifecycle} already.{hint}")
