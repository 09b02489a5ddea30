"""Metrics computed from the classes and scores of samples are those of scikit-learn."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

import jupyter_tracker as jt
from jupyter_tracker.errors import InvalidInput

NAMES = ["cat", "dog", "owl"]


@given(st.integers(0, 2**32 - 1), st.integers(2, 300), st.booleans())
@settings(max_examples=60, deadline=None)
def test_two_classes_are_as_in_scikit_learn(seed, samples, ties):
    rng = np.random.default_rng(seed)
    true = np.append([0, 1], rng.integers(0, 2, samples))
    score = rng.random(len(true))
    score = score.round(1) if ties else score
    found = jt.classification_metrics(true, score)
    fpr, tpr, thresholds = metrics.roc_curve(true, score, drop_intermediate=False)
    np.testing.assert_allclose(found.roc_curve.to_numpy(), np.column_stack([fpr, tpr, thresholds]))
    assert found.auc == pytest.approx(metrics.roc_auc_score(true, score))
    assert (found.confusion_matrix.to_numpy() == metrics.confusion_matrix(true, score >= 0.5)).all()
    precision, recall, _ = metrics.precision_recall_curve(true, score)
    np.testing.assert_allclose(found.pr_curve[["precision", "recall"]].to_numpy()[0], [1.0, 0.0])
    pairs = {(round(p, 9), round(r, 9)) for p, r in zip(precision, recall, strict=True)}
    ours = found.pr_curve.round(9)
    assert pairs <= set(zip(ours["precision"], ours["recall"], strict=True)) | {(1.0, 0.0)}
    assert found.per_class.loc["1", "average_precision"] == pytest.approx(metrics.average_precision_score(true, score))


@given(st.integers(0, 2**32 - 1), st.integers(3, 200))
@settings(max_examples=40, deadline=None)
def test_many_classes_are_as_in_scikit_learn(seed, samples):
    rng = np.random.default_rng(seed)
    true = np.append([0, 1, 2], rng.integers(0, 3, samples))
    score = rng.dirichlet([1, 1, 1], len(true))
    found = jt.classification_metrics([NAMES[at] for at in true], score, labels=NAMES)
    areas = metrics.roc_auc_score(true, score, multi_class="ovr", average=None)
    np.testing.assert_allclose(found.per_class["auc"], areas)
    np.testing.assert_allclose(
        found.per_class["average_precision"], metrics.average_precision_score(np.eye(3)[true], score, average=None)
    )
    report = metrics.classification_report(
        true, score.argmax(axis=1), target_names=NAMES, output_dict=True, zero_division=np.nan
    )
    for name in NAMES:
        assert found.per_class.loc[name, "recall"] == pytest.approx(report[name]["recall"])
        assert found.per_class.loc[name, "support"] == report[name]["support"]
        assert found.per_class.loc[name, "f1"] == pytest.approx(report[name]["f1-score"], nan_ok=True)
    assert found.auc == pytest.approx(metrics.roc_auc_score(np.eye(3)[true].ravel(), score.ravel()))
    assert set(found.class_curves["class"]) == set(NAMES)


def test_it_works_without_scikit_learn(monkeypatch):
    plain = builtins.__import__

    def without(name, *rest, **more):
        if name.partition(".")[0] == "sklearn":
            raise ImportError(name)
        return plain(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert jt.classification_metrics([0, 1], [0.1, 0.9]).auc == 1.0


def test_a_long_curve_is_thinned_and_keeps_its_area():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 2, 200_000)
    score = true * 0.5 + rng.normal(0, 0.5, len(true))
    found = jt.classification_metrics(true, score)
    assert 900 <= len(found.roc_curve) <= 1001
    assert found.auc == pytest.approx(metrics.roc_auc_score(true, score), abs=2e-5)
    assert found.roc_curve.iloc[-1].tolist()[:2] == [1.0, 1.0]


def test_a_thousand_classes_stay_small():
    rng = np.random.default_rng(0)
    score = rng.random((3000, 1000))
    found = jt.classification_metrics(rng.integers(0, 1000, 3000), score, labels=range(1000))
    assert sum(len(curve.fpr) for curve in found.data.curves) <= 52_000


def test_scores_of_a_decision_function_are_split_at_zero():
    found = jt.classification_metrics([0, 0, 1, 1], [-2.0, -0.1, 0.2, 3.0])
    assert found.accuracy == 1.0


def test_predictions_alone_give_a_matrix():
    found = jt.classification_metrics(["b", "a", "b"], y_pred=["b", "b", "b"])
    assert found.confusion_matrix.loc["a", "b"] == 1
    assert found.roc_curve.empty
    assert found.per_class["auc"].isna().all()


def test_a_class_that_never_occurs_has_no_area():
    found = jt.classification_metrics([0, 1], [[0.9, 0.1, 0.0], [0.2, 0.7, 0.1]], labels=NAMES)
    assert found.per_class["auc"].isna().tolist() == [False, False, True]


def test_of_a_matrix_of_counts_the_pr_curve_is_known_and_of_shares_it_is_not(store_folder):
    curve = {"fpr": [0.0, 0.5, 1.0], "tpr": [0.0, 1.0, 1.0], "thresholds": [2.0, 0.5, 0.0]}
    with jt.connect() as tracker, tracker.runs.start("x") as run:
        run.log_classification(name="counts", labels=["no", "yes"], matrix=[[4, 0], [1, 1]], **curve)
        run.log_classification(name="shares", labels=["no", "yes"], matrix=[[0.9, 0.1], [0.5, 0.5]], **curve)
        run.log_classification(name="told", positives=2, negatives=4, **curve)
        assert run.classification("counts").pr_curve["precision"].tolist() == [1.0, 0.5, 2 / 6]
        assert run.classification("told").pr_curve.equals(run.classification("counts").pr_curve)
        assert run.classification("shares").pr_curve.empty


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (([], [0.5]), "no samples"),
        (([0, 1],), "Give y_score or y_pred"),
        (([0, 1], [0.5]), "shape"),
        (([0, 1, 2], [0.5, 0.5, 0.5]), r"\(3, 3\)"),
        (([0, 1], [0.5, np.nan]), "finite"),
        (([0, 1], ["a", "b"]), "numbers"),
        (("cat", [0.5]), "list or an array"),
        (([[0], [1]], [0.5, 0.5]), "one value for each sample"),
    ],
)
def test_what_does_not_fit_together_is_refused(given_, said):
    with pytest.raises(InvalidInput, match=said):
        jt.classification_metrics(*given_)


def test_an_unknown_class_is_named():
    with pytest.raises(InvalidInput, match="'cow', which is not among the labels"):
        jt.classification_metrics(["cat", "cow"], [0.1, 0.2], labels=["cat", "dog"])
    with pytest.raises(InvalidInput, match="equally many"):
        jt.classification_metrics(["cat", "dog"], y_pred=["cat"])
    with pytest.raises(InvalidInput, match="there once"):
        jt.classification_metrics(["cat"], y_pred=["cat"], labels=["cat", "cat"])


def test_of_the_examples_those_come_first_that_were_surely_wrong():
    found = jt.classification_metrics([0, 0, 1, 1], [0.6, 0.9, 0.8, 0.2], examples=["a", "b", "c", "d"])
    assert [(example.true, example.predicted, example.text) for example in found.data.examples] == [
        ("0", "1", "b"),
        ("0", "1", "a"),
        ("1", "0", "d"),
        ("1", "1", "c"),
    ]
    many = jt.classification_metrics([0] * 50 + [1], [0.6] * 50 + [0.9], examples=["x" * 5000] * 51)
    assert len(many.data.examples) == 11
    assert {len(example.text) for example in many.data.examples} == {1000}
    with pytest.raises(InvalidInput, match="4 samples"):
        jt.classification_metrics([0, 0, 1, 1], [0.6, 0.9, 0.8, 0.2], examples=["a"])
