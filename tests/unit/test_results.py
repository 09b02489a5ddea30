"""Lists of models print well, escape what they hold, and stay lists."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from jupyter_tracker.client.assets import ModelDetails, ModelList
from jupyter_tracker.client.reports import AlertList, ProgressList, Statistics
from jupyter_tracker.client.results import (
    ArtifactList,
    CheckpointList,
    ClassificationList,
    ClassificationResult,
    EventList,
    ExperimentList,
    LogList,
    RunList,
)
from jupyter_tracker.models import (
    Alert,
    Artifact,
    Classification,
    Event,
    Experiment,
    Level,
    LogLine,
    MetricValue,
    Model,
    ModelDescription,
    RunInfo,
    RunState,
    Stream,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>&\x1b[31m"


class Held:
    row = None

    def __init__(self, info):
        self.info = info


def runs(count, **fields):
    base = {"experiment_id": "e", "experiment": "digits", "state": RunState.RUNNING, "native_state": "running"}
    infos = [
        RunInfo(**{"id": f"{number:032x}", "name": f"run-{number}", **base, "created_at": NOW, **fields})
        for number in range(count)
    ]
    return RunList(infos, Held)


def test_empty_lists_say_so():
    for kind in (ArtifactList, CheckpointList, ClassificationList, EventList, ExperimentList):
        noun = kind.__name__.removesuffix("List").lower() + "s"
        assert repr(kind([])) == f"No {noun}."
        assert kind([])._repr_html_() is None
    assert repr(LogList([])) == "No log lines."
    assert repr(ProgressList([])) == "No progress."
    assert (repr(AlertList([])), repr(ModelList([]))) == ("No alerts.", "No models.")
    assert repr(RunList([], Held)) == "No runs."


def test_names_are_escaped_in_html():
    hostile = runs(1, name=HOSTILE, params={HOSTILE: HOSTILE}, tags={HOSTILE: HOSTILE}, reason=HOSTILE)
    for shown in (
        hostile,
        ExperimentList([Experiment("1", HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, created_at=NOW, updated_at=NOW)]),
        EventList([Event(1, NOW, HOSTILE, HOSTILE, data={HOSTILE: HOSTILE})]),
        AlertList([Alert("1", HOSTILE, HOSTILE, 1, NOW, Level.ERROR, HOSTILE, HOSTILE)]),
        ModelList([Model("1", HOSTILE, "1.0.0", summary=HOSTILE, tags={HOSTILE: HOSTILE}, created_at=NOW)]),
        ModelDetails(ModelDescription(Model("1", HOSTILE, "1.0.0"), (Artifact(HOSTILE, 1),))),
        Statistics(runs(1, metrics={f"{HOSTILE}/{HOSTILE}": MetricValue(1.0, 0, NOW)})[0].info),
    ):
        html = shown._repr_html_()
        assert "<script" not in html
        assert "&lt;script" in html


def test_labels_are_escaped_in_pictures():
    picture = ClassificationResult(Classification(HOSTILE, (HOSTILE,), ((1.0,),)))._repr_svg_()
    ET.fromstring(picture)
    assert "<script" not in picture


def test_a_long_list_is_shortened():
    text = repr(runs(1000))
    assert "more runs" in text
    assert text.count("\n") <= 110
    assert len(runs(1000)._repr_html_()) < 200_000


def test_ids_are_short_for_the_eye_and_whole_in_the_frame():
    listed = runs(1)
    assert "00000000 " in repr(listed)
    assert listed.frame()["id"].tolist() == ["0" * 32]


def test_sentences_are_whole_in_plain_text_and_other_long_values_are_cut():
    message = "The run is out of memory: " + "it used more than it may, " * 5
    event = Event(1, NOW, "resources_exceeded", message, Level.ERROR, {"detail": "x" * 100})
    text = repr(EventList([event]))
    assert message in text
    assert "x" * 40 not in text
    assert "{'detail': 'xxx" in text
    assert len(repr(EventList([Event(1, NOW, "alert", "x" * 10_000)]))) < 1000


def test_a_log_reads_as_text():
    lines = LogList(LogLine(number, NOW, Stream.STDOUT, text, "") for number, text in enumerate(["one", "two"]))
    assert repr(lines) == str(lines) == "one\ntwo"
    assert lines._repr_html_() is None


def test_listed_runs_are_used_like_a_list():
    listed = runs(3)
    assert [run.info.name for run in listed] == ["run-0", "run-1", "run-2"]
    assert listed[-1].info.name == "run-2"
    assert listed[1] is listed[1]
    assert listed[:2] == [listed[0], listed[1]]
    assert listed[0] in listed
    assert listed == list(listed)


def test_a_classification_says_what_it_has():
    both = ClassificationResult(
        Classification("test", ("a", "b"), ((3.0, 1.0), (0.0, 4.0)), (0.0, 1.0), (0.5, 1.0), (0.9, 0.1))
    )
    assert both.accuracy == 0.875
    assert both.auc == 0.75
    assert "accuracy 0.875" in repr(both)
    assert "ROC curve of 2 points, area 0.75" in repr(both)
    assert ClassificationResult(Classification("none", ("a",), ((0.0,),))).accuracy is None
