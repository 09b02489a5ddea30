"""A run knows the notebook in which it was made."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("session", "kept"),
    [("/notebooks/train.ipynb", "/notebooks/train.ipynb"), ("/notebooks/console-1-2f", None), ("", None)],
)
def test_the_notebook_is_a_tag_where_jupyter_tells_it(tracker, platform, monkeypatch, session, kept):
    if kept and tracker.backend.transport is not None:
        kept = "train.ipynb"  # where it lies on this machine is not told to a platform
    monkeypatch.setenv("JPY_SESSION_NAME", session)
    with tracker.runs.start("digits") as run:
        assert dict(run.info.tags) == ({"notebook": kept} if kept else {})
    with tracker.runs.start("digits", tags={"notebook": "mine"}) as run:
        assert run.info.tags["notebook"] == "mine"
    if kept:
        assert len(tracker.runs.list(where=f"tags.notebook = '{kept}'")) == 1


def test_a_submitted_run_has_it_where_the_backend_keeps_tags(tracker, monkeypatch, tmp_path):
    (tmp_path / "train.py").write_text("def train(*_):\n    return {}\n\n\ndef handler(*_):\n    pass\n")
    monkeypatch.setenv("JPY_SESSION_NAME", "/notebooks/secret/train.ipynb")
    run = tracker.runs.submit("digits", code=tmp_path / "train.py").wait(60)
    assert run.tags.get("notebook") in (
        ("train.ipynb", None) if tracker.backend.transport is not None else ("/notebooks/secret/train.ipynb",)
    )
