"""Importing an `mlruns` folder, in which MLflow keeps a file for each param, tag and metric."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.local.importing.mlflow.runs import (
    MlflowRun,
    Point,
    experiment,
    local_artifacts,
    stage,
    used_dataset,
)
from jupyter_tracker.backends.local.importing.target import Target
from jupyter_tracker.errors import InvalidImport, MissingLibrary
from jupyter_tracker.models import DatasetUse, Experiment

META = "meta.yaml"
TRASH = ".trash"
LARGEST_META = 2**22
"""Bytes; the description of a data set is the longest."""
_STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}


def is_mlruns(path: Path) -> bool:
    """Whether a folder is such a store, or has one in a folder `mlruns`."""
    return path.is_dir() and any(_experiments(_root(path)))


def import_folder(path: Path, target: Target, into: str | None) -> None:
    """Stage all experiments and runs; into one experiment if one is named.

    Raises:
        InvalidImport: a file is damaged.
        MissingLibrary: PyYAML is not installed.
    """
    left_out = 0
    for folder in _experiments(_root(path)):
        fields = _meta(folder)
        identity = fields.get("experiment_id", folder.name)
        runs = [(run, _meta(run)) for run in _below(folder) if (run / META).is_file() and run.name != "models"]
        runs = [(run, meta) for run, meta in runs if "run_id" in meta or "run_uuid" in meta]
        if not runs and (into or (identity in ("0", 0) and fields.get("name") == "Default")):
            continue
        found = experiment(identity, fields.get("name"), fields, _texts(folder / "tags"))
        place = target.experiment(Experiment("", into) if into else found)
        for run_folder, meta in sorted(runs, key=lambda run: (run[1].get("start_time") or 0, run[0].name)):
            run = _run(run_folder, meta, folder)
            artifacts = run_folder / "artifacts"
            there = artifacts.is_dir() and not artifacts.is_symlink()
            where = artifacts if there else local_artifacts(run, (folder.parent.parent,))
            stage(target, place, run, _points(run_folder / "metrics"), where)
        left_out += sum(1 for _ in _below(folder / "models")) if (folder / "models").is_dir() else 0
    if left_out:
        target.notes.append(f"{left_out:,} logged models were left out: only experiments and runs are imported.")


def _root(path: Path) -> Path:
    inner = path / "mlruns"
    return inner if inner.is_dir() and not any(_experiments(path)) else path


def _experiments(root: Path) -> Iterator[Path]:
    for folder in (*_below(root), *_below(root / TRASH)):
        if folder.name != TRASH and (folder / META).is_file() and not (folder / "artifacts").exists():
            yield folder


def _below(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.is_dir() and not each.is_symlink())


def _run(folder: Path, meta: dict[str, Any], home: Path) -> MlflowRun:
    status = meta.get("status")
    return MlflowRun(
        id=str(meta.get("run_id") or meta["run_uuid"]),
        name=_text(meta.get("run_name") or meta.get("name")),
        status=_STATUS.get(status, "") if isinstance(status, int) else str(status or ""),
        start_time=meta.get("start_time"),
        end_time=meta.get("end_time"),
        deleted=meta.get("lifecycle_stage") == "deleted" or home.parent.name == TRASH,
        artifact_uri=str(meta.get("artifact_uri") or ""),
        params=_texts(folder / "params"),
        tags=_texts(folder / "tags"),
        inputs=list(_inputs(folder / "inputs", home / "datasets")),
    )


def _inputs(folder: Path, datasets: Path) -> Iterator[DatasetUse]:
    for used in _below(folder):
        link = _meta(used)
        source = Path(str(link.get("source_id", ""))).name
        if not (datasets / source / META).is_file():
            continue
        tags = link.get("tags")
        yield used_dataset(_meta(datasets / source), tags if isinstance(tags, dict) else {})


def _points(folder: Path) -> Iterator[Point]:
    for key, file in _files(folder):
        with file.open(encoding="utf-8", errors="replace") as lines:
            for row, line in enumerate(lines, 1):
                words = line.split()
                if not words:
                    continue
                try:
                    # Newer versions write more behind it; old ones wrote no step.
                    yield key, int(words[0]), float(words[1]), int(words[2]) if len(words) > 2 else 0
                except (ValueError, IndexError):
                    shown = line.strip()[:60]
                    raise InvalidImport(f"{file}, line {row}, must be time, value and step, not {shown!r}.") from None


def _texts(folder: Path) -> dict[str, str]:
    return {key: file.read_text("utf-8", "replace") for key, file in _files(folder)}


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files below a folder by their path in it, which is the key that they belong to; links are left out."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            file = Path(parent) / name
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(folder).as_posix(), file


def _meta(folder: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise MissingLibrary("Importing an mlruns folder", "PyYAML", "mlruns") from error
    file = folder / META
    if file.stat().st_size > LARGEST_META:
        raise InvalidImport(f"{file} must be at most {LARGEST_META:,} bytes.")
    try:
        fields: object = yaml.safe_load(file.read_bytes())
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidImport(f"{file} cannot be read: {str(error).splitlines()[0]}.") from None
    if not isinstance(fields, dict):
        raise InvalidImport(f"{file} must hold fields, not {type(fields).__name__}.")
    return fields


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
