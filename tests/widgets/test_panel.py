"""A panel: what it answers, what it shares with the page, and the picture that it leaves in the notebook."""

from __future__ import annotations

import gc
import re
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import NotFound, StoreError
from jupyter_tracker.widgets.kept import KeptPicture

PICTURE = "image/svg+xml"
LIMIT = 20.0


def until(condition):
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as tracker:
        yield tracker


@pytest.fixture
def run(tracker):
    run = tracker.runs.start("digits", params={"lr": 0.1})
    yield run
    run.end()


@pytest.fixture
def panel(run):
    panel = jt.RunPanel(run)
    panel.sent = []
    panel.send = lambda content, *_: panel.sent.append(content)
    yield panel
    panel.close()


def ask(panel, **content):
    """Send what a page would, and return the answer to it."""
    panel._handle_custom_msg(content, [])
    until(lambda: any(sent.get("id") == content["id"] for sent in panel.sent))
    return next(sent for sent in panel.sent if sent.get("id") == content["id"])


def pushed(panel):
    return [sent for sent in panel.sent if "push" in sent]


def test_a_request_is_answered(panel, run):
    answer = ask(panel, id=1, op="runs.get", params={"run": run.id})
    assert answer["result"]["run"]["name"] == run.name


def test_a_request_that_is_sent_again_is_answered_once(panel, run):
    for identity, once in ((1, "page-1"), (1, "page-1"), (2, "page-2"), (1, "page-1"), (1, "other-page-1"), (3, None)):
        panel._handle_custom_msg({"id": identity, "op": "runs.get", "params": {"run": run.id}, "once": once}, [])
    until(lambda: any(sent.get("id") == 3 for sent in panel.sent))
    assert sorted(sent["id"] for sent in panel.sent) == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("operation", "params", "kind"),
    [
        ("runs.stopp", {}, "InvalidInput"),
        (None, None, "InvalidInput"),
        ({"op": 1}, [1, 2], "InvalidInput"),
        ("runs.get", "text", "InvalidInput"),
        ("runs.get", {"run": "../../etc"}, "NotFound"),
        ("follow", {"key": "k", "topic": "run", "run": 7}, "InvalidInput"),
        ("follow", {"key": "k", "topic": "run", "run": "x", "columns": float("nan")}, "InvalidInput"),
        ("follow", {"key": "k", "topic": "rum", "run": "x"}, "InvalidInput"),
        ("follow", {"topic": "run", "run": "x"}, "InvalidInput"),
    ],
)
def test_what_cannot_be_answered_is_answered_with_an_error(panel, operation, params, kind):
    error = ask(panel, id="a", op=operation, params=params)["error"]
    assert error["kind"] == kind
    assert error["message"]


def test_an_error_of_others_does_not_show_its_text(panel, run, monkeypatch):
    def fail(*_):
        raise RuntimeError("token abc123")

    monkeypatch.setattr("jupyter_tracker.rpc.OPERATIONS", {"runs.get": fail})
    answer = ask(panel, id=1, op="runs.get", params={"run": run.id})
    assert answer["error"]["kind"] == "InternalError"
    assert "abc123" not in str(answer)


def test_a_run_is_followed_until_it_is_not(panel, run):
    assert (
        ask(panel, id=1, op="follow", params={"key": "k", "topic": "run", "run": run.id, "columns": 1e300})["result"]
        == {}
    )
    until(lambda: pushed(panel))
    run.log({"loss": 1.0})
    until(lambda: any(sent["update"].get("points") for sent in pushed(panel)))
    assert ask(panel, id=2, op="unfollow", params={"key": "k"})["result"] == {}
    told = len(pushed(panel))
    run.log({"loss": 2.0})
    time.sleep(0.6)
    assert len(pushed(panel)) == told
    assert ask(panel, id=3, op="unfollow", params={"key": "k"})["result"] == {}


@pytest.mark.parametrize("content", ["text", None, 3, [1], ["op", "runs.get"]])
def test_what_is_no_request_is_ignored(panel, run, content):
    panel._handle_custom_msg(content, [])
    ask(panel, id=1, op="runs.get", params={"run": run.id})
    assert len(panel.sent) == 1


def test_only_a_run_has_a_panel():
    with pytest.raises(TypeError, match="RunPanel takes a Run"):
        jt.RunPanel("x")
    gc.collect()  # what was half made goes without a sound


def test_the_page_gets_the_id_of_the_run_and_the_front_end_only(panel, run):
    import ipywidgets

    own = set(panel.keys) - set(ipywidgets.DOMWidget().keys)
    assert own == {"home", "run", "_esm", "_css", "_anywidget_id"}
    assert panel.get_state()["run"] == run.id
    assert run.backend.location not in str(panel.get_state())
    with pytest.raises(Exception, match="read-only"):
        panel.run = "another"


def test_a_panel_can_be_closed_twice(run):
    panel = jt.RunPanel(run)
    panel.close()
    panel.close()


class Place:
    """A shell and a run, as far as the keeping of pictures knows them."""

    def __init__(self, monkeypatch):
        self.hooks = []
        self.state = "running"
        self.drawn = 0
        self.outputs = []
        self.failure = None
        events = SimpleNamespace(register=self.register, unregister=self.unregister)
        self.kept = KeptPicture(SimpleNamespace(events=events), self.draw, self.ended)
        monkeypatch.setattr("IPython.display.display", self.display)

    def register(self, name, hook):
        assert name == "post_run_cell"
        if hook not in self.hooks:
            self.hooks.append(hook)

    def unregister(self, name, hook):
        if hook not in self.hooks:
            raise ValueError
        self.hooks.remove(hook)

    def display(self, data, display_id, **_):
        self.outputs.append(data)
        return SimpleNamespace(display_id="one", update=lambda data, **_: self.outputs.append(data))

    def draw(self):
        self.drawn += 1
        return self.state, {}

    def ended(self):
        if self.failure is not None:
            raise self.failure
        return self.state == "ended"

    def end_cell(self):
        for hook in list(self.hooks):
            hook(SimpleNamespace(success=True))


@pytest.fixture
def place(monkeypatch):
    return Place(monkeypatch)


def test_while_it_runs_a_cell_saves_nothing(place):
    assert place.kept.show()
    place.end_cell()
    assert place.outputs == ["running"]


def test_the_first_cell_after_the_end_saves_the_last_picture_once(place):
    place.kept.show()
    place.state = "ended"
    for _ in range(3):
        place.end_cell()
        place.kept.save_last()
        place.kept.save()
    assert place.outputs == ["running", "ended"]
    assert place.hooks == []


def test_what_was_saved_between_cells_is_saved_once_more_but_not_drawn_again(place):
    place.kept.show()
    place.state = "ended"
    place.kept.save_last()
    place.kept.save_last()
    assert place.outputs == ["running", "ended"]
    place.end_cell()
    place.end_cell()
    assert place.outputs == ["running", "ended", "ended"]
    assert place.drawn == 2


def test_a_picture_on_the_way_is_saved_when_it_is_asked_for(place):
    place.kept.show()
    place.kept.save()
    place.state = "ended"
    place.kept.save()
    assert place.outputs == ["running", "running", "ended"]
    assert place.hooks == []


def test_a_run_that_has_ended_is_shown_and_that_is_all(place):
    place.state = "ended"
    assert not place.kept.show()
    place.end_cell()
    assert (place.outputs, place.hooks) == (["ended"], [])


def test_a_panel_that_is_shown_again_keeps_one_hook(place):
    assert place.kept.show()
    assert place.kept.show()
    assert len(place.hooks) == 1


def test_a_closed_panel_saves_no_more(place):
    place.kept.show()
    place.kept.close()
    place.kept.close()
    place.state = "ended"
    place.end_cell()
    assert place.outputs == ["running"]


def test_a_store_that_fails_is_logged_once_and_asked_again(place, caplog):
    place.kept.show()
    place.failure = StoreError("the disk is gone")
    for _ in range(3):
        place.end_cell()
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "A picture was not saved: the disk is gone"
    ]
    place.failure, place.state = None, "ended"
    place.end_cell()
    assert place.outputs == ["running", "ended"]


def test_a_deleted_run_is_asked_for_no_more(place, caplog):
    place.kept.show()
    place.failure = NotFound("run", "gone")
    place.end_cell()
    assert place.hooks == []
    assert caplog.records == []


def test_threads_save_one_after_the_other(place):
    place.kept.show()
    place.state = "ended"
    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            pool.submit(place.kept.save_last)
            pool.submit(place.end_cell)
    assert place.outputs in (["running", "ended"], ["running", "ended", "ended"])
    assert place.drawn == 2
    assert place.hooks == []


CELLS = {
    "load": "%load_ext jupyter_tracker",
    "run": "%%tracker run digits --name a --as a\nimport time\ntime.sleep(1)",
    "wait": "a.wait(timeout=60)",
    "track": "%%tracker track digits --name b --as b\nb.log({'loss': 1})",
    "ended": "import jupyter_tracker as jt\njt.RunPanel(a)",
    "hooks": "[hook for hook in get_ipython().events.callbacks['post_run_cell'] if 'Kept' in repr(hook)]",
    "follow": "%%tracker run digits --name c --as c\nimport time\ntime.sleep(60)",
    "break": "ended = jt.RunPanel.ended\ndef broken(self): raise OSError('gone')\njt.RunPanel.ended = broken",
    "mine": "6 * 7",
    "repair": "jt.RunPanel.ended = ended\nc.stop(grace_period=5)\nc.wait(timeout=60)",
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    import nbformat
    from nbclient import NotebookClient

    folder = tmp_path_factory.mktemp("kernel")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    patch = pytest.MonkeyPatch()
    patch.setenv("JUPYTER_TRACKER_HOME", str(folder / "store"))
    patch.setenv("IPYTHONDIR", str(folder / "ipython"))
    try:
        NotebookClient(
            notebook, allow_errors=True, timeout=100, resources={"metadata": {"path": str(folder)}}
        ).execute()
    finally:
        patch.undo()
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


@pytest.mark.parametrize(
    ("cell", "state"), [("run", "succeeded"), ("track", "succeeded"), ("ended", "succeeded"), ("follow", "stopped")]
)
def test_an_executed_notebook_keeps_the_end_of_each_run(cells, cell, state):
    (output,) = (output for output in cells[cell] if PICTURE in output.get("data", {}))
    assert state in output.data["text/plain"]
    assert state in output.data[PICTURE]
    # By this the panel is found again without the kernel; it does not tell where the store lies.
    kept = output.metadata["jupyter_tracker"]
    assert (kept["panel"], len(kept["run"])) == ("run", 32)
    assert re.fullmatch(r"local:[0-9a-f]{24}", kept["home"])


def test_no_hook_stays_behind(cells):
    assert cells["hooks"][0].data["text/plain"] == "[]"


def test_a_cell_is_not_broken_by_a_store_that_fails(cells):
    assert [output for output in cells["break"] + cells["mine"] if output.output_type == "error"] == []
    assert cells["mine"][-1].data["text/plain"] == "42"
