"""What a submitted run was started from, as its row keeps it."""

from __future__ import annotations

import dataclasses
import json

from jupyter_tracker.models import Between, Choice, Code, CodeKind, Goal, JsonValue, Submission, Sweep, SweepMethod


def record_of(submission: Submission) -> dict[str, JsonValue]:
    """For the column `runs.submission`. Values of variables may be secrets: only their names are kept."""
    record = dataclasses.asdict(dataclasses.replace(submission, variables={}))
    record["variables"] = sorted(submission.variables)
    return record


def submission_from(text: str) -> Submission:
    """A submission from the column `runs.submission`; of its variables only the names were kept."""
    fields = json.loads(text)
    code = Code(**{**fields["code"], "kind": CodeKind(fields["code"]["kind"])})
    if fields.get("sweep") is not None:
        fields["sweep"] = _sweep_from(fields["sweep"])
    kept = {"code": code, "variables": dict.fromkeys(fields["variables"], ""), "history": tuple(fields["history"])}
    return Submission(**{**fields, **kept})


def _sweep_from(fields: dict[str, JsonValue]) -> Sweep:
    space = {
        name: Choice(tuple(given["values"])) if "values" in given else Between(**given)
        for name, given in fields["space"].items()
    }
    kept = {"space": space, "method": SweepMethod(fields["method"]), "goal": Goal(fields["goal"])}
    return Sweep(**{**fields, **kept})
