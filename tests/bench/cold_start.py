"""CPU time of a fresh process up to its first logged point, against one that writes a row into SQLite."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from harness import Figure, environment, folder, main

LIMIT = 0.3
HEAVY = ("numpy", "pandas", "httpx", "anywidget", "IPython", "jupyter_server")

OURS = f"""
import jupyter_tracker as jt
run = jt.connect().runs.start("bench")
run.log({{"loss": 0.5}})
import json, os, resource, sys
used = resource.getrusage(resource.RUSAGE_SELF)
heavy = [name for name in {HEAVY!r} if name in sys.modules]
print(json.dumps([used.ru_utime + used.ru_stime, heavy]), flush=True)
run.end()
"""
FLOOR = """
import os, sqlite3
db = sqlite3.connect(os.environ["JUPYTER_TRACKER_HOME"] + ".db")
db.execute("CREATE TABLE IF NOT EXISTS points (value)")
db.execute("INSERT INTO points VALUES (0.5)")
db.commit()
import json, resource
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, []]))
"""


def measure(small: bool) -> list[Figure]:
    repetitions = 5 if small else 11
    ours, floors, heavy = [], [], set()
    with folder() as home:
        for _ in range(repetitions):
            seconds, modules = _cpu(OURS, home / "store")
            ours.append(seconds)
            heavy.update(modules)
            floors.append(_cpu(FLOOR, home / "floor")[0])
    return [
        Figure(
            "cold process to first logged point",
            statistics.median(ours),
            "CPU s",
            LIMIT,
            floor=statistics.median(floors),
        ),
        Figure("heavy libraries imported on that path", float(len(heavy)), "modules", 0),
    ]


def _cpu(code, home):
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment(home), capture_output=True, text=True, check=True
    )
    return json.loads(result.stdout)


if __name__ == "__main__":
    main(measure)
