"""How the code of a run is started: its command, working directory and environment."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from jupyter_tracker.backends.common.code.codecheck import has_magics, is_python
from jupyter_tracker.backends.common.variables import revealed
from jupyter_tracker.backends.local.masking import SECRETS_VARIABLE
from jupyter_tracker.models import Code, CodeKind, JsonValue, Secret, Submission

PREFIX = "JUPYTER_TRACKER_"
SWEEP_DRIVER = "jupyter_tracker.client.sweeps.driver"
"""The program of a run that searches: it submits the children."""
VARIABLE_PREFIX = "JUPYTER_TRACKER_VARIABLE_"
"""Under names with this prefix, variables of a submission travel through the environment of the supervisor."""
MAX_STRING = 100_000
"""Characters of a param that fit into an argument or environment variable (Linux: 128 KiB in bytes)."""
MAX_RECORD = 10_000_000
"""Bytes of a script that are copied as a record."""

_KERNEL_ONLY = ("JPY_PARENT_PID", "JPY_SESSION_NAME", "JPY_INTERRUPT_EVENT")


def prepare(code: Code, folder: Path) -> None:
    """Put the source of a cell, or a copy of the script or notebook as a record, into `folder`/code."""
    target = folder / "code"
    target.mkdir(mode=0o700, exist_ok=True)
    if code.kind is CodeKind.CELL:
        (target / "cell.py").write_text(code.text + "\n" * (not code.text.endswith("\n")), encoding="utf-8")
        if has_magics(code.text):
            (target / "cell.ipynb").write_text(json.dumps(_as_notebook(code.text)), encoding="utf-8")
        return
    source = _started(code)
    if source.stat().st_size <= MAX_RECORD and os.access(source, os.R_OK):
        shutil.copy(source, target / source.name)


def command(code: Code, params: Mapping[str, JsonValue], folder: Path) -> list[str]:
    """The program and its arguments; `folder` is the one of the run."""
    if code.kind is CodeKind.CELL:
        if has_magics(code.text):
            return _notebook_command(folder / "code" / "cell.ipynb", folder)
        return [sys.executable, "-u", str(folder / "code" / "cell.py")]
    path = _started(code)
    if code.kind is CodeKind.NOTEBOOK:
        return _notebook_command(path, folder)
    start = [sys.executable, "-u", str(path)] if is_python(path) else [str(path)]
    return start + list(arguments(params))


def sweep_command() -> list[str]:
    """The program of a sweep."""
    return [sys.executable, "-u", "-P", "-m", SWEEP_DRIVER]


def arguments(params: Mapping[str, JsonValue]) -> Iterator[str]:
    """Params as `--name value`: True is the bare name, False and None are left out, a list is several values.

    What does not fit into an argument (a NUL character, more than `MAX_STRING` characters) is left out; the code finds
    it in `jupyter_tracker.current_run().params`.
    """
    for name, value in params.items():
        if value is None or value is False:
            continue
        option = f"--{name}"
        values = [] if value is True else [as_text(item) for item in (value if isinstance(value, list) else [value])]
        if any("\0" in text for text in (option, *values)) or sum(map(len, values)) > MAX_STRING:
            continue
        if len(values) == 1 and values[0].startswith("-"):
            # Behind a space it would be taken for an option.
            yield f"{option}={values[0]}"
        else:
            yield option
            yield from values


def as_text(value: JsonValue) -> str:
    """Text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def working_directory(code: Code) -> str:
    """Where the code starts: the folder itself, beside the notebook, or where it was submitted."""
    if code.kind is CodeKind.FOLDER:
        return code.path
    if code.kind is CodeKind.NOTEBOOK:
        return str(Path(code.path).parent)
    return code.working_directory


def child_environment(
    base: Mapping[str, str], home: Path, run_id: str, submission: Submission, variables: Mapping[str, str]
) -> dict[str, str]:
    """The environment of the training: the caller's, what the run is, its params, and last its variables."""
    inherited = {
        name: value for name, value in base.items() if not name.startswith(PREFIX) and name not in _KERNEL_ONLY
    }
    if inherited.get("MPLBACKEND", "").startswith("module://matplotlib_inline"):
        del inherited["MPLBACKEND"]  # only a kernel can show its figures
    if f"{PREFIX}RUN_ID" in base and inherited.get("MLFLOW_TRACKING_URI", "").startswith("jupyter-tracker:"):
        del inherited["MLFLOW_TRACKING_URI"]  # the store of the run that submits this one
    own = {
        "PYTHONUNBUFFERED": "1",
        "JUPYTER_TRACKER_HOME": str(home),
        "JUPYTER_TRACKER_RUN_ID": run_id,
        "JUPYTER_TRACKER_PARAMS": json.dumps(submission.params),
        **{param_variable(name): as_text(value) for name, value in submission.params.items()},
    }
    if SECRETS_VARIABLE in base:
        own[SECRETS_VARIABLE] = base[SECRETS_VARIABLE]
    if submission.data is not None:
        own["JUPYTER_TRACKER_DATA"] = submission.data
    fitting = {name: text for name, text in own.items() if "\0" not in text and len(text) <= MAX_STRING}
    environment = {**_mlflow_variables(submission.code, home), **inherited, **fitting, **variables}
    importable = _importable(submission.code)
    if importable:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (importable, environment.get("PYTHONPATH", ""))))
    return environment


def _mlflow_variables(code: Code, home: Path) -> dict[str, str]:
    """Where Python code that logs with `mlflow` finds its run, where mlflow is installed; what is set already wins."""
    if code.kind in {CodeKind.SCRIPT, CodeKind.FOLDER} and not is_python(_started(code)):
        return {}  # it may use another Python, which does not know this package
    try:
        known = distribution("jupyter_tracker").entry_points.select(group="mlflow.tracking_store")
    except PackageNotFoundError:
        return {}  # it was put on the path, where mlflow does not find it
    if not known or find_spec("mlflow") is None:
        return {}
    return {"MLFLOW_TRACKING_URI": f"jupyter-tracker://{quote(str(home))}"}


def param_variable(name: str) -> str:
    """The environment variable of a param: `learning-rate` is in JUPYTER_TRACKER_PARAM_LEARNING_RATE."""
    return f"{PREFIX}PARAM_{re.sub('[^A-Z0-9]', '_', name.upper())}"


def packed_variables(variables: Mapping[str, str | Secret]) -> dict[str, str]:
    """Variables under names that mean nothing to the supervisor's own interpreter, and which of them are secrets."""
    packed = {VARIABLE_PREFIX + name: revealed(value) for name, value in variables.items()}
    secrets = [name for name, value in variables.items() if isinstance(value, Secret)]
    return {**packed, SECRETS_VARIABLE: ",".join(secrets)} if secrets else packed


def inherited_secrets(environment: Mapping[str, str]) -> dict[str, Secret]:
    """The secrets of the run that this process is, which one that it submits inherits with the environment."""
    names = environment.get(SECRETS_VARIABLE, "").split(",")
    return {name: Secret(environment[name]) for name in names if name in environment}


def unpacked_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What `packed_variables` packed."""
    return {
        name.removeprefix(VARIABLE_PREFIX): value
        for name, value in environment.items()
        if name.startswith(VARIABLE_PREFIX)
    }


def secret_values(environment: Mapping[str, str]) -> list[str]:
    """The values of those that `packed_variables` marked as secrets."""
    variables = unpacked_variables(environment)
    return [variables[name] for name in environment.get(SECRETS_VARIABLE, "").split(",") if name in variables]


def _importable(code: Code) -> str:
    return {CodeKind.FOLDER: code.path, CodeKind.CELL: code.path or code.working_directory}.get(code.kind, "")


def _started(code: Code) -> Path:
    return Path(code.path, code.entry_point) if code.kind is CodeKind.FOLDER else Path(code.path)


def _notebook_command(source: Path, folder: Path) -> list[str]:
    target = folder / "code" / f"executed-{source.name}"
    runner = "jupyter_tracker.backends.local.process.notebook"
    return [sys.executable, "-u", "-P", "-m", runner, str(source), str(target)]


def _as_notebook(text: str) -> dict[str, JsonValue]:
    cell: JsonValue = {
        "cell_type": "code",
        "id": "cell",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": text,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [cell]}
