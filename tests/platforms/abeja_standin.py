"""A stand-in for ABEJA Platform: job definitions, their versions, jobs, models, and the storage behind signed URLs."""

from __future__ import annotations

import base64
import io
import itertools
import json
import secrets
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.platforms.jobs import Job
from tests.platforms.standin import Answer, Failed, Request, StandIn, route

USER, TOKEN, ORGANIZATION = "1234", "fake", "1410000000000"
AUTHORITY = "Basic " + base64.b64encode(f"user-{USER}:{TOKEN}".encode()).decode()
T = "/organizations/{o}/training/definitions"
S = T + "/{n}/versions"
J = T + "/{n}/jobs"
M = T + "/{n}/models"
LOG = "logs/stdout.log"
CALL = """
import importlib
module, function = given["handler"].split(":")
getattr(importlib.import_module(module), function)({"datasets": given["datasets"]})
"""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Abeja(StandIn):
    """One organization."""

    unknown = Answer({"error": "not_found", "error_description": "There is no such path."}, 404)

    def __init__(self) -> None:
        super().__init__()
        self.definitions: dict[str, dict[str, Any]] = {}
        self.code: dict[tuple[str, int], bytes] = {}
        self.jobs: dict[str, dict[str, dict[str, Any]]] = {}
        self.models: dict[str, dict[str, dict[str, Any]]] = {}
        self.blobs: dict[str, bytes] = {}
        self.signed: dict[str, str] = {}
        self.running: dict[str, Job] = {}
        self.waiting = False
        """Whether jobs wait for ever."""
        self.queue_fails = False
        """Whether jobs fail before they start."""
        self._ids = itertools.count(1443722127663)

    def close(self) -> None:
        """Leave no process behind."""
        for job in list(self.running.values()):
            job.stop()

    def authorize(self, request: Request) -> Answer | None:
        token = request.headers.get("authorization")
        if request.path.startswith("/signed/"):
            return None if token is None else Answer(b"<Error><Message>unexpected token</Message></Error>", 400)
        if token in (AUTHORITY, "Bearer fake"):
            return None
        return Answer({"error": "unauthorized", "error_description": "The token is wrong or has expired."}, 401)

    def _id(self) -> str:
        return str(next(self._ids))

    # Definitions

    def _definition(self, n: str) -> dict[str, Any]:
        if n not in self.definitions:
            raise Failed(404, {"error": "not_found", "error_description": f"There is no definition {n}."})
        return self.definitions[n]

    @route("POST", T + "/")
    def create_definition(self, request: Request, o: str) -> Any:
        name = request.json["name"]
        if name in self.definitions:
            raise Failed(409, {"error": "conflict", "error_description": f"The name {name} is taken."})
        made = {
            "job_definition_id": self._id(),
            "organization_id": o,
            "name": name,
            "versions": [],
            "version_count": 0,
            "archived": False,
            "created_at": now(),
            "modified_at": now(),
            "a_field_of_tomorrow": 1,
        }
        self.definitions[name], self.jobs[name], self.models[name] = made, {}, {}
        return made

    @route("GET", T + "/")
    def list_definitions(self, request: Request, o: str) -> Any:
        return {"entries": _page(request, _shown(request, self.definitions.values()), 100)}

    @route("GET", T + "/{n}")
    def get_definition(self, request: Request, n: str, o: str) -> Any:
        found = self._definition(n)
        return found if request.value("include_jobs") == "false" else {**found, "jobs": list(self.jobs[n].values())}

    @route("DELETE", T + "/{n}")
    def delete_definition(self, _request: Request, n: str, o: str) -> Any:
        self._definition(n)
        for kept in (self.definitions, self.jobs, self.models):
            del kept[n]
        return {"message": f"{n} deleted"}

    @route("POST", T + "/{n}/archive")
    def archive_definition(self, _request: Request, n: str, o: str) -> Any:
        self._definition(n).update(archived=True, modified_at=now())
        return {"message": f"{n} archived"}

    @route("POST", T + "/{n}/unarchive")
    def unarchive_definition(self, _request: Request, n: str, o: str) -> Any:
        self._definition(n).update(archived=False, modified_at=now())
        return {"message": f"{n} unarchived"}

    # Versions

    def _version(self, n: str, v: str) -> dict[str, Any]:
        for version in self._definition(n)["versions"]:
            if str(version["job_definition_version"]) == v:
                return version
        raise Failed(404, {"error": "not_found", "error_description": f"There is no version {v}."})

    @route("POST", S)
    def create_version(self, request: Request, n: str, o: str) -> Any:
        definition = self._definition(n)
        parts = {part.name: part for part in request.parts}
        number = definition["version_count"] = definition["version_count"] + 1
        made = {
            "job_definition_id": definition["job_definition_id"],
            "job_definition_version": number,
            "image": "abeja-inc/all-cpu:19.10",
            "environment": {},
            "user_parameters": {},
            "datasets": {},
            "description": None,
            "archived": False,
            "created_at": now(),
            "modified_at": now(),
            **json.loads(parts["parameters"].content),
        }
        definition["versions"].append(made)
        self.code[n, number] = parts["source_code"].content
        return made

    @route("GET", S)
    def list_versions(self, request: Request, n: str, o: str) -> Any:
        return {"entries": _shown(request, self._definition(n)["versions"])}

    @route("GET", S + "/{v}")
    def get_version(self, _request: Request, n: str, v: str, o: str) -> Any:
        return self._version(n, v)

    @route("PATCH", S + "/{v}")
    def patch_version(self, request: Request, n: str, v: str, o: str) -> Any:
        self._version(n, v).update(request.json, modified_at=now())
        return self._version(n, v)

    @route("DELETE", S + "/{v}")
    def delete_version(self, _request: Request, n: str, v: str, o: str) -> Any:
        self._definition(n)["versions"].remove(self._version(n, v))
        return {"message": "deleted"}

    @route("POST", S + "/{v}/archive")
    def archive_version(self, _request: Request, n: str, v: str, o: str) -> Any:
        self._version(n, v).update(archived=True)
        return {"message": "archived"}

    @route("POST", S + "/{v}/unarchive")
    def unarchive_version(self, _request: Request, n: str, v: str, o: str) -> Any:
        self._version(n, v).update(archived=False)
        return {"message": "unarchived"}

    # Jobs

    def _job(self, n: str, i: str) -> dict[str, Any]:
        self._definition(n)
        if i not in self.jobs[n]:
            raise Failed(404, {"error": "not_found", "error_description": f"There is no job {i}."})
        return self.jobs[n][i]

    @route("POST", S + "/{v}/jobs")
    def create_job(self, request: Request, n: str, v: str, o: str) -> Any:
        version, given = self._version(n, v), request.json
        made = {
            "training_job_id": self._id(),
            "job_definition_id": version["job_definition_id"],
            "job_definition_version": version["job_definition_version"],
            "status": "Pending",
            "instance_type": "cpu-1",
            "environment": {},
            "user_parameters": {},
            "datasets": {},
            "description": None,
            "statistics": None,
            "archived": False,
            "start_time": None,
            "completion_time": None,
            "created_at": now(),
            "modified_at": now(),
            "creator": {"id": USER, "email": "somebody@example.org", "role": "admin", "is_registered": True},
            **given,
        }
        self.jobs[n][made["training_job_id"]] = made
        if self.queue_fails:
            made.update(status="Failed", completion_time=now())
        elif not self.waiting:
            self._carry_out(o, n, version, made)
        return made

    def _carry_out(self, o: str, n: str, version: dict[str, Any], made: dict[str, Any]) -> None:
        identity, lines = made["training_job_id"], []

        def on_end(exit_code: int, _result: Any, folder: Path) -> None:
            data = io.BytesIO()
            with zipfile.ZipFile(data, "w") as archive:
                for path in sorted((folder / "result").rglob("*")):
                    archive.write(path, path.relative_to(folder / "result"))
                if made.get("export_log"):
                    archive.writestr(LOG, "".join(f"{line}\n" for line in lines))
            with self.lock:
                self.blobs[identity] = data.getvalue()
                stopped = made["status"] == "Stopped"
                word = "Stopped" if stopped else "Failed" if exit_code else "Complete"
                made.update(status=word, completion_time=now(), modified_at=now())
                self.running.pop(identity, None)

        variables = {
            **version["environment"],
            **made["environment"],
            "ABEJA_ORGANIZATION_ID": o,
            "TRAINING_JOB_DEFINITION_NAME": n,
            "TRAINING_JOB_ID": identity,
            "ABEJA_TRAINING_RESULT_DIR": "result",
        }
        given = {"handler": version["handler"], "datasets": made["datasets"]}
        code = self.code[n, version["job_definition_version"]]
        self.running[identity] = Job(code, "train.py", CALL, given, variables, lines.append, on_end)
        made.update(status="Active", start_time=now())

    @route("GET", J)
    def list_jobs(self, request: Request, n: str, o: str) -> Any:
        self._definition(n)
        found = _shown(request, reversed(self.jobs[n].values()))
        entries = [{"id": job["training_job_id"], **job} for job in _page(request, found, 10)]
        size, start = int(request.value("limit") or 10), int(request.value("offset") or 0)
        return {"entries": entries, "limit": size, "offset": start, "total": len(found)}

    @route("GET", J + "/{i}")
    def get_job(self, _request: Request, n: str, i: str, o: str) -> Any:
        return self._job(n, i)

    @route("POST", J + "/{i}/stop")
    def stop_job(self, _request: Request, n: str, i: str, o: str) -> Any:
        job = self._job(n, i)
        if job["status"] not in ("Pending", "Active"):
            raise Failed(403, {"error": "forbidden", "error_description": "The job has ended."})
        job.update(status="Stopped", modified_at=now())
        if i in self.running:
            self.running[i].stop()
        else:
            job["completion_time"] = now()
        return {"message": f"{n}:{i} stopped"}

    @route("POST", J + "/{i}/archive")
    def archive_job(self, _request: Request, n: str, i: str, o: str) -> Any:
        self._job(n, i).update(archived=True)
        return {"message": f"{n}:{i} archived"}

    @route("POST", J + "/{i}/unarchive")
    def unarchive_job(self, _request: Request, n: str, i: str, o: str) -> Any:
        self._job(n, i).update(archived=False)
        return {"message": f"{n}:{i} unarchived"}

    @route("POST", J + "/{i}/statistics")
    def update_statistics(self, request: Request, n: str, i: str, o: str) -> Any:
        self._job(n, i).update(statistics=request.json["statistics"], modified_at=now())
        return {"statistics": request.json["statistics"]}

    def _sign(self, blob: str) -> str:
        token = secrets.token_hex(8)
        self.signed[token] = blob
        return f"{self.url}/signed/{token}?signature={token}"

    @route("GET", J + "/{i}/result")
    def get_result(self, _request: Request, n: str, i: str, o: str) -> Any:
        self._job(n, i)
        if i not in self.blobs:
            raise Failed(404, {"error": "not_found", "error_description": "There is no result yet."})
        return {"artifacts": {"complete": {"uri": self._sign(i)}}}

    @route("GET", "/signed/{token}")
    def get_blob(self, request: Request, token: str) -> Any:
        if token not in self.signed:
            return Answer(b"<Error><Message>Request has expired</Message></Error>", 403)
        content = self.blobs[self.signed[token]]
        start = int((request.headers.get("range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return Answer(content[start:], 206 if start else 200)

    # Models

    def _model(self, n: str, i: str) -> dict[str, Any]:
        self._definition(n)
        if i not in self.models[n]:
            raise Failed(404, {"error": "not_found", "error_description": f"There is no model {i}."})
        return self.models[n][i]

    @route("POST", M)
    def create_model(self, request: Request, n: str, o: str) -> Any:
        parts = {part.name: part for part in request.parts}
        made = {
            "training_model_id": self._id(),
            "job_definition_id": self._definition(n)["job_definition_id"],
            "training_job_id": None,
            "user_parameters": {},
            "description": None,
            "archived": False,
            "exec_env": "none",
            "created_at": now(),
            "modified_at": now(),
            **json.loads(parts["parameters"].content),
        }
        self.models[n][made["training_model_id"]] = made
        self.blobs[made["training_model_id"]] = parts["model_data"].content
        return made

    @route("GET", M)
    def list_models(self, request: Request, n: str, o: str) -> Any:
        self._definition(n)
        return {"entries": _shown(request, self.models[n].values())}

    @route("GET", M + "/{i}")
    def get_model(self, _request: Request, n: str, i: str, o: str) -> Any:
        return self._model(n, i)

    @route("PATCH", M + "/{i}")
    def patch_model(self, request: Request, n: str, i: str, o: str) -> Any:
        self._model(n, i).update(request.json, modified_at=now())
        return self._model(n, i)

    @route("GET", M + "/{i}/download")
    def download_model(self, _request: Request, n: str, i: str, o: str) -> Any:
        self._model(n, i)
        return {"download_uri": self._sign(i)}

    @route("POST", M + "/{i}/archive")
    def archive_model(self, _request: Request, n: str, i: str, o: str) -> Any:
        self._model(n, i).update(archived=True)
        return {"message": f"{n}:{i} archived"}

    @route("POST", M + "/{i}/unarchive")
    def unarchive_model(self, _request: Request, n: str, i: str, o: str) -> Any:
        self._model(n, i).update(archived=False)
        return {"message": f"{n}:{i} unarchived"}


def _shown(request: Request, items: Any) -> list[Any]:
    """Without archived ones where the query says so."""
    word = request.value("filter_archived")
    assert word in (None, "exclude_archived", "include_archived"), word
    return [item for item in items if word != "exclude_archived" or not item["archived"]]


def _page(request: Request, items: list[Any], size: int) -> list[Any]:
    start = int(request.value("offset") or 0)
    return items[start : start + int(request.value("limit") or size)]
