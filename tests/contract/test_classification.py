"""Confusion matrices and ROC curves."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from jupyter_tracker.errors import InvalidInput, NotFound

MATRIX = {"labels": ["cat", "dog"], "matrix": [[5, 1], [2, 4]]}
CURVE = {"fpr": [0.0, 0.5, 1.0], "tpr": [0.0, 0.9, 1.0], "thresholds": [math.inf, 0.5, 0.0]}


def test_a_matrix_comes_back_as_a_frame_of_true_and_predicted_labels(run):
    run.log_classification(**MATRIX)
    found = run.classification()
    expected = pd.DataFrame(
        [[5, 1], [2, 4]], pd.Index(["cat", "dog"], name="true"), pd.Index(["cat", "dog"], name="predicted")
    )
    pd.testing.assert_frame_equal(found.confusion_matrix, expected)
    assert found.accuracy == 0.75
    assert found.auc is None
    assert found.roc_curve.empty


def test_a_curve_comes_back_with_its_area(run):
    run.log_classification(**CURVE)
    found = run.classification()
    assert found.roc_curve["fpr"].tolist() == [0.0, 0.5, 1.0]
    assert found.roc_curve["threshold"].tolist() == [math.inf, 0.5, 0.0]
    assert found.auc == pytest.approx(0.5 * 0.45 + 0.5 * 0.95)
    assert found.accuracy is None
    assert found.confusion_matrix.empty


def test_arrays_and_series_are_taken(run):
    labels = np.array([0, 1])
    matrix = pd.DataFrame([[1, 2], [3, 4]]).to_numpy()
    curve = {key: pd.Series(values) for key, values in CURVE.items()}
    run.log_classification(labels=labels, matrix=matrix, **curve, name="both", step=3)
    found = run.classification("both")
    assert found.data.labels == ("0", "1")
    assert found.data.step == 3
    assert found.confusion_matrix.to_numpy().tolist() == [[1, 2], [3, 4]]


def test_a_normalised_matrix_keeps_its_shares(run):
    run.log_classification(labels=["a", "b"], matrix=[[0.25, 0.75], [1.0, math.nan]])
    cells = run.classification().confusion_matrix.to_numpy()
    assert cells[0].tolist() == [0.25, 0.75]
    assert math.isnan(cells[1][1])


def test_the_same_name_replaces_and_others_stay(run):
    run.log_classification(name="train", **MATRIX)
    run.log_classification(name="test", **MATRIX)
    run.log_classification(name="train", labels=["a"], matrix=[[1]])
    assert {found.name for found in run.classifications()} == {"train", "test"}
    assert run.classification("train").data.labels == ("a",)
    assert run.classification("test").data.labels == ("cat", "dog")
    assert run.classification().name == "train"


def test_an_unknown_name_is_not_found_and_the_known_ones_are_named(run):
    with pytest.raises(NotFound, match=r"`run\.log_classification"):
        run.classification()
    run.log_classification(name="test", **MATRIX)
    with pytest.raises(NotFound, match="Did you mean 'test'"):
        run.classification("tests")
    with pytest.raises(NotFound, match="Did you mean 'test'"):
        run.classifications().named("tests")


@pytest.mark.needs("classes")
def test_metrics_are_computed_from_the_samples_and_come_back_whole(run):
    true, score = [0, 1, 2, 2], [[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.1, 0.2, 0.7], [0.6, 0.2, 0.2]]
    run.log_classification(y_true=true, y_score=score, labels=["cat", "dog", "owl"], examples=list("abcd"), step=7)
    found = run.classification()
    assert found.confusion_matrix.loc["owl"].tolist() == [1, 0, 1]
    assert found.per_class["support"].tolist() == [1, 1, 2]
    assert [curve.label for curve in found.data.curves] == ["cat", "dog", "owl"]
    assert found.data.curves[2].positives == 2
    assert found.data.examples[0].text == "d"
    assert found.data.step == 7


@pytest.mark.needs("classes")
def test_examples_belong_to_a_cell_and_may_be_files(run, tmp_path):
    (tmp_path / "img.png").write_bytes(b"png")
    (image,) = run.log_artifact(tmp_path / "img.png", "wrong/img.png")
    run.log_classification(**MATRIX, examples={("cat", "dog"): [image, "a dark one"]})
    examples = run.classification().data.examples
    assert [(example.text, example.artifact) for example in examples] == [("", "wrong/img.png"), ("a dark one", "")]
    assert {(example.true, example.predicted) for example in examples} == {("cat", "dog")}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "nothing to log"),
        ({**MATRIX, "examples": {("cat", "cow"): ["a"]}}, "belong to no cell"),
        ({**MATRIX, "examples": {("cat", "dog"): "a"}}, "must be a list"),
        ({**MATRIX, "examples": ["a"]}, "by cell"),
        ({**MATRIX, "positives": 3, "negatives": 4}, "behind fpr"),
        ({**CURVE, "positives": 3}, "give both"),
        ({**CURVE, "positives": -1, "negatives": 2}, "0 or more"),
        ({**CURVE, "y_true": [0, 1], "y_score": [0.1, 0.9]}, "one or the other"),
        ({"y_score": [0.1]}, "need y_true"),
        ({"y_true": [0, 1], "y_score": [0.1, 0.9], "examples": {("0", "1"): ["a"]}}, "each sample"),
        ({"labels": ["a"]}, "labels and matrix"),
        ({"matrix": [[1]]}, "labels and matrix"),
        ({"fpr": [0.0], "tpr": [0.0]}, "thresholds"),
        ({"labels": ["a", "b"], "matrix": [[1, 2]]}, "row and a column"),
        ({"labels": ["a", "b"], "matrix": [[1], [2]]}, "row and a column"),
        ({"fpr": [0.0, 1.0], "tpr": [0.0], "thresholds": [1.0]}, "equally long"),
        ({"labels": ["a"], "matrix": [["many"]]}, "number"),
        ({"labels": ["a"], "matrix": 3}, "matrix"),
        ({"fpr": ["x"], "tpr": [0.0], "thresholds": [1.0]}, "number"),
        ({"labels": ["a"], "matrix": [[1]], "step": "last"}, "step"),
        ({"labels": ["a"], "matrix": [[1]], "name": ""}, "name"),
        ({"labels": ["a", "a"], "matrix": [[1, 2], [3, 4]]}, "label"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(run, given, said):
    with pytest.raises(InvalidInput, match=said):
        run.log_classification(**given)
    assert run.classifications() == []


def test_the_list_turns_into_a_frame(run):
    run.log_classification(name="matrix", **MATRIX)
    run.log_classification(name="curve", **CURVE, step=4)
    frame = run.classifications().frame()
    assert frame["name"].tolist() == ["matrix", "curve"]
    assert frame["classes"].tolist() == [2, 0]
    assert frame["accuracy"].isna().tolist() == [False, True]
    assert str(frame["step"].dtype) == "Int64"
