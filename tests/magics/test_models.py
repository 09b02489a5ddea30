"""`%tracker checkpoints`, `%tracker models`, and what a run reports: statistics, progress, alerts."""

from __future__ import annotations

import pytest

from jupyter_tracker.client.assets import ModelDetails
from jupyter_tracker.client.reports import Statistics
from jupyter_tracker.errors import Conflict, InvalidInput, NotFound
from jupyter_tracker.magics.mistakes import UsageMistake


@pytest.fixture
def trained(shell, tmp_path):
    """A run with two checkpoints, statistics and progress."""
    (tmp_path / "weights.bin").write_bytes(b"12345")
    with shell.tracker.runs.start("digits", name="trained") as run:
        run.log_statistics({"train": {"loss": 0.1}, "validation": {"loss": 0.3}}, epoch=2, num_epochs=4)
        run.set_progress(50, 200, operation="batch", units="images")
        for step in (1, 2):
            run.log_checkpoint(step, tmp_path / "weights.bin")
    return shell


def labels(found):
    return [each.label for each in found]


def test_checkpoints_are_listed_downloaded_and_deleted(trained, tmp_path):
    found = trained.value("%tracker checkpoints trained")
    assert [each.step for each in found] == [1, 2]
    line = '%tracker checkpoints --min-step 2 --status complete --order-by "created_at DESC" --limit 3'
    assert [each.step for each in trained.value(line)] == [2]
    assert trained.value("%tracker checkpoints steps last") == (1, 2)
    where = trained.value(f"%tracker checkpoints download {found[0].id[:8]} state")
    assert (tmp_path / where / "weights.bin").read_bytes() == b"12345"
    assert trained.value(f"%tracker checkpoints delete {found[0].id[:8]}") == "Deleted 1 checkpoint."
    assert trained.value("%tracker checkpoints delete --run trained") == "Deleted 1 checkpoint."
    assert trained.value("%tracker checkpoints delete --run trained") == "Deleted 0 checkpoints."
    assert trained.value("%tracker checkpoints --experiment digits") == []


def test_models_are_made_listed_described_and_downloaded(trained, tmp_path):
    identity = trained.value("%tracker checkpoints trained --step 2")[0].id
    line = f'models create resnet --checkpoint {identity[:8]} --version 0.9.0 --metric acc=0.9 --summary "the first"'
    made = trained.value(f"%tracker {line} --tag stage=test")
    assert (labels(made), made[0].metrics, made[0].tags) == (["resnet@0.9.0"], {"acc": 0.9}, {"stage": "test"})
    trained.value("%tracker models create resnet weights.bin --run trained")
    assert labels(trained.value("%tracker models RES%")) == ["resnet@0.10.0"]
    assert labels(trained.value("%tracker models --versions --run trained")) == ["resnet@0.10.0", "resnet@0.9.0"]
    assert labels(trained.value("%tracker models get resnet")) == ["resnet@0.10.0"]
    described = trained.value("%tracker models describe resnet@0.9.0")
    assert isinstance(described, ModelDetails)
    for part in ("the first", "acc 0.9", "stage: test", "step 2", "digits / trained"):
        assert part in repr(described)
    where = trained.value("%tracker models download resnet@0.9.0 copy")
    assert (tmp_path / where / "weights.bin").read_bytes() == b"12345"


def test_models_are_updated_archived_deleted_and_restored(trained):
    trained.value("%tracker models create m weights.bin")
    changed = trained.value('%tracker models update m --summary "in other words" --tag a=b')[0]
    assert (changed.summary, changed.tags) == ("in other words", {"a": "b"})
    trained.value("%tracker models archive m")
    assert labels(trained.value("%tracker models --archived")) == ["m@1.0.0"]
    assert trained.value("%tracker models unarchive m")[0].lifecycle == "active"
    trained.value("%tracker models delete m")
    assert labels(trained.value("%tracker models --deleted")) == ["m@1.0.0"]
    assert trained.value("%tracker models restore m@1.0.0")[0].lifecycle == "active"


def test_statistics_and_progress_of_a_run(trained):
    found = trained.value("%tracker statistics trained")
    assert isinstance(found, Statistics)
    assert found == {"train": {"loss": 0.1}, "validation": {"loss": 0.3}}
    assert repr(found).splitlines()[0] == "epoch 2 of 4 · 50%"
    assert repr(found).split()[-3:] == ["loss", "0.1", "0.3"]
    shown = trained.value("%tracker progress trained")
    assert [each.operation for each in shown] == ["batch", "epoch"]
    assert "25" in repr(shown)


def test_alerts_are_raised_and_listed(trained):
    raised = trained.value('%tracker alert trained "loss is NaN" "since epoch 3" --level error')
    assert (raised[0].kind, raised[0].message) == ("alert", "loss is NaN: since epoch 3")
    trained.value("%tracker alert trained slow")
    assert [each.title for each in trained.value("%tracker alerts")] == ["slow", "loss is NaN"]
    assert [each.title for each in trained.value("%tracker alerts digits --level error --limit 1")] == ["loss is NaN"]


@pytest.mark.parametrize(
    ("line", "kind", "told"),
    [
        ("models create x", UsageMistake, "Say what it is"),
        ("models create x weights.bin --checkpoint 3f", UsageMistake, "Say what it is"),
        ("models create x --checkpoint 3f --run last", UsageMistake, "--run with PATH only"),
        ("models create x weights.bin --version 1", InvalidInput, "Semantic Versioning"),
        ("models create x weights.bin --metric acc=good", InvalidInput, "must be a number"),
        ("models update x", UsageMistake, "nothing to change"),
        ("models get x", NotFound, "%tracker models"),
        ("checkpoints delete", UsageMistake, "Say which"),
        ("checkpoints trained --experiment digits", UsageMistake, "not both"),
        ("checkpoints --status half", InvalidInput, "choose one of: complete, incomplete"),
        ("checkpoints --order-by colour", InvalidInput, "choose step"),
        ("alert trained x --level loud", InvalidInput, "level"),
    ],
)
def test_mistakes_are_one_line(trained, line, kind, told):
    error, printed = trained.error(f"%tracker {line}")
    assert isinstance(error, kind)
    assert told in printed
    assert "Traceback" not in printed


def test_a_model_that_is_not_archived_is_not_unarchived(trained):
    trained.value("%tracker models create m weights.bin")
    error, _ = trained.error("%tracker models unarchive m")
    assert isinstance(error, Conflict)
