"""`%tracker doctor`: what is installed, and whether the store can be used."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import jupyter_tracker
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Arguments, Command
from jupyter_tracker.magics.views import Check, Diagnosis, Health

_PACKAGES = ("ipython", "ipykernel", "pandas", "numpy", "anywidget")
_LITTLE = 1_000_000_000
"""Free bytes below which the disk deserves a note."""


def doctor(session: Session, _arguments: Arguments) -> Diagnosis:
    """Look at everything that this package needs."""
    return Diagnosis([*_versions(), *_connection(session), *_store(session), *_front_end(), *_gpu()])


def _versions() -> Iterator[Check]:
    yield Check("Python", Health.GOOD, f"{platform.python_version()}, {platform.platform(terse=True)}")
    yield Check("jupyter_tracker", Health.GOOD, jupyter_tracker.__version__)
    for package in _PACKAGES:
        found = _version(package)
        health = Health.GOOD if found else Health.BAD
        yield Check(package, health, found or f"not installed: `pip install {package}`")
    lab = _version("jupyterlab")
    yield Check("jupyterlab", Health.GOOD if lab else Health.NOTE, lab or "not in this environment")


def _connection(session: Session) -> Iterator[Check]:
    try:
        tracker = session.tracker
        active = sum(experiment.active_run_count or 0 for experiment in tracker.experiments.list())
    except TrackerError as error:
        yield Check("connection", Health.BAD, str(error))
        return
    yield Check("connection", Health.GOOD, f"{tracker.backend.name}, {tracker.backend.location}")
    yield Check("active runs", Health.GOOD, f"{active:,}")


def _store(session: Session) -> Iterator[Check]:
    """The folder of the runs, where the backend keeps them in one."""
    try:
        location = session.tracker.backend.location
    except TrackerError:
        return  # said already
    folder = Path(location)
    if not folder.is_absolute():
        return
    there = next(path for path in (folder, *folder.parents) if path.exists())
    writable = os.access(there, os.W_OK | os.X_OK)
    detail = "can be written" if writable else "cannot be written: change its rights or set JUPYTER_TRACKER_HOME"
    yield Check("store", Health.GOOD if writable else Health.BAD, detail)
    free = shutil.disk_usage(there).free
    health = Health.GOOD if free > _LITTLE else Health.NOTE
    yield Check("size of the store", health, f"{_size(_bytes(folder))}; {_size(free)} free")


def _front_end() -> Iterator[Check]:
    from jupyter_core.paths import jupyter_path

    bundles = list((Path(jupyter_tracker.__file__).parent / "static").glob("*.js"))
    found = "built" if bundles else "missing: reinstall jupyter_tracker"
    yield Check("panels", Health.GOOD if bundles else Health.BAD, found)
    places = [Path(path, "jupyter-tracker") for path in jupyter_path("labextensions")]
    installed = next((place for place in places if (place / "package.json").is_file()), None)
    missing = "not found: panels in reopened notebooks show no picture; reinstall jupyter_tracker"
    yield Check("lab extension", Health.GOOD if installed else Health.NOTE, str(installed or missing))


def _gpu() -> Iterator[Check]:
    try:
        import pynvml
    except ImportError:
        yield Check("GPU", Health.NOTE, "no library to read it: `pip install nvidia-ml-py`")
        return
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield Check("GPU", Health.GOOD, "none here that can be read")
        return
    try:
        yield Check("GPU", Health.GOOD, f"{pynvml.nvmlDeviceGetCount()} found")
    finally:
        pynvml.nvmlShutdown()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _bytes(folder: Path) -> int:
    """All files below; those that vanish meanwhile do not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(place, name).lstat().st_size
            except OSError:
                continue
    return total


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"


COMMANDS = (Command("doctor", "look whether all is well: versions, store, front end, GPU", doctor),)
