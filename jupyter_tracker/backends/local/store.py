"""The folder of the local backend: one SQLite database in WAL mode beside the files of the runs.

    home/            0700
      tracker.db     everything that is queried (schema.py)
      journals/      the newest metric points of each writing process (journal.py)
      sources/       versions of code (sources/objects.py)
      models/        files of models, kept in the same way
      secret.key     the key of the secrets, where no keyring has it (vault.py)
      importing/     imports that are under way (importing/staging.py)
      runs/<id>/     log file, code, artifacts and checkpoints of a run
      logged_models/ models that MLflow's client logged outside of runs (logged_models.py)
      mlflow-registry.db     MLflow's model registry (integrations/mlflow/registry.py)
      removed/       folders of runs that are being purged (purge.py)

Any number of processes and threads use it at once: a connection serves one caller at a time and never crosses a fork.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from jupyter_tracker.backends.local.schema import MIGRATIONS
from jupyter_tracker.errors import StoreError, StoreFull, StoreReadOnly, StoreTooNew

BUSY_TIMEOUT = 30.0
"""Seconds that a writer waits for another one before it gives up."""
TIDY_PAGES = 1000
"""Pages of the database that one step gives back."""
TIDY_PATIENCE = 1000
"""Milliseconds that tidying waits for readers."""


def now() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


class Store:
    """One store folder; made on first use.

    Raises:
        StoreReadOnly: the folder cannot be made or written.
        StoreFull: the disk is full.
        StoreTooNew: a newer version of this package has written it.
        StoreError: the database is damaged or locked for longer than `BUSY_TIMEOUT`.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self._lock = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._owner = 0
        self._ready = False

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A consistent view for some queries."""
        with self._connection() as db, self.translated_errors():
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that alone may write: kept if the block ends well, undone if it raises."""
        with self._connection() as db, self.translated_errors():
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def run_folder(self, run_id: str) -> Path:
        """Where the files of a run lie; made if it is not there."""
        return self._folder(self.home / "runs" / run_id)

    def journal_folder(self) -> Path:
        """Where the journals lie; made if it is not there."""
        return self._folder(self.home / "journals")

    def removed_folder(self) -> Path:
        """Where folders of runs wait for their removal; made if it is not there."""
        return self._folder(self.home / "removed")

    def tidy(self) -> int:
        """Give free room of the database back, and refresh what its queries are planned by; the bytes given back.

        Others go on meanwhile: it takes small steps, and leaves what a reader still needs for the next time.
        """
        path = self.home / "tracker.db"
        with self._connection() as db, self.translated_errors():
            before = path.stat().st_size
            (free,) = db.execute("PRAGMA freelist_count").fetchone()
            for _ in range(0, free, TIDY_PAGES):
                # It is one step for each page, of which `execute` would make the first.
                db.executescript(f"PRAGMA incremental_vacuum({TIDY_PAGES})")
            # A transaction that begins by reading does not wait when it goes on to write.
            db.execute("BEGIN IMMEDIATE")
            db.execute("PRAGMA optimize")
            db.execute("COMMIT")
            # It would wait for readers as long as writers wait for each other.
            db.execute(f"PRAGMA busy_timeout = {TIDY_PATIENCE:.0f}")
            try:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}")
            return max(0, before - path.stat().st_size)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        if self._owner == os.getpid():
            for db in idle:
                db.close()

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Turn what the disk and SQLite say into errors of this package."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            translated = self.translated(error)
            if translated is error:
                raise
            raise translated from error

    def translated(self, error: sqlite3.Error | OSError) -> Exception:
        """What an error of the disk or of SQLite is called here; the error itself where it has no other name."""
        return self._translate(error) if isinstance(error, sqlite3.Error) else self._translate_os(error) or error

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self.translated_errors():
            db = self._take()
        healthy = False
        try:
            yield db
            healthy = True
        except sqlite3.Error:
            raise
        except Exception:
            healthy = True
            raise
        finally:
            if healthy and not db.in_transaction:
                self._give_back(db)
            else:
                db.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._owner != os.getpid():
                # SQLite forbids using a connection, even closing it, on the other side of a fork.
                _abandoned.extend(self._idle)
                self._idle = []
                self._owner = os.getpid()
            if self._idle:
                return self._idle.pop()
            if not self._ready:
                self._folder(self.home)
        db = self._open()
        self._ready = True
        return db

    def _give_back(self, db: sqlite3.Connection) -> None:
        with self._lock:
            if self._owner == os.getpid():
                self._idle.append(db)

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self.home / "tracker.db", timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        try:
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            if not self._ready:
                self._migrate(db)
        except BaseException:
            db.close()
            raise
        return db

    def _migrate(self, db: sqlite3.Connection) -> None:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise StoreTooNew(
                f"The store {self.home} has version {version}; this jupyter_tracker reads up to {len(MIGRATIONS)}. "
                "Upgrade it: pip install --upgrade jupyter_tracker."
            )
        if version == len(MIGRATIONS):
            return
        # Rows and chunks are long: larger pages make reading very many of them faster by a third.
        db.execute("PRAGMA page_size = 8192")
        # Lets `tidy` give room back in small steps; it must be said before the first table is made.
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _patiently(db, "PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        try:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            for migration in MIGRATIONS[version:]:
                for statement in _statements(migration):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _folder(self, path: Path) -> Path:
        with self.translated_errors():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def _translate(self, error: sqlite3.Error) -> StoreError:
        text = str(error)
        if "full" in text:
            return StoreFull(f"The disk of {self.home} is full. Free some space; what was acknowledged is kept.")
        if "readonly" in text or "unable to open" in text:
            return self._read_only()
        if "locked" in text:
            return StoreError(
                f"The store {self.home} was locked by another process for {BUSY_TIMEOUT:g} s. Try again; "
                "if it stays so, look for a stopped process that uses it."
            )
        return StoreError(f"The store {self.home} cannot be used: {text}.")

    def _translate_os(self, error: OSError) -> StoreError | None:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return StoreFull(f"The disk of {self.home} is full. Free some space; what was acknowledged is kept.")
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            return self._read_only()
        return None

    def _read_only(self) -> StoreReadOnly:
        return StoreReadOnly(
            f"The store folder {self.home} cannot be written. Give yourself the right to write it, "
            "or set JUPYTER_TRACKER_HOME to another folder."
        )


_abandoned: list[sqlite3.Connection] = []


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, so that they run inside our own transaction (`executescript` commits)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _patiently(db: sqlite3.Connection, statement: str) -> None:
    """Run a statement for which SQLite does not wait by itself when another process holds the lock."""
    limit = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            db.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > limit:
                raise
            time.sleep(0.01)
        else:
            return
