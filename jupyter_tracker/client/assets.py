"""What runs are made of, and the models that come out of them: it prints well and turns into DataFrames."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from jupyter_tracker.client.results import SHOWN_ROWS, Framed, ResultList
from jupyter_tracker.models import (
    Artifact,
    ConfigMistake,
    Lifecycle,
    Model,
    ModelDescription,
    QueueEntry,
    QueueLimits,
    Source,
    SourceDescription,
    SourceDifference,
    SourceFile,
    Template,
)

if TYPE_CHECKING:
    import pandas as pd


class SourceList(ResultList[Source]):
    """Versions of code."""

    def frame(self) -> pd.DataFrame:
        """Columns id, name, version, kind, entry_point, files, size (bytes), description, git_commit, lifecycle, …."""
        from jupyter_tracker import frames

        return frames.sources(self)


class SourceDetails(ResultList[SourceFile]):
    """The files of a source, by path."""

    def __init__(self, described: SourceDescription) -> None:
        super().__init__(described.files)
        self.source = described.source
        self.runs = described.runs
        """Ids of the runs that were started from it, newest first."""

    def frame(self) -> pd.DataFrame:
        """Columns path, size (bytes), sha256, executable."""
        from jupyter_tracker import frames

        return frames.source_files(self)

    def __repr__(self) -> str:
        from jupyter_tracker import frames

        return "\n".join([self._headline, "", frames.text(self.frame(), "files", SHOWN_ROWS)])

    @property
    def _headline(self) -> str:
        source = self.source
        parts = [f"source {source.label}", source.id[:8], _contents(source)]
        if source.entry_point:
            parts.append(f"starts {source.entry_point}")
        if source.git_commit:
            parts.append(f"commit {source.git_commit[:8]}")
        parts += [source.description] if source.description else []
        return " · ".join([*parts, _counted(len(self.runs), "run")])


class SourceComparison(Framed):
    """What leads from one source to another."""

    def __init__(self, difference: SourceDifference) -> None:
        self.data = difference

    @property
    def equal(self) -> bool:
        """Whether the files are the same."""
        return not (self.data.added or self.data.removed or self.data.changed)

    def frame(self) -> pd.DataFrame:
        """Columns path, change (added, removed, changed)."""
        from jupyter_tracker import frames

        return frames.source_changes(self.data)

    def __str__(self) -> str:
        return self.data.text

    def __repr__(self) -> str:
        before, after = self.data.before.label, self.data.after.label
        if self.equal:
            return f"{before} and {after} have the same files."
        counts = (("added", self.data.added), ("removed", self.data.removed), ("changed", self.data.changed))
        told = ", ".join(f"{len(paths)} {verb}" for verb, paths in counts if paths)
        return f"{before} → {after}: {told}\n\n{self.data.text}"


class TemplateList(ResultList[Template]):
    """Recipes for runs."""

    def frame(self) -> pd.DataFrame:
        """Columns id, name, version, description, source, entry_point, required, defaults, resources, lifecycle, …."""
        from jupyter_tracker import frames

        return frames.templates(self)


class TemplateDetails(Framed):
    """A recipe with its schema and defaults."""

    def __init__(self, template: Template) -> None:
        self.data = template

    def frame(self) -> pd.DataFrame:
        """What a config holds: columns name, type, required, default, description."""
        from jupyter_tracker import frames

        return frames.template_config(self.data)

    def __repr__(self) -> str:
        from jupyter_tracker import frames

        template = self.data
        head = [f"template {template.label}", template.id[:8], f"source {template.source[:8]}", template.description]
        lines = [" · ".join(filter(None, head))]
        config = self.frame()
        lines += ["", frames.text(config, "values", SHOWN_ROWS)] if len(config) else ["any config fits"]
        lines += [f"resources {json.dumps(dict(template.resources))}"] if template.resources else []
        return "\n".join(lines)

    def _repr_html_(self) -> str | None:
        from jupyter_tracker import frames

        config = self.frame()
        return frames.html(config, SHOWN_ROWS) if len(config) else None


class MistakeList(ResultList[ConfigMistake]):
    """What is wrong with a config; empty, and so false, for a good one. Its frame has columns path, message, rule."""


class ModelList(ResultList[Model]):
    """Models."""

    def frame(self) -> pd.DataFrame:
        """Columns id, name, version, summary, step, files, size (bytes), …, then `metrics.…` and `tags.…`."""
        from jupyter_tracker import frames

        return frames.models(self)


class ModelDetails(ResultList[Artifact]):
    """The files of a model, by path, and where it comes from."""

    def __init__(self, described: ModelDescription) -> None:
        super().__init__(described.files)
        self.model = described.model
        self.checkpoint = described.checkpoint
        """None for one from a file, or when the checkpoint was deleted."""
        self.run = described.run
        """None where none is known, or when it is gone for good."""
        self.source = described.source
        """The code of the run; None where none was kept."""

    @property
    def lineage(self) -> pd.DataFrame:
        """What it comes from, nearest first: columns kind, name, id, there; `there` is False for what is gone."""
        from jupyter_tracker import frames

        return frames.lineage(self)

    def frame(self) -> pd.DataFrame:
        """Columns path, size (bytes), sha256."""
        from jupyter_tracker import frames

        return frames.artifacts(self).drop(columns="created_at")

    def __repr__(self) -> str:
        from jupyter_tracker import frames

        model = self.model
        state = "" if model.lifecycle is Lifecycle.ACTIVE else str(model.lifecycle)
        metrics = [f"{key} {value:.4g}" for key, value in model.metrics.items()]
        tags = [f"{key}: {value}" for key, value in model.tags.items()]
        head = [f"model {model.label}", model.id[:8], state, _contents(model), model.summary, *metrics, *tags]
        parts = [" · ".join(filter(None, head)), "", frames.text(self.frame(), "files", SHOWN_ROWS)]
        lineage = self.lineage
        return "\n".join([*parts, "", "from", frames.text(lineage, "steps", SHOWN_ROWS)] if len(lineage) else parts)


class QueueList(ResultList[QueueEntry]):
    """Submitted runs that have not ended: those that run, then those that wait."""

    def __init__(self, limits: QueueLimits, entries: Iterable[QueueEntry]) -> None:
        super().__init__(entries)
        self.limits = limits
        """What holds for them."""

    def frame(self) -> pd.DataFrame:
        """Columns position (0 for those that run), id, name, experiment, state, priority, reason."""
        from jupyter_tracker import frames

        return frames.queue(self)

    def __repr__(self) -> str:
        return "\n".join([self._headline, *(["", super().__repr__()] if self else [])])

    @property
    def _headline(self) -> str:
        limits = self.limits
        where = f"queue of {limits.experiment}" if limits.experiment else "queue of the store"
        most = "any number" if limits.maximum_instances is None else f"at most {limits.maximum_instances}"
        size = "" if limits.maximum_queue_size is None else f" of at most {limits.maximum_queue_size}"
        kept = f" · {limits.minimum_instances} kept for it" if limits.minimum_instances else ""
        return f"{where} · {limits.running} run of {most} · {limits.waiting} wait{size}{kept}"

    @property
    def _noun(self) -> str:
        return "runs"


def _contents(kept: Source | Model) -> str:
    return f"{_counted(kept.file_count, 'file')}, {_counted(kept.size, 'byte')}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
