"""`%tracker export`, `%tracker import`, and `--to` of whatever has a table."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from jupyter_tracker.client.imports import ImportList
from jupyter_tracker.errors import Conflict
from jupyter_tracker.magics.commands import COMMANDS
from jupyter_tracker.magics.commands.saving import FORMATS, TABLES
from jupyter_tracker.magics.mistakes import UsageMistake


def test_a_run_is_exported_and_imported(digits, tmp_path):
    path = digits.value("%tracker export small --to best.jtrk")
    assert path == Path("best.jtrk")
    digits.value(f"%tracker connect local://{tmp_path / 'other'}")
    found = digits.value("%tracker import best.jtrk")
    assert isinstance(found, ImportList)
    assert [run.name for run in found] == ["small"]
    error, shown = digits.error("%tracker import best.jtrk")
    assert isinstance(error, Conflict)
    assert "--again" in shown
    assert len(digits.value("%tracker import best.jtrk --again --experiment guests")) == 1
    assert [run.experiment for run in digits.value("%tracker runs --all")] == ["guests", "digits"]


def test_an_experiment_is_exported_into_a_folder_under_its_name(digits, tmp_path):
    assert digits.value("%tracker export --experiment digits").name == "digits.jtrk"
    digits.value(f"%tracker connect local://{tmp_path / 'other'}")
    assert len(digits.value("%tracker import digits.jtrk")) == 2


@pytest.mark.parametrize("line", ["export", "export small --experiment digits"])
def test_one_thing_is_exported(digits, line):
    error, shown = digits.error(f"%tracker {line}")
    assert isinstance(error, UsageMistake)
    assert "Say what to export" in shown


def test_a_table_goes_to_a_file(digits):
    assert digits.value("%tracker runs digits --to runs.csv") == Path("runs.csv")
    assert pd.read_csv("runs.csv")["name"].tolist() == ["large", "small"]
    digits.value("%tracker series small --to points.parquet")
    points = digits.tracker.runs.get("small").series()
    pd.testing.assert_frame_equal(pd.read_parquet("points.parquet"), points)
    digits.value("%tracker compare small large --to compared.json")
    assert [row["run"] for row in json.loads(Path("compared.json").read_text())] == ["small", "large"]
    digits.value("%tracker artifacts small --to files.csv")
    assert Path("files.csv").read_text().startswith("path,")


LINES = {
    "checkpoints": "small",
    "children": "small",
    "compare": "small large",
    "events": "small",
    "executions": "small",
    "inputs": "small",
    "lineage": "small",
    "logs": "small",
    "metrics": "small",
    "models describe": "weights",
    "outputs": "small",
    "progress": "small",
    "series": "small",
    "sources describe": "project",
    "statistics": "small",
    "templates get": "recipe",
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_can_be_written(digits, name):
    assert any(command.name == name for command in COMMANDS)
    path = digits.value(f"%tracker {name} {LINES.get(name, '')} --to table.csv")
    assert path.stat().st_size > 0


def test_another_suffix_or_following_is_told(digits):
    for line in ("runs --to runs.xlsx", "logs small --follow --to log.csv", "artifacts small --to models"):
        error, _ = digits.error(f"%tracker {line}")
        assert isinstance(error, UsageMistake)


def test_the_options_are_completed(digits):
    assert "--to" in digits.complete("%tracker runs --t")
    assert "--again" in digits.complete("%tracker import x --a")
    assert FORMATS == (".csv", ".json", ".parquet")
