"""The log file of a run: whatever is printed comes back, from any place, in both directions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_tracker.backends.local.logfile import writer as writing
from jupyter_tracker.backends.local.logfile.blocks import MAX_PAYLOAD, START, incomplete_tail
from jupyter_tracker.backends.local.logfile.reader import LogReader
from jupyter_tracker.backends.local.logfile.writer import LogWriteError, LogWriter
from jupyter_tracker.errors import InvalidInput, StoreError
from jupyter_tracker.models import Stream

STREAMS = st.sampled_from([Stream.STDOUT, Stream.STDERR])
PIECES = st.lists(
    st.tuples(STREAMS, st.one_of(st.binary(max_size=12), st.text(max_size=6).map(str.encode), st.just(b"\n"))),
    max_size=30,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log"


def everything(path, limit=7):
    found, cursor = [], None
    while (page := LogReader(path).read(cursor, limit)).items:
        found.extend(page.items)
        cursor = page.cursor
    return found


def joined(lines):
    """Lines by number, their parts put together."""
    texts = {}
    for line in lines:
        stream, text = texts.get(line.line, (line.stream, ""))
        assert stream is line.stream
        texts[line.line] = (stream, text + line.text)
    return texts


def expected(pieces, stream):
    text = b"".join(data for each, data in pieces if each is stream).decode("utf-8", "replace")
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


@settings(max_examples=200, deadline=None)
@given(pieces=PIECES, reopen=st.integers(0, 30))
def test_what_was_printed_comes_back_whole_in_any_split(tmp_path_factory, pieces, reopen):
    path = tmp_path_factory.mktemp("log") / "log"
    # A character that is split by the restart of a writer is not put together, so the split is moved behind one.
    writer = LogWriter(path)
    for index, (stream, data) in enumerate(pieces):
        writer.append(stream, data)
        if index == reopen and not any(writer._held):
            writer.close()
            writer = LogWriter(path)
    writer.close()
    lines = joined(everything(path))
    assert sorted(lines) == list(range(len(lines)))
    for stream in (Stream.STDOUT, Stream.STDERR):
        assert [text for number, (each, text) in sorted(lines.items()) if each is stream] == expected(pieces, stream)
    assert LogReader(path).count == len(lines)


@settings(max_examples=100, deadline=None)
@given(pieces=PIECES)
def test_reading_goes_on_behind_every_cursor_without_loss_or_repeat(tmp_path_factory, pieces):
    path = tmp_path_factory.mktemp("log") / "log"
    writer = LogWriter(path)
    for stream, data in pieces:
        writer.append(stream, data)
    writer.close()
    lines = everything(path)
    for index, line in enumerate(lines):
        assert list(LogReader(path).read(line.cursor, 1000).items) == lines[index + 1 :]


@settings(max_examples=100, deadline=None)
@given(pieces=PIECES, count=st.integers(1, 12))
def test_the_tail_is_the_end_of_what_is_read(tmp_path_factory, pieces, count):
    path = tmp_path_factory.mktemp("log") / "log"
    writer = LogWriter(path)
    for stream, data in pieces:
        writer.append(stream, data)
    writer.close()
    lines = everything(path)
    tail = LogReader(path).tail(count).items
    assert list(tail) == lines[len(lines) - len(tail) :]
    assert len({line.line for line in tail}) == min(count, len({line.line for line in lines}))


def test_paging_backwards_from_the_tail_gives_every_line_once(path):
    writer = LogWriter(path)
    for number in range(100):
        writer.append(Stream.STDOUT, f"line {number}\n".encode() * (1 + number % 3))
    lines = everything(path)
    found, before = [], None
    while items := LogReader(path).tail(7, before).items:
        found = [*items, *found]
        before = items[0].cursor
    assert found == lines


def test_following_from_the_tail_gives_what_comes_next(path):
    writer = LogWriter(path)
    writer.append(Stream.STDOUT, b"a\nb\n")
    page = LogReader(path).tail(1)
    assert [line.text for line in page.items] == ["b"]
    writer.append(Stream.STDOUT, b"c\n")
    assert [line.text for line in LogReader(path).read(page.cursor, 10).items] == ["c"]
    assert LogReader(path).tail(0).items == ()


def test_a_log_that_is_not_there_yet_is_empty_and_can_be_followed(path):
    page = LogReader(path).read(None, 10)
    assert page.items == ()
    assert LogReader(path).tail(5).items == ()
    assert LogReader(path).count == 0
    LogWriter(path).append(Stream.STDOUT, b"first\n")
    assert [line.text for line in LogReader(path).read(page.cursor, 10).items] == ["first"]


def test_the_parts_of_an_unterminated_line_share_its_number_although_streams_interleave(path):
    writer = LogWriter(path)
    for stream, data in [
        ("stdout", b"a"),
        ("stderr", b"x\ny"),
        ("stdout", b"b"),
        ("stderr", b"z\n"),
        ("stdout", b"c\nd"),
    ]:
        writer.append(Stream(stream), data)
    shown = [(line.line, line.text, line.terminated) for line in everything(path)]
    assert shown == [
        (0, "a", False),
        (1, "x", True),
        (2, "y", False),
        (0, "b", False),
        (2, "z", True),
        (0, "c", True),
        (3, "d", False),
    ]
    assert LogReader(path).count == 4


def test_a_line_of_any_length_comes_in_parts_that_break_no_character(path):
    text = "ä€😀x" * 50_000
    writer = LogWriter(path)
    writer.append(Stream.STDOUT, text.encode() + b"\nnext\n")
    lines = everything(path)
    assert {line.line for line in lines[:-1]} == {0}
    assert all(len(line.text.encode()) <= MAX_PAYLOAD for line in lines)
    assert "".join(line.text for line in lines[:-1]) == text
    assert lines[-1].line == 1


def test_a_character_that_comes_in_two_calls_is_whole_and_half_a_one_is_not_lost(path):
    writer = LogWriter(path)
    for byte in "€":
        for part in byte.encode():
            writer.append(Stream.STDOUT, bytes([part]))
    writer.append(Stream.STDOUT, "€".encode()[:2])
    writer.close()
    assert "".join(line.text for line in everything(path)) == "€\ufffd"


def test_binary_and_control_characters_are_kept(path):
    data = bytes(range(256))
    writer = LogWriter(path)
    writer.append(Stream.STDOUT, data)
    writer.close()
    assert "\n".join(line.text for line in everything(path)) == data.decode("utf-8", "replace")


@pytest.mark.parametrize("cut", [1, 4, 10, 40, 60])
def test_a_torn_last_block_is_not_read_and_is_cut_off_when_writing_goes_on(path, cut):
    writer = LogWriter(path)
    writer.append(Stream.STDOUT, b"whole\n")
    writer.append(Stream.STDOUT, b"torn by a power failure\n")
    writer.close()
    os.truncate(path, path.stat().st_size - cut)
    assert [line.text for line in everything(path)] == ["whole"]
    assert [line.text for line in LogReader(path).tail(5).items] == ["whole"]
    LogWriter(path).append(Stream.STDERR, b"again\n")
    assert [(line.line, line.text) for line in everything(path)] == [(0, "whole"), (1, "again")]


def test_text_that_looks_like_a_block_is_text(path):
    writer = LogWriter(path)
    writer.append(Stream.STDOUT, b"first\n")
    block = path.read_bytes()[START:]
    other = path.with_name("other")
    forged = LogWriter(other)
    forged.append(Stream.STDOUT, block * 2 + b"\n")
    forged.append(Stream.STDOUT, b"torn\n")
    os.truncate(other, other.stat().st_size - 1)
    assert LogReader(other).tail(1).items[0].line == LogReader(other).count - 1
    assert "first" in everything(other)[0].text + everything(other)[1].text


@pytest.mark.parametrize("cursor", ["", "x", "1", "-1.0", "16.x", "²⁰.0", "17.0", "16.3", "9" * 50])
def test_a_cursor_of_something_else_is_refused(path, cursor):
    LogWriter(path).append(Stream.STDOUT, b"some text\n")
    with pytest.raises(InvalidInput, match="cursor"):
        LogReader(path).read(cursor, 5)
    with pytest.raises(InvalidInput, match="cursor"):
        LogReader(path).tail(5, cursor)


def test_a_file_of_something_else_is_not_overwritten(path):
    path.write_text("this is the log of another program\n")
    with pytest.raises(StoreError, match="not a log file"):
        LogWriter(path)
    with pytest.raises(StoreError, match="not a log file"):
        LogReader(path).read(None, 5)
    assert path.read_text().startswith("this is")


def test_many_threads_share_a_writer(path):
    writer = LogWriter(path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: writer.append(Stream.STDOUT, b"line %d\n" % number), range(500)))
    lines = everything(path)
    assert [line.line for line in lines] == list(range(500))
    assert {line.text for line in lines} == {f"line {number}" for number in range(500)}


def test_several_processes_append_to_one_log_and_readers_never_see_half_a_block(path):
    code = """
        import sys
        from pathlib import Path
        from jupyter_tracker.backends.local.logfile.writer import LogWriter
        from jupyter_tracker.models import Stream
        writer = LogWriter(Path(sys.argv[1]))
        print("ready", flush=True)
        sys.stdin.read()
        for number in range(2000):
            writer.append(Stream.STDOUT, (f"{sys.argv[2]} {number} " + "x" * 500 + "\\n").encode())
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(path)]
    writers = [subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for name in "abc"]
    for writer in writers:
        writer.stdout.readline()
    for writer in writers:
        writer.stdin.close()
    seen, cursor = [], None
    while any(writer.poll() is None for writer in writers):
        page = LogReader(path).read(cursor, 1000)
        seen.extend(page.items)
        cursor = page.cursor
        assert all(line.text.endswith("x") for line in LogReader(path).tail(3).items)
    for writer in writers:
        writer.stdout.close()
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    seen.extend(LogReader(path).read(cursor, 10_000).items)
    assert [line.line for line in seen] == list(range(6000))
    for name in "abc":
        assert [int(line.text.split()[1]) for line in seen if line.text[0] == name] == list(range(2000))


def test_a_forked_process_goes_on_with_the_log(path):
    writer = LogWriter(path)
    writer.append(Stream.STDOUT, b"parent\n")
    child = os.fork()
    if child == 0:
        writer.append(Stream.STDOUT, b"child\n")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    writer.append(Stream.STDOUT, b"parent again\n")
    assert [(line.line, line.text) for line in everything(path)] == [(0, "parent"), (1, "child"), (2, "parent again")]


def test_a_full_disk_leaves_no_half_block_and_says_how_much_was_taken(path, monkeypatch):
    writer = LogWriter(path)
    writer.append(Stream.STDOUT, b"before\n")
    data = b"".join(b"%09d\n" % number for number in range(20_000))
    allowed = [MAX_PAYLOAD + 1000]

    def write(file, block):
        part = block[: allowed[0]]
        if not part:
            raise OSError(28, "No space left on device")
        allowed[0] -= len(part)
        return real(file, part)

    real = os.write
    monkeypatch.setattr(writing.os, "write", write)
    with pytest.raises(LogWriteError) as caught:
        writer.append(Stream.STDOUT, data)
    monkeypatch.undo()
    assert 0 < caught.value.consumed < len(data)
    writer.append(Stream.STDOUT, data[caught.value.consumed :])
    assert "".join(line.text + "\n" for line in everything(path, 5000)) == "before\n" + data.decode()


@given(text=st.text(max_size=5), cut=st.integers(0, 20))
def test_only_the_beginning_of_a_character_counts_as_incomplete(text, cut):
    data = text.encode()[:cut]
    keep = incomplete_tail(data)
    data[: len(data) - keep].decode()
    assert keep == 0 or len(data.decode("utf-8", "ignore").encode()) == len(data) - keep
