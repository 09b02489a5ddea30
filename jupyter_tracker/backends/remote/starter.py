"""Starts a script where a platform calls a function: `train` on UbiOps, `handler` on ABEJA.

This file is put beside scripts, cells and notebooks that have no such function; it runs there, so it needs nothing but
Python. The script finds its params in its arguments and environment, as a local run does. What it writes as JSON into
the file that `JUPYTER_TRACKER_RESULT` names is the run's result: `{"metrics": {"accuracy": 0.9}}`.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def train(training_data: str | None, parameters: Mapping[str, Any] | None, _context: object = None) -> Any:
    """What UbiOps calls."""
    return start(parameters or {}, training_data)


def handler(_context: object = None) -> None:
    """What ABEJA calls."""
    job, organization = os.environ.get("TRAINING_JOB_ID"), os.environ.get("ABEJA_ORGANIZATION_ID")
    if job and organization:
        # `jupyter_tracker.current_run()` finds the run by these, where the package is installed.
        os.environ["JUPYTER_TRACKER_RUN_ID"] = job
        os.environ["JUPYTER_TRACKER_ADDRESS"] = f"abeja://{organization}"
    start(json.loads(os.environ.get("JUPYTER_TRACKER_PARAMS", "{}")), None)


def start(params: Mapping[str, Any], data: str | None) -> Any:
    """Run the script; the result is what it wrote as its result."""
    plan = json.loads((HERE / "start.json").read_text(encoding="utf-8"))
    result = HERE / "result.json"
    own = {
        "JUPYTER_TRACKER_PARAMS": json.dumps(dict(params)),
        "JUPYTER_TRACKER_RESULT": str(result),
        **{
            f"JUPYTER_TRACKER_PARAM_{re.sub('[^A-Z0-9]', '_', name.upper())}": text(value)
            for name, value in params.items()
        },
    }
    if data is not None:
        own["JUPYTER_TRACKER_DATA"] = str(Path(data).resolve())
    os.environ.update({name: value for name, value in own.items() if "\0" not in value and len(value) <= 100_000})
    folder = HERE / plan["folder"]
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    script = plan["entry"]
    sys.argv = [script, *arguments(params)]
    if script.endswith((".py", ".pyw")):
        run(folder / script)
    else:
        subprocess.run([str(folder / script), *sys.argv[1:]], check=True)
    return json.loads(result.read_text(encoding="utf-8")) if result.exists() else {}


def run(script: Path) -> None:
    """Run Python as a program; an exit code other than 0 is an error."""
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise RuntimeError(f"The script ended with {end.code!r}.") from None
    finally:
        sys.stdout.flush()


def arguments(params: Mapping[str, Any]) -> Iterator[str]:
    """Params as `--name value`: True is the bare name, False and None are left out, a list is several values."""
    for name, value in params.items():
        if value is None or value is False:
            continue
        values = [] if value is True else [text(item) for item in (value if isinstance(value, list) else [value])]
        if len(values) == 1 and values[0].startswith("-"):
            yield f"--{name}={values[0]}"
        else:
            yield f"--{name}"
            yield from values


def text(value: Any) -> str:
    """Text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
