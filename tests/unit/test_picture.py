"""The still picture of a run: well-formed, harmless and small, whatever it shows."""

from __future__ import annotations

import math
from array import array
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.feed.points import PointStore
from jupyter_tracker.models import MetricValue, PointBlock, Progress, RunInfo, RunState
from jupyter_tracker.widgets.picture import run_picture, run_text

START = datetime(2026, 5, 1, tzinfo=UTC)
LIMIT = 50_000
HOSTILE = "<script>alert(1)</script>\"'&]]>\x00\x1b[31m\ud800\uffff\u202e"


def info(**fields):
    base = {"id": "a" * 32, "experiment_id": "e", "experiment": "digits", "name": "run", "native_state": "running"}
    return RunInfo(**{**base, "state": RunState.RUNNING, "started_at": START, **fields})


def points(**curves):
    store = PointStore()
    for key, curve in curves.items():
        values = np.asarray(curve, dtype=float)
        steps = memoryview(np.arange(len(values)))
        times = memoryview(np.linspace(1.7e9, 1.7e9 + 1000, len(values)))
        store.extend([PointBlock((key,), steps, times, (memoryview(values),))])
    return store


def shapes(svg, tag):
    return ET.fromstring(svg).findall(f".//{{http://www.w3.org/2000/svg}}{tag}")


def pieces(svg):
    """The pieces of all curves, and the dots, each as a list of points."""
    found = [
        [tuple(map(float, pair.removesuffix("h0").split(","))) for pair in piece.split()]
        for path in shapes(svg, "path")
        for piece in path.get("d").split("M")[1:]
    ]
    return [piece for piece in found if len(piece) > 1], [piece for piece in found if len(piece) == 1]


def test_it_shows_state_name_progress_and_curves():
    progress = (Progress("epoch", 3, 30),)
    svg = run_picture(info(progress=progress, params={"lr": 0.1}), points(loss=[3.0, 2.0, 1.0], acc=[0.1, 0.5, 0.9]))
    text = "".join(ET.fromstring(svg).itertext())
    for shown in ("running", "digits / run", "epoch 3 of 30", "loss", "acc", "lr=0.1"):
        assert shown in text
    assert [len(piece) for piece in pieces(svg)[0]] == [3, 3]


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_makes_well_formed_xml(name, value):
    made = info(name=name, experiment=value, reason=name, params={name: value}, tags={name: value})
    ET.fromstring(run_picture(made, points(**{name or "x": [1.0, 2.0]})))


def test_hostile_names_stay_text():
    metric = {HOSTILE: MetricValue(1.0, 0, START)}
    made = info(name=HOSTILE, experiment=HOSTILE, reason=HOSTILE, params={HOSTILE: HOSTILE}, metrics=metric)
    svg = run_picture(made, points(**{HOSTILE: [1.0, 2.0]}))
    assert "<script" not in svg
    assert {element.tag.partition("}")[2] for element in ET.fromstring(svg).iter()} <= {
        "svg",
        "title",
        "rect",
        "text",
        "line",
        "g",
        "path",
    }
    assert all(line.isprintable() for line in run_text(made).split("\n"))
    assert len(run_text(made).split("\n")) == 5
    (svg + run_text(made)).encode()


def test_it_is_small_for_fifty_metrics_of_a_million_points():
    generator = np.random.default_rng(5)
    values = generator.normal(size=1_000_000)
    values[generator.integers(0, len(values), 500_000)] = math.nan
    store = points(**{f"a metric of a long name {index}": values for index in range(50)})
    params = {f"param {index}": "x" * 100 for index in range(100)}
    made = info(params=params, reason="r" * 5000, name="n" * 250, experiment="e" * 250)
    assert len(run_picture(made, store).encode()) <= LIMIT


@pytest.mark.parametrize(
    "values",
    [
        [math.nan],
        [math.inf, -math.inf],
        [1.0],
        [1.0, 1.0, 1.0],
        [1e308, -1e308, 1e308],
        [5e-324, 0.0],
        [1.0, math.nan, 2.0, 3.0, math.inf, 4.0],
        [math.nan, 1.0, math.nan, 2.0],
    ],
)
def test_curves_of_every_kind_stay_inside_the_picture(values):
    svg = run_picture(info(), points(x=values))
    width = float(ET.fromstring(svg).get("width"))
    height = float(ET.fromstring(svg).get("height"))
    curves, dots = pieces(svg)
    assert sum(map(len, curves + dots)) == np.isfinite(values).sum()
    for x, y in (point for piece in curves + dots for point in piece):
        assert 0 <= x <= width
        assert 0 <= y <= height


def test_a_curve_fills_its_chart_from_least_to_greatest():
    (curve,), _ = pieces(run_picture(info(), points(x=[1e308, -1e308, 0.0])))
    heights = [y for _, y in curve]
    assert heights[0] < heights[2] < heights[1]
    assert heights[2] == pytest.approx((heights[0] + heights[1]) / 2, abs=0.11)


def test_a_gap_cuts_the_curve():
    curves, dots = pieces(run_picture(info(), points(x=[1.0, 2.0, math.nan, 3.0, 4.0, math.nan, 5.0])))
    assert ([len(curve) for curve in curves], len(dots)) == ([2, 2], 1)


def test_a_curve_of_many_pieces_is_few_elements():
    svg = run_picture(info(), points(x=[1.0, 2.0, math.nan, 3.0, math.nan] * 1000))
    assert len(shapes(svg, "path")) == 2


@pytest.mark.parametrize("state", RunState)
def test_every_state_has_a_picture_and_a_text(state):
    made = info(state=state, ended_at=START + timedelta(hours=2, minutes=3))
    assert str(state) in run_picture(made, PointStore())
    assert str(state) in run_text(made)
    assert "2 h 03 m" in run_text(made)


def test_the_text_has_what_a_person_asks_first():
    metric = {"loss": MetricValue(0.123456789, 3, START), "system/cpu_percent": MetricValue(50.0, 1, START)}
    text = run_text(info(metrics=metric, params={"lr": 0.1}, reason="it waits"))
    for shown in ("digits / run", "running", "it waits", "lr=0.1", "loss 0.1235"):
        assert shown in text
    assert "system" not in text


def test_points_need_no_array_library_of_their_own():
    store = PointStore()
    steps, numbers = memoryview(array("q", [0, 1])), memoryview(array("d", [1.0, 2.0]))
    store.extend([PointBlock(("x",), steps, numbers, (numbers,))])
    assert [len(curve) for curve in pieces(run_picture(info(), store))[0]] == [2]
