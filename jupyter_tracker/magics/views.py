"""Results that the client gives as plain values, so that they print well here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from jupyter_tracker.backends.base import Capability
from jupyter_tracker.models import Experiment, MetricValue


def text_table(rows: Iterable[Sequence[str]]) -> str:
    """Rows with aligned columns."""
    cells = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in padded)


def html_table(rows: Iterable[Sequence[str]]) -> str:
    """The same for Jupyter, the first row as head; every text is escaped."""
    head, *body = [[escape(cell) for cell in row] for row in rows]
    lines = ["<table><thead>", _html_row("th", head), "</thead><tbody>"]
    return "".join([*lines, *(_html_row("td", row) for row in body), "</tbody></table>"])


def _html_row(tag: str, cells: Iterable[str]) -> str:
    filled = "".join(f'<{tag} style="text-align: left">{cell}</{tag}>' for cell in cells)
    return f"<tr>{filled}</tr>"


class LatestMetrics(dict[str, float]):
    """The latest value of each metric, by name."""

    def __init__(self, metrics: Mapping[str, MetricValue]) -> None:
        super().__init__({key: latest.value for key, latest in metrics.items()})
        self._rows = [("metric", "value", "step", "time")] + [
            (key, f"{latest.value:.6g}", str(latest.step), f"{latest.time:%Y-%m-%d %H:%M:%S}")
            for key, latest in metrics.items()
        ]

    def __repr__(self) -> str:
        return text_table(self._rows) if self else "No metrics."

    def _repr_html_(self) -> str | None:
        return html_table(self._rows) if self else None


class CapabilityList(list[Capability]):
    """What a backend does itself, emulates and lacks."""

    def _rows(self) -> list[tuple[str, str, str]]:
        return [("operation", "support", "note"), *((each.operation, each.support, each.note) for each in self)]

    def __repr__(self) -> str:
        return text_table(self._rows())

    def _repr_html_(self) -> str:
        return html_table(self._rows())


class Health(StrEnum):
    """How a check ended."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `%tracker doctor`."""

    name: str
    health: Health
    detail: str


class Diagnosis(list[Check]):
    """All that `%tracker doctor` looked at."""

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.health is not Health.BAD for check in self)

    def _rows(self) -> list[tuple[str, str, str]]:
        return [("check", "result", "detail"), *((check.name, check.health, check.detail) for check in self)]

    def __repr__(self) -> str:
        return text_table(self._rows())

    def _repr_html_(self) -> str:
        return html_table(self._rows())


def experiment_text(experiment: Experiment) -> str:
    """An experiment in one line."""
    parts = [f"experiment {experiment.name}  {experiment.id[:8]}"]
    if experiment.lifecycle != "active":
        parts.append(str(experiment.lifecycle))
    if experiment.run_count is not None:
        parts.append(f"{experiment.run_count:,} runs")
    if experiment.active_run_count:
        parts.append(f"{experiment.active_run_count:,} of them active")
    if experiment.description:
        parts.append(experiment.description)
    return " · ".join(parts)
