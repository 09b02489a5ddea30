"""A run knows the notebook in which it was made."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("session", "kept"),
    [("/work/train.ipynb", {"notebook": "/work/train.ipynb"}), ("/work/console-1-2f", {}), ("", {})],
)
def test_the_notebook_is_a_tag_where_jupyter_tells_it(tracker, monkeypatch, session, kept):
    monkeypatch.setenv("JPY_SESSION_NAME", session)
    with tracker.runs.start("digits") as run:
        assert dict(run.info.tags) == kept
    with tracker.runs.start("digits", tags={"notebook": "mine"}) as run:
        assert run.info.tags["notebook"] == "mine"
    if kept:
        assert len(tracker.runs.list(where="tags.notebook = '/work/train.ipynb'")) == 1
