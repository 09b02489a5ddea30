"""A stand-in for the experiments API of a Databricks workspace: what the open-source server lacks, and what it shares.

The official SDK proves it: test_databricks_sdk.py calls each operation with both.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.platforms.standin import Answer, Failed, Request, StandIn, route

BASE = "/api/2.0/mlflow"
TOKEN = "dapi-stand-in"


def missing(what: str) -> Failed:
    return Failed(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"No {what}."})


class Databricks(StandIn):
    """Keeps experiments, runs and permissions; artifacts lie behind signed URLs of its own host."""

    unknown = Answer({"error_code": "ENDPOINT_NOT_FOUND", "message": "No API found for it."}, 404)

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.logins = 0
        self.experiments: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.history: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.permissions: dict[str, dict[str, str]] = {}
        self.files: dict[str, bytes] = {}
        self.page = 1000
        self._numbers = itertools.count(1)

    def authorize(self, request: Request) -> Answer | None:
        if request.path.startswith(("/signed/", "/oidc/", "/.well-known/")):
            return None
        if request.headers.get("authorization") == f"Bearer {self.token}":
            return None
        return Answer({"error_code": "UNAUTHENTICATED", "message": "Invalid access token."}, 401)

    @route("POST", "/oidc/v1/token")
    def login(self, request: Request) -> Any:
        assert request.form == {"grant_type": "client_credentials", "scope": "all-apis"}
        assert request.headers["authorization"].startswith("Basic ")
        self.logins += 1
        self.token = f"{TOKEN}-{self.logins}"
        return {"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"}

    # Experiments

    @route("POST", f"{BASE}/experiments/create")
    def create_experiment(self, request: Request) -> Any:
        name = request.json["name"]
        if any(each["name"] == name for each in self.experiments.values()):
            raise Failed(400, {"error_code": "RESOURCE_ALREADY_EXISTS", "message": f"{name} is there."})
        identity = str(next(self._numbers))
        self.experiments[identity] = {
            "experiment_id": identity,
            "name": name,
            "lifecycle_stage": "active",
            "tags": request.json.get("tags", []),
            "creation_time": 1_700_000_000_000,
            "last_update_time": 1_700_000_000_000,
        }
        return {"experiment_id": identity}

    @route("GET", f"{BASE}/experiments/get")
    def get_experiment(self, request: Request) -> Any:
        return {"experiment": self._experiment(request.value("experiment_id"))}

    @route("GET", f"{BASE}/experiments/get-by-name")
    def get_by_name(self, request: Request) -> Any:
        for each in self.experiments.values():
            if each["name"] == request.value("experiment_name"):
                return {"experiment": each}
        raise missing("experiment")

    @route("GET", f"{BASE}/experiments/list")
    def list_experiments(self, request: Request) -> Any:
        token = request.value("page_token")
        return self._paged("experiments", list(self.experiments.values()), token, request.value("max_results"))

    @route("POST", f"{BASE}/experiments/search")
    def search_experiments(self, request: Request) -> Any:
        view = request.json.get("view_type", "ACTIVE_ONLY")
        stage = {"ACTIVE_ONLY": ("active",), "DELETED_ONLY": ("deleted",)}.get(view, ("active", "deleted"))
        found = [each for each in self.experiments.values() if each["lifecycle_stage"] in stage]
        return self._paged("experiments", found, request.json.get("page_token"), request.json.get("max_results"))

    @route("POST", f"{BASE}/experiments/update")
    def update_experiment(self, request: Request) -> Any:
        self._experiment(request.json["experiment_id"])["name"] = request.json["new_name"]
        return {}

    @route("POST", f"{BASE}/experiments/delete")
    def delete_experiment(self, request: Request) -> Any:
        self._experiment(request.json["experiment_id"])["lifecycle_stage"] = "deleted"
        return {}

    @route("POST", f"{BASE}/experiments/restore")
    def restore_experiment(self, request: Request) -> Any:
        self._experiment(request.json["experiment_id"])["lifecycle_stage"] = "active"
        return {}

    @route("POST", f"{BASE}/experiments/set-experiment-tag")
    def set_experiment_tag(self, request: Request) -> Any:
        _set(self._experiment(request.json["experiment_id"])["tags"], request.json)
        return {}

    @route("GET", "/api/2.0/permissions/experiments/{identity}/permissionLevels")
    def get_permission_levels(self, _request: Request, identity: str) -> Any:
        self._experiment(identity)
        levels = ("CAN_READ", "CAN_EDIT", "CAN_MANAGE")
        return {"permission_levels": [{"permission_level": level, "description": level.lower()} for level in levels]}

    @route("GET", "/api/2.0/permissions/experiments/{identity}")
    def get_permissions(self, _request: Request, identity: str) -> Any:
        return self._permissions(identity)

    @route("PUT", "/api/2.0/permissions/experiments/{identity}")
    def set_permissions(self, request: Request, identity: str) -> Any:
        self.permissions[identity] = {}
        return self.update_permissions(request, identity)

    @route("PATCH", "/api/2.0/permissions/experiments/{identity}")
    def update_permissions(self, request: Request, identity: str) -> Any:
        for entry in request.json.get("access_control_list", []):
            self.permissions.setdefault(identity, {})[entry["user_name"]] = entry["permission_level"]
        return self._permissions(identity)

    # Runs

    @route("POST", f"{BASE}/runs/create")
    def create_run(self, request: Request) -> Any:
        self._experiment(request.json["experiment_id"])
        identity = f"{next(self._numbers):032x}"
        info = {
            "run_id": identity,
            "run_uuid": identity,
            "run_name": request.json.get("run_name", ""),
            "experiment_id": request.json["experiment_id"],
            "status": "RUNNING",
            "start_time": request.json.get("start_time", 0),
            "artifact_uri": f"dbfs:/databricks/mlflow-tracking/{request.json['experiment_id']}/{identity}/artifacts",
            "lifecycle_stage": "active",
        }
        tags = list(request.json.get("tags", []))
        self.runs[identity] = {"info": info, "data": {"metrics": [], "params": [], "tags": tags}}
        return {"run": self.runs[identity]}

    @route("GET", f"{BASE}/runs/get")
    def get_run(self, request: Request) -> Any:
        return {"run": self._run(request.value("run_id"))}

    @route("POST", f"{BASE}/runs/search")
    def search_runs(self, request: Request) -> Any:
        view = request.json.get("run_view_type", "ACTIVE_ONLY")
        stage = {"ACTIVE_ONLY": ("active",), "DELETED_ONLY": ("deleted",)}.get(view, ("active", "deleted"))
        found = [
            run
            for run in reversed(self.runs.values())
            if run["info"]["experiment_id"] in request.json["experiment_ids"]
            and run["info"]["lifecycle_stage"] in stage
        ]
        return self._paged("runs", found, request.json.get("page_token"), request.json.get("max_results"))

    @route("POST", f"{BASE}/runs/update")
    def update_run(self, request: Request) -> Any:
        info = self._run(request.json["run_id"])["info"]
        info.update({name: value for name, value in request.json.items() if name in ("status", "end_time", "run_name")})
        return {"run_info": info}

    @route("POST", f"{BASE}/runs/delete")
    def delete_run(self, request: Request) -> Any:
        self._run(request.json["run_id"])["info"]["lifecycle_stage"] = "deleted"
        return {}

    @route("POST", f"{BASE}/runs/restore")
    def restore_run(self, request: Request) -> Any:
        self._run(request.json["run_id"])["info"]["lifecycle_stage"] = "active"
        return {}

    @route("POST", f"{BASE}/databricks/runs/delete-runs")
    def delete_runs(self, request: Request) -> Any:
        latest = request.json["max_timestamp_millis"]
        doomed = [run for run in self.runs.values() if run["info"]["start_time"] <= latest]
        for run in doomed:
            run["info"]["lifecycle_stage"] = "deleted"
        return {"runs_deleted": len(doomed)}

    @route("POST", f"{BASE}/databricks/runs/restore-runs")
    def restore_runs(self, _request: Request) -> Any:
        deleted = [run for run in self.runs.values() if run["info"]["lifecycle_stage"] == "deleted"]
        for run in deleted:
            run["info"]["lifecycle_stage"] = "active"
        return {"runs_restored": len(deleted)}

    @route("POST", f"{BASE}/runs/log-metric")
    def log_metric(self, request: Request) -> Any:
        self._log(request.json["run_id"], [request.json])
        return {}

    @route("POST", f"{BASE}/runs/log-parameter")
    def log_param(self, request: Request) -> Any:
        self._add_params(request.json["run_id"], [request.json])
        return {}

    @route("POST", f"{BASE}/runs/log-batch")
    def log_batch(self, request: Request) -> Any:
        content = request.json
        metrics, params, tags = (content.get(name, []) for name in ("metrics", "params", "tags"))
        if len(metrics) > 1000 or len(params) > 100 or len(tags) > 100 or len(request.body) > 1_000_000:
            raise Failed(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": "The batch is too large."})
        if any(len(pair["value"]) > 250 for pair in (*params, *tags)):
            raise Failed(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": "A value is too long."})
        self._log(content["run_id"], metrics)
        self._add_params(content["run_id"], params)
        for tag in tags:
            _set(self._run(content["run_id"])["data"]["tags"], tag)
        return {}

    @route("POST", f"{BASE}/runs/set-tag")
    def set_tag(self, request: Request) -> Any:
        _set(self._run(request.json["run_id"])["data"]["tags"], request.json)
        return {}

    @route("POST", f"{BASE}/runs/delete-tag")
    def delete_tag(self, request: Request) -> Any:
        data = self._run(request.json["run_id"])["data"]
        kept = [tag for tag in data["tags"] if tag["key"] != request.json["key"]]
        if len(kept) == len(data["tags"]):
            raise missing("tag")
        data["tags"] = kept
        return {}

    @route("POST", f"{BASE}/runs/log-inputs")
    def log_inputs(self, request: Request) -> Any:
        self._run(request.json["run_id"])["inputs"] = {"dataset_inputs": request.json.get("datasets", [])}
        return {}

    @route("POST", f"{BASE}/runs/log-model")
    def log_model(self, request: Request) -> Any:
        self._run(request.json["run_id"])
        return {}

    @route("GET", f"{BASE}/metrics/get-history")
    def get_history(self, request: Request) -> Any:
        self._run(request.value("run_id"))
        found = self.history.get((str(request.value("run_id")), str(request.value("metric_key"))), [])
        return self._paged("metrics", found, request.value("page_token"), request.value("max_results"))

    # Artifacts and traces

    @route("GET", f"{BASE}/artifacts/list")
    def list_artifacts(self, request: Request) -> Any:
        run, folder = str(request.value("run_id")), request.value("path") or ""
        root = self._run(run)["info"]["artifact_uri"]
        start = f"{run}/{folder}/" if folder else f"{run}/"
        found: dict[str, dict[str, Any]] = {}
        for path, content in self.files.items():
            if path.startswith(start):
                name, _, deeper = path[len(start) :].partition("/")
                shown = f"{folder}/{name}" if folder else name
                size = {} if deeper else {"file_size": len(content)}
                found[shown] = {"path": shown, "is_dir": bool(deeper), **size}
        return {"root_uri": root, **self._paged("files", list(found.values()), request.value("page_token"), None)}

    @route("POST", f"{BASE}/artifacts/credentials-for-read")
    def credentials_for_read(self, request: Request) -> Any:
        return self._signed(request)

    @route("POST", f"{BASE}/artifacts/credentials-for-write")
    def credentials_for_write(self, request: Request) -> Any:
        return self._signed(request)

    @route("PUT", "/signed/{path:path}")
    def put_file(self, request: Request, path: str) -> Any:
        assert "authorization" not in request.headers
        assert request.value("sig") == "secret"
        self.files[path] = request.body
        return Answer()

    @route("GET", "/signed/{path:path}")
    def get_file(self, request: Request, path: str) -> Any:
        assert "authorization" not in request.headers
        if path not in self.files:
            raise Failed(404, {"message": "no such file"})
        return Answer(self.files[path])

    @route("GET", f"{BASE}/traces/{{identity}}/credentials-for-data-download")
    def trace_download(self, _request: Request, identity: str) -> Any:
        return {"credential_info": {"run_id": identity, "signed_uri": f"{self.url}/signed/t?sig=secret"}}

    @route("GET", f"{BASE}/traces/{{identity}}/credentials-for-data-upload")
    def trace_upload(self, _request: Request, identity: str) -> Any:
        return {"credential_info": {"run_id": identity, "signed_uri": f"{self.url}/signed/t?sig=secret"}}

    def _experiment(self, identity: str | None) -> dict[str, Any]:
        if identity not in self.experiments:
            raise missing("experiment")
        return self.experiments[identity]

    def _run(self, identity: str | None) -> dict[str, Any]:
        if identity not in self.runs:
            raise missing("run")
        return self.runs[identity]

    def _permissions(self, identity: str) -> Any:
        entries = self.permissions.get(identity, {}).items()
        return {
            "object_id": f"/experiments/{identity}",
            "object_type": "mlflowExperiment",
            "access_control_list": [
                {"user_name": user, "all_permissions": [{"permission_level": level}]} for user, level in entries
            ],
        }

    def _log(self, run_id: str, metrics: list[dict[str, Any]]) -> None:
        latest = {metric["key"]: metric for metric in self._run(run_id)["data"]["metrics"]}
        for metric in metrics:
            point = {name: metric.get(name, 0) for name in ("key", "value", "timestamp", "step")}
            self.history.setdefault((run_id, metric["key"]), []).append(point)
            latest[metric["key"]] = point
        self.runs[run_id]["data"]["metrics"] = list(latest.values())

    def _add_params(self, run_id: str, params: list[dict[str, Any]]) -> None:
        known = {pair["key"]: pair["value"] for pair in self._run(run_id)["data"]["params"]}
        for pair in params:
            if known.setdefault(pair["key"], pair["value"]) != pair["value"]:
                raise Failed(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": "Params cannot change."})
        self.runs[run_id]["data"]["params"] = [{"key": key, "value": value} for key, value in known.items()]

    def _signed(self, request: Request) -> Any:
        run = request.json["run_id"]
        headers = [{"name": "x-signed", "value": "yes"}]
        return {
            "credential_infos": [
                {
                    "run_id": run,
                    "path": path,
                    "signed_uri": f"{self.url}/signed/{run}/{path}?sig=secret",
                    "headers": headers,
                    "type": "AWS_PRESIGNED_URL",
                }
                for path in request.json["path"]
            ]
        }

    def _paged(self, name: str, found: list[Any], token: str | None, size: Any) -> dict[str, Any]:
        start, count = int(token or 0), min(int(size or self.page), self.page)
        more = {"next_page_token": str(start + count)} if start + count < len(found) else {}
        shown = found[start : start + count]
        return {**({name: shown} if shown else {}), **more}


def _set(tags: list[dict[str, Any]], pair: dict[str, Any]) -> None:
    kept = [tag for tag in tags if tag["key"] != pair["key"]]
    tags[:] = [*kept, {"key": pair["key"], "value": pair["value"]}]


@contextmanager
def with_runs() -> Iterator[Databricks]:
    """The stand-in with an experiment `digits`, whose run r1 runs and whose runs r2 and r3 have finished."""
    with Databricks().serving() as server:
        server.experiments["1"] = {"experiment_id": "1", "name": "digits", "lifecycle_stage": "active", "tags": []}
        for _ in range(3):
            number = next(server._numbers)
            identity = f"{number:032x}"
            info = {
                "run_id": identity,
                "run_name": f"r{number}",
                "experiment_id": "1",
                "status": "RUNNING" if number == 1 else "FINISHED",
                "start_time": 1_700_000_000_000 + number,
                "artifact_uri": "dbfs:/databricks/mlflow-tracking/1/x/artifacts",
                "lifecycle_stage": "active",
            }
            server.runs[identity] = {"info": info, "data": {"metrics": [], "params": [], "tags": []}}
        yield server
