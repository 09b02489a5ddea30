"""A stand-in for Chariot's training service, which enforces every rule that is documented. Its paths are assumed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from jsonschema import Draft202012Validator

from tests.platforms.standin import Answer, Failed, Request, StandIn, route

T = "/api/training/v2"
ENDED = ("job_create_failed", "job_terminated", "job_failed", "job_completed")
RUN_QUERY = {
    "blueprint_id", "id", "name_ilike", "project_id", "status", "task_type", "version", "user_id", "select", "sort",
    "created_after", "created_before", "id_after", "limit", "offset",
}  # fmt: skip
CHECKPOINT_QUERY = {
    "id", "run_id", "project_id", "global_step", "status", "select", "sort", "created_before", "created_after", "limit",
    "offset",
}  # fmt: skip
QUANTITY = re.compile(r"[0-9.]+(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
SEMANTIC = re.compile(r"\d+\.\d+\.\d+([-+].*)?")
Json = dict[str, Any]
SCHEMA: Json = {
    "type": "object",
    "properties": {"lr": {"type": "number", "exclusiveMinimum": 0}, "epochs": {"type": "integer"}},
    "required": ["lr"],
    "additionalProperties": False,
}
"""Of the config of a blueprint."""
RESOURCES: Json = {"cpu": "500m", "memory": "5Gi", "gpu": {"count": 1, "type": "T4"}}


def refused(message: str, status: int = 400, **more: Any) -> Failed:
    return Failed(status, {"error": message, **more})


class Chariot(StandIn):
    """Runs, events, metrics, checkpoints and blueprints, as the job and its users make them."""

    unknown = Answer(b"404 page not found\n", 404, {"Content-Type": "text/plain"})

    def __init__(self) -> None:
        super().__init__()
        self.blueprints: dict[str, Json] = {}
        self.runs: dict[str, Json] = {}
        self.events: dict[str, list[Json]] = {}
        self.metrics: dict[str, list[Json]] = {}
        self.checkpoints: dict[str, Json] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        """By id of the checkpoint, by key."""
        self.models: list[Json] = []
        self.tokens = {"a-token"}
        self.clients = {"me": "s3cret"}
        self.clock = 1_714_557_600_000
        """Epoch milliseconds; each thing that is made is a second later."""
        self.bare = False
        """Whether lists are answered without `data` around them."""
        self._numbers = itertools.count(1)

    @property
    def address(self) -> str:
        """How to connect to a project of it."""
        return f"chariot://{self.url.partition('//')[2]}/p?scheme=http"

    def authorize(self, request: Request) -> Answer | None:
        if request.path.startswith(("/auth/", "/signed/")):
            if request.path.startswith("/signed/") and "authorization" in request.headers:
                return Answer({"error": "two kinds of authority"}, 400)
            return None
        if request.headers.get("authorization") in {f"Bearer {token}" for token in self.tokens}:
            return None
        return Answer({"error": "invalid bearer token"}, 401)

    # What happens on the platform's side

    def tick(self) -> int:
        self.clock += 1000
        return self.clock

    def identity(self) -> str:
        return f"2f{next(self._numbers):06d}"

    def add_blueprint(self, name: str, version: str = "1", schema: Json | None = None) -> str:
        made = {"id": self.identity(), "name": name, "version": version, "created_at": self.tick()}
        self.blueprints[made["id"]] = {**made, "config_schema": schema or {}}
        return made["id"]

    def add_run(self, name: str, version: str, project: str = "p", status: str = "job_running", **more: Any) -> str:
        now = self.tick()
        made = {
            "id": self.identity(), "name": name, "version": version, "project_id": project, "created_at": now,
            "blueprint_id": "", "user_id": "u", "task_type": "Image Classification", "config": {}, "progress": [],
            "resources": {"cpu": "1", "memory": "1Gi"}, "status": "run_created", "status_updated_at": now,
            "notes": None, **more,
        }  # fmt: skip
        self.runs[made["id"]] = made
        self.events[made["id"]], self.metrics[made["id"]] = [], []
        self.event(made["id"], "run_created")
        if status != "run_created":
            self.event(made["id"], status)
        return made["id"]

    def event(self, run: str, status: str, **details: Any) -> None:
        now, sequence = self.tick(), max((one["sequence"] for one in self.events[run]), default=0) + 1
        self.events[run].append(
            {
                "id": self.identity(),
                "sequence": sequence,
                "run_id": run,
                "created_at": now,
                "status": status,
                "details": details,
            }
        )
        self.runs[run] |= {"status": status, "status_updated_at": now}

    def metric(self, run: str, tag: str, step: int, value: float | None, at: int | None = None) -> None:
        self.metrics[run].append(
            {"id": self.identity(), "created_at": at or self.tick(), "run_id": run, "global_step": step, "tag": tag,
             "value": value, "job_id": "j"}
        )  # fmt: skip

    def add_checkpoint(self, run: str, step: int, files: dict[str, bytes], status: str = "complete") -> str:
        identity, now = self.identity(), self.tick()
        prefix = f"runs/{run}/checkpoints/{identity}"
        self.checkpoints[identity] = {
            "id": identity, "run_id": run, "project_id": self.runs[run]["project_id"], "global_step": step,
            "created_at": now, "status": status, "status_updated_at": now, "bucket_name": "b", "key_prefix": prefix,
        }  # fmt: skip
        self.files[identity] = {f"{prefix}/{name}": content for name, content in files.items()}
        return identity

    # What it answers

    @route("POST", "/auth/client/v2/chariot/login")
    def login(self, request: Request) -> Json:
        form = request.form
        if form.get("grant_type") != "client_credentials" or self.clients.get(form.get("client_id", "")) != form.get(
            "client_secret"
        ):
            raise refused("unauthorized_client", 401)
        token = f"token-{next(self._numbers)}"
        self.tokens.add(token)
        return {"access_token": token, "expires_in": 3600}

    @route("GET", T + "/blueprints")
    def list_blueprints(self, request: Request) -> Any:
        self.know(request, {"name", "version_ilike", "sort", "limit"})
        if request.value("name") is None:
            raise refused("name is required")
        found = [one for one in self.blueprints.values() if one["name"] == request.value("name")]
        patterns = request.values("version_ilike")
        found = [one for one in found if not patterns or any(fits(pattern, one["version"]) for pattern in patterns)]
        return self.answered(ordered(request, found, ("id", "created_at"))[: int(request.value("limit") or 10)])

    @route("POST", T + "/blueprints/{identity}/validate")
    def validate(self, request: Request, identity: str) -> None:
        self.check_config(identity, request.json["config"])

    @route("POST", T + "/runs")
    def create_run(self, request: Request) -> Answer:
        given = request.json
        missing = {"name", "version", "resources", "config", "task_type", "blueprint_id", "project_id"} - given.keys()
        if missing:
            raise refused(
                "validation failed",
                422,
                field_errors=[{"field": name, "message": "is required"} for name in sorted(missing)],
            )
        resources = given["resources"]
        for name in ("cpu", "memory"):
            if not isinstance(resources.get(name), str) or not QUANTITY.fullmatch(resources[name]):
                raise refused("validation failed", 422, field_errors={f"resources.{name}": ["must be a quantity"]})
        self.check_config(given["blueprint_id"], given["config"])
        if any(run["name"] == given["name"] and run["version"] == given["version"] for run in self.runs.values()):
            raise refused("a run of that name and version exists", 409)
        project = given.pop("project_id")
        name, version = given.pop("name"), given.pop("version")
        return Answer({"data": {"id": self.add_run(name, version, project, "run_created", **given)}}, 201)

    @route("GET", T + "/runs")
    def list_runs(self, request: Request) -> Any:
        self.know(request, RUN_QUERY)
        found = self.filtered(
            request,
            self.runs.values(),
            ("blueprint_id", "id", "project_id", "status", "task_type", "version", "user_id"),
        )
        patterns = request.values("name_ilike")
        found = [one for one in found if not patterns or any(fits(pattern, one["name"]) for pattern in patterns)]
        if after := request.value("id_after"):
            found = [one for one in found if one["id"] > after]
        return self.selected(request, self.paged(request, ordered(request, found, ("id", "created_at")), 10))

    @route("GET", T + "/runs/{identity}")
    def get_run(self, request: Request, identity: str) -> Any:
        return {"data": self.run(identity)}

    @route("DELETE", T + "/runs/{identity}")
    def delete_run(self, request: Request, identity: str) -> None:
        self.run(identity)
        del self.runs[identity], self.events[identity], self.metrics[identity]

    @route("POST", T + "/runs/{identity}/stop")
    def stop_run(self, request: Request, identity: str) -> None:
        if self.run(identity)["status"] in ENDED:
            raise refused("the run has ended", 409)
        grace = (request.json or {}).get("grace_period_seconds", 600)
        if not isinstance(grace, int) or grace < 1:
            raise refused("grace_period_seconds must be at least 1")
        self.event(identity, "run_stop_requested", grace_period_seconds=grace)

    @route("GET", T + "/runs/{identity}/events")
    def list_events(self, request: Request, identity: str) -> Any:
        self.know(request, {"limit", "offset", "sort"})
        self.run(identity)
        return self.answered(self.paged(request, ordered(request, self.events[identity], ("sequence",)), 100))

    @route("GET", T + "/runs/{identity}/metrics")
    def list_metrics(self, request: Request, identity: str) -> Any:
        self.know(request, {"global_step", "tag", "limit", "created_before"})
        self.run(identity)
        found = self.filtered(request, self.metrics[identity], ("global_step", "tag"))
        found = sorted(found, key=lambda one: one["created_at"], reverse=True)
        return self.answered(found[: int(request.value("limit") or 1000)])

    @route("GET", T + "/runs/{identity}/checkpoints/global_steps")
    def list_steps(self, request: Request, identity: str) -> Any:
        self.run(identity)
        return self.answered(
            sorted({one["global_step"] for one in self.checkpoints.values() if one["run_id"] == identity})
        )

    @route("GET", T + "/checkpoints")
    def list_checkpoints(self, request: Request) -> Any:
        self.know(request, CHECKPOINT_QUERY)
        found = self.filtered(
            request, self.checkpoints.values(), ("id", "run_id", "project_id", "global_step", "status")
        )
        return self.selected(request, self.paged(request, ordered(request, found, ("id", "created_at")), 10))

    @route("DELETE", T + "/checkpoints")
    def delete_checkpoints(self, request: Request) -> None:
        self.know(request, {"id", "run_id"})
        for one in self.filtered(request, list(self.checkpoints.values()), ("id", "run_id")):
            del self.checkpoints[one["id"]]

    @route("GET", T + "/checkpoints/{identity}/files")
    def list_files(self, request: Request, identity: str) -> Any:
        if identity not in self.checkpoints:
            raise refused("checkpoint not found", 404)
        return self.answered(
            [
                {"key": key, "url": f"{self.url}/signed/{identity}/{quote(key)}?signature=x"}
                for key in self.files[identity]
            ]
        )

    @route("GET", "/signed/{identity}/{key:path}")
    def signed(self, request: Request, identity: str, key: str) -> Answer:
        data = self.files[identity][key]
        if span := request.headers.get("range"):
            return Answer(data[int(span.removeprefix("bytes=").rstrip("-")) :], 206)
        return Answer(data)

    @route("POST", T + "/checkpoints/{identity}/model")
    def create_model(self, request: Request, identity: str) -> Answer:
        given = request.json
        if identity not in self.checkpoints:
            raise refused("checkpoint not found", 404)
        if not SEMANTIC.fullmatch(given["version"]):
            raise refused("version must be a semantic version", 422)
        made = {"id": self.identity(), "project_id": self.checkpoints[identity]["project_id"], **given}
        self.models.append(made)
        return Answer({"id": made["id"]}, 201)

    # What the answers have in common

    def run(self, identity: str) -> Json:
        if identity not in self.runs:
            raise refused("run not found", 404)
        return self.runs[identity]

    def check_config(self, blueprint: str, config: Json) -> None:
        if blueprint not in self.blueprints:
            raise refused("blueprint not found", 404)
        errors = Draft202012Validator(self.blueprints[blueprint]["config_schema"]).iter_errors(config)
        found = [{"field": ".".join(["config", *map(str, one.path)]), "message": one.message} for one in errors]
        if found:
            raise refused("validation failed", 422, field_errors=found)

    def know(self, request: Request, names: set[str]) -> None:
        unknown = {name for name, _ in request.query} - names
        if unknown:
            raise refused(f"unknown query parameter {min(unknown)}")

    def answered(self, found: Any) -> Any:
        return found if self.bare else {"data": found}

    def selected(self, request: Request, found: list[Json]) -> Any:
        fields = request.values("select")
        if fields and "*" not in fields:
            found = [{name: one[name] for name in fields if name in one} for one in found]
        return self.answered(found)

    def filtered(self, request: Request, items: Iterable[Json], fields: Iterable[str]) -> list[Json]:
        checks: list[Callable[[Json], bool]] = [
            lambda one, name=name, wanted=wanted: str(one[name]) in wanted
            for name in fields
            if (wanted := request.values(name))
        ]
        if before := request.value("created_before"):
            checks.append(lambda one: one["created_at"] < number(before))
        if after := request.value("created_after"):
            checks.append(lambda one: one["created_at"] > number(after))
        return [one for one in items if all(check(one) for check in checks)]

    def paged(self, request: Request, found: list[Json], default: int) -> list[Json]:
        offset, limit = int(request.value("offset") or 0), int(request.value("limit") or default)
        return found[offset : offset + limit]


def ordered(request: Request, found: list[Json], fields: tuple[str, ...]) -> list[Json]:
    default = "sequence:desc" if fields == ("sequence",) else "created_at:desc"
    for text in reversed(request.values("sort") or [default]):
        field, _, direction = text.partition(":")
        if field not in fields or direction not in ("asc", "desc"):
            raise refused(f"invalid sort {text}")
        found = sorted(found, key=lambda one, field=field: one[field], reverse=direction == "desc")
    return found


def number(text: str) -> float:
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise refused("times are epoch numbers")
    return float(text)


def fits(pattern: str, text: str) -> bool:
    """SQL's ILIKE: `%` any text, `_` one character, a backslash escapes, case does not matter."""
    expression, signs = "", iter(pattern)
    for sign in signs:
        if sign == "\\":
            expression += re.escape(next(signs, "\\"))
        else:
            expression += {"%": ".*", "_": "."}.get(sign, re.escape(sign))
    return re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL) is not None
