"""What the figures have in common: how they are measured, stated and judged."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Figure:
    """One number of the list, its floor measured in the same run, and what it may be at most (or at least)."""

    name: str
    value: float
    unit: str
    limit: float
    at_least: bool = False
    floor: float | None = None
    """The same work at its barest, in the same unit."""
    judge_ratio: bool = False
    """Whether the limit is one of value / floor rather than of the value."""

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def judged(self) -> float:
        return self.value if not self.judge_ratio or self.ratio is None else self.ratio

    @property
    def passed(self) -> bool:
        return self.judged >= self.limit if self.at_least else self.judged <= self.limit

    def line(self) -> str:
        floor = "" if self.floor is None else f"{self.floor:,.6g}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}x"
        limit = f"{'≥' if self.at_least else '≤'} {self.limit:,g}{'x' if self.judge_ratio else ''}"
        verdict = "pass" if self.passed else "FAIL"
        return f"{self.name:<52} {self.value:>14,.6g} {self.unit:<10} {floor:>12} {ratio:>8} {limit:>12}  {verdict}"


HEADER = f"{'figure':<52} {'measured':>14} {'unit':<10} {'floor':>12} {'ratio':>8} {'limit':>12}"


def median_time(call: Callable[[], object], repetitions: int) -> float:
    """Seconds of the median call."""
    return statistics.median(_timed(call) for _ in range(repetitions))


def paired_times(call: Callable[[], object], floor: Callable[[], object], repetitions: int) -> tuple[float, float]:
    """Median seconds of a call and of its floor, measured in turns, so that other load meets both alike."""
    pairs = [(_timed(call), _timed(floor)) for _ in range(repetitions)]
    calls, floors = zip(*pairs, strict=True)
    ratio = statistics.median(one / other for one, other in pairs)
    base = statistics.median(floors)
    # The median of the ratios is steadier than the ratio of the medians.
    return (ratio * base, base) if len(calls) > 1 else (calls[0], floors[0])


def fresh_times(ours: str, floor: str, home: Path, repetitions: int) -> tuple[float, float]:
    """Seconds of two pieces of code, each the first of its kind in a fresh process, measured in turns.

    Each piece is what is prepared (imports, say), a line `---`, and what is timed.
    """
    pairs = [(_first(ours, home), _first(floor, home)) for _ in range(repetitions)]
    ratio = statistics.median(one / other for one, other in pairs)
    base = statistics.median(other for _, other in pairs)
    # The median of the ratios is steadier than the ratio of the medians.
    return ratio * base, base


def _first(code: str, home: Path) -> float:
    prepare, _, timed = code.partition("---\n")
    program = f"import time\n{prepare}\nbegan = time.perf_counter()\n{timed}\nprint(time.perf_counter() - began)"
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=True)
    return float(result.stdout)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


@contextmanager
def folder() -> Iterator[Path]:
    """A store folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="jupyter-tracker-bench-") as name:
        yield Path(name)


def environment(home: Path) -> dict[str, str]:
    """The environment of a process that uses this package and that store."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    # Modules are kept compiled, as they are for whoever installed the package: compiling them is no part of a figure.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": path, "JUPYTER_TRACKER_HOME": str(home)}


def main(measure: Callable[[bool], list[Figure]]) -> None:
    """Run one figure as a script."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--small", action="store_true", help="less data, for a quick look")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    figures = measure(options.small)
    if options.json:
        print(json.dumps([{**asdict(figure), "ratio": figure.ratio, "passed": figure.passed} for figure in figures]))
        return
    print(HEADER)
    for figure in figures:
        print(figure.line())
    sys.exit(not all(figure.passed for figure in figures))


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


sys.path.insert(0, str(ROOT))
