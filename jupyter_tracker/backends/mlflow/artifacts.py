"""Artifacts: through the server's proxy (open source), or at signed URLs (Databricks).

Where a server keeps artifacts elsewhere, in a bucket that its clients reach by themselves, they can only be listed.
"""

from __future__ import annotations

import hashlib
import mimetypes
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from jupyter_tracker.backends.common.files import artifact_path, check_source, files_of
from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.backends.mlflow.server import BASE, Server
from jupyter_tracker.backends.operations import ArtifactOperations
from jupyter_tracker.errors import NotFound, RemoteError, RemoteNotFound, Unsupported
from jupyter_tracker.flow import Flow, Local, Together
from jupyter_tracker.models import Artifact

_PROXY = "/api/2.0/mlflow-artifacts/artifacts"
_SIGNED = ("dbfs",)
_AT_ONCE = 4
"""Files that travel at the same time."""


class MlflowArtifacts(ArtifactOperations):
    """Files below the artifact folder of a run."""

    def __init__(self, server: Server, native: MlflowOperations) -> None:
        self._server = server
        self._native = native
        self._roots: dict[str, str] = {}

    def log(self, run_id: str, source: Path, path: str) -> Flow[tuple[Artifact, ...]]:
        base = PurePosixPath(artifact_path(path))
        yield Local(lambda: check_source(source))
        files = yield Local(lambda: list(files_of(source)))
        kept = yield Together([self._log_one(run_id, file, str(base / relative)) for file, relative in files], _AT_ONCE)
        return tuple(kept)

    def list(self, run_id: str) -> Flow[tuple[Artifact, ...]]:
        found = yield from self._below(run_id, "")
        return tuple(sorted(found, key=lambda artifact: artifact.path))

    def download(self, run_id: str, path: str, target: Path) -> Flow[Path]:
        wanted = artifact_path(path)
        parent = str(PurePosixPath(wanted).parent)
        entries = yield from self.folder(run_id, "" if parent == "." else parent)
        entry = next((entry for entry in entries if entry.get("path") == wanted), None)
        if entry is None:
            known = yield from self.list(run_id)
            names = [artifact.path for artifact in known]
            raise NotFound("artifact", path, names, f"`%tracker artifacts {run_id[:8]}` lists them.")
        name = PurePosixPath(wanted).name
        inside = (yield from self._below(run_id, wanted)) if entry.get("is_dir") else (Artifact(wanted, 0),)
        start = len(wanted) - len(name)
        yield Together([self._fetch(run_id, one.path, target / one.path[start:]) for one in inside], _AT_ONCE)
        if entry.get("is_dir"):
            (target / name).mkdir(parents=True, exist_ok=True)
        return target / name

    def folder(self, run_id: str, path: str) -> Flow[tuple[dict[str, Any], ...]]:
        """What lies directly in a folder; nothing when it is not there."""
        try:
            answer = yield from self._native.list_artifacts(run_id=run_id, path=path or None)
        except RemoteNotFound:
            if not path:
                raise
            return ()
        # A hostile name must not lead out of the folder into which it is downloaded.
        files = [entry for entry in answer["files"] if isinstance(entry.get("path"), str)]
        return tuple(
            entry for entry in files if ".." not in PurePosixPath(entry["path"]).parts and entry["path"][:1] != "/"
        )

    def put(self, run_id: str, source: Path, path: str) -> Flow[None]:
        """Upload a file in place of what is at its path."""
        root = yield from self._root(run_id)
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        if urlsplit(root).scheme in _SIGNED:
            signed = yield from self._credentials("write", run_id, path)
            headers = {"Content-Type": kind, **signed[1]}
            yield from self._server.service.upload(
                "log_artifact", "PUT", signed[0], source, headers=headers, signed=True
            )
            return
        url = self._proxied(root, path)
        yield from self._server.service.upload("log_artifact", "PUT", url, source, headers={"Content-Type": kind})

    def get(self, run_id: str, path: str, target: Path) -> Flow[None]:
        """Download a file."""
        root = yield from self._root(run_id)
        if urlsplit(root).scheme in _SIGNED:
            url, headers = yield from self._credentials("read", run_id, path)
            yield from self._server.service.download("download_artifact", url, target, headers=headers, signed=True)
            return
        yield from self._server.service.download("download_artifact", self._proxied(root, path), target)

    def remove(self, run_id: str, path: str) -> Flow[None]:
        """Delete a file or folder; nothing happens when it is not there.

        Raises:
            Unsupported: the server lets no artifact be deleted.
        """
        root = yield from self._root(run_id)
        if urlsplit(root).scheme in _SIGNED:
            raise Unsupported(self._server.backend, "artifacts.delete")
        with suppress(RemoteNotFound):
            yield from self._server.service.send("delete_artifact", "DELETE", self._proxied(root, path))

    def put_text(self, run_id: str, text: str, path: str) -> Flow[None]:
        """Upload a text as a file."""
        with tempfile.TemporaryDirectory(prefix="jupyter-tracker-") as folder:
            source = Path(folder, "text")
            source.write_text(text, encoding="utf-8")
            yield from self.put(run_id, source, path)

    def get_text(self, run_id: str, path: str) -> Flow[str]:
        """The text of a file."""
        with tempfile.TemporaryDirectory(prefix="jupyter-tracker-") as folder:
            target = Path(folder, "text")
            yield from self.get(run_id, path, target)
            return target.read_text(encoding="utf-8", errors="replace")

    def _log_one(self, run_id: str, file: Path, path: str) -> Flow[Artifact]:
        yield from self.put(run_id, file, path)
        digest = yield Local(lambda: _sha256(file))
        return Artifact(path, file.stat().st_size, digest)

    def _fetch(self, run_id: str, path: str, target: Path) -> Flow[None]:
        yield Local(lambda: target.parent.mkdir(parents=True, exist_ok=True))
        partial = target.with_name(f".{target.name}.part")
        try:
            yield from self.get(run_id, path, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    def _below(self, run_id: str, path: str) -> Flow[tuple[Artifact, ...]]:
        """All files below a folder, those of the tracker itself left out."""
        found: list[Artifact] = []
        folders = [path]
        while folders:
            answers = yield Together([self.folder(run_id, folder) for folder in folders], _AT_ONCE)
            entries = [entry for answer in answers for entry in answer if entry["path"] != wording.FOLDER]
            found += [
                Artifact(entry["path"], int(entry.get("file_size") or 0))
                for entry in entries
                if not entry.get("is_dir")
            ]
            folders = [entry["path"] for entry in entries if entry.get("is_dir")]
        return tuple(found)

    def _root(self, run_id: str) -> Flow[str]:
        if run_id not in self._roots:
            answer = yield from self._native.get_run(run_id)
            root = str(((answer.get("run") or {}).get("info") or {}).get("artifact_uri") or "")
            scheme, host = urlsplit(root).scheme, urlsplit(root).netloc
            if scheme not in (*_SIGNED, "mlflow-artifacts") or (scheme == "mlflow-artifacts" and host):
                raise RemoteError(
                    f"The artifacts of the run {run_id[:8]} lie at {scheme or 'a path'}:{'//' + host if host else ''}…,"
                    " to which the server does not lead. Start it with `--serve-artifacts`, or use the tools of that"
                    " place.",
                    backend=self._server.backend,
                    operation="artifacts",
                )
            self._roots[run_id] = root
        return self._roots[run_id]

    def _proxied(self, root: str, path: str) -> str:
        inside = urlsplit(root).path.strip("/")
        return f"{_PROXY}/{quote(f'{inside}/{path}')}"

    def _credentials(self, kind: str, run_id: str, path: str) -> Flow[tuple[str, Mapping[str, str]]]:
        """The signed URL of a file and the headers that go with it."""
        answer = yield from self._server.call(
            f"credentials_for_{kind}",
            "POST",
            f"{BASE}/artifacts/credentials-for-{kind}",
            body={"run_id": run_id, "path": [path]},
            harmless=True,
        )
        for entry in answer.get("credential_infos") or ():
            if entry.get("signed_uri"):
                headers = {str(pair["name"]): str(pair["value"]) for pair in entry.get("headers") or ()}
                if entry.get("type") == "AZURE_SAS_URI" and kind == "write":
                    headers.setdefault("x-ms-blob-type", "BlockBlob")
                return str(entry["signed_uri"]), headers
        raise RemoteNotFound(
            f"{self._server.backend} gave no URL for the artifact {path!r}.",
            backend=self._server.backend,
            operation=f"credentials_for_{kind}",
        )


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
