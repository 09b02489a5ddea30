"""TensorBoard's folders as runs: each folder with event files is one."""

from __future__ import annotations

import math
import os
import struct
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
STATES = {1: RunState.SUCCEEDED, 2: RunState.FAILED}
"""By the status that the hyper-parameters plugin keeps."""
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
    place = target.experiment(Experiment("", fitting_name(experiment or base.name, "tensorboard")))
    left_out: Counter[str] = Counter()
    runs = 0
    for folder, files in sorted(folders.items(), key=lambda each: _begun(each[1][0])):
        relative = folder.resolve().relative_to(base).as_posix()
        name = fitting_name(base.name if relative == "." else relative, "run")
        runs += _import(target, place, name, files, left_out)
    if not runs:
        raise InvalidImport(f"{root} has event files, but none of them has a scalar. Nothing was imported.")
    for kind, count in sorted(left_out.items()):
        target.notes.append(f"{count:,} {kind} were left out: only scalars and hyper-parameters are imported.")


def _import(target: Target, place: str, name: str, files: Sequence[Path], left_out: Counter[str]) -> bool:
    """Stage the run of a folder; False when it has neither scalars nor hyper-parameters."""
    collector: _Collector | None = None
    params: dict[str, JsonValue] = {}
    status = 0
    first, last = math.inf, -math.inf
    for record in _records(files, target):
        left_out.update(record.left_out)
        if not (record.scalars or record.sessions):
            continue
        if collector is None:
            collector = _Collector(_begin(target, place, name, files, record.time))
        first, last = min(first, record.time), max(last, record.time)
        for scalar in record.scalars:
            collector.add(scalar.tag, record.step, record.time, scalar.value)
        for session in record.sessions:
            params |= session.params
            status = session.status or status
    if collector is None:
        return False
    collector.flush()
    _end(collector.run, STATES.get(status, RunState.LOST), params, _moment(first), _moment(last))
    return True


def _begin(target: Target, place: str, name: str, files: Sequence[Path], time: float) -> StagedRun:
    info = RunInfo(
        id=_identity(name, files),
        name=name,
        experiment_id=place,
        experiment="",
        state=RunState.LOST,
        native_state="",
        kind=RunKind.IN_KERNEL,
        created_at=_moment(time),
    )
    return target.run(info, place, Environment(), None, None)


def _end(run: StagedRun, state: RunState, params: Mapping[str, JsonValue], first: datetime, last: datetime) -> None:
    """What is known of a run only when all of it was read."""
    reason = "TensorBoard does not say how it ended." if state is RunState.LOST else ""
    run.amend(params, state=state, reason=reason, created_at=first, started_at=first, ended_at=last)
    run.event(first, "created", "The run was recorded by TensorBoard.")
    level = Level.INFO if state is RunState.SUCCEEDED else Level.WARNING
    run.event(last, "ended", reason or f"The run {state}.", level, state=str(state))
    run.finish()


class _Collector:
    """Scalars, which come one by one, as blocks."""

    def __init__(self, run: StagedRun) -> None:
        self.run = run
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
            self.run.points(PointBlock((tag,), memoryview(steps), memoryview(times), (memoryview(values),)))
        self._columns, self._count = {}, 0


def _records(files: Sequence[Path], target: Target) -> Iterator[Record]:
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
        if frames.left_out:
            target.notes.append(
                f"The last {frames.left_out:,} bytes of {file} are damaged or incomplete and were left out;"
                " what stands before them is here."
            )
        if damaged:
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
