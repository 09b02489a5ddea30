"""The other half of the stand-in for Vertex AI: Tensorboard with its series, and Cloud Storage with its objects."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.platforms.standin import Answer, Failed, Request, route
from tests.platforms.vertex_standin import B, Json, P, Vertex, problem, related

RUN = B + "/experiments/{experiment}/runs/{run}"
SERIES = RUN + "/timeSeries/{series}"
WRITE_LIMIT = 5000


class VertexAI(Vertex):
    """All of it."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, bytes] = {}
        """What came of files whose upload broke off."""
        self.changed = 0
        """How many files arrive changed."""

    @property
    def address(self) -> str:
        """How to connect to a project of it."""
        return f"vertex://p/us-central1?endpoint={self.url}"

    @route("POST", P + "/tensorboards")
    def create_tensorboard(self, request: Request, **names: str) -> Json:
        name = f"{request.path.removeprefix('/v1/')}/{next(self._numbers)}"
        made = {**request.json, "name": name, "createTime": self.now(), "etag": "1"}
        self.resources[name] = made
        return self.operation({"@type": "type.googleapis.com/google.cloud.aiplatform.v1.Tensorboard", **made})

    @route("GET", P + "/tensorboards")
    def list_tensorboards(self, request: Request, **names: str) -> Json:
        prefix = request.path.removeprefix("/v1/") + "/"
        found = [
            one for name, one in self.resources.items() if name.startswith(prefix) and "/" not in name[len(prefix) :]
        ]
        return self.page(request, "tensorboards", found, 50, 100)

    @route("GET", B)
    def get_tensorboard(self, request: Request, **names: str) -> Json:
        return self.found(request.path.removeprefix("/v1/"))

    @route("POST", B + "/experiments")
    def create_experiment(self, request: Request, **names: str) -> Json:
        return self.below(request, "tensorboardExperimentId")

    @route("GET", B + "/experiments/{experiment}")
    def get_experiment(self, request: Request, **names: str) -> Json:
        return self.found(request.path.removeprefix("/v1/"))

    @route("POST", B + "/experiments/{experiment}/runs")
    def create_run(self, request: Request, **names: str) -> Json:
        if not request.json.get("displayName"):
            raise problem("INVALID_ARGUMENT", "display_name is required.")
        return self.below(request, "tensorboardRunId")

    @route("GET", RUN)
    def get_run(self, request: Request, **names: str) -> Json:
        return self.found(request.path.removeprefix("/v1/"))

    @route("DELETE", RUN)
    def delete_run(self, request: Request, **names: str) -> Json:
        name = request.path.removeprefix("/v1/")
        self.found(name)
        self.remove(name)
        return self.operation({"@type": "type.googleapis.com/google.protobuf.Empty"})

    @route("DELETE", B + "/experiments/{experiment}")
    def delete_experiment(self, request: Request, **names: str) -> Json:
        return self.delete_run(request)

    @route("POST", RUN + "/timeSeries")
    def create_series(self, request: Request, **names: str) -> Json:
        parent = request.path.removeprefix("/v1/").removesuffix("/timeSeries")
        self.found(parent)
        given = dict(request.json)
        if not 0 < len(given.get("displayName", "")) <= 500:
            raise problem("INVALID_ARGUMENT", "display_name is required.")
        if any(one["displayName"] == given["displayName"] for one in self.series_of(parent)):
            raise problem("ALREADY_EXISTS", f"There is a time series {given['displayName']!r} already.")
        if given.get("valueType") in ("SCALAR", 1):
            given["valueType"] = 1
        name = f"{parent}/timeSeries/{next(self._numbers)}"
        self.resources[name] = {**given, "name": name, "createTime": self.now(), "etag": "1"}
        self.points[name] = {}
        return self.shown(request, self.resources[name])

    @route("GET", RUN + "/timeSeries")
    def list_series(self, request: Request, **names: str) -> Json:
        found = self.series_of(request.path.removeprefix("/v1/").removesuffix("/timeSeries"))
        return self.page(request, "tensorboardTimeSeries", found[::-1], 50, 1000)

    def series_of(self, run: str) -> list[Json]:
        prefix = f"{run}/timeSeries/"
        return [one for name, one in self.resources.items() if name.startswith(prefix)]

    @route("POST", B + "/experiments/{experiment}:write")
    def write_experiment(self, request: Request, **names: str) -> Json:
        for part in request.json["writeRunDataRequests"]:
            self.write(part["tensorboardRun"], part["timeSeriesData"])
        return {}

    @route("POST", RUN + ":write")
    def write_run(self, request: Request, **names: str) -> Json:
        self.write(request.path.removeprefix("/v1/").removesuffix(":write"), request.json["timeSeriesData"])
        return {}

    def write(self, run: str, given: list[Json]) -> None:
        self.found(run)
        if sum(len(one["values"]) for one in given) > WRITE_LIMIT:
            raise problem("INVALID_ARGUMENT", f"At most {WRITE_LIMIT} data points can be written at once.")
        for one in given:
            name = f"{run}/timeSeries/{one['tensorboardTimeSeriesId']}"
            self.found(name)
            for point in one["values"]:
                if not isinstance(point.get("scalar", {}).get("value", 0.0), int | float | str):
                    raise problem("INVALID_ARGUMENT", "A scalar must be a number.")
                # An int64 is text, unset fields are absent, and a repeated step overwrites the value.
                step = int(point.get("step", 0))
                self.points[name][step] = {**point, "step": str(step)}

    @route("GET", B + ":batchRead")
    def batch_read(self, request: Request, **names: str) -> Json:
        return {"timeSeriesData": [self.data(name, self.sampled) for name in request.values("timeSeries")]}

    @route("GET", SERIES + ":read")
    def read_series(self, request: Request, **names: str) -> Json:
        limit = int(request.value("maxDataPoints") or 1000)
        return {"timeSeriesData": self.data(request.path.removeprefix("/v1/").removesuffix(":read"), limit)}

    def data(self, name: str, limit: int) -> Json:
        self.found(name)
        points = sorted(self.points[name].values(), key=lambda point: int(point["step"]))
        if 0 < limit < len(points):
            points = [points[index * len(points) // limit] for index in range(limit)]
        found: Json = {"tensorboardTimeSeriesId": name.rpartition("/")[2], "valueType": 1}
        return {**found, "values": points} if points else found

    @route("POST", SERIES + ":exportTensorboardTimeSeries")
    def export_series(self, request: Request, **names: str) -> Json:
        name = request.path.removeprefix("/v1/").removesuffix(":exportTensorboardTimeSeries")
        self.found(name)
        body = request.json or {}
        size = int(body.get("pageSize") or 1000)
        if size > 10_000:
            raise problem("INVALID_ARGUMENT", "page_size must be at most 10000.")
        # The order is arbitrary.
        points = sorted(self.points[name].values(), key=lambda point: hashlib.sha1(point["step"].encode()).digest())
        start = int(base64.b64decode(body["pageToken"])) if body.get("pageToken") else 0
        answer: Json = {"timeSeriesDataPoints": points[start : start + size]}
        if start + size < len(points):
            answer["nextPageToken"] = base64.b64encode(str(start + size).encode()).decode()
        return answer

    def below(self, request: Request, field: str) -> Json:
        name = f"{request.path.removeprefix('/v1/')}/{request.value(field)}"
        parent = name.rsplit("/", 2)[0]
        self.found(parent)
        if name in self.resources:
            raise problem("ALREADY_EXISTS", f"{name} already exists.")
        self.resources[name] = {**request.json, "name": name, "createTime": self.now(), "etag": "1"}
        return self.resources[name]

    # Cloud Storage

    @route("GET", "/storage/v1/b/{bucket}")
    def get_bucket(self, request: Request, bucket: str) -> Json:
        self.need_bucket(bucket)
        return {"kind": "storage#bucket", "name": bucket, "id": bucket}

    @route("POST", "/storage/v1/b")
    def create_bucket(self, request: Request) -> Json:
        self.buckets.setdefault(request.json["name"], {})
        return {"kind": "storage#bucket", "name": request.json["name"]}

    @route("POST", "/upload/storage/v1/b/{bucket}/o")
    def upload(self, request: Request, bucket: str) -> Any:
        self.need_bucket(bucket)
        kind = request.value("uploadType")
        if kind == "multipart":
            head, content = related(request.body, request.headers["content-type"])
            return self.kept(bucket, head["name"], content)
        if kind == "media":
            return self.kept(bucket, request.value("name") or "", request.body)
        if kind == "resumable":
            name = (request.json or {}).get("name") or request.value("name")
            return Answer(
                {},
                200,
                {"Location": f"{self.url}/resumable/{bucket}/{base64.urlsafe_b64encode(name.encode()).decode()}"},
            )
        raise Failed(400, {"error": {"code": 400, "message": "Invalid upload type."}})

    @route("PUT", "/resumable/{bucket}/{name}")
    def upload_rest(self, request: Request, bucket: str, name: str) -> Any:
        got, place = self.sessions.get(name, b""), request.headers.get("content-range", "")
        if place.startswith("bytes */"):
            if base64.urlsafe_b64decode(name).decode() in self.buckets[bucket]:
                return self.described(bucket, base64.urlsafe_b64decode(name).decode())
            return Answer(None, 308, {"Range": f"bytes=0-{len(got) - 1}"} if got else {})
        if place and int(place.removeprefix("bytes ").partition("-")[0]) != len(got):
            raise Failed(400, {"error": {"code": 400, "message": "The range does not begin where the last one ended."}})
        return self.kept(bucket, base64.urlsafe_b64decode(name).decode(), (got if place else b"") + request.body)

    @route("GET", "/storage/v1/b/{bucket}/o")
    def list_objects(self, request: Request, bucket: str) -> Json:
        self.need_bucket(bucket)
        prefix = request.value("prefix") or ""
        found = [name for name in sorted(self.buckets[bucket]) if name.startswith(prefix)]
        start = int(request.value("pageToken") or 0)
        size = int(request.value("maxResults") or 1000)
        answer: Json = {"items": [self.described(bucket, name) for name in found[start : start + size]]}
        if start + size < len(found):
            answer["nextPageToken"] = str(start + size)
        return answer

    @route("GET", "/storage/v1/b/{bucket}/o/{name}")
    def get_object(self, request: Request, bucket: str, name: str) -> Any:
        self.need_bucket(bucket)
        if name not in self.buckets[bucket]:
            raise Failed(404, {"error": {"code": 404, "message": f"No such object: {bucket}/{name}"}})
        if request.value("alt") == "media":
            data = self.buckets[bucket][name]
            headers = {"x-goog-hash": f"md5={self.described(bucket, name)['md5Hash']}"}
            if span := request.headers.get("range"):
                start = int(span.removeprefix("bytes=").rstrip("-"))
                return Answer(data[start:], 206, headers)
            return Answer(data, 200, headers)
        return self.described(bucket, name)

    @route("DELETE", "/storage/v1/b/{bucket}/o/{name}")
    def delete_object(self, request: Request, bucket: str, name: str) -> Any:
        self.get_object(request, bucket, name)
        del self.buckets[bucket][name]
        return Answer(None, 204)

    @route("GET", "/download/storage/v1/b/{bucket}/o/{name}")
    def download(self, request: Request, bucket: str, name: str) -> Any:
        return self.get_object(request, bucket, name)

    def need_bucket(self, bucket: str) -> None:
        if bucket not in self.buckets:
            raise Failed(404, {"error": {"code": 404, "message": "The specified bucket does not exist."}})

    def kept(self, bucket: str, name: str, content: bytes) -> Json:
        self.buckets[bucket][name] = content
        return self.described(bucket, name)

    def described(self, bucket: str, name: str) -> Json:
        data = self.buckets[bucket][name]
        digest = hashlib.md5(data if self.changed <= 0 else data + b"?", usedforsecurity=False).digest()
        self.changed -= 1
        return {"bucket": bucket, "name": name, "size": str(len(data)), "md5Hash": base64.b64encode(digest).decode()}
