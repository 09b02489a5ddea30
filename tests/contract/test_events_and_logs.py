"""Events and log lines: gapless, and followed without loss or repeat."""

from __future__ import annotations

from itertools import islice

import pytest

from jupyter_tracker.errors import InvalidInput, NotFound
from jupyter_tracker.models import Stream

WRITER = """
run = tracker.runs.start("digits", name="talkative")
for number in range(300):
    run.log_event(f"event {number}")
run.end()
"""


@pytest.mark.needs("own events")
def test_events_are_numbered_without_gaps_whoever_writes_them(tracker, run, process):
    code = f"run = tracker.runs.get({run.id!r})\nfor number in range(50):\n    run.log_event(str(number))"
    writers = [process(code) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    events = run.events()
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert sum(event.kind == "note" for event in events) == 150
    assert [event.time for event in events] == sorted(event.time for event in events)


def test_events_behind_a_sequence_number(run):
    for number in range(5):
        run.log_event(str(number))
    events = run.events()
    assert run.events(after=events[2].sequence) == events[3:]
    assert run.events(after=events[-1].sequence) == []


@pytest.mark.needs("own events")
def test_following_gives_every_event_once_until_the_run_has_ended(tracker, process, eventually):
    process(WRITER)
    run = eventually(lambda: next(iter(tracker.runs.list(where="name = 'talkative'")), None))
    events = list(run.events(follow=True))
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.message for event in events if event.kind == "note"] == [f"event {number}" for number in range(300)]
    assert events[-1].kind == "ended"


@pytest.mark.needs("own events")
def test_following_goes_on_behind_an_event(tracker, process, eventually):
    process(WRITER)
    run = eventually(lambda: next(iter(tracker.runs.list(where="name = 'talkative'")), None))
    events = []
    while not events or events[-1].kind != "ended":
        part = list(islice(run.events(follow=True, after=events[-1].sequence if events else 0), 37))
        events += part
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))


def test_events_turn_into_a_frame(run):
    run.log_event("hello", data={"x": 1})
    frame = run.events().frame()
    assert frame["sequence"].tolist() == [1, 2, 3]
    assert str(frame["time"].dtype) == "datetime64[us, UTC]"
    assert frame["data"].iloc[-1] == {"x": 1}


def append(tracker, run, text, stream=Stream.STDOUT):
    tracker.drive(tracker.backend.logs.append(run.id, stream, text))


def test_lines_come_back_in_order_with_stream_and_number(tracker, run):
    append(tracker, run, "one\ntwo\n")
    append(tracker, run, "trouble\n", Stream.STDERR)
    append(tracker, run, "three\n")
    lines = run.logs()
    assert [(line.line, str(line.stream), line.text) for line in lines] == [
        (0, "stdout", "one"),
        (1, "stdout", "two"),
        (2, "stderr", "trouble"),
        (3, "stdout", "three"),
    ]
    assert all(line.time.tzinfo is not None for line in lines)
    assert str(lines) == "one\ntwo\ntrouble\nthree"


def test_a_line_that_is_printed_in_parts_is_one_line(tracker, run):
    for part in ("epoch", " 1", ": done\nnext"):
        append(tracker, run, part)
    assert [line.text for line in run.logs()] == ["epoch 1: done", "next"]


def test_the_last_lines(tracker, run):
    append(tracker, run, "".join(f"{number}\n" for number in range(100)))
    assert [line.text for line in run.logs(tail=3)] == ["97", "98", "99"]
    assert run.logs(tail=0) == []
    assert len(run.logs(tail=1000)) == 100
    with pytest.raises(InvalidInput, match="tail"):
        run.logs(tail=-1)


def test_logs_go_on_behind_a_cursor(tracker, run):
    append(tracker, run, "one\ntwo\n")
    cursor = run.logs()[-1].cursor
    assert run.logs(after=cursor) == []
    append(tracker, run, "three\n")
    assert [line.text for line in run.logs(after=cursor)] == ["three"]
    middle = run.logs()[0].cursor
    assert [line.text for line in run.logs(after=middle)] == ["two", "three"]


def test_a_cursor_of_something_else_is_refused(tracker, run):
    append(tracker, run, "one\n")
    with pytest.raises(InvalidInput, match="cursor"):
        run.logs(after="garbage")


def test_following_logs_gives_every_line_once_and_can_be_resumed(tracker, run, process):
    process(
        f"""
        from jupyter_tracker.models import Stream
        logs, run = tracker.backend.logs, {run.id!r}
        for number in range(500):
            tracker.drive(logs.append(run, Stream.STDOUT, f"line {{number}}\\n"))
        """
    )
    lines = []
    while len(lines) < 500:
        lines += islice(run.logs(follow=True, after=lines[-1].cursor if lines else None), min(93, 500 - len(lines)))
    assert [line.text for line in lines] == [f"line {number}" for number in range(500)]
    run.end()
    assert list(run.logs(follow=True, after=lines[-1].cursor)) == []


def test_following_with_a_tail_begins_with_the_last_lines(tracker, run):
    append(tracker, run, "".join(f"{number}\n" for number in range(10)))
    stream = run.logs(follow=True, tail=2)
    assert [line.text for line in islice(stream, 2)] == ["8", "9"]
    append(tracker, run, "10\n")
    assert next(stream).text == "10"
    stream.close()


def test_following_a_run_that_has_ended_ends(tracker, run):
    append(tracker, run, "one\ntwo")
    run.end()
    assert [line.text for line in run.logs(follow=True)] == ["one", "two"]
    assert [event.kind for event in run.events(follow=True)] == ["created", "started", "ended"]


def test_hostile_text_is_kept_as_it_is(tracker, run):
    text = "\x1b[31mred\x1b[0m <script>alert(1)</script>\r 50%\r100% \x00 \u202eright to left 🔥"
    append(tracker, run, text + "\n")
    assert [line.text for line in run.logs()] == [text]


def test_a_run_that_printed_nothing_has_no_lines(run):
    assert run.logs() == []
    assert run.logs(tail=5) == []
    assert run.logs().frame().empty


def test_logs_turn_into_a_frame(tracker, run):
    append(tracker, run, "one\ntwo\n")
    frame = run.logs().frame()
    assert frame["text"].tolist() == ["one", "two"]
    assert frame["line"].dtype == "int64"
    assert str(frame["time"].dtype) == "datetime64[us, UTC]"


def test_logs_and_events_of_no_run_are_not_found(tracker):
    drive, backend = tracker.drive, tracker.backend
    for flow in (
        backend.logs.read("nothing", None, 10),
        backend.logs.tail("../../etc", 10, None),
        backend.logs.append("../escape", Stream.STDOUT, "x"),
        backend.events.read("nothing", 0, 10),
        backend.metrics.read("nothing", None, None),
    ):
        with pytest.raises(NotFound):
            drive(flow)
