"""The examples of the platforms in the README, as they stand there, against the stand-ins."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sklearn.linear_model import LinearRegression

import jupyter_tracker as jt
from jupyter_tracker.models import RunState
from tests.platforms import stand_ins
from tests.platforms.abeja_standin import ORGANIZATION
from tests.platforms.ubiops_standin import PROJECT, UbiOps

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
TRAIN = "def train(data, parameters, context):\n    print('one')\n    return {'metrics': {'acc': 0.5}}\n"


def example(title):
    """The Python of a section."""
    section = re.split(r"\n##+ ", README.partition(f"# {title}\n")[2])[0]
    code = "\n".join(re.findall(r"```python\n(.*?)```", section, re.DOTALL))
    assert code
    return code


def carried_out(code, **names):
    given = {"jt": jt, **names}
    exec(code, given)
    given["tracker"].close()
    return given


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_vertex(vertex):
    code = example("Vertex AI").replace("vertex://PROJECT/us-central1", vertex.address)
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    run = carried_out(code, model=model)["run"]
    assert run.state is RunState.SUCCEEDED


def test_chariot(chariot):
    chariot.add_blueprint("resnet", schema={"type": "object", "properties": {"lr": {"type": "number"}}})
    assert carried_out(example("Chariot").replace("chariot://HOST/PROJECT", chariot.address))["run"].name == "1"


def test_ubiops(folder, capsys):
    (folder / "train.py").write_text(TRAIN)
    (folder / "images").mkdir()
    (folder / "images" / "a.png").touch()
    with stand_ins.ubiops(UbiOps(initialized=False)) as address:
        code = example("UbiOps").replace("ubiops://PROJECT", address).replace('"PROJECT"', repr(PROJECT))
        carried_out(code)
    assert capsys.readouterr().out == "one\n"


def test_abeja(folder):
    (folder / "train").mkdir()
    (folder / "train" / "train.py").write_text("def handler(context):\n    pass\n")
    (folder / "weights").touch()
    with stand_ins.abeja() as address, jt.connect(address) as tracker:
        tracker.native.create_training_job_definition(ORGANIZATION, "digits")
        tracker.native.create_training_model(ORGANIZATION, "digits", folder / "weights")
        carried_out(example("ABEJA Platform").replace("abeja://ORGANIZATION", address))
    assert (folder / "model" / "weights").exists()
