"""TensorBoard's folders as runs: each folder with event files is one."""

from __future__ import annotations

import math
import os
import struct
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from jupyter_tracker.backends.local.importing.target import StagedRun, Target, fitting_name
from jupyter_tracker.backends.local.importing.tensorboard.frames import EventFile
from jupyter_tracker.backends.local.importing.tensorboard.messages import Record, read_event
from jupyter_tracker.backends.local.journal import EARLIEST, LATEST
from jupyter_tracker.errors import InvalidImport
from jupyter_tracker.models import Environment, Experiment, JsonValue, Level, PointBlock, RunInfo, RunKind, RunState

MARK = ".tfevents."
BATCH = 65_536
"""Points that are collected before they are added."""
_HEAD = 4096


def event_folders(path: Path) -> dict[Path, list[Path]]:
    """The folders that have event files, by path, each with its files in the order in which they were begun."""
    if path.is_file():
        return {path.parent: [path]} if MARK in path.name else {}
    found: dict[Path, list[Path]] = {}
    for parent, folders, names in os.walk(path):
        folders.sort()
        files = [Path(parent) / name for name in names if MARK in name]
        files = [file for file in files if file.is_file() and not file.is_symlink()]
        if files:
            found[Path(parent)] = sorted(files, key=_begun)
    return found


def import_events(root: Path, folders: Mapping[Path, Sequence[Path]], target: Target, experiment: str | None) -> None:
    """Stage each folder as a run of one experiment, by default named after the folder that was given."""
    base = root.resolve() if root.is_dir() else root.resolve().parent
    name = fitting_name(experiment or base.name, "tensorboard")
    place = target.experiment(Experiment("", name))
    left_out: Counter[str] = Counter()
    runs = []
    for folder, files in folders.items():
        summary = _look_through(files, target, left_out)
        if summary.points or summary.params:
            runs.append((summary, folder, files))
    if not runs:
        raise InvalidImport(f"{root} has event files, but none of them has a scalar. Nothing was imported.")
    for summary, folder, files in sorted(runs, key=lambda run: run[0].first):
        relative = folder.resolve().relative_to(base).as_posix()
        _import(target, place, fitting_name(base.name if relative == "." else relative, "run"), files, summary)
    for kind, count in sorted(left_out.items()):
        target.notes.append(f"{count:,} {kind} were left out: only scalars and hyper-parameters are imported.")


@dataclass
class _Summary:
    """What is known of a run before it is made."""

    first: float = math.inf
    last: float = -math.inf
    points: int = 0
    params: dict[str, JsonValue] = field(default_factory=dict)
    status: int | None = None


def _look_through(files: Sequence[Path], target: Target, left_out: Counter[str]) -> _Summary:
    summary = _Summary()
    for record in _records(files, target):
        if record.scalars:
            summary.first, summary.last = min(summary.first, record.time), max(summary.last, record.time)
            summary.points += len(record.scalars)
        left_out.update(record.left_out)
        for session in record.sessions:
            summary.params |= session.params
            summary.status = session.status or summary.status
    return summary


def _import(target: Target, place: str, name: str, files: Sequence[Path], summary: _Summary) -> None:
    known = summary.points > 0
    state = {1: RunState.SUCCEEDED, 2: RunState.FAILED}.get(summary.status or 0, RunState.LOST)
    info = RunInfo(
        id=_identity(name, files),
        name=name,
        experiment_id=place,
        experiment="",
        state=state,
        native_state="",
        reason="" if state is not RunState.LOST else "TensorBoard does not say how it ended.",
        kind=RunKind.IN_KERNEL,
        params=summary.params,
        created_at=_moment(summary.first) if known else None,
        started_at=_moment(summary.first) if known else None,
        ended_at=_moment(summary.last) if known else None,
    )
    run = target.run(info, place, Environment(), None, None)
    collector = _Collector(run)
    for record in _records(files, None):
        for scalar in record.scalars:
            collector.add(scalar.tag, record.step, record.time, scalar.value)
    collector.flush()
    if known:
        run.event(_moment(summary.first), "created", "The run was recorded by TensorBoard.")
        level = Level.INFO if state is RunState.SUCCEEDED else Level.WARNING
        message = info.reason or f"The run {state}."
        run.event(_moment(summary.last), "ended", message, level, state=str(state))
    run.finish()


class _Collector:
    """Scalars, which come one by one, as blocks."""

    def __init__(self, run: StagedRun) -> None:
        self._run = run
        self._columns: dict[str, tuple[array[int], array[float], array[float]]] = {}
        self._count = 0

    def add(self, tag: str, step: int, time: float, value: float) -> None:
        if tag not in self._columns:
            self._columns[tag] = array("q"), array("d"), array("d")
        steps, times, values = self._columns[tag]
        steps.append(step)
        times.append(time)
        values.append(value)
        self._count += 1
        if self._count >= BATCH:
            self.flush()

    def flush(self) -> None:
        for tag, (steps, times, values) in self._columns.items():
            self._run.points(PointBlock((tag,), memoryview(steps), memoryview(times), (memoryview(values),)))
        self._columns, self._count = {}, 0


def _records(files: Sequence[Path], target: Target | None) -> Iterator[Record]:
    """The events of all files; `target` is told what of a file cannot be read."""
    for file in files:
        frames = EventFile(file)
        plugins: dict[str, str] = {}
        damaged = 0
        for data in frames:
            try:
                record = read_event(data, plugins)
            except (ValueError, struct.error):
                damaged += 1
                continue
            if EARLIEST <= record.time <= LATEST:
                yield record
            else:
                damaged += 1
        if target is not None and frames.left_out:
            target.notes.append(
                f"The last {frames.left_out:,} bytes of {file} are damaged or incomplete and were left out;"
                " what stands before them is here."
            )
        if target is not None and damaged:
            target.notes.append(f"{damaged:,} events of {file} cannot be read and were left out.")


def _identity(name: str, files: Sequence[Path]) -> str:
    """An id that is the same when the same files are imported again."""
    digest = sha256(name.encode())
    for file in files:
        with file.open("rb") as stream:
            digest.update(f"\0{file.name}\0{file.stat().st_size}\0".encode() + stream.read(_HEAD))
    return digest.hexdigest()[:32]


def _begun(file: Path) -> tuple[float, str]:
    """The time in the name of an event file, which is when it was begun."""
    digits = file.name.split(MARK, 1)[1].split(".", 1)[0]
    return (float(digits) if digits.isdigit() else 0.0, file.name)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
