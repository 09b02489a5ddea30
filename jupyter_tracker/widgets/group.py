"""What panels of several runs have in common: the runs may be those of different trackers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import traitlets

from jupyter_tracker import rpc
from jupyter_tracker.client import flows
from jupyter_tracker.client.run import Run
from jupyter_tracker.feed import comparing
from jupyter_tracker.feed.params import text_param
from jupyter_tracker.models import RunInfo
from jupyter_tracker.widgets.panel import Panel, session_of

MOST_RUNS = 200
"""Runs that one panel shows; a table is better for more."""


class GroupPanel(Panel):
    """A panel of some runs. The page knows each by a key, which leads to its tracker."""

    example: ClassVar[str]
    shown: ClassVar[tuple[str, ...]] = ("runs", "elsewhere")
    runs = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True)
    """The keys of the runs: their ids, which get a number where two trackers have the same."""
    elsewhere = traitlets.Dict(read_only=True).tag(sync=True)
    """Home and id, by key, of the runs that are kept elsewhere than the first."""

    def __init__(self, *runs: Run | Iterable[Run]) -> None:
        self._members = _members(runs, type(self).__name__, self.example)
        super().__init__(next(iter(self._members.values())).backend)
        self.set_trait("runs", list(self._members))
        homes = {key: [run.backend.home, run.id] for key, run in self._members.items()}
        self.set_trait("elsewhere", {key: home for key, home in homes.items() if home != [self.home, key]})

    def _target(self, params: Mapping[str, Any]) -> tuple[rpc.Session, Mapping[str, Any]]:
        member = self._members.get(str(params.get("run")))
        if member is None:
            return super()._target(params)
        return session_of(member.backend), {**params, "run": member.id}

    async def _call(self, operation: str, params: Mapping[str, Any]) -> rpc.Answer:
        if operation == "runs.code_difference":
            targets = [self._target({"run": text_param(params, name)}) for name in ("run", "other")]
            before, after = ((session.tracker, str(known["run"])) for session, known in targets)
            return await comparing.code_difference(before, after), []
        return await super()._call(operation, params)

    def infos(self) -> list[RunInfo]:
        """The runs as they are now."""
        members = self._members.values()
        return [member.tracker.drive(member.backend.runs.get(member.id)) for member in members]

    def ended(self) -> bool:
        """Whether all runs have ended."""
        return all(info.state.ended for info in self.infos())

    async def _settled(self) -> None:
        waits = []
        for member in self._members.values():
            tracker = session_of(member.backend).tracker
            waits.append(tracker.drive(flows.wait(tracker.backend, member.id, None)))
        await asyncio.gather(*waits)


def _members(given: Iterable[Run | Iterable[Run]], panel: str, example: str) -> dict[str, Run]:
    """The runs by key, each once."""
    found: dict[str, Run] = {}
    for run in _flat(given):
        if not isinstance(run, Run):
            raise TypeError(f"{panel} takes runs, for example {example}, not {type(run).__name__}.")
        same = [known for known in found.values() if known.id == run.id]
        if not any(known.backend.home == run.backend.home for known in same):  # two clients of one store are one home
            found[f"{run.id}~{len(same) + 1}" if same else run.id] = run
    if not found:
        raise TypeError(f"{panel} takes at least one run, for example {example}.")
    if len(found) > MOST_RUNS:
        raise ValueError(f"{panel} shows at most {MOST_RUNS} runs, not {len(found)}; choose some with a filter.")
    return found


def _flat(given: Iterable[Run | Iterable[Run]]) -> Iterable[object]:
    for each in given:
        if isinstance(each, list | tuple):
            yield from each
        else:
            yield each
