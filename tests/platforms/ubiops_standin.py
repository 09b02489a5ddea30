"""A stand-in for UbiOps: training, which is a deployment with versions, and batch requests to them."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from tests.platforms.jobs import Job
from tests.platforms.standin import Answer, Failed, Request, route
from tests.platforms.ubiops_side import BASE, D, UbiOpsSide, V, now

TOKEN = "Token fake"
PROJECT = "tour"
TEMPLATE = {
    "id": "11111111-2222-3333-4444-555555555555",
    "details": {
        "name": BASE,
        "description": "Training",
        "supports_request_format": True,
        "input_type": "structured",
        "output_type": "structured",
        "input_fields": [{"name": "training_code", "data_type": "file"}],
        "output_fields": [{"name": "metrics", "data_type": "dict"}],
        "labels": {},
    },
}
R = V + "/{e}/requests"
CALL = "import train\nresult = train.train(given['training_data'], given['parameters'], {})"


class UbiOps(UbiOpsSide):
    """One project."""

    def __init__(self, *, initialized: bool = True) -> None:
        super().__init__()
        self.deployments: dict[str, Any] = {}
        if initialized:
            self._deploy(TEMPLATE["details"])
        self.becomes = "available"
        """What status a new experiment comes to."""
        self.queue_error = ""
        """Why runs fail before they start."""
        self.waiting = False
        """Whether runs wait for ever."""
        self.versions: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, dict[str, dict[str, Any]]] = {}
        self.jobs: dict[str, Job] = {}

    def authorize(self, request: Request) -> Answer | None:
        token = request.headers.get("authorization")
        if request.path.startswith("/signed/"):
            return None if token is None else Answer(b"<Error><Message>unexpected token</Message></Error>", 400)
        return None if token == TOKEN else Answer({"error": "Invalid token"}, 401)

    def _deploy(self, details: Any) -> dict[str, Any]:
        made = {"id": str(uuid.uuid4()), "project": PROJECT, "creation_date": now(), "last_updated": now(), **details}
        self.deployments[made["name"]] = made
        return made

    def close(self) -> None:
        """Leave no process behind."""
        for job in list(self.jobs.values()):
            job.stop()

    # Preparation

    @route("GET", "/{api}/template-deployments")
    def templates(self, _request: Request, **_: str) -> Any:
        return [{"id": "0", "details": {"name": "other"}}, TEMPLATE]

    @route("POST", "/{api}/projects/{p}/deployments")
    def create_deployment(self, request: Request, **_: str) -> Any:
        if request.json["name"] in self.deployments:
            raise Failed(409, {"error": "A deployment with this name already exists"})
        return Answer(self._deploy(request.json), 201)

    @route("GET", D)
    def deployment(self, _request: Request, p: str, **_: str) -> Any:
        if p != PROJECT:
            raise Failed(404, {"error": f"Project {p} was not found"})
        if BASE not in self.deployments:
            raise Failed(404, {"error": "Deployment not found"})
        return self.deployments[BASE]

    @route("GET", "/{api}/projects/{p}/environments/{name}")
    def environment(self, _request: Request, name: str, **_: str) -> Any:
        if not name.startswith("python3"):
            raise Failed(404, {"error": "Environment not found"})
        return {"id": "e1", "name": name, "status": "success", "system": True, "gpu_required": False}

    @route("GET", "/{api}/projects/{p}/environments/{name}/tags/{tag}")
    def environment_tag(self, _request: Request, name: str, tag: str, **_: str) -> Any:
        return {"id": "t1", "name": tag, "environment": name, "status": "success"}

    # Experiments

    def version(self, name: str) -> dict[str, Any]:
        if name not in self.versions:
            raise Failed(404, {"error": f"Version {name} not found"})
        return self.versions[name]

    @route("POST", V)
    def create_version(self, request: Request, **_: str) -> Any:
        given = request.json
        if given["version"] in self.versions:
            raise Failed(409, {"error": "A version with this name already exists"})
        made = {
            "id": str(uuid.uuid4()),
            "deployment": BASE,
            "status": "unavailable",
            "active_revision": None,
            "latest_revision": None,
            "creation_date": now(),
            "last_updated": now(),
            "description": "",
            "labels": {},
            "environment": "python3-12",
            "instance_type": "4096mb",
            "maximum_instances": 5,
            "minimum_instances": 0,
            "maximum_idle_time": 300,
            "request_retention_time": 604800,
            "request_retention_mode": "full",
            "a_field_of_tomorrow": 1,
            **given,
        }
        if request.path.startswith("/v2/"):
            made.update(environment_name=made["environment"], environment_tag="latest")
        self.versions[given["version"]] = made
        self.runs[given["version"]] = {}
        self.variables[given["version"]] = []
        return Answer(made, 201)

    @route("GET", V)
    def list_versions(self, request: Request, **_: str) -> Any:
        wanted = [pair.split(":", 1) for pair in (request.value("labels") or "").split(",") if pair]
        return [v for v in self.versions.values() if all(v["labels"].get(key) == value for key, value in wanted)]

    @route("GET", V + "/{e}")
    def get_version(self, _request: Request, e: str, **_: str) -> Any:
        return self.version(e)

    @route("PATCH", V + "/{e}")
    def update_version(self, request: Request, e: str, **_: str) -> Any:
        found, given = self.version(e), request.json
        name = given.get("version", e)
        if name != e and name in self.versions:
            raise Failed(409, {"error": "A version with this name already exists"})
        found.update(given, last_updated=now())
        for kept in (self.versions, self.runs, self.variables):
            kept[name] = kept.pop(e)
        return found

    @route("DELETE", V + "/{e}")
    def delete_version(self, _request: Request, e: str, **_: str) -> Any:
        self.version(e)
        for kept in (self.versions, self.runs, self.variables):
            del kept[e]
        return Answer(None, 204)

    @route("POST", V + "/{e}/revisions")
    def create_revision(self, request: Request, e: str, **_: str) -> Any:
        (part,) = request.parts
        assert (part.name, part.content.decode()) == ("template_deployment_id", TEMPLATE["id"])
        revision = str(uuid.uuid4())
        self.version(e).update(status=self.becomes, active_revision=revision, latest_revision=revision)
        return Answer({"success": True, "revision": revision, "build": None}, 201)

    @route("GET", V + "/{e}/revisions/{revision}")
    def get_revision(self, _request: Request, e: str, revision: str, **_: str) -> Any:
        status = {"available": "success"}.get(self.version(e)["status"], self.version(e)["status"])
        return {"id": revision, "version": e, "status": status, "creation_date": now()}

    # Runs

    def run(self, e: str, run_id: str) -> dict[str, Any]:
        self.version(e)
        if run_id not in self.runs[e]:
            raise Failed(404, {"error": "Request not found"})
        return self.runs[e][run_id]

    @route("POST", R + "/batch")
    def create_runs(self, request: Request, e: str, **_: str) -> Any:
        timeout = int(request.value("timeout") or 14400)
        if not 10 <= timeout <= 172800:
            raise Failed(400, {"error": "timeout must be between 10 and 172800"})
        return Answer([self._start(e, given, timeout) for given in request.json], 201)

    def _start(self, e: str, given: dict[str, Any], timeout: int) -> dict[str, Any]:
        self.version(e)
        made = {
            "id": str(uuid.uuid4()),
            "deployment": BASE,
            "version": e,
            "status": "pending",
            "success": None,
            "time_created": now(),
            "time_started": None,
            "time_completed": None,
            "error_message": None,
            "timeout": timeout,
            "request_data": given,
            "result": None,
            "origin": {"created_by": "somebody@example.org"},
            "a_field_of_tomorrow": True,
        }
        self.runs[e][made["id"]] = made
        if self.queue_error:
            made.update(status="failed", success=False, time_completed=now(), error_message=self.queue_error)
        elif not self.waiting:
            self._carry_out(e, made)
        return {key: made[key] for key in ("id", "deployment", "version", "status", "time_created")}

    def _carry_out(self, e: str, made: dict[str, Any]) -> None:
        given = made["request_data"]
        bucket, _, name = given["training_code"].removeprefix("ubiops-file://").partition("/")
        code = self.files.get(bucket, {}).get(name, (b"", ""))[0]
        labels = {"deployment_name": BASE, "deployment_version": e, "deployment_request_id": made["id"]}

        def on_line(text: str) -> None:
            with self.lock:
                stamp = max(time.time_ns(), (self.logs[-1]["timestamp"] + 1) if self.logs else 0)
                metadata = {**labels, "level": "info", "system": False}
                self.logs.append({"timestamp": stamp, "timestamp_str": now(), "log": text, "metadata": metadata})

        def on_end(exit_code: int, result: Any, folder: Path) -> None:
            with self.lock:
                wanted = made["status"] == "cancelled_pending"
                good = exit_code == 0 and not wanted
                made.update(time_completed=now(), success=good)
                made["status"] = "cancelled" if wanted else "completed" if good else "failed"
                if good:
                    made["result"] = self._result(made["id"], result or {}, folder)
                elif not wanted:
                    made["error_message"] = f"The training code failed with exit code {exit_code}"
                self.versions.get(e, {})["last_updated"] = now()
                self.jobs.pop(made["id"], None)

        data = None
        if given.get("training_data"):
            bucket, _, name = given["training_data"].removeprefix("ubiops-file://").partition("/")
            data = Path(name).name
            code_files = self.files[bucket][name][0]
        variables = {each["name"]: each["plain"] for each in self.inherited() + self.variables[e]}
        job = Job(code, "train.py", CALL, {**given, "training_data": data}, variables, on_line, on_end)
        if data:
            (job.folder / data).write_bytes(code_files)
        self.jobs[made["id"]] = job
        made.update(status="processing", time_started=now())

    def _result(self, run_id: str, result: dict[str, Any], folder: Path) -> dict[str, Any]:
        """With local files of the result in the bucket."""

        def kept(path: str) -> str:
            name = f"deployment_requests/{run_id}/{Path(path).name}"
            self.files["default"][name] = ((folder / path).read_bytes(), now())
            return f"ubiops-file://default/{name}"

        return {
            "artifact": kept(result["artifact"]) if result.get("artifact") else None,
            "metadata": result.get("metadata") or {},
            "metrics": result.get("metrics") or {},
            "additional_output_files": [kept(path) for path in result.get("additional_output_files") or []],
        }

    @route("GET", R)
    def list_runs(self, request: Request, e: str, **_: str) -> Any:
        self.version(e)
        found = sorted(self.runs[e].values(), key=lambda run: run["time_created"], reverse=True)
        found = [run for run in found if request.value("status") in (None, run["status"])]
        found = [run for run in found if (request.value("search_id") or "") in run["id"]]
        start, size = int(request.value("offset") or 0), int(request.value("limit") or 50)
        few = ("id", "deployment", "version", "status", "success", "time_created", "time_started", "time_completed")
        return [{key: run[key] for key in few} for run in found[start : start + size]]

    @route("POST", R + "/collect")
    def collect_runs(self, request: Request, e: str, **_: str) -> Any:
        return [self.run(e, run_id) for run_id in request.json]

    @route("GET", R + "/{i}")
    def get_run(self, request: Request, e: str, i: str, **_: str) -> Any:
        found = dict(self.run(e, i))
        if request.value("metadata_only") == "True":
            found.pop("request_data")
            found.pop("result")
        return found

    @route("PATCH", R + "/{i}")
    def update_run(self, request: Request, e: str, i: str, **_: str) -> Any:
        found = self.run(e, i)
        if request.json != {"status": "cancelled"}:
            raise Failed(400, {"error": "status: only cancelled is allowed"})
        if found["status"] not in ("pending", "processing"):
            raise Failed(400, {"error": "The request has been completed already"})
        found["status"] = "cancelled_pending"
        if i in self.jobs:
            self.jobs[i].stop()
        return found

    @route("DELETE", R + "/{i}")
    def delete_run(self, _request: Request, e: str, i: str, **_: str) -> Any:
        self.run(e, i)
        del self.runs[e][i]
        return Answer(None, 204)
