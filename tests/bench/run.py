"""All figures of speed and memory, or some by name: `python tests/bench/run.py [--small] [--large] [NAME …]`.

Each is measured in a process of its own and stated with a floor measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIGURES = (
    "cold_start",
    "log_call",
    "kill",
    "writers",
    "lag",
    "wide_frame",
    "listing",
    "many_runs",
    "log_lines",
    "feed_memory",
    "mlflow_reading",
    "mlflow_plugin",
)
LARGE = ("million_runs",)
"""Those that take many minutes and much disk."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FIGURES)}; all by default")
    parser.add_argument("--large", action="store_true", help=f"also {', '.join(LARGE)}: minutes, and gigabytes of disk")
    parser.add_argument("--small", action="store_true", help="less data, for a quick look")
    options = parser.parse_args()
    unknown = set(options.names) - {*FIGURES, *LARGE}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join((*FIGURES, *LARGE))}")
    from harness import HEADER, Figure

    print(HEADER, flush=True)
    passed = True
    for name in options.names or (*FIGURES, *(LARGE if options.large else ())):
        command = [sys.executable, str(HERE / f"{name}.py"), "--json", *(["--small"] if options.small else [])]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            how = f"exit status {result.returncode}" if result.returncode > 0 else f"signal {-result.returncode}"
            print(f"{name}: it could not be measured ({how})\n{result.stderr}", flush=True)
            passed = False
            continue
        for fields in json.loads(result.stdout):
            figure = Figure(**{key: value for key, value in fields.items() if key not in ("ratio", "passed")})
            passed = passed and figure.passed
            print(figure.line(), flush=True)
    sys.exit(not passed)


if __name__ == "__main__":
    main()
