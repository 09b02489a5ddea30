"""Which of the runs that wait start now: a function of who waits, who runs, and the limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

STORE = ""
"""Stands for the store among the experiments."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that waits for a place."""

    run: int
    """Its number: of two of the same priority the smaller starts first."""
    experiment: str
    priority: int = 0
    gpus: int = 0
    gpu_type: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for a store or an experiment; see `models.QueueLimits`."""

    minimum: int = 0
    maximum: int | None = None
    queue_size: int | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU of this machine."""

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a run that waits."""

    run: int
    starts: bool
    gpus: tuple[int, ...] = ()
    """Those that it gets, by index; none, too, where this machine lacks what it wants."""
    reason: str = ""
    """Why it waits."""


_HELD = "until runs are let through: the maximum is 0"


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """The larger priority first; of the same, the one submitted first."""
    return sorted(waiting, key=lambda each: (-each.priority, each.run))


def decide(
    waiting: Iterable[Waiting],
    running: Mapping[str, int],
    limits: Mapping[str, Limits],
    devices: Sequence[Device] = (),
    taken: Iterable[int] = (),
) -> list[Decision]:
    """A decision for each run that waits, in order.

    A run that cannot start because of its own experiment or for want of a GPU does not hold up those behind it; the
    free GPUs that it waits for are kept for it.

    Args:
        waiting: Who waits.
        running: How many have a place, by experiment.
        limits: By experiment, and of the `STORE`.
        devices: The GPUs of this machine.
        taken: Those of them that runs have.
    """
    counts = dict(running)
    free = [device for device in devices if device.index not in set(taken)]
    decisions: list[Decision] = []
    for before, run in enumerate(in_order(waiting)):
        lacking = _no_place(run.experiment, counts, limits)
        wanted = [device.index for device in free if run.gpu_type in device.name][: run.gpus]
        there = sum(run.gpu_type in device.name for device in devices)
        waits_for_gpu = len(wanted) < run.gpus <= there
        if not lacking:
            # Also one that waits for more keeps what is free, so that smaller ones do not overtake it for ever.
            free = [device for device in free if device.index not in wanted]
            lacking = f"until {'a GPU is' if run.gpus == 1 else f'{run.gpus} GPUs are'} free" if waits_for_gpu else ""
        if not lacking:
            counts[run.experiment] = counts.get(run.experiment, 0) + 1
            decisions.append(Decision(run.run, starts=True, gpus=tuple(wanted) if run.gpus <= there else ()))
            continue
        ahead = before - sum(decision.starts for decision in decisions)
        decisions.append(Decision(run.run, starts=False, reason=_told(lacking, ahead)))
    return decisions


def _no_place(experiment: str, running: Mapping[str, int], limits: Mapping[str, Limits]) -> str:
    """What a run of an experiment waits for; empty when there is a place for it."""
    own, store = limits.get(experiment, Limits()), limits.get(STORE, Limits())
    if own.maximum is not None and running.get(experiment, 0) >= own.maximum:
        return f"until {_fewer(own.maximum, ' of its experiment')}" if own.maximum else _HELD
    if store.maximum is None:
        return ""
    kept = sum(
        max(0, other.minimum - running.get(name, 0))
        for name, other in limits.items()
        if name not in (experiment, STORE)
    )
    if sum(running.values()) + kept < store.maximum:
        return ""
    if not store.maximum:
        return _HELD
    others = f", with {kept} kept for other experiments" if kept else ""
    return f"until {_fewer(store.maximum)}{others}"


def _fewer(maximum: int, whose: str = "") -> str:
    return f"none{whose} runs" if maximum == 1 else f"fewer than {maximum}{whose} run"


def _told(lacking: str, ahead: int) -> str:
    if not ahead:
        return f"It waits {lacking}."
    return f"It waits for {ahead} run{'s' if ahead > 1 else ''} before it, and {lacking}."
