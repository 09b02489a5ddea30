"""Exporting is made of operations of the shared model: it goes from a backend that lacks most of them."""

from __future__ import annotations

import pytest

import jupyter_tracker as jt
from jupyter_tracker.backends.base import Backend
from jupyter_tracker.backends.local import metrics
from jupyter_tracker.backends.operations import LogOperations, MetricOperations
from jupyter_tracker.errors import StoreError


@pytest.fixture
def tracker(tmp_path):
    with jt.connect(f"local://{tmp_path / 'store'}") as client:
        yield client


@pytest.fixture
def run(tracker, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    with tracker.runs.start("digits", name="one", params={"lr": 0.1}) as made:
        for step in range(10):
            made.log({"loss": 1 / (step + 1)}, step=step)
        made.log_text("hello\nwor")
        made.log_text("ld", "stderr")
        made.log_artifact(tmp_path / "a.txt")
    return tracker.runs.get("one")


class ReadOnly(MetricOperations):
    """All points at once, as most platforms give them."""

    def __init__(self, real):
        self.read = real.read


class Lines(LogOperations):
    """Lines instead of bytes."""

    def __init__(self, real):
        self.read = real.read


def imported(tracker, path, tmp_path):
    with jt.connect(f"local://{tmp_path / 'other'}") as other:
        (made,) = other.runs.import_from(path)
        found = other.runs.get(made.id)
        return found, found.series(), list(found.logs()), found.events(), found.artifacts()


def test_points_and_lines_come_also_from_a_backend_that_cannot_stream_them(tracker, run, tmp_path):
    real = tracker.backend
    poor = Backend(
        "poor",
        "nowhere",
        experiments=real.experiments,
        runs=real.runs,
        metrics=ReadOnly(real.metrics),
        events=real.events,
        logs=Lines(real.logs),
    )
    path = jt.Tracker(poor).runs.export("one", tmp_path)
    found, series, lines, events, artifacts = imported(tracker, path, tmp_path)
    assert found.info == run.info
    assert series.equals(run.series())
    assert [(line.text, line.stream) for line in lines] == [(line.text, line.stream) for line in run.logs()]
    assert events == run.events()
    assert artifacts == []


def test_a_backend_that_has_runs_and_nothing_else_is_enough(tracker, run, tmp_path):
    real = tracker.backend
    poor = Backend("poor", "nowhere", experiments=real.experiments, runs=real.runs)
    path = jt.Tracker(poor).experiments.export("digits", tmp_path / "all.jtrk")
    found, series, lines, *_ = imported(tracker, path, tmp_path)
    assert found.params == {"lr": 0.1}
    assert series["loss"].tolist() == [0.1]  # the latest value
    assert lines == []


def test_points_that_are_not_settled_yet_are_exported_and_read_in_batches(tracker, tmp_path, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.backends.local.metrics.SETTLE_BYTES", 4096)
    run = tracker.runs.start("digits")
    for step in range(2000):
        run.log({"loss": step} if step % 3 else {"loss": step, "acc": -step}, step=step // 2)
    as_it_is = run.series()
    path = run.export(tmp_path / "run.jtrk")
    run.end()
    found, series, *_ = imported(tracker, path, tmp_path)
    assert found.state == "lost"
    assert series.equals(as_it_is)


def test_points_that_are_settled_meanwhile_come_once(tracker, tmp_path, monkeypatch):
    run = tracker.runs.start("digits")
    for step in range(1000):
        run.log({"loss": step})
    stream = tracker.backend.metrics.stream(run.id)
    real, seen = metrics.read_journal, []

    def read(path, *args):
        if not seen:
            seen.append(path)
            run.end()  # settles and deletes the journal, after the database was read and before the journal is
        return real(path, *args)

    monkeypatch.setattr(metrics, "read_journal", read)
    blocks = list(tracker.iterate(stream))
    assert [value for block in blocks for value in block.values[0]] == list(range(1000))


def test_what_goes_wrong_on_the_way_leaves_no_file(tracker, run, tmp_path, monkeypatch):
    def fail(*_):
        raise StoreError("broken")

    monkeypatch.setattr(tracker.backend.classifications, "list", fail)
    (tmp_path / "out").mkdir()
    with pytest.raises(StoreError, match="broken"):
        run.export(tmp_path / "out" / "run.jtrk")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_name_of_any_signs_makes_a_file_name(tracker, tmp_path):
    with tracker.runs.start("digits", name="../a b/ü?") as run:
        pass
    assert run.export(tmp_path) == tmp_path / "-a-b-ü-.jtrk"
