"""`%tracker templates`."""

from __future__ import annotations

import json

import pytest

from jupyter_tracker.client.assets import MistakeList, TemplateDetails
from jupyter_tracker.errors import InvalidConfig, NotFound
from jupyter_tracker.magics.mistakes import UsageMistake

SCHEMA = {"properties": {"lr": {"type": "number", "minimum": 0}}, "required": ["lr"]}


@pytest.fixture
def train(shell, tmp_path):
    (tmp_path / "train.py").write_text("import sys\nprint(*sys.argv[1:])\n")
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    line = "templates create resnet train.py --schema schema.json --default epochs=3 --resource memory=1Gi"
    made = shell.value(f"%tracker {line}")
    assert made[0].schema == SCHEMA
    return shell


def labels(found):
    return [each.label for each in found]


def test_they_are_created_listed_and_shown(train):
    train.value("%tracker templates create resnet --source train --default epochs=4")
    assert labels(train.value("%tracker templates RES%")) == ["resnet@2"]
    assert labels(train.value("%tracker templates --versions")) == ["resnet@2", "resnet@1"]
    shown = train.value("%tracker templates get resnet@1")
    assert isinstance(shown, TemplateDetails)
    assert "number" in repr(shown)


def test_a_config_is_validated_without_running_it(train):
    found = train.value("%tracker templates validate resnet --param lr=-1")
    assert isinstance(found, MistakeList)
    assert "minimum" in repr(found)
    assert train.value("%tracker templates validate resnet --param lr=1") == []


def test_one_is_submitted(train):
    run = train.value("%tracker templates submit resnet --experiment digits --param lr=0.5 --wait --as mine")
    assert str(run.logs()) == "--epochs 3 --lr 0.5"
    assert train.names["mine"].id == run.id
    error, printed = train.error("%tracker templates submit resnet")
    assert isinstance(error, InvalidConfig)
    assert "lr: is missing" in printed
    assert "Traceback" not in printed


def test_they_are_archived_deleted_restored_and_updated(train):
    train.value("%tracker templates archive resnet")
    assert labels(train.value("%tracker templates --archived")) == ["resnet@1"]
    train.value("%tracker templates delete resnet")
    assert labels(train.value("%tracker templates --deleted")) == ["resnet@1"]
    assert train.value("%tracker templates restore resnet@1")[0].lifecycle == "active"
    assert train.value('%tracker templates update resnet "in other words"')[0].description == "in other words"


@pytest.mark.parametrize("line", ["templates submit resnet", "submit resnet"])
def test_a_form_is_text_where_no_panel_can_be_seen(train, line):
    shown = repr(train.value(f"%tracker {line} --form --experiment digits --param lr=0.5"))
    assert shown.startswith("Submit resnet@1, not submitted yet")
    assert "lr          0.5     number, at least 0, required" in shown
    assert "memory      1Gi" in shown
    assert len(train.tracker.runs.list()) == 0
    error, printed = train.error(f"%tracker {line} --form --cpu 2")
    assert isinstance(error, UsageMistake)
    assert "leave --cpu out" in printed


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("templates create x", "Say what it runs"),
        ("templates create x train.py --source train", "Say what it runs"),
        ("templates create x train.py --schema nothing.json", "a JSON object, or a file that holds one"),
        ("templates create x train.py --schema [1]", "a JSON object"),
        ("templates get resnt", "Did you mean 'resnet'"),
    ],
)
def test_mistakes_are_one_line(train, line, told):
    error, printed = train.error(f"%tracker {line}")
    assert isinstance(error, NotFound | UsageMistake)
    assert told in printed
    assert "Traceback" not in printed
