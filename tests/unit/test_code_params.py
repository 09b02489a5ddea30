"""The params that code takes, read off its text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.client.code_params import schema_of_code, schema_of_text
from jupyter_tracker.models import Code, CodeKind

ARGPARSE = """
import argparse, sys
LR = 0.1
sys.exit("this is never run")
parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("-l", "--learning-rate", type=float, default=LR, help="step, in %%")
parser.add_argument("--epochs", type=int, required=True)
parser.add_argument("--opt", choices=["sgd", "adam"], default="sgd")
parser.add_argument("--layers", type=int, nargs="+", default=(64, 32))
parser.add_argument("--amp", action="store_true")
parser.add_argument("--cache", action=argparse.BooleanOptionalAction, default=True)
parser.add_argument("--version", action="version")
parser.add_argument("-q")
"""


def test_the_options_of_argparse_are_params():
    schema = schema_of_text(ARGPARSE)
    assert schema["required"] == ["epochs"]
    assert schema["properties"] == {
        "learning-rate": {"type": "number", "default": 0.1, "description": "step, in %"},
        "epochs": {"type": "integer"},
        "opt": {"enum": ["sgd", "adam"], "default": "sgd"},
        "layers": {"type": "array", "items": {"type": "integer"}, "default": [64, 32]},
        "amp": {"type": "boolean", "default": False},
        "no-cache": {"type": "boolean", "default": False},
    }


DATACLASSES = """
from dataclasses import dataclass, field
from typing import ClassVar, Literal

@dataclass
class Optimizer:
    name: Literal["sgd", "adam"] = "sgd"

@dataclass(frozen=True)
class Config:
    seed: int
    kind: ClassVar[str] = "c"
    optimizer: Optimizer = field(default_factory=Optimizer)
    layers: list[int] = field(default_factory=lambda: [64, 32])
    momentum: float | None = None
    anything: object = None

@dataclass
class Result:
    accuracy: float

config = {call}
"""


@pytest.mark.parametrize("call", ["Config(**run.params)", "tyro.cli(Config)", "HfArgumentParser((Config,)).parse()"])
def test_a_dataclass_that_is_made_from_arguments_gives_params(call):
    schema = schema_of_text(DATACLASSES.replace("{call}", call))
    assert schema["required"] == ["seed"]
    assert schema["properties"] == {
        "seed": {"type": "integer"},
        "optimizer": {"type": "object", "properties": {"name": {"enum": ["sgd", "adam"], "default": "sgd"}}},
        "layers": {"type": "array", "items": {"type": "integer"}, "default": [64, 32]},
        "momentum": {"type": ["number", "null"], "default": None},
        "anything": {"default": None},
    }


def test_a_dataclass_that_nobody_fills_gives_none():
    assert schema_of_text(DATACLASSES.replace("{call}", "Config(1)")) == {}


def test_what_a_script_asks_its_run_for_is_a_param():
    text = "import jupyter_tracker as jt\nrun = jt.current_run()\nparams = run.params\n"
    text += 'lr = float(params["lr"])\nrun.params.get("epochs", 30)\nrun.params.get("name")\nother["x"]\n'
    assert schema_of_text(text) == {
        "type": "object",
        "properties": {"lr": {"type": "number"}, "epochs": {"type": "integer", "default": 30}, "name": {}},
        "required": ["lr"],
    }
    assert schema_of_text('model.params["weights"]') == {}


def test_the_tagged_cell_of_a_notebook_and_the_entry_point_of_a_folder_are_read(tmp_path):
    cells = [
        {"cell_type": "code", "metadata": {}, "source": "hidden = 1"},
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": ["lr: float = 1\n", "deep = f()\n"]},
    ]
    (tmp_path / "train.ipynb").write_text(json.dumps({"cells": cells}))
    (tmp_path / "train.py").write_text(ARGPARSE)
    notebook = schema_of_code(Code(CodeKind.NOTEBOOK, str(tmp_path / "train.ipynb")))
    assert notebook == {"type": "object", "properties": {"lr": {"type": "number", "default": 1}}}
    assert "epochs" in schema_of_code(Code(CodeKind.FOLDER, str(tmp_path)))["properties"]
    assert schema_of_code(Code(CodeKind.SCRIPT, str(tmp_path / "gone.py"))) == {}
    (tmp_path / "train.ipynb").write_text('{"cells": [1, null]}')
    assert schema_of_code(Code(CodeKind.NOTEBOOK, str(tmp_path / "train.ipynb"))) == {}


@given(st.lists(st.sampled_from([*ARGPARSE.splitlines(), *DATACLASSES.splitlines(), "x = (", "\0", "p.params.get()"])))
def test_any_text_is_read_without_running_or_failing(lines):
    assert schema_of_text("\n".join(lines)).get("type", "object") == "object"
