"""Classification metrics as DataFrames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jupyter_tracker.frames.columns import text_column
from jupyter_tracker.models import ClassCurve, Classification


def confusion_matrix(classification: Classification) -> pd.DataFrame:
    """Counts, with the true labels as rows and the predicted ones as columns; integers where all cells are whole."""
    labels = list(classification.labels)
    cells = np.array(classification.matrix, dtype=np.float64).reshape(len(labels), len(labels))
    if np.isfinite(cells).all() and (cells == cells.round()).all():
        cells = cells.astype(np.int64)
    return pd.DataFrame(cells, pd.Index(labels, name="true"), pd.Index(labels, name="predicted"))


def roc_curve(classification: Classification) -> pd.DataFrame:
    """Columns fpr, tpr and threshold."""
    return pd.DataFrame(
        {
            "fpr": np.array(classification.fpr, np.float64),
            "tpr": np.array(classification.tpr, np.float64),
            "threshold": np.array(classification.thresholds, np.float64),
        }
    )


def pr_curve(classification: Classification) -> pd.DataFrame:
    """Columns recall, precision and threshold; empty where the samples behind the curve are not known."""
    counts = classification.counts
    if counts is None or not classification.fpr:
        return pd.DataFrame({name: np.empty(0) for name in ("recall", "precision", "threshold")})
    fpr, tpr = np.array(classification.fpr, np.float64), np.array(classification.tpr, np.float64)
    thresholds = np.array(classification.thresholds, np.float64)
    order = np.lexsort((fpr, tpr))
    precision = _precision(fpr, tpr, *counts)
    return pd.DataFrame({"recall": tpr[order], "precision": precision[order], "threshold": thresholds[order]})


def class_curves(classification: Classification) -> pd.DataFrame:
    """One row a point of the curve of each class: columns class, threshold, fpr, tpr, precision."""
    parts = [
        pd.DataFrame(
            {
                "class": text_column([curve.label] * len(curve.fpr)),
                "threshold": np.array(curve.thresholds, np.float64),
                "fpr": np.array(curve.fpr, np.float64),
                "tpr": np.array(curve.tpr, np.float64),
                "precision": _class_precision(curve),
            }
        )
        for curve in _curves(classification)
    ]
    if parts:
        return pd.concat(parts, ignore_index=True)
    numbers = {name: np.empty(0) for name in ("threshold", "fpr", "tpr", "precision")}
    return pd.DataFrame({"class": text_column([]), **numbers})


def per_class(classification: Classification) -> pd.DataFrame:
    """One row a class: support, precision, recall and F1 as predicted, area and average precision of its curve."""
    cells = np.array(classification.matrix, np.float64).reshape((len(classification.labels),) * 2)
    curves = {curve.label: curve for curve in _curves(classification)}
    labels = list(classification.labels) or list(curves)
    nothing = np.full(len(labels), np.nan)
    hits, support, predicted = (
        (np.diag(cells), cells.sum(axis=1), cells.sum(axis=0)) if len(cells) else (nothing, nothing, nothing)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "support": support,
            "precision": hits / predicted,
            "recall": hits / support,
            "f1": 2 * hits / (support + predicted),
        }
    columns["auc"] = np.array([_area(curves.get(label)) for label in labels])
    columns["average_precision"] = np.array([_average_precision(curves.get(label)) for label in labels])
    return pd.DataFrame(columns, pd.Index(labels, name="class"))


def _curves(classification: Classification) -> tuple[ClassCurve, ...]:
    """The curves of single classes; of two classes there is one."""
    if classification.curves or not classification.fpr or not classification.positive:
        return classification.curves
    counts = classification.counts or (None, None)
    return (
        ClassCurve(
            classification.positive,
            classification.fpr,
            classification.tpr,
            classification.thresholds,
            *counts,
        ),
    )


def _precision(fpr: np.ndarray, tpr: np.ndarray, positives: int, negatives: int) -> np.ndarray:
    """Of what was predicted as the class, the share that is; 1 where nothing was (as scikit-learn has it)."""
    hits, alarms = tpr * positives, fpr * negatives
    predicted = np.nan_to_num(hits) + np.nan_to_num(alarms)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(predicted > 0, np.nan_to_num(hits) / predicted, 1.0)


def _class_precision(curve: ClassCurve) -> np.ndarray:
    if curve.positives is None or curve.negatives is None:
        return np.full(len(curve.fpr), np.nan)
    return _precision(
        np.array(curve.fpr, np.float64), np.array(curve.tpr, np.float64), curve.positives, curve.negatives
    )


def _area(curve: ClassCurve | None) -> float:
    if curve is None:
        return np.nan
    fpr, tpr = np.sort(curve.fpr), np.sort(curve.tpr)
    return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))


def _average_precision(curve: ClassCurve | None) -> float:
    """Precision averaged over recall in steps, without interpolation (scikit-learn: `average_precision_score`)."""
    if curve is None or not curve.positives or curve.negatives is None:
        return np.nan
    recall = np.array(curve.tpr, np.float64)
    order = np.lexsort((np.array(curve.fpr), recall))
    return float(np.sum(np.diff(recall[order], prepend=0.0) * _class_precision(curve)[order]))
