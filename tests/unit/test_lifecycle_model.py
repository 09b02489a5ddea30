"""The life cycle of experiments and runs against a model of it in plain Python."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import jupyter_tracker as jt
from jupyter_tracker.errors import Conflict, NotFound

NAMES = ("one", "two", "three")
PLACES = ("active", "archived", "deleted")
MOVES = {
    "archive": (("active",), "archived"),
    "unarchive": (("archived",), "active"),
    "delete": (("active", "archived"), "deleted"),
    "restore": (("archived", "deleted"), "active"),
}


@dataclass
class Group:
    """What an experiment must be."""

    id: str
    name: str
    place: str = "active"


@dataclass
class Member:
    """What a run must be."""

    id: str
    name: str
    group: Group
    created_at: datetime
    place: str = "active"
    own: str | None = None
    """Where it returns to with its experiment."""
    deleted_since: datetime | None = None
    """A moment right before it was deleted."""


class LifeCycle(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.tracker = jt.connect(f"local://{self.folder}")
        self.groups: list[Group] = []
        self.members: list[Member] = []

    def teardown(self) -> None:
        """Tidying up changes nothing that is there, however late it is; and what is left is whole."""
        done = self.tracker.maintain(time=datetime.now(UTC) + timedelta(days=1000))
        assert (done.runs_purged, done.runs_trimmed, done.experiments_purged, done.orphans_removed) == (0, 0, 0, 0)
        self.listings_are_those_of_the_model()
        for member in self.members:
            assert self.tracker.runs.get(member.id).series()["loss"].tolist() == [1.0]
        self.tracker.close()
        shutil.rmtree(self.folder)

    def start(self, group: Group, name: str) -> None:
        run = self.tracker.runs.start(group.name, name=name)
        run.log({"loss": 1.0})
        run.end()
        self.members.append(Member(run.id, name, group, run.created_at))

    def group(self, data: st.DataObject) -> Group:
        return data.draw(st.sampled_from(self.groups))

    def member(self, data: st.DataObject) -> Member:
        return data.draw(st.sampled_from(self.members))

    @initialize()
    def begin(self) -> None:
        """Two experiments with a run in each place."""
        for name in NAMES[:2]:
            self.create(name)
            for verb in ("", "archive", "delete"):
                self.start(self.groups[-1], name)
                if verb:
                    self.put_run(self.members[-1], verb)

    @rule(name=st.sampled_from(NAMES))
    def create(self, name: str) -> None:
        if any(group.name == name for group in self.groups):
            with pytest.raises(Conflict, match=name):
                self.tracker.experiments.create(name)
        else:
            self.groups.append(Group(self.tracker.experiments.create(name).id, name))

    @precondition(lambda self: self.groups and self.members)
    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def rename(self, data: st.DataObject, name: str) -> None:
        """Names of experiments are unique, those of runs are not."""
        group, member = self.group(data), self.member(data)
        if group.place == "deleted" or any(other.name == name for other in self.groups if other is not group):
            with pytest.raises(Conflict):
                self.tracker.experiments.update(group.id, name=name)
        else:
            self.tracker.experiments.update(group.id, name=name)
            group.name = name
        if member.place == "deleted":
            with pytest.raises(Conflict, match="deleted"):
                self.tracker.runs.update(member.id, name=name)
        else:
            self.tracker.runs.update(member.id, name=name, notes=name)
            member.name = name

    @precondition(lambda self: self.groups and len(self.members) < 12)
    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def train(self, data: st.DataObject, name: str) -> None:
        group = self.group(data)
        if group.place == "deleted":
            with pytest.raises(Conflict, match="deleted"):
                self.tracker.runs.start(group.name, name=name)
        else:
            self.start(group, name)

    @precondition(lambda self: self.members)
    @rule(data=st.data())
    def move_run(self, data: st.DataObject) -> None:
        """All moves that are not there are refused; one that is there is made."""
        member = self.member(data)
        legal = [verb for verb, (places, _) in MOVES.items() if member.place in places]
        if member.group.place == "deleted":
            legal = []
        for verb in MOVES.keys() - set(legal):
            with pytest.raises(Conflict):
                getattr(self.tracker.runs, verb)(member.id)
        if legal:
            self.put_run(member, data.draw(st.sampled_from(legal)))

    def put_run(self, member: Member, verb: str) -> None:
        """Make a move that is there."""
        stamp = datetime.now(UTC)
        getattr(self.tracker.runs, verb)(member.id)
        member.place = MOVES[verb][1]
        member.deleted_since = stamp if member.place == "deleted" else None

    @precondition(lambda self: self.groups)
    @rule(data=st.data())
    def move_experiment(self, data: st.DataObject) -> None:
        """All moves that are not there are refused; one that is there is made."""
        group = self.group(data)
        legal = [verb for verb, (places, _) in MOVES.items() if group.place in places]
        for verb in MOVES.keys() - set(legal):
            with pytest.raises(Conflict):
                getattr(self.tracker.experiments, verb)(group.id)
        self.put(group, data.draw(st.sampled_from(legal)))

    @precondition(lambda self: any(group.place != "deleted" for group in self.groups))
    @rule(data=st.data())
    def delete_an_experiment_and_bring_it_back(self, data: st.DataObject) -> None:
        group = data.draw(st.sampled_from([group for group in self.groups if group.place != "deleted"]))
        self.put(group, "delete")
        self.listings_are_those_of_the_model()
        self.put(group, "restore")

    def put(self, group: Group, verb: str) -> None:
        """Make a move that is there."""
        target = MOVES[verb][1]
        stamp = datetime.now(UTC)
        getattr(self.tracker.experiments, verb)(group.id)
        for member in self.of(group):
            if target == "deleted" and member.place != "deleted":
                member.own, member.place, member.deleted_since = member.place, "deleted", stamp
            elif group.place == "deleted" and member.own is not None:
                member.place, member.own, member.deleted_since = member.own, None, None
        group.place = target

    @precondition(lambda self: self.members)
    @rule(data=st.data(), maximum=st.none() | st.integers(1, 3))
    def delete_before(self, data: st.DataObject, maximum: int | None) -> None:
        pivot = self.member(data)
        chosen = [
            member
            for member in sorted(self.of(pivot.group), key=lambda member: member.created_at)
            if member.place == "active" and member.created_at <= pivot.created_at
        ][:maximum]
        stamp = datetime.now(UTC)
        assert self.tracker.runs.delete_before(pivot.group.id, pivot.created_at, maximum=maximum) == len(chosen)
        for member in chosen:
            member.place, member.deleted_since = "deleted", stamp

    @precondition(lambda self: any(member.deleted_since for member in self.members))
    @rule(data=st.data())
    def restore_after(self, data: st.DataObject) -> None:
        pivot = data.draw(st.sampled_from([member for member in self.members if member.deleted_since]))
        since = pivot.deleted_since
        assert since is not None
        if pivot.group.place == "deleted":
            with pytest.raises(Conflict, match="deleted"):
                self.tracker.runs.restore_after(pivot.group.id, since)
            return
        chosen = [each for each in self.of(pivot.group) if each.deleted_since and each.deleted_since >= since]
        assert self.tracker.runs.restore_after(pivot.group.id, since) == len(chosen)
        for member in chosen:
            member.place, member.deleted_since = "active", None

    @precondition(lambda self: len(self.members) > 3)
    @rule(data=st.data())
    def purge_run(self, data: st.DataObject) -> None:
        member = self.member(data)
        if member.place != "deleted":
            with pytest.raises(Conflict):
                self.tracker.runs.purge(member.id)
        else:
            assert self.tracker.runs.purge(member.id).runs_purged == 1
            self.members.remove(member)

    @precondition(lambda self: len(self.groups) > 1)
    @rule(data=st.data())
    def purge_experiment(self, data: st.DataObject) -> None:
        group = self.group(data)
        if group.place != "deleted":
            with pytest.raises(Conflict):
                self.tracker.experiments.purge(group.id)
            return
        gone = self.of(group)
        assert self.tracker.experiments.purge(group.id).runs_purged == len(gone)
        self.groups.remove(group)
        self.members = [member for member in self.members if member not in gone]

    @invariant()
    def listings_are_those_of_the_model(self) -> None:
        for place in PLACES:
            listed = {(run.id, run.name, run.experiment) for run in self.tracker.runs.list(lifecycle=place)}
            assert listed == {(run.id, run.name, run.group.name) for run in self.members if run.place == place}
            known = {(found.id, found.name) for found in self.tracker.experiments.list(lifecycle=place)}
            assert known == {(group.id, group.name) for group in self.groups if group.place == place}
        for group in self.groups:
            counted = [each for each in self.of(group) if each.place != "deleted" or each.own is not None]
            assert self.tracker.experiments.get(group.id).run_count == len(counted)
            shown = {run.id for run in self.tracker.runs.list(group.id)}
            assert shown == {each.id for each in self.of(group) if each.place == "active"}

    @invariant()
    def the_last_run_is_the_newest_that_is_not_deleted(self) -> None:
        left = [member for member in self.members if member.place != "deleted"]
        if left:
            assert self.tracker.runs.get("last").id == left[-1].id
        else:
            with pytest.raises(NotFound):
                self.tracker.runs.get("last")

    def of(self, group: Group) -> list[Member]:
        return [member for member in self.members if member.group is group]


LifeCycle.TestCase.settings = settings(max_examples=16, stateful_step_count=25)
TestLifeCycle = LifeCycle.TestCase
