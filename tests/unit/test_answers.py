"""What views ask about one run, and what they get."""

from __future__ import annotations

import asyncio

import pytest

import jupyter_tracker as jt
from jupyter_tracker import rpc
from jupyter_tracker.errors import Conflict, InvalidInput, NotFound
from jupyter_tracker.feed import chunks
from jupyter_tracker.models import Environment, Stream


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as tracker:
        yield tracker


@pytest.fixture
def run(tracker):
    run = tracker.runs.start("digits", params={"lr": 0.1})
    yield run
    if not run.refresh().state.ended:
        run.end()


def ask(run, operation, **params):
    async def go():
        session = rpc.Session(jt.AsyncTracker(run.backend))
        return await rpc.call(session, operation, {"run": run.id, **params})

    return asyncio.run(go())


def write(run, text):
    run.tracker.drive(run.backend.logs.append(run.id, Stream.STDOUT, text))


@pytest.fixture
def files(tmp_path, run):
    def keep(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        run.log_artifact(path)
        return path.name

    return keep


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.csv", b"x,y\n1,2\n", "table"),
        ("a.tsv", b"x\ty\n", "table"),
        ("a.json", b'{"a": [1, 2]}', "json"),
        ("broken.json", b"{", "text"),
        ("a.txt", "ä".encode(), "text"),
        ("a.bin", b"\0\1\2", "none"),
        ("a.png", b"\x89PNG", "image"),
        ("a.svg", b"<svg onload='alert(1)'/>", "image"),
        ("long.csv", b"a," * 300_000, "table"),
        ("empty.txt", b"", "text"),
    ],
)
def test_a_file_is_shown_as_what_it_is(run, files, name, content, kind):
    files(name, content)
    result, buffers = ask(run, "artifacts.preview", path=name)
    assert result["kind"] == kind
    assert [bytes(buffer) for buffer in buffers] == ([content] if kind == "image" else [])
    assert len(str(result)) < 300_000


def test_a_large_file_is_not_shown_but_named(run, files, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.feed.contents.LARGEST_FILE", 10)
    files("large.txt", b"x" * 11)
    result, _ = ask(run, "artifacts.preview", path="large.txt")
    assert "run.download_artifact('large.txt')" in result["message"]
    with pytest.raises(InvalidInput, match="at most 10"):
        ask(run, "artifacts.get", path="large.txt")


def test_files_are_listed_counted_and_come_whole(run, files):
    files("a.txt", b"abc")
    assert [one["path"] for one in ask(run, "artifacts.list")[0]["artifacts"]] == ["a.txt"]
    assert ask(run, "artifacts.get", path="a.txt")[1] == [b"abc"]
    counted = ask(run, "runs.contents")[0]
    assert (counted["artifacts"], counted["models"]) == (1, 0)
    assert counted["code"] == f"jupyter_tracker.connect().runs.get({run.id!r})"
    with pytest.raises(NotFound):
        ask(run, "artifacts.get", path="../../secret")


def test_the_log_comes_by_rows(run):
    write(run, "one\nERROR two\n" + "same\n" * 5)
    result, _ = ask(run, "logs.window", **{"from": -10}, at_end=True, limit=10)
    assert [(row["text"], row["level"], row["repeats"]) for row in result["rows"]] == [
        ("one", "info", 1),
        ("ERROR two", "error", 1),
        ("same", "info", 5),
    ]
    assert (result["count"], result["from"], result["complete"]) == (3, 0, True)
    assert ask(run, "logs.window", **{"from": 0}, levels=["error"])[0]["count"] == 1
    assert ask(run, "logs.search", query="SAME", position=0, step=1)[0]["position"] == 2
    assert ask(run, "logs.seek", level="error", position=-1, step=1)[0]["position"] == 1
    assert ask(run, "logs.text")[1] == [b"one\nERROR two\n" + b"same\n" * 5]
    with pytest.raises(InvalidInput, match="may hold"):
        ask(run, "logs.window", **{"from": 0}, levels=["loud"])


def test_what_surrounded_a_run_and_what_it_executed(tracker):
    known = Environment(python="3.12", packages={"numpy": "2.0"}, history=("import numpy",))
    run = tracker.runs.start("digits", environment=known)
    found, _ = ask(run, "runs.environment")
    assert (found["python"], found["packages"], found["history"]) == ("3.12", {"numpy": "2.0"}, ["import numpy"])
    code, _ = ask(run, "runs.code")
    run.end()
    assert code["files"] == []


def test_only_built_chunks_are_given_out(run, tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "FOLDER", tmp_path)
    (tmp_path / "log.js").write_text("export default 1", encoding="utf-8")
    assert ask(run, "assets.get", name="log")[0] == {"text": "export default 1"}
    for name in ("../log", "/etc/passwd", "log.js", "other"):
        with pytest.raises(NotFound):
            ask(run, "assets.get", name=name)


def test_notes_are_kept_and_a_run_goes_and_comes_back(run):
    assert ask(run, "runs.update", notes="good")[0]["run"]["notes"] == "good"
    run.end()
    gone = ask(run, "runs.archive")[0]["run"]
    assert gone["lifecycle"] == "archived"
    assert gone["actions"]["runs.unarchive"] is None
    assert ask(run, "runs.unarchive")[0]["run"]["lifecycle"] == "active"


def test_a_run_of_a_notebook_cannot_be_cloned_and_says_why(run):
    assert "run that again" in ask(run, "runs.get")[0]["run"]["actions"]["runs.clone"]
    with pytest.raises(Conflict, match="run that again"):
        ask(run, "runs.clone", params={})


def test_a_submitted_run_is_cloned_with_other_params(tracker):
    first = tracker.runs.submit("digits", code="import time\nprint(1)\n", params={"lr": 0.1, "n": 2}, name="base")
    made = ask(first, "runs.clone", params={"lr": 0.2}, name="other")[0]["run"]
    second = tracker.runs.get(made["id"]).wait(timeout=60)
    first.wait(timeout=60)
    assert (second.name, dict(second.params), second.info.source) == ("other", {"lr": 0.2, "n": 2}, first.info.source)
    assert str(second.state) == "succeeded"
    files = ask(second, "runs.code")[0]["files"]
    assert "print(1)" in ask(second, "runs.code_file", path=files[0]["path"])[0]["text"]
    with pytest.raises(NotFound):
        ask(second, "runs.code_file", path="../x")
