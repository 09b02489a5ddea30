"""Points of jobs, kept here because ABEJA keeps only the latest statistics of a job.

Whenever a job is read, its statistics are added to a file if they are new; so the points of a run begin when it was
first read, and have what was seen. The files lie in `abeja/` of the folder of the local store; every process adds to
them, one line at a time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jupyter_tracker.backends.abeja.reading import ENDED, mapping, metrics_of, step_of
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.config import default_home

_USABLE = re.compile(r"[\w-]{1,64}")


@dataclass(frozen=True, slots=True)
class Seen:
    """Statistics of a job as they were seen."""

    time: float
    """Seconds since the epoch."""
    step: int
    values: Mapping[str, float]


class Followed:
    """The files of one organization."""

    def __init__(self, place: str) -> None:
        """`place` is host and organization: ids of two of them may be equal."""
        self._folder = default_home() / "abeja" / hashlib.sha256(place.encode()).hexdigest()[:16]

    def keep(self, run_id: str, job: Mapping[str, Any]) -> None:
        """Add the statistics of a job if they are new."""
        statistics = mapping(job.get("statistics"))
        values = metrics_of(statistics)
        with self._opened(run_id, "a+b") as file:
            lines = _lines(file)
            if not lines:
                begun = {"begun": time.time(), "ended": job.get("status") in ENDED}
                file.write(_line(begun))
            if not values:
                return
            changed = moment(job.get("modified_at"))
            seen = {
                "time": time.time() if changed is None else changed.timestamp(),
                "step": step_of(statistics) if "epoch" in statistics else None,
                "values": {key: value if math.isfinite(value) else repr(value) for key, value in values.items()},
            }
            if len(lines) > 1 and all(lines[-1].get(key) == seen[key] for key in ("step", "values")):
                return
            if seen["step"] is None:
                seen["step"] = 0 if len(lines) < 2 else int(lines[-1]["step"]) + 1
                if len(lines) > 1 and lines[-1]["values"] == seen["values"]:
                    return
            file.write(_line(seen))

    def seen(self, run_id: str) -> tuple[Seen, ...]:
        """All that was seen of a job, in order."""
        return tuple(
            Seen(float(line["time"]), int(line["step"]), {key: float(value) for key, value in line["values"].items()})
            for line in self._all(run_id)[1:]
        )

    def begun(self, run_id: str) -> tuple[float, bool] | None:
        """When following began (seconds since the epoch), and whether the job had ended by then; None if it has not."""
        lines = self._all(run_id)
        return (float(lines[0]["begun"]), bool(lines[0]["ended"])) if lines else None

    def _all(self, run_id: str) -> Sequence[dict[str, Any]]:
        if not self._path(run_id).exists():
            return []
        with self._opened(run_id, "rb") as file:
            return _lines(file)

    def _path(self, run_id: str) -> Path:
        name = run_id if _USABLE.fullmatch(run_id) else hashlib.sha256(run_id.encode()).hexdigest()
        return self._folder / f"{name}.jsonl"

    @contextmanager
    def _opened(self, run_id: str, mode: str) -> Iterator[IO[bytes]]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self._path(run_id), mode, opener=_private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            file.flush()


def _lines(file: IO[bytes]) -> list[dict[str, Any]]:
    """What was kept; a last line that was cut off by a crash is not."""
    file.seek(0)
    found = []
    for line in file.read().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
