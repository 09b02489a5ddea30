"""A stand-in for Vertex AI: metadata store, jobs and the token service, with the rules that are documented."""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from tests.platforms.standin import Answer, Failed, Request, StandIn, route

P = "/v1/projects/{project}/locations/{location}"
S = P + "/metadataStores/{store}"
B = P + "/tensorboards/{board}"
TOKEN = "ya29.stand-in"
STATES = ("STATE_UNSPECIFIED", "NEW", "RUNNING", "COMPLETE", "FAILED", "CACHED", "CANCELLED")
ARTIFACT_STATES = ("STATE_UNSPECIFIED", "PENDING", "LIVE")
VALUE_TYPES = ("VALUE_TYPE_UNSPECIFIED", "SCALAR", "TENSOR", "BLOB_SEQUENCE")
CODES = {
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "UNAUTHENTICATED": 401,
    "INTERNAL": 500,
}
Json = dict[str, Any]


def problem(status: str, message: str) -> Failed:
    return Failed(CODES[status], {"error": {"code": CODES[status], "message": message, "status": status}})


class Vertex(StandIn):
    """The rules of Vertex AI that the project relies on, each as the documentation has it."""

    unknown = problem("NOT_FOUND", "Method not found.").answer

    def __init__(self) -> None:
        super().__init__()
        self.stores: set[str] = set()
        self.resources: dict[str, Json] = {}
        """Contexts, artifacts, executions, tensorboards with all below them, jobs: by resource name."""
        self.parents: dict[str, list[str]] = {}
        self.members: dict[str, list[str]] = {}
        """Names of the artifacts and executions of a context."""
        self.events: list[Json] = []
        """What executions did with artifacts."""
        self.points: dict[str, dict[int, Json]] = {}
        self.operations: dict[str, list[Json]] = {}
        """The answers of a long-running operation, one for each time it is asked for; the last one stays."""
        self.buckets: dict[str, dict[str, bytes]] = {}
        self.polls = 0
        """How often an operation is not done yet."""
        self.operation_error: Json | None = None
        self.sampled = 1000
        """Points of a series that a batch read gives at most."""
        self.tokens = {TOKEN}
        self.anonymous = False
        """Whether requests without authority are taken, as from the official SDK in a test."""
        self._clock = datetime(2024, 5, 1, 10, tzinfo=UTC)
        self._numbers = itertools.count(1)

    def authorize(self, request: Request) -> Answer | None:
        given = request.headers.get("authorization")
        open_to_all = request.path == "/token" or not request.path.startswith("/v1/")  # an emulator asks nobody
        if open_to_all or given in {f"Bearer {one}" for one in self.tokens}:
            return None
        if given is None and self.anonymous:
            return None
        return problem("UNAUTHENTICATED", "Request had invalid authentication credentials.").answer

    def now(self) -> str:
        """Later each time, and never behind the real time."""
        self._clock = max(self._clock + timedelta(microseconds=1), datetime.now(UTC))
        return self._clock.isoformat().replace("+00:00", "Z")

    # The token service, with which a service account signs in.

    @route("POST", "/token")
    def token(self, request: Request) -> Json:
        if request.form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            raise Failed(400, {"error": "invalid_grant"})
        claims = json.loads(base64.urlsafe_b64decode(request.form["assertion"].split(".")[1] + "=="))
        if "cloud-platform" not in claims.get("scope", ""):
            raise Failed(400, {"error": "invalid_scope"})
        return {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}

    # Metadata

    @route("GET", S)
    def get_store(self, request: Request, **names: str) -> Json:
        if request.path not in self.stores:
            raise problem("NOT_FOUND", f"MetadataStore {request.path[4:]} not found.")
        return {"name": request.path[4:], "createTime": self.now(), "state": {}}

    @route("POST", P + "/metadataStores")
    def create_store(self, request: Request, **names: str) -> Json:
        name = f"{request.path[4:]}/{request.value('metadataStoreId')}"
        self.stores.add(f"/v1/{name}")
        return self.operation({"@type": "type.googleapis.com/google.cloud.aiplatform.v1.MetadataStore", "name": name})

    @route("POST", S + "/{kind}")
    def create_node(self, request: Request, kind: str, **names: str) -> Json:
        self.need_store(request)
        field = {"contexts": "contextId", "artifacts": "artifactId"}.get(kind, "executionId")
        identity = request.value(field)
        if identity is None:
            identity = f"{next(self._numbers):08d}-0000-4000-8000-{next(self._numbers):012d}"
        elif not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,127}", identity):
            raise problem("INVALID_ARGUMENT", f"Invalid resource id {identity!r}.")
        name = f"{request.path.removeprefix('/v1/')}/{identity}"
        if name in self.resources:
            raise problem("ALREADY_EXISTS", f"{kind[:-1].capitalize()} {name} already exists.")
        node = self.checked(kind, request.json or {})
        made = {**node, "name": name, "etag": str(next(self._numbers)), "createTime": self.now()}
        made["updateTime"] = made["createTime"]
        self.resources[name] = made
        return self.shown(request, made)

    @route("GET", S + "/{kind}")
    def list_nodes(self, request: Request, kind: str, **names: str) -> Json:
        self.need_store(request)
        prefix = request.path.removeprefix("/v1/") + "/"
        chosen = self.condition(request.value("filter") or "")
        found = [node for name, node in self.resources.items() if name.startswith(prefix) and chosen(node)]
        # In no order that anybody could rely on.
        return self.page(request, kind, sorted(found, key=lambda node: node["etag"]), 100, 1000)

    @route("GET", S + "/{kind}/{identity}")
    def get_node(self, request: Request, identity: str, **names: str) -> Json:
        if ":query" in identity:
            return self.subgraph(request, request.path.removeprefix("/v1/").partition(":")[0])
        self.need_store(request)
        return self.shown(request, self.found(request.path.removeprefix("/v1/")))

    @route("PATCH", S + "/{kind}/{identity}")
    def update_node(self, request: Request, kind: str, **names: str) -> Json:
        self.need_store(request)
        known = self.found(request.path.removeprefix("/v1/"))
        given = request.json or {}
        if given.get("etag") and given["etag"] != known["etag"]:
            message = f"Specified Context/Artifact/Execution `etag`: `{given['etag']}` does not match server `etag`"
            raise problem("ABORTED", f"{message}: `{known['etag']}`.")
        changed = self.checked(kind, given)
        kept = {key: known[key] for key in ("name", "createTime", "schemaTitle", "schemaVersion") if key in known}
        known |= {**changed, **kept, "etag": str(int(known["etag"]) + 1000), "updateTime": self.now()}
        return self.shown(request, known)

    @route("DELETE", S + "/{kind}/{identity}")
    def delete_node(self, request: Request, **names: str) -> Json:
        name = request.path.removeprefix("/v1/")
        self.found(name)
        if self.operation_error is None:
            self.remove(name)
        return self.operation({"@type": "type.googleapis.com/google.protobuf.Empty"})

    @route("POST", S + "/contexts/{identity}:addContextChildren")
    def add_children(self, request: Request, **names: str) -> Json:
        parent = request.path.removeprefix("/v1/").partition(":")[0]
        self.found(parent)
        for child in request.json["childContexts"]:
            self.found(child)
            self.parents.setdefault(child, []).append(parent)
        return {}

    @route("POST", S + "/contexts/{identity}:addContextArtifactsAndExecutions")
    def add_members(self, request: Request, **names: str) -> Json:
        context = request.path.removeprefix("/v1/").partition(":")[0]
        self.found(context)
        for member in [*request.json.get("artifacts", []), *request.json.get("executions", [])]:
            self.found(member)
            self.members.setdefault(context, []).append(member)
        return {}

    @route("POST", S + "/executions/{identity}:addExecutionEvents")
    def add_events(self, request: Request, **names: str) -> Json:
        execution = request.path.removeprefix("/v1/").partition(":")[0]
        self.found(execution)
        for event in request.json["events"]:
            self.found(event["artifact"])
            made = {"artifact": event["artifact"], "execution": execution, "type": event["type"]}
            if made not in self.events:
                self.events.append(made)
        return {}

    def subgraph(self, request: Request, name: str) -> Json:
        """What is in a context, or stands around an artifact, and the events between."""
        self.found(name)
        if "/contexts/" in name:
            inside = self.members.get(name, [])
            events = [one for one in self.events if one["artifact"] in inside and one["execution"] in inside]
        else:
            events = [one for one in self.events if one["artifact"] == name]
            inside = [name, *(one["execution"] for one in events)]
        nodes = [self.shown(request, self.resources[one]) for one in dict.fromkeys(inside)]
        return {
            "artifacts": [node for node in nodes if "/artifacts/" in node["name"]],
            "executions": [node for node in nodes if "/executions/" in node["name"]],
            "events": events,
        }

    # Jobs

    @route("GET", P + "/pipelineJobs/{identity}")
    @route("GET", P + "/customJobs/{identity}")
    def get_job(self, request: Request, **names: str) -> Json:
        return self.found(request.path.removeprefix("/v1/"))

    @route("GET", P + "/operations/{identity}")
    def get_operation(self, request: Request, **names: str) -> Json:
        answers = self.operations.get(request.path.removeprefix("/v1/"))
        if not answers:
            raise problem("NOT_FOUND", "There is no such operation.")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    # What the answers have in common

    def need_store(self, request: Request) -> None:
        store = re.match(r".*/metadataStores/[^/]+", request.path)
        if store is None or store[0] not in self.stores:
            raise problem("NOT_FOUND", f"MetadataStore {store[0][4:] if store else ''} not found.")

    def found(self, name: str) -> Json:
        if name not in self.resources:
            raise problem("NOT_FOUND", f"Resource {name} not found.")
        return self.resources[name]

    def remove(self, name: str) -> None:
        for known in [known for known in self.resources if known == name or known.startswith(name + "/")]:
            del self.resources[known]
            self.points.pop(known, None)
        self.parents.pop(name, None)
        self.members.pop(name, None)
        self.events[:] = [one for one in self.events if name not in (one["artifact"], one["execution"])]
        for inside in (*self.parents.values(), *self.members.values()):
            inside[:] = [one for one in inside if one != name]

    def operation(self, response: Json) -> Json:
        name = f"projects/1/locations/us-central1/operations/{next(self._numbers)}"
        done = {"name": name, "done": True, "response": response}
        if self.operation_error is not None:
            done = {"name": name, "done": True, "error": self.operation_error}
        answers = [{"name": name, "metadata": {}}] * self.polls + [done]
        self.operations[name] = answers[1:] or answers
        return answers[0]

    def checked(self, kind: str, given: Json) -> Json:
        """A node as it is kept: numbers of a Struct are doubles, enumerations are numbers."""
        node = {key: value for key, value in given.items() if value not in ("", None)}
        if "metadata" in node:
            if len(json.dumps(node["metadata"], separators=(",", ":"))) > 200_000:
                raise problem("INVALID_ARGUMENT", "The metadata of a resource must not exceed 200 KB.")
            node["metadata"] = doubles(node["metadata"])
        if "state" in node:
            names = STATES if kind == "executions" else ARTIFACT_STATES
            node["state"] = names.index(node["state"]) if isinstance(node["state"], str) else node["state"]
        return node

    def shown(self, request: Request, node: Json) -> Json:
        """A node as it is answered: enumerations by name unless numbers are asked for."""
        shown = dict(node)
        if "/contexts/" in node["name"]:
            shown["parentContexts"] = self.parents.get(node["name"], [])
        if "enum-encoding=int" not in (request.value("$alt") or ""):
            if "state" in node:
                shown["state"] = (STATES if "/executions/" in node["name"] else ARTIFACT_STATES)[node["state"]]
            if "valueType" in node:
                shown["valueType"] = VALUE_TYPES[node["valueType"]]
        return shown

    def page(self, request: Request, noun: str, found: list[Json], default: int, limit: int) -> Json:
        size = int(request.value("pageSize") or default) or default
        if not 0 < size <= limit:
            raise problem("INVALID_ARGUMENT", f"page_size must be in [1, {limit}].")
        start, wanted = 0, request.value("filter") or ""
        if token := request.value("pageToken"):
            text, _, asked = base64.b64decode(token).decode().partition(":")
            if asked != wanted:
                raise problem("INVALID_ARGUMENT", "The filter must be the same on every page.")
            start = int(text)
        shown = {noun: [self.shown(request, node) for node in found[start : start + size]]}
        if start + size < len(found):
            shown["nextPageToken"] = base64.b64encode(f"{start + size}:{wanted}".encode()).decode()
        return shown

    def condition(self, text: str) -> Callable[[Json], bool]:
        parts = map(str.strip, re.split(r"\bAND\b(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", text))
        checks = [self.check(part) for part in parts if part]
        return lambda node: all(check(node) for check in checks)

    def check(self, part: str) -> Callable[[Json], bool]:
        if found := re.fullmatch(r'(schema_title|display_name)\s*=\s*("(?:[^"\\]|\\.)*")', part):
            field = {"schema_title": "schemaTitle", "display_name": "displayName"}[found[1]]
            wanted = json.loads(found[2])
            return lambda node: node.get(field, "") == wanted
        if found := re.fullmatch(r'parent_contexts:"([^"]*)"', part):
            parent = found[1]
            return lambda node: parent in self.parents.get(node["name"], [])
        if found := re.fullmatch(r'metadata\.(\w+)\.string_value\s*=\s*("(?:[^"\\]|\\.)*")', part):
            name, text = found[1], json.loads(found[2])
            return lambda node: node.get("metadata", {}).get(name) == text
        if found := re.fullmatch(r'in_context\("([^"]*)"\)', part):
            inside = self.members.get(found[1], [])
            return lambda node: node["name"] in inside
        raise problem("INVALID_ARGUMENT", f"Invalid filter: {part!r}.")


def doubles(value: Any) -> Any:
    """A value as google.protobuf.Struct keeps it."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Mapping):
        return {key: doubles(item) for key, item in value.items()}
    return [doubles(item) for item in value]


def related(body: bytes, content_type: str) -> tuple[Json, bytes]:
    """The two parts of a `multipart/related` upload."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    head, content = message.get_payload()
    return json.loads(head.get_payload(decode=True)), content.get_payload(decode=True)
