"""Secrets in what is printed are masked, wherever it is cut."""

from __future__ import annotations

import json
import os
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.backends.local.logfile.reader import LogReader
from jupyter_tracker.backends.local.masking import MOST_HELD, Masker, own_masker
from jupyter_tracker.backends.local.process.capture import Capture
from jupyter_tracker.backends.local.process.command import packed_variables, secret_values
from jupyter_tracker.models import Secret, Stream

letters = st.text("abn \n", min_size=0, max_size=12)


def fed(masker, pieces):
    return b"".join(map(masker.feed, pieces)) + masker.flush()


@given(st.lists(letters, max_size=4), st.text("abn \n", max_size=200), st.data())
def test_the_cuts_make_no_difference_and_no_secret_is_left(secrets, text, data):
    whole = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    masked = fed(Masker(secrets), pieces)
    assert masked == Masker(secrets).whole(whole)
    for secret in secrets:
        if len(secret.strip()) >= 4:
            assert secret.strip().encode() not in masked


@given(st.binary(max_size=200))
def test_what_holds_no_secret_is_unchanged(data):
    masker = Masker(["this-is-not-in-there"])
    assert masker.feed(data) + masker.flush() == data


def test_short_ones_are_left_and_make_no_noise():
    assert Masker(["abc", ""]).whole(b"abcabc") == b"abcabc"
    assert not Masker(["abc"])


def test_a_beginning_waits_for_the_rest_and_nothing_else_does():
    masker = Masker(["token-1234"])
    assert masker.feed(b"line one\nsee to") == b"line one\nsee "
    assert masker.feed(b"ken") == b""
    assert masker.feed(b"-1234!\n") == b"***!\n"
    assert masker.feed(b"to be") == b"to be"
    assert masker.feed(b" toke") == b" "
    assert masker.flush() == b"toke"


def test_overlapping_ones_are_masked_as_one():
    assert Masker(["abcdef", "defghi"]).whole(b"-abcdefghi-") == b"-***-"


def test_each_line_of_a_secret_is_masked():
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n-----END KEY-----\n"
    indented = "".join(f"    {line}\n" for line in key.splitlines()).encode()
    assert b"MIIE" not in Masker([key]).whole(indented)
    assert Masker([key]).whole(key.encode()) == b"***\n"


def test_the_forms_it_takes_in_json_repr_and_a_url_are_masked():
    secret = 'p"ss\\wörd/1'
    for form in (json.dumps({"a": secret}), repr([secret]), f"https://u:{quote(secret, safe='')}@host"):
        assert "wörd" not in Masker([secret]).whole(form.encode()).decode()
        assert "w%C3%B6rd" not in Masker([secret]).whole(form.encode()).decode()


def test_a_secret_that_overlaps_itself_without_end_is_not_kept_in_memory():
    masker = Masker(["aaaa"])
    given_back = b"".join(masker.feed(b"a" * 65_536) for _ in range(MOST_HELD // 65_536 + 4))
    assert given_back.strip(b"*") == b""
    assert len(masker._held) <= MOST_HELD + 65_536
    assert b"a" * 4 not in given_back + masker.flush()


def test_texts_in_json_are_masked_and_keys_are_not():
    found = Masker(["text/plain"]).text({"text/plain": ["see text/plain", 1, None]})
    assert found == {"text/plain": ["see ***", 1, None]}


def test_the_log_of_a_process_has_no_secret_however_slowly_it_is_printed(tmp_path):
    reader, writer = os.pipe()
    capture = Capture({Stream.STDERR: reader}, tmp_path / "log", ["token-1234"])
    capture.start()
    for piece in (b"see tok", b"en-12", b"34 and toke"):
        os.write(writer, piece)
        capture.join(0.3)  # long enough for an unfinished line to be written
    os.close(writer)
    capture.finish()
    lines = LogReader(tmp_path / "log").read(None, 10).items
    assert "".join(line.text for line in lines) == "see *** and toke"
    assert capture.stderr_tail == "see *** and toke"


def test_which_variables_are_secrets_passes_through_the_supervisor():
    packed = packed_variables({"A": "1", "TOKEN": Secret("tok-1234"), "KEY": Secret("key-1234")})
    assert secret_values(packed) == ["tok-1234", "key-1234"]
    assert secret_values(packed_variables({"A": "1"})) == []
    assert own_masker({"JUPYTER_TRACKER_SECRETS": "TOKEN,GONE", "TOKEN": "tok-1234"}).whole(b"tok-1234") == b"***"
