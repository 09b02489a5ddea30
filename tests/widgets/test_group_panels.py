"""Panels of several runs: which tracker answers for which run, what they answer, what they leave in the notebook."""

from __future__ import annotations

import time
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import jupyter_tracker as jt

LIMIT = 20.0
LARGEST = 50_000
"""Bytes that a panel may add to a saved notebook."""


def until(condition):
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


@pytest.fixture
def trackers(store_folder, tmp_path):
    with jt.connect() as one, jt.connect(f"local://{tmp_path / 'second'}") as other:
        yield one, other


def made(tracker, name, **params):
    with tracker.runs.start("digits", name=name, params=params) as run:
        for step in range(20):
            run.log({"loss": 1 / (step + 1), "system/cpu/percent": 1.0}, step=step)
    return run


@pytest.fixture
def pair(trackers):
    return made(trackers[0], "small", lr=0.1), made(trackers[1], "large", lr=0.2)


@pytest.fixture
def shown():
    panels = []

    def show(panel):
        panel.sent = []
        panel.send = lambda content, buffers=(): panel.sent.append({**content, "buffers": list(buffers or ())})
        panels.append(panel)
        return panel

    yield show
    for panel in panels:
        panel.close()


def ask(panel, op, **params):
    identity = len(panel.sent) + 1000
    panel._handle_custom_msg({"id": identity, "op": op, "params": params}, [])
    until(lambda: any(sent.get("id") == identity for sent in panel.sent))
    return next(sent for sent in panel.sent if sent.get("id") == identity)


def pushed(panel, topic, run):
    assert ask(panel, "follow", key="k", topic=topic, run=run)["result"] == {}
    until(lambda: any(sent.get("push") == "k" for sent in panel.sent))
    return next(sent for sent in panel.sent if sent.get("push") == "k")


def test_each_run_is_answered_by_its_own_tracker(pair, shown):
    panel = shown(jt.ComparePanel(*pair))
    assert panel.runs == [run.id for run in pair]
    for run in pair:
        assert ask(panel, "runs.get", run=run.id)["result"]["run"]["name"] == run.name
    assert ask(panel, "runs.get", run="nothing")["error"]["kind"] == "NotFound"


def test_one_id_in_two_stores_is_two_runs_and_one_store_with_two_clients_is_one(trackers, shown, tmp_path):
    run = made(trackers[0], "small")
    trackers[0].runs.export(run.id, tmp_path / "run.zip")
    copy = trackers[1].runs.get(trackers[1].runs.import_from(tmp_path / "run.zip")[0].id)
    with jt.connect() as again:
        panel = shown(jt.ComparePanel([run, copy], again.runs.get(run.id)))
        assert len(panel.runs) == 2
        assert [ask(panel, "runs.get", run=key)["result"]["run"]["id"] for key in panel.runs] == [run.id, copy.id]


def test_the_curves_come_without_log_events_and_machine(pair, shown):
    panel = shown(jt.ComparePanel(*pair))
    sent = pushed(panel, "curves", pair[1].id)
    update = sent["update"]
    assert update["run"]["name"] == "large"
    assert [points["key"] for points in update["points"]] == ["loss"]
    assert not {"log", "events"} & update.keys()
    (buffer,) = sent["buffers"]
    values = np.frombuffer(buffer)[-20:]
    assert values[0] == 1.0


def test_code_is_compared_within_a_store_and_between_two(trackers, shown):
    def submitted(tracker, text):
        run = tracker.runs.submit("digits", code=f"import sys\nprint({text})\n")
        run.wait(timeout=60)
        return run

    one, same, other = submitted(trackers[0], 1), submitted(trackers[0], 2), submitted(trackers[1], 3)
    panel = shown(jt.ComparePanel(one, same, other))
    for second, line in ((same, "+print(2)"), (other, "+print(3)")):
        result = ask(panel, "runs.code_difference", run=one.id, other=second.id)["result"]
        assert result["reason"] == ""
        assert {"-print(1)", line} <= set(result["code"].splitlines())
        assert " import sys" in result["code"]


def test_a_run_without_code_says_so_and_cells_are_compared(trackers, shown):
    from jupyter_tracker.models import Environment

    def tracked(tracker, *cells):
        environment = Environment(python="3.12", packages={"numpy": "2"}, history=cells)
        with tracker.runs.start("digits", environment=environment) as run:
            pass
        return run

    one, other = tracked(trackers[0], "x = 1", "y = 2"), tracked(trackers[1], "x = 1", "y = 3")
    panel = shown(jt.ComparePanel(one, other))
    result = ask(panel, "runs.code_difference", run=one.id, other=other.id)["result"]
    assert "no code was kept" in result["reason"]
    assert {"-y = 2", "+y = 3"} <= set(result["cells"].splitlines())
    found = ask(panel, "runs.environment", run=other.id)["result"]
    assert (found["packages"], found["cells"]) == ({"numpy": "2"}, 2)


def test_a_comparison_leaves_a_picture_and_a_table(pair, shown):
    panel = shown(jt.ComparePanel(*pair))
    data, metadata = panel.bundle()
    (home, small), (other, large) = ([run.backend.home, run.id] for run in pair)
    where = {"home": home, "runs": [small, large], "elsewhere": {large: [other, large]}}
    assert metadata == {"jupyter_tracker": {"panel": "compare", **where}}
    assert {"small", "large", "0.2"} <= set(data["text/plain"].split())
    ET.fromstring(data["image/svg+xml"])
    assert "large" in data["image/svg+xml"]


def test_the_picture_of_many_runs_stays_small(trackers, shown):
    runs = []
    for number in range(30):
        with trackers[0].runs.start("digits", name=f"<run {number}>") as run:
            for step in range(300):
                run.log({f"metric {each}": float(np.sin(step * each)) for each in range(8)}, step=step)
        runs.append(run)
    picture = jt.ComparePanel(runs).picture()
    assert len(picture) < LARGEST
    ET.fromstring(picture)


@pytest.mark.parametrize("panel", ["ComparePanel", "ClassificationPanel"])
def test_only_runs_have_a_panel(panel, trackers):
    with pytest.raises(TypeError, match="takes runs"):
        getattr(jt, panel)("x")
    with pytest.raises(TypeError, match="at least one run"):
        getattr(jt, panel)()
    run = made(trackers[0], "one")
    many = [type(run)(run.tracker, run.info.__class__(**{**fields(run.info), "id": str(n)})) for n in range(201)]
    with pytest.raises(ValueError, match="at most 200"):
        getattr(jt, panel)(many)


def fields(info):
    return {name: getattr(info, name) for name in info.__slots__}


@pytest.fixture
def judged(trackers, tmp_path):
    (tmp_path / "e.png").write_bytes(b"\x89PNG")
    runs = []
    for tracker, name in zip(trackers, ("small", "large"), strict=True):
        with tracker.runs.start("digits", name=name) as run:
            (image,) = run.log_artifact(tmp_path / "e.png", "wrong/e.png")
            true = np.arange(30) % 3
            score = np.eye(3)[true] + np.random.default_rng(0).normal(0, 0.6, (30, 3))
            run.log_classification(y_true=true, y_score=score, labels=["<a>", "b", "c"], examples=[image] * 30)
        runs.append(run)
    return runs


def test_classification_metrics_are_pushed_whole(judged, shown):
    panel = shown(jt.ClassificationPanel(*judged))
    sent = pushed(panel, "classifications", judged[1].id)
    update, buffers = sent["update"], sent["buffers"]
    assert update["of"]["name"] == "large"
    (found,) = update["classifications"]
    assert found["labels"] == ["<a>", "b", "c"]
    assert np.frombuffer(buffers[found["matrix"]]).sum() == 30
    assert [curve["label"] for curve in found["curves"]] == ["", "<a>", "b", "c"]
    curve = found["curves"][2]
    fpr, tpr, _ = np.split(np.frombuffer(buffers[curve["buffer"]]), 3)
    assert (fpr[-1], tpr[-1], curve["positives"], curve["negatives"]) == (1.0, 1.0, 10, 20)
    answer = ask(panel, "artifacts.preview", run=judged[1].id, path=found["examples"][0]["artifact"])
    assert answer["buffers"] == [b"\x89PNG"]


def test_what_is_logged_later_is_pushed_and_the_end_ends_the_poll(trackers, shown):
    run = trackers[0].runs.start("digits")
    panel = shown(jt.ClassificationPanel(run))
    assert pushed(panel, "classifications", run.id)["update"]["classifications"] == []
    run.log_classification(labels=["a", "b"], matrix=[[1, 0], [0, 1]])

    def last():
        return [sent["update"] for sent in panel.sent if sent.get("push") and "classifications" in sent["update"]][-1]

    until(lambda: last()["classifications"])
    run.end()
    until(lambda: last()["live"] is False)
    (feed,) = panel._session._classifications.values()
    until(lambda: feed._task is None or feed._task.done())
    ask(panel, "unfollow", key="k")
    assert panel._session._classifications == {}


def test_a_classification_leaves_a_picture_and_text(judged, shown):
    panel = shown(jt.ClassificationPanel(*judged))
    data, _ = panel.bundle()
    assert len(data["image/svg+xml"]) < LARGEST
    assert "2 runs" in data["image/svg+xml"]
    assert "3 classes, accuracy" in data["text/plain"]
    assert [result.name for result in panel.results] == ["classification"] * 2


def test_without_metrics_the_picture_says_what_to_call(pair, shown):
    panel = shown(jt.ClassificationPanel(pair[0], name="test"))
    assert "No 'test' yet: call run.log_classification" in panel.picture()
    assert "No 'test' yet" in panel.text()


@pytest.mark.parametrize("panel", ["ComparePanel", "ClassificationPanel"])
def test_the_page_gets_keys_and_the_front_end_only(panel, pair):
    import ipywidgets

    made_panel = getattr(jt, panel)(*pair)
    own = set(made_panel.keys) - set(ipywidgets.DOMWidget().keys)
    assert own - {"name"} == {"home", "runs", "elsewhere", "_esm", "_css", "_anywidget_id"}
    with pytest.raises(Exception, match="read-only"):
        made_panel.runs = []


def test_a_chunk_is_handed_over_and_nothing_else(pair, shown):
    panel = shown(jt.ComparePanel(*pair))
    assert "ComparePart" in ask(panel, "assets.get", name="compare-parts")["result"]["text"]
    for name in ("../secret", "no-such-chunk", "compare-parts.js", "/etc/passwd", "log\n", "../compare-panel"):
        assert ask(panel, "assets.get", name=name)["error"]["kind"] == "NotFound"
