"""What the stand-in for UbiOps has beside training: variables, buckets and files, logs, metrics."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from tests.platforms.standin import Answer, Failed, Request, StandIn, route

BASE = "training-base-deployment"
D = "/{api}/projects/{p}/deployments/" + BASE
V = D + "/versions"
F = "/{api}/projects/{p}/buckets/{b}/files"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class UbiOpsSide(StandIn):
    """Around training."""

    def __init__(self) -> None:
        super().__init__()
        self.provider = "google_cloud_storage"
        self.corrupt = 0
        """How many uploads arrive changed."""
        self.variables: dict[str, list[dict[str, Any]]] = {"project": [], "deployment": []}
        self.files: dict[str, dict[str, tuple[bytes, str]]] = {"default": {}}
        self.logs: list[dict[str, Any]] = []
        self.metrics: dict[str, dict[str, Any]] = {}
        self.points: dict[tuple[str, tuple[tuple[str, str], ...]], list[dict[str, Any]]] = {}
        self.signed: dict[str, dict[str, Any]] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}

    def inherited(self) -> list[dict[str, Any]]:
        """Variables that every experiment gets."""
        return self.variables["project"] + self.variables["deployment"]

    # Variables

    @staticmethod
    def _shown(each: dict[str, Any]) -> dict[str, Any]:
        value = None if each["secret"] else each["plain"]
        return {"id": each["id"], "name": each["name"], "value": value, "secret": each["secret"]}

    def _owned(self, owner: str) -> list[dict[str, Any]]:
        if owner not in self.variables:
            raise Failed(404, {"error": f"Version {owner} not found"})
        return self.variables[owner]

    def _variable(self, owner: str, i: str) -> dict[str, Any]:
        found = next((each for each in self._owned(owner) if each["id"] == i), None)
        if found is None:
            raise Failed(404, {"error": "Environment variable not found"})
        return found

    @route("POST", V + "/{e}/environment-variables")
    @route("POST", D + "/environment-variables")
    def create_variable(self, request: Request, e: str = "deployment", **_: str) -> Any:
        given = request.json
        if set(given) != {"name", "value", "secret"}:
            raise Failed(400, {"error": "name, value and secret are required"})
        if any(each["name"] == given["name"] for each in self._owned(e)):
            raise Failed(409, {"error": "An environment variable with this name already exists"})
        made = {"id": str(uuid.uuid4()), "name": given["name"], "plain": given["value"], "secret": given["secret"]}
        self.variables[e].append(made)
        return Answer(self._shown(made), 201)

    @route("GET", V + "/{e}/environment-variables")
    @route("GET", D + "/environment-variables")
    def list_variables(self, _request: Request, e: str = "deployment", **_: str) -> Any:
        own = [{**self._shown(each), "inheritance_type": None, "inheritance_name": None} for each in self._owned(e)]
        names = {each["name"] for each in own}
        levels = [("project", "tour"), ("deployment", BASE)] if e != "deployment" else [("project", "tour")]
        for level, name in levels:
            own += [
                {**self._shown(each), "inheritance_type": level, "inheritance_name": name}
                for each in self.variables[level]
                if each["name"] not in names
            ]
        return own

    @route("GET", V + "/{e}/environment-variables/{i}")
    @route("GET", D + "/environment-variables/{i}")
    def get_variable(self, _request: Request, i: str, e: str = "deployment", **_: str) -> Any:
        return self._shown(self._variable(e, i))

    @route("PATCH", V + "/{e}/environment-variables/{i}")
    @route("PATCH", D + "/environment-variables/{i}")
    def update_variable(self, request: Request, i: str, e: str = "deployment", **_: str) -> Any:
        found, given = self._variable(e, i), request.json
        if found["secret"] and given.get("secret") is False:
            raise Failed(400, {"error": "A secret cannot become public"})
        if any(each["name"] == given.get("name") and each is not found for each in self._owned(e)):
            raise Failed(409, {"error": "An environment variable with this name already exists"})
        found.update(
            name=given.get("name", found["name"]),
            plain=given.get("value", found["plain"]),
            secret=given.get("secret", found["secret"]),
        )
        return self._shown(found)

    @route("DELETE", V + "/{e}/environment-variables/{i}")
    @route("DELETE", D + "/environment-variables/{i}")
    def delete_variable(self, _request: Request, i: str, e: str = "deployment", **_: str) -> Any:
        self.variables[e].remove(self._variable(e, i))
        return Answer(None, 204)

    # Buckets and files

    def _bucket(self, b: str) -> dict[str, tuple[bytes, str]]:
        if b not in self.files:
            raise Failed(404, {"error": f"Bucket {b} not found"})
        return self.files[b]

    @staticmethod
    def _about(b: str) -> dict[str, Any]:
        return {"id": b, "name": b, "project": "tour", "provider": "ubiops", "creation_date": now(), "labels": {}}

    @route("GET", "/{api}/projects/{p}/buckets")
    def list_buckets(self, _request: Request, **_: str) -> Any:
        return [self._about(name) for name in self.files]

    @route("GET", "/{api}/projects/{p}/buckets/{b}")
    def get_bucket(self, _request: Request, b: str, **_: str) -> Any:
        self._bucket(b)
        return self._about(b)

    @route("GET", F)
    def list_files(self, request: Request, b: str, **_: str) -> Any:
        prefix, start = request.value("prefix") or "", int(request.value("continuation_token") or 0)
        size = int(request.value("limit") or 100)
        names = sorted(name for name in self._bucket(b) if name.startswith(prefix))
        listed = [self._file(b, name) for name in names[start : start + size]]
        more = str(start + size) if start + size < len(names) else None
        return {"files": listed, "prefixes": [], "continuation_token": more}

    def _file(self, b: str, f: str) -> dict[str, Any]:
        if f not in self._bucket(b):
            raise Failed(404, {"error": "File not found"})
        content, time = self.files[b][f]
        return {"file": f, "size": len(content), "time_created": time}

    @route("GET", F + "/{f}")
    def get_file(self, _request: Request, b: str, f: str, **_: str) -> Any:
        return self._file(b, f)

    @route("DELETE", F + "/{f}")
    def delete_file(self, _request: Request, b: str, f: str, **_: str) -> Any:
        self._file(b, f)
        del self.files[b][f]
        return Answer(None, 204)

    def _sign(self, **what: Any) -> Any:
        token = secrets.token_hex(8)
        self.signed[token] = what
        return {"url": f"{self.url}/signed/{token}?signature={token}", "provider": self.provider}

    @route("POST", F + "/{f}")
    def sign_upload(self, request: Request, b: str, f: str, **_: str) -> Any:
        self._bucket(b)
        return self._sign(b=b, f=f, upload=request.value("upload_id"), part=request.value("part_number"))

    @route("GET", F + "/{f}/download")
    def sign_download(self, _request: Request, b: str, f: str, **_: str) -> Any:
        self._file(b, f)
        return self._sign(b=b, f=f)

    @route("POST", F + "/{f}/start-multipart-upload")
    def start_parts(self, _request: Request, b: str, **_: str) -> Any:
        self._bucket(b)
        upload = secrets.token_hex(8)
        self.uploads[upload] = {}
        return {"upload_id": upload, "provider": self.provider}

    @route("POST", F + "/{f}/complete-multipart-upload")
    def complete_parts(self, request: Request, b: str, f: str, **_: str) -> Any:
        parts = self.uploads.pop(request.json["upload_id"])
        for part in request.json["parts"]:
            assert part["ETag"].strip('"') == hashlib.md5(parts[part["PartNumber"]]).hexdigest()
        self.files[b][f] = (b"".join(parts[part["PartNumber"]] for part in request.json["parts"]), now())
        return {"upload_id": request.json["upload_id"], "provider": self.provider}

    @route("PUT", "/signed/{token}")
    def put_bytes(self, request: Request, token: str) -> Any:
        if token not in self.signed:
            raise Failed(403, {"Message": "Request has expired"})
        what, content = self.signed[token], request.body
        if self.corrupt:
            self.corrupt -= 1
            content = content[:-1] + b"?"
        if what["upload"]:
            self.uploads[what["upload"]][int(what["part"])] = content
        else:
            self.files[what["b"]][what["f"]] = (content, now())
        return Answer(None, 200, {"ETag": f'"{hashlib.md5(content).hexdigest()}"'})

    @route("GET", "/signed/{token}")
    def get_bytes(self, request: Request, token: str) -> Any:
        if token not in self.signed:
            return Answer(b"<Error><Message>Request has expired</Message></Error>", 403)
        content = self.files[self.signed[token]["b"]][self.signed[token]["f"]][0]
        tag = {"ETag": f'"{hashlib.md5(content).hexdigest()}"'}
        start = int((request.headers.get("range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if not start:
            return Answer(content, 200, tag)
        total = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        return Answer(content[start:], 206, {**tag, **total})

    # Logs and metrics

    @route("GET", "/{api}/projects/{p}/logs")
    def get_logs(self, request: Request, **_: str) -> Any:
        query, start, end = request.value("query") or "", request.value("start"), request.value("end")
        found = [line for line in self.logs if line["metadata"]["deployment_request_id"] in query]
        found = [line for line in found if start is None or line["timestamp"] >= _nanoseconds(start)]
        found = [line for line in found if end is None or line["timestamp"] <= _nanoseconds(end)]
        return found[: int(request.value("limit") or 500)]

    @route("GET", "/{api}/projects/{p}/metrics")
    def list_metrics(self, _request: Request, **_: str) -> Any:
        return list(self.metrics.values())

    @route("POST", "/{api}/projects/{p}/metrics")
    def create_metric(self, request: Request, **_: str) -> Any:
        if request.json["name"] in self.metrics:
            raise Failed(409, {"error": "A metric with this name already exists"})
        self.metrics[request.json["name"]] = {"id": len(self.metrics) + 1, "custom": True, **request.json}
        return Answer(self.metrics[request.json["name"]], 201)

    @route("GET", "/{api}/projects/{p}/metrics/{name}")
    def get_metric(self, _request: Request, name: str, **_: str) -> Any:
        if name not in self.metrics:
            raise Failed(404, {"error": "Metric not found"})
        return self.metrics[name]

    @route("POST", "/{api}/projects/{p}/time-series/data")
    def write_points(self, request: Request, **_: str) -> Any:
        for series in request.json:
            if series["metric"] not in self.metrics:
                raise Failed(404, {"error": f"Metric {series['metric']} not found"})
            key = (series["metric"], tuple(sorted(series["labels"].items())))
            self.points.setdefault(key, []).extend(series["data"])
        return {"success": True}

    @route("GET", "/{api}/projects/{p}/time-series/search")
    def search_series(self, request: Request, **_: str) -> Any:
        wanted = _labels(request)
        start, size = int(request.value("offset") or 0), int(request.value("limit") or 100)
        found = [
            {"id": number, "metric": name, "labels": dict(labels), "resolution": 60}
            for number, (name, labels) in enumerate(self.points)
            if wanted <= set(labels) and request.value("metric") in (None, name)
        ]
        return found[start : start + size]

    @route("GET", "/{api}/projects/{p}/time-series/data")
    def read_series(self, request: Request, **_: str) -> Any:
        wanted, metric, start = _labels(request), request.value("metric"), request.value("start_date") or ""
        found = [
            {"start_date": point["date"], "end_date": point["date"], "value": point["value"]}
            for (name, labels), points in self.points.items()
            for point in points
            if name == metric and wanted <= set(labels) and point["date"] >= start
        ]
        unit = {
            "metric": metric,
            "metric_type": "gauge",
            "unit": "",
            "start_date": request.value("start_date"),
            "end_date": request.value("end_date"),
            "aggregation_period": 60,
            "labels": dict(wanted),
        }
        return {**unit, "data_points": sorted(found, key=lambda point: point["start_date"])}


def _labels(request: Request) -> set[tuple[str, str]]:
    pairs = [pair.partition(":") for pair in (request.value("labels") or "").split(",") if pair]
    return {(key, value) for key, _, value in pairs}


def _nanoseconds(text: str) -> int:
    return int(text) if text.isdigit() else int(datetime.fromisoformat(text).timestamp() * 1e9)
