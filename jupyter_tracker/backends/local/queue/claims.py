"""Claiming places for runs that wait, inside write transactions."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from jupyter_tracker.backends.local.process.devices import devices
from jupyter_tracker.backends.local.process.identity import host, identify
from jupyter_tracker.backends.local.queue.choice import STORE, Decision, Limits, Waiting, decide, in_order
from jupyter_tracker.backends.local.store import now
from jupyter_tracker.errors import QueueFull
from jupyter_tracker.models import Resources, RunKind

_WAITING = (
    "FROM launches JOIN runs ON runs.number = launches.run WHERE launcher = '' AND keeper = '' AND ended_at IS NULL"
    " AND stop_requested_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that the claiming process is to launch."""

    run: int
    sealed: bytes | None
    """Its order; None where the process has it."""


def enqueue(db: sqlite3.Connection, run: int, resources: Resources, *, claimed: bool = False) -> None:
    """Let a run wait for a place; `claimed` gives it one at once, whatever the limits are."""
    db.execute(
        "INSERT OR REPLACE INTO launches (run, host, cpus, gpus, gpu_type, launcher, claimed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            run,
            host(),
            cpus_of(resources),
            resources.gpu,
            resources.gpu_type,
            identify() if claimed else "",
            now() if claimed else None,
        ),
    )


def seal(db: sqlite3.Connection, run: int, sealed: bytes) -> None:
    """Keep the order of a run that waits, so that any process can launch it."""
    db.execute("UPDATE launches SET sealed = ? WHERE run = ?", (sealed, run))


def waits(db: sqlite3.Connection, run: int) -> bool:
    """Whether a run waits for a place, so that no process has to be asked about it."""
    return db.execute(f"SELECT 1 {_WAITING} AND runs.number = ?", (run,)).fetchone() is not None


def anyone_waits(db: sqlite3.Connection) -> bool:
    """Whether a run of this machine waits."""
    return db.execute(f"SELECT 1 {_WAITING} AND launches.host = ? LIMIT 1", (host(),)).fetchone() is not None


def claim(db: sqlite3.Connection) -> list[Claim]:
    """Claim for this process the runs that may start now, and tell the others what they wait for."""
    if not anyone_waits(db):
        return []
    held = _allotted(db)
    wanted = {row[0]: row[1] for row in db.execute("SELECT run, cpus FROM launches WHERE cpus > 0")}
    claims = []
    for decision in decisions(db):
        if not decision.starts:
            db.execute(
                "UPDATE runs SET reason = ? WHERE number = ? AND reason != ?",
                (decision.reason, decision.run, decision.reason),
            )
            continue
        cpus = least_used(wanted.get(decision.run, 0), held["cpus"])
        held["cpus"].update(cpus)
        allotted = {name: own for name, own in (("cpus", cpus), ("gpus", list(decision.gpus))) if own}
        db.execute("UPDATE launches SET launcher = ?, claimed_at = ? WHERE run = ?", (identify(), now(), decision.run))
        db.execute("UPDATE runs SET reason = '', allotted = ? WHERE number = ?", (json.dumps(allotted), decision.run))
        (sealed,) = db.execute("SELECT sealed FROM launches WHERE run = ?", (decision.run,)).fetchone()
        claims.append(Claim(decision.run, sealed))
    return claims


def decisions(db: sqlite3.Connection) -> list[Decision]:
    """What becomes of each run of this machine that waits."""
    waiting = waiting_runs(db, host())
    # Looking for GPUs takes a while, and most runs want none.
    present = devices() if any(run.gpus for run in waiting) else ()
    return decide(waiting, running(db), limits(db), present, _allotted(db)["gpus"])


def check_room(db: sqlite3.Connection, experiment_id: str, experiment: str) -> None:
    """Raise `QueueFull` when a run that has to wait is one too many; it counts among those that wait by now."""
    known = limits(db)
    by_experiment = Counter(each.experiment for each in waiting_runs(db))
    own = by_experiment[experiment_id]
    for identity, waiting, where, call in (
        (STORE, by_experiment.total(), "The queue of the store", ""),
        (experiment_id, own, f"The queue of the experiment {experiment!r}", f"{experiment!r}, "),
    ):
        size = known.get(identity, Limits()).queue_size
        if size is not None and waiting > size:
            raise QueueFull(
                f"{where} is full: {size} runs wait, and no more may. Wait until one has started, stop one of them,"
                f" or let more in: `tracker.queue.update({call}maximum_queue_size={max(size * 2, 10)})`."
            )


def waiting_runs(db: sqlite3.Connection, where: str | None = None) -> list[Waiting]:
    """Who waits, in order; on one machine only where it is given."""
    condition, values = ("", ()) if where is None else (" AND launches.host = ?", (where,))
    rows = db.execute(f"SELECT number, experiment_id, priority, gpus, gpu_type {_WAITING}{condition}", values)
    return in_order(Waiting(*row) for row in rows)


def running(db: sqlite3.Connection) -> dict[str, int]:
    """How many submitted runs have a place, by experiment."""
    rows = db.execute(
        "SELECT experiment_id, count(*) FROM runs LEFT JOIN launches ON launches.run = runs.number"
        " WHERE ended_at IS NULL AND kind = ? AND (keeper != '' OR coalesce(launcher, '') != '')"
        " GROUP BY experiment_id",
        (RunKind.SUBMITTED,),
    )
    return dict(rows.fetchall())


def limits(db: sqlite3.Connection) -> dict[str, Limits]:
    """The limits that were set, by experiment."""
    columns = "experiment_id, minimum_instances, maximum_instances, maximum_queue_size"
    # An experiment that was deleted keeps no places.
    there = "SELECT id FROM experiments WHERE lifecycle != 'deleted'"
    rows = db.execute(f"SELECT {columns} FROM queue_limits WHERE experiment_id = '' OR experiment_id IN ({there})")
    return {identity: Limits(*rest) for identity, *rest in rows}


def cpus_of(resources: Resources) -> int:
    """On how many CPUs a run may be; 0 for all."""
    return 0 if resources.cpu is None else -int(-resources.cpu // 1)


def least_used(count: int, used: Mapping[int, int]) -> list[int]:
    """So many CPUs of this machine, those first that the fewest runs have."""
    if not count or not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(sorted(os.sched_getaffinity(0), key=lambda cpu: used.get(cpu, 0))[:count])


def _allotted(db: sqlite3.Connection) -> dict[str, Counter[int]]:
    """How often runs of this machine have each CPU and GPU."""
    found: dict[str, Counter[int]] = {"cpus": Counter(), "gpus": Counter()}
    rows = db.execute(
        "SELECT allotted FROM runs LEFT JOIN launches ON launches.run = runs.number"
        " WHERE ended_at IS NULL AND allotted != '{}' AND coalesce(nullif(runs.host, ''), launches.host) = ?",
        (host(),),
    )
    for (text,) in rows:
        for name, numbers in json.loads(text).items():
            found[name].update(numbers)
    return found
