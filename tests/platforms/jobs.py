"""Training code that a stand-in carries out, as its platform would: in a process of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


class Job:
    """A process that calls a function of some code, and tells its lines and its end."""

    def __init__(
        self,
        code: bytes,
        name: str,
        call: str,
        given: Mapping[str, Any],
        variables: Mapping[str, str],
        on_line: Callable[[str], None],
        on_end: Callable[[int, Any, Path], None],
    ) -> None:
        """Start it.

        Args:
            code: An archive, or the file `name`.
            name: Of the file.
            call: Python that sets `result`, with `given` at hand.
            given: JSON.
            variables: Of its environment.
            on_line: Told each line.
            on_end: Told the exit code, the result and the folder.
        """
        self._on_line, self._on_end = on_line, on_end
        self._home = tempfile.TemporaryDirectory(prefix="job-", ignore_cleanup_errors=True)
        self.folder = Path(self._home.name) / "code"
        self.folder.mkdir()
        unpack(code, name, self.folder)
        own = {name: text for name, text in os.environ.items() if not name.startswith("JUPYTER_TRACKER_")}
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", RUNNER, call, json.dumps(dict(given)), str(self._result)],
            cwd=self.folder,
            env={**own, "JUPYTER_TRACKER_HOME": self._home.name, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    @property
    def _result(self) -> Path:
        return Path(self._home.name) / "result.json"

    def stop(self) -> None:
        """Kill it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _follow(self) -> None:
        with self._process:
            for line in self._process.stdout or ():
                self._on_line(line.rstrip("\n"))
            code = self._process.wait()
        result = json.loads(self._result.read_text()) if self._result.exists() else None
        self._on_end(code, result, self.folder)
        self._home.cleanup()


def unpack(code: bytes, name: str, folder: Path) -> None:
    """Put code into a folder."""
    if zipfile.is_zipfile(io.BytesIO(code)):
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            archive.extractall(folder)
    elif name.endswith((".tar.gz", ".tgz", ".tar")):
        with tarfile.open(fileobj=io.BytesIO(code)) as packed:
            packed.extractall(folder, filter="data")
    else:
        (folder / name).write_bytes(code)


RUNNER = """
import json, sys
call, given, target = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
sys.path.insert(0, ".")
sys.argv = ["training"]
scope = {"given": given}
exec(call, scope)
with open(target, "w") as file:
    json.dump(scope.get("result"), file)
"""
