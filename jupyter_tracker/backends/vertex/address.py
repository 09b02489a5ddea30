"""`vertex://PROJECT/LOCATION`: what a connection string of Vertex AI says, with the environment of the official SDK."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from jupyter_tracker.backends.vertex.nodes import Place
from jupyter_tracker.errors import ConfigError, did_you_mean

PROJECT_VARIABLES = ("GOOGLE_CLOUD_PROJECT", "CLOUD_ML_PROJECT_ID")
LOCATION_VARIABLES = ("CLOUD_ML_REGION",)
DEFAULT_LOCATION = "us-central1"
JOB_VARIABLES = ("AIP_EXPERIMENT_NAME", "AIP_EXPERIMENT_RUN_NAME")
STORAGE_VARIABLE = "STORAGE_EMULATOR_HOST"
SETTINGS = ("endpoint", "tensorboard", "bucket", "quota_project", "poll")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a connection leads, and what it uses there."""

    text: str
    """The connection string itself, under which credentials are kept."""
    project: str
    location: str
    endpoint: str
    """Of the interface: `https://LOCATION-aiplatform.googleapis.com` unless it is given."""
    storage: str
    """Of Cloud Storage: `https://storage.googleapis.com`, or `STORAGE_EMULATOR_HOST`."""
    emulated_storage: bool
    """Whether that is an emulator of Cloud Storage, which needs no credentials."""
    tensorboard: str
    """Id or resource name of the Tensorboard that new experiments get; empty for the project's first one."""
    bucket: str
    """Bucket, and folder in it, for files and models, without `gs://`."""
    quota_project: str
    """The project that is charged, where it is another one."""
    poll: float = 2.0
    """Seconds between two looks at a run that is followed: quotas are of requests a minute."""


def parse_address(text: str) -> Address:
    """Read a connection string.

    `vertex://PROJECT/LOCATION?tensorboard=ID&bucket=gs://BUCKET/FOLDER&endpoint=URL&quota_project=PROJECT&poll=2`;
    project and location come from the environment of the official SDK where they are left out.

    Raises:
        ConfigError: no project is known, or a part is wrong.
    """
    parts = urlsplit(text if "://" in text else "vertex://")
    project = unquote(parts.netloc) or _variable(PROJECT_VARIABLES)
    location = parts.path.strip("/") or _variable(LOCATION_VARIABLES) or DEFAULT_LOCATION
    if not project:
        raise ConfigError(
            f"No Google Cloud project is known: connect to vertex://PROJECT/LOCATION, or set {PROJECT_VARIABLES[0]}."
        )
    if not re.fullmatch(r"[a-z0-9][a-z0-9.:-]*", project) or not re.fullmatch(r"[a-z0-9-]+", location):
        raise ConfigError(f"{text!r}: write vertex://PROJECT/LOCATION, as in vertex://my-project/us-central1.")
    settings = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    unknown = settings.keys() - set(SETTINGS)
    if unknown:
        wrong = min(unknown)
        raise ConfigError(
            f"{text!r}: Vertex AI has no setting {wrong!r}.{did_you_mean(wrong, SETTINGS)}"
            f" There are {', '.join(SETTINGS)}."
        )
    storage = os.environ.get(STORAGE_VARIABLE) or "https://storage.googleapis.com"
    return Address(
        text=text,
        project=project,
        location=location,
        endpoint=settings.get("endpoint", f"https://{location}-aiplatform.googleapis.com").rstrip("/"),
        storage=(storage if "://" in storage else f"http://{storage}").rstrip("/"),
        emulated_storage=bool(os.environ.get(STORAGE_VARIABLE)),
        tensorboard=settings.get("tensorboard", ""),
        bucket=settings.get("bucket", "").removeprefix("gs://").strip("/"),
        quota_project=settings.get("quota_project", ""),
        poll=_seconds(text, settings.get("poll", "2")),
    )


def run_of_job() -> Place | None:
    """The run that the platform has started this process for, as a custom or pipeline job; None elsewhere."""
    experiment, run = (os.environ.get(name, "") for name in JOB_VARIABLES)
    return Place(experiment, run) if experiment and run else None


def _seconds(text: str, value: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", value):
        raise ConfigError(f"{text!r}: poll is a number of seconds, not {value!r}.")
    return float(value)


def _variable(names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := os.environ.get(name))), "")
