"""Classification metrics as still pictures."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from jupyter_tracker.models import Classification
from jupyter_tracker.pictures import accuracy, area, classification_picture

SVG = "{http://www.w3.org/2000/svg}"
CURVE = Classification("eight", fpr=(0.0, 0.0, 1.0), tpr=(0.0, 1.0, 1.0), thresholds=(2.0, 1.0, 0.0))


def texts(picture):
    return [element.text for element in ET.fromstring(picture).iter(f"{SVG}text")]


def test_each_cell_has_its_count_and_each_class_its_label():
    picture = classification_picture(Classification("test", ("cat", "dog"), ((50.0, 3.0), (4.0, 900.0))))
    assert {"50", "3", "4", "900", "cat", "dog", "true", "predicted"} <= set(texts(picture))


def test_the_curve_is_drawn_with_its_area():
    picture = classification_picture(CURVE)
    assert {"ROC  eight", "area 1"} <= set(texts(picture))
    (curve,) = ET.fromstring(picture).iter(f"{SVG}path")
    assert len(curve.get("d").split()) == 3


def test_name_and_accuracy_are_two_texts():
    picture = classification_picture(Classification("test", ("a", "b"), ((9.0, 1.0), (0.0, 10.0))))
    assert {"test", "accuracy 0.95"} <= set(texts(picture))


@pytest.mark.parametrize("labels", [("a", "b"), tuple(f"a long class {number}" for number in range(10))])
def test_the_axes_are_named_outside_of_the_labels(labels):
    matrix = ((1.0,) * len(labels),) * len(labels)
    picture = ET.fromstring(classification_picture(Classification("n" * 99, labels, matrix)))
    predicted = float(next(text for text in picture.iter(f"{SVG}text") if text.text == "predicted").get("y"))
    assert predicted < float(picture.get("height"))
    shown = [text for text in picture.iter(f"{SVG}text") if text.get("font-size") == "11"]
    assert max(float(text.get("y")) for text in shown) < predicted


def test_hostile_labels_stay_text():
    picture = classification_picture(Classification("<script>", ("</svg>\x00", "b"), ((1.0, 0.0), (0.0, 1.0))))
    assert "<script>" not in picture
    assert "</svg> " in texts(picture)


def test_nothing_is_drawn_of_nothing():
    assert classification_picture(Classification("empty")) is None


@pytest.mark.parametrize("classes", [1, 20, 40])
def test_a_picture_stays_small(classes):
    labels = tuple(f"class {number}" for number in range(classes))
    matrix = tuple(tuple(float(row + column) for column in range(classes)) for row in range(classes))
    picture = classification_picture(Classification("test", labels, matrix))
    ET.fromstring(picture)
    assert len(picture) < 50_000


def test_too_many_classes_are_not_drawn():
    labels = tuple(map(str, range(41)))
    assert classification_picture(Classification("test", labels, ((0.0,) * 41,) * 41)) is None


def test_a_curve_of_a_million_points_is_a_small_picture():
    rates = tuple(number / 1_000_000 for number in range(1_000_001))
    assert len(classification_picture(Classification("test", fpr=rates, tpr=rates, thresholds=rates))) < 20_000


def test_area_and_accuracy():
    assert area((0.0, 0.5, 1.0), (0.0, 0.5, 1.0)) == pytest.approx(0.5)
    assert area((), ()) is None
    assert accuracy(((8.0, 2.0), (1.0, 9.0))) == pytest.approx(0.85)
    assert accuracy(()) is None
