"""Tables as files: what is read back is what was written, as far as the format can hold it."""

from __future__ import annotations

import csv
import json
import math
import sys

import numpy as np
import pandas as pd
import pytest

import jupyter_tracker as jt
from jupyter_tracker import frames
from jupyter_tracker.errors import InvalidInput, MissingLibrary, NotFound

NUMBERS = [0.1 + 0.2, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, 1 / 3]


@pytest.fixture
def frame():
    size = len(NUMBERS)
    return pd.DataFrame(
        {
            "number": NUMBERS,
            "whole": np.arange(size) + 2**62,
            "some": pd.array([1, None] * (size // 2), dtype="Int64"),
            "flag": [True, False] * (size // 2),
            "text": pd.Series(["a,b", 'q"q', "line\nline", "ä😀", "", " x ", "1.50", None], dtype="str"),
            "time": pd.Series(pd.to_datetime(range(size), unit="us", origin="2026-01-31", utc=True)).dt.as_unit("us"),
            "took": pd.Series(pd.to_timedelta([1.5, None] * (size // 2), unit="s")).dt.as_unit("us"),
            "mixed": pd.Series([1, "a", None, [1, 2.5], {"k": None}, True, 2**70, 0.5], dtype=object),
        }
    )


def test_parquet_holds_every_column_exactly(frame, tmp_path):
    path = frames.save(frame, tmp_path / "table.parquet")
    back = pd.read_parquet(path)
    exact = frame.columns.drop("mixed")
    pd.testing.assert_frame_equal(back[exact], frame[exact], check_exact=True)
    assert [None if pd.isna(text) else json.loads(text) for text in back["mixed"]] == list(frame["mixed"])
    assert math.copysign(1, back["number"][1]) == -1


def test_csv_holds_numbers_digit_by_digit_and_times_with_their_zone(frame, tmp_path):
    path = frames.save(frame, tmp_path / "table.csv")
    back = pd.read_csv(path, dtype={"text": "str"}, parse_dates=["time"])
    with path.open(newline="") as file:
        numbers = [float(row["number"] or "nan") for row in csv.DictReader(file)]
    np.testing.assert_array_equal(numbers, frame["number"])
    assert back["whole"].tolist() == frame["whole"].tolist()
    assert back["flag"].tolist() == frame["flag"].tolist()
    assert back["text"].fillna("").tolist() == frame["text"].fillna("").tolist()
    assert back["time"].tolist() == frame["time"].tolist()
    assert back["took"].fillna(-1).tolist() == [1.5, -1] * 4
    assert json.loads(back["mixed"][3]) == [1, 2.5]
    assert back["mixed"][1] == "a"


def test_json_is_standard_and_holds_numbers_and_times(frame, tmp_path):
    def never(word):
        raise AssertionError(word)

    rows = json.loads(frames.save(frame, tmp_path / "table.json").read_text("utf-8"), parse_constant=never)
    numbers = [math.nan if row["number"] is None else float(row["number"]) for row in rows]
    np.testing.assert_array_equal(numbers, frame["number"])
    assert [row["whole"] for row in rows] == frame["whole"].tolist()
    assert [row["some"] for row in rows] == [1, None] * 4
    assert [row["text"] for row in rows] == [*frame["text"][:7], None]
    assert [pd.Timestamp(row["time"]) for row in rows] == frame["time"].tolist()
    assert [row["took"] for row in rows] == [1.5, None] * 4
    assert [row["mixed"] for row in rows] == list(frame["mixed"])


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_an_index_that_says_something_is_kept_and_a_numbered_one_is_not(suffix, tmp_path):
    series = pd.DataFrame({"loss": [1.0, 0.5]}, index=pd.Index([0, 7], name="step"))
    path = frames.save(series, tmp_path / f"table{suffix}")
    back = pd.read_parquet(path) if suffix == ".parquet" else pd.read_csv(path) if suffix == ".csv" else None
    back = pd.DataFrame(json.loads(path.read_text())) if back is None else back
    pd.testing.assert_frame_equal(back if "step" not in back else back.set_index("step"), series)
    path = frames.save(pd.DataFrame({"a": [1]}), tmp_path / f"plain{suffix}")
    assert b"index_level" not in path.read_bytes()
    assert b"Unnamed" not in path.read_bytes()


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_every_table_of_a_tracker_can_be_saved(suffix, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    with jt.connect(f"local://{tmp_path / 'store'}") as tracker:
        with tracker.runs.start("digits", params={"lr": 0.1, "layers": [1, 2]}, tags={"a": "b"}) as run:
            run.log({"loss": 0.5})
            run.log_text("hello\n")
            run.log_artifact(tmp_path / "a.txt")
            run.log_classification(labels=["a"], matrix=[[1]])
        tracker.sources.create("print(1)\n", name="code")
        made = [
            tracker.runs.list(),
            tracker.experiments.list(),
            run.events(),
            run.logs(),
            run.artifacts(),
            run.checkpoints(),
            run.refresh().metrics,
            run.classifications(),
            tracker.sources.list(),
            tracker.templates.list(),
            tracker.variables.list(),
            tracker.capabilities(),
            tracker.runs.import_from(run.export(tmp_path), again=True),
        ]
        for number, result in enumerate(made):
            path = result.save(tmp_path / f"{number}{suffix}")
            assert path.stat().st_size > 0
        for result in (run.series(), run.series(wide=False), run.machine(), run.classification().confusion_matrix):
            assert jt.save(result, tmp_path / f"frame{suffix}").stat().st_size > 0


def test_a_file_is_replaced_whole_or_not_at_all(frame, tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.write_text("old")
    monkeypatch.setattr(pd.DataFrame, "to_csv", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        frames.save(frame, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_told(frame, tmp_path, monkeypatch):
    with pytest.raises(InvalidInput, match=r"\.csv, \.json, \.parquet.*not 'table\.xlsx'"):
        frames.save(frame, tmp_path / "table.xlsx")
    with pytest.raises(NotFound, match="folder"):
        frames.save(frame, tmp_path / "nowhere" / "table.csv")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingLibrary, match=r"pip install 'jupyter_tracker\[parquet\]'"):
        frames.save(frame, tmp_path / "table.parquet")
    assert list(tmp_path.iterdir()) == []
