"""A real `mlflow server` of PyPI's `mlflow` on loopback, with SQLite."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

LIMIT = 120.0
"""Seconds that a server may take to start."""


ONLY_TRACKING = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # eight more processes that only wait
}


@dataclass(frozen=True)
class MlflowServer:
    url: str
    database: Path

    def clear(self) -> None:
        """Forget all experiments and runs, those of the server's start included."""
        with sqlite3.connect(self.database, timeout=60, isolation_level=None) as db:
            names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            kept = {"alembic_version", "workspaces", "sqlite_sequence"}
            db.execute("BEGIN IMMEDIATE")
            for name in names:
                if name not in kept:
                    db.execute(f'DELETE FROM "{name}"')
            db.execute("COMMIT")
        db.close()


_servers = ExitStack()
_shared: list[MlflowServer] = []


def shared() -> MlflowServer:
    """One server for all tests of this process, as a server takes long to start; whoever comes clears it first."""
    if not _shared:
        folder = Path(_servers.enter_context(TemporaryDirectory(prefix="mlflow-")))
        _shared.append(_servers.enter_context(serving(folder)))
    return _shared[0]


def close() -> None:
    """End the shared server, if there is one."""
    _shared.clear()
    _servers.close()


@contextmanager
def serving(
    folder: Path, options: Sequence[str] = (), variables: Mapping[str, str] | None = None, workers: int = 1
) -> Iterator[MlflowServer]:
    """Run a server that keeps everything in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = folder / "mlflow.db"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{database}", "--artifacts-destination", str(folder / "artifacts")]
    command += ["--workers", str(workers), *options]
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHONPATH"))}
    environment = {**kept, **ONLY_TRACKING, **(variables or {})}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}", folder / "server.log")
            yield MlflowServer(f"http://127.0.0.1:{port}", database)
        finally:
            os.killpg(process.pid, 15)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + LIMIT
    while True:
        try:
            # A request that opens the database, too.
            answer = httpx.post(f"{url}/api/2.0/mlflow/experiments/search", json={"max_results": 1}, timeout=30)
            if answer.status_code in (200, 401):
                return
        except httpx.TransportError:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)
