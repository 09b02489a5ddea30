"""Where an import is got ready: a store of its own below `importing/`, of which nothing is seen until it is merged.

importing/import-…/
owner      the process that imports
moving     ids of the runs whose folders are moved at the end
store/     a whole store with what is imported
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jupyter_tracker.backends.local.process.identity import alive, host, identify
from jupyter_tracker.backends.local.store import Store

ABANDONED_AFTER = 86_400.0
"""Seconds after which an import counts as left behind whose process is on another machine."""


class Staging:
    """The folder of one import."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "store")

    def announce(self, run_ids: Iterable[str]) -> None:
        """Write down which folders are moved, so that they are found when the process is killed before it is done."""
        (self.folder / "moving").write_text("\n".join(run_ids), "utf-8")


@contextmanager
def staging(store: Store) -> Iterator[Staging]:
    """A folder for an import, which is gone at the end of the block."""
    with store.read():
        pass  # the store itself is there
    with store.translated_errors():
        root = store.home / "importing"
        root.mkdir(mode=0o700, exist_ok=True)
        forget_abandoned(store)
        folder = Path(tempfile.mkdtemp(prefix="import-", dir=root))
    made = Staging(folder)
    try:
        with store.translated_errors():
            (folder / "owner").write_text(f"{host()}\n{identify()}\n", "utf-8")
        yield made
    finally:
        made.store.close()
        shutil.rmtree(folder, ignore_errors=True)


def forget_abandoned(store: Store) -> int:
    """Remove what processes left that were killed while they imported; the result is how many imports that were."""
    removed = 0
    for folder in (store.home / "importing").glob("import-*"):
        with suppress(OSError):
            if not _abandoned(folder):
                continue
            moving = folder / "moving"
            for run_id in moving.read_text("utf-8").split() if moving.exists() else ():
                with store.read() as db:
                    known = db.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone()
                if known is None:
                    shutil.rmtree(store.home / "runs" / run_id, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _abandoned(folder: Path) -> bool:
    owner = folder / "owner"
    old = time.time() - folder.stat().st_mtime > ABANDONED_AFTER
    if not owner.exists():
        return old
    where, _, process = owner.read_text("utf-8").strip().partition("\n")
    return not alive(process) if where == host() else old


def fresh_id() -> str:
    """An id that nothing has."""
    return os.urandom(16).hex()
