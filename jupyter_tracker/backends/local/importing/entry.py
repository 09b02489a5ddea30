"""Finding out what is to be imported, and importing it: staged as a whole, then merged at once."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

from jupyter_tracker.backends.common.values import checked_name
from jupyter_tracker.backends.local.importing.archive import import_archive
from jupyter_tracker.backends.local.importing.merge import merge
from jupyter_tracker.backends.local.importing.mlflow.database import import_database, is_database
from jupyter_tracker.backends.local.importing.mlflow.folder import import_folder, is_mlruns
from jupyter_tracker.backends.local.importing.staging import staging
from jupyter_tracker.backends.local.importing.target import Target
from jupyter_tracker.backends.local.importing.tensorboard.folder import event_folders, import_events
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.errors import InvalidImport, NotFound, did_you_mean
from jupyter_tracker.models import Imported

MLFLOW = "mlflow.db"


def import_from(store: Store, path: Path, experiment: str | None, *, again: bool) -> Imported:
    """Take in all runs that are found at a path.

    Raises:
        NotFound: there is nothing at the path.
        InvalidImport: nothing there can be imported, or it is damaged or hostile.
        Conflict: a run is there already and is not wanted `again`.
    """
    if not path.exists():
        near = path.parent.iterdir() if path.parent.is_dir() else ()
        raise NotFound("file", str(path), hint=did_you_mean(path.name, [each.name for each in near]).strip())
    if experiment is not None:
        checked_name("experiment", experiment)
    with staging(store) as place, store.translated_errors():
        with place.store.write() as db:
            target = Target(place.store, db)
            try:
                _import(path, target, experiment)
            except sqlite3.IntegrityError as error:
                raise InvalidImport(f"{path} contradicts itself: {error}. Nothing was imported.") from error
            if not db.execute("SELECT 1 FROM runs UNION SELECT 1 FROM experiments").fetchone():
                raise InvalidImport(f"{path} has no runs. Nothing was imported.")
        return merge(store, place, target.notes, again=again)


def _import(path: Path, target: Target, experiment: str | None) -> None:
    if path.is_file() and zipfile.is_zipfile(path):
        return import_archive(path, target, experiment)
    if is_database(path):
        return import_database(path, target, experiment)
    if is_mlruns(path):
        return import_folder(path, target, experiment)
    if is_database(path / MLFLOW):  # where MLflow makes it by default
        return import_database(path / MLFLOW, target, experiment)
    if found := event_folders(path):
        return import_events(path, found, target, experiment)
    if path.is_file() and _begins_as_archive(path):
        raise InvalidImport(
            f"{path} is not whole: it begins as an export, and its end is missing. Nothing was imported."
        )
    raise InvalidImport(
        f"{path} is nothing that can be imported. That is a file that `tracker.runs.export` wrote, an MLflow database"
        " (mlflow.db) or folder (mlruns), or a folder with TensorBoard event files."
    )


def _begins_as_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"
