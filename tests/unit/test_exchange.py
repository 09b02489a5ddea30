"""The file in which runs travel: what is written is read bit for bit, and what was not written so is refused."""

from __future__ import annotations

import io
import json
import math
import shutil
import stat
import zipfile
from array import array
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jupyter_tracker as jt
from jupyter_tracker.errors import InvalidImport, TrackerError
from jupyter_tracker.exchange.layout import MANIFEST, Manifest
from jupyter_tracker.exchange.reader import ArchiveReader
from jupyter_tracker.exchange.records import decode, encode
from jupyter_tracker.exchange.streams import read_blocks, read_pieces, write_block, write_piece
from jupyter_tracker.models import Event, Experiment, Level, LogPiece, PointBlock, RunInfo, RunState, Stream

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
MOMENTS = st.datetimes(timezones=st.just(UTC))


@st.composite
def blocks(draw):
    keys = tuple(draw(st.lists(TEXT.filter(bool), min_size=1, max_size=4, unique=True)))
    rows = draw(st.integers(1, 20))
    bits = st.lists(st.integers(0, 2**64 - 1), min_size=rows, max_size=rows)
    columns = [memoryview(array("Q", draw(bits)).tobytes()) for _ in range(2 + len(keys))]
    return PointBlock(keys, columns[0].cast("q"), columns[1].cast("d"), tuple(each.cast("d") for each in columns[2:]))


def bits_of(block):
    return block.keys, [column.tobytes() for column in (block.steps, block.times, *block.values)]


@given(st.lists(blocks(), max_size=5))
def test_points_are_read_as_they_were_written_whatever_their_bits(written):
    file = io.BytesIO()
    for block in written:
        write_block(file, block)
    file.seek(0)
    assert [bits_of(block) for block in read_blocks(file, "points")] == [bits_of(block) for block in written]


def test_a_large_block_is_written_in_parts(monkeypatch):
    monkeypatch.setattr("jupyter_tracker.exchange.streams.BLOCK_BYTES", 100)
    column = memoryview(array("d", range(50)))
    file = io.BytesIO()
    write_block(file, PointBlock(("a",), memoryview(array("q", range(50))), column, (column,)))
    file.seek(0)
    parts = list(read_blocks(file, "points"))
    assert len(parts) > 10
    assert [value for part in parts for value in part.values[0]] == list(range(50))


PIECES = st.builds(LogPiece, st.integers(-(2**63), 2**63 - 1), st.sampled_from(Stream), st.binary(max_size=50))


@given(st.lists(PIECES, max_size=10))
def test_a_log_is_read_as_it_was_written(written):
    file = io.BytesIO()
    for piece in written:
        write_piece(file, piece)
    file.seek(0)
    assert list(read_pieces(file, "log")) == written


@pytest.mark.parametrize("read", [read_blocks, read_pieces])
@given(data=st.binary(min_size=1, max_size=200))
def test_damaged_streams_are_refused_or_read_and_never_break(read, data):
    with suppress(InvalidImport):
        assert all(map(bits_of if read is read_blocks else LogPiece.__hash__, read(io.BytesIO(data), "it")))


EVENTS = st.builds(
    Event, st.integers(1, 2**62), MOMENTS, TEXT, TEXT, st.sampled_from(Level), st.dictionaries(TEXT, JSON, max_size=3)
)


@given(EVENTS)
def test_a_model_is_read_as_it_was_written(event):
    assert decode(Event, json.loads(json.dumps(encode(event))), "event") == event


def test_times_keep_their_microseconds_and_become_utc():
    moment = datetime(2026, 1, 31, 12, 0, 0, 123_456, tzinfo=UTC)
    there = moment.astimezone(datetime.now(UTC).astimezone(tz=None).tzinfo)
    assert decode(Experiment, encode(Experiment("a", "b", created_at=there)), "it").created_at == moment
    assert timedelta(0) == moment - there


def test_fields_that_a_reader_does_not_know_are_left_out_and_those_that_lack_have_their_default():
    data = encode(Experiment("id", "name", description="x"))
    data["invented_later"] = {"a": 1}
    del data["tags"], data["lifecycle"]
    assert decode(Experiment, data, "it") == Experiment("id", "name", description="x")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 3}, r"it\.name must be text, not 3 \(int\)"),
        ({"name": "\ud800"}, r"it\.name must be text of whole characters"),
        ({"state": "happy"}, r"it\.state must be one of queued, .*not 'happy'"),
        ({"created_at": "yesterday"}, r"it\.created_at must be a time"),
        ({"exit_code": True}, r"it\.exit_code must be an integer"),
        ({"exit_code": 2**63}, r"it\.exit_code must be an integer of at most 64 bits"),
        ({"tags": {"a": 1}}, r"it\.tags\.a must be text"),
        ({"tags": []}, r"it\.tags must be an object"),
        ({"progress": {}}, r"it\.progress must be a list"),
        ({"progress": [{"operation": "a"}]}, r"it\.progress\[0\]\.value is missing"),
        (
            {"metrics": {"a": {"value": "x", "step": 0, "time": "2026-01-01"}}},
            r"it\.metrics\.a\.value must be a number",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_field_rule_and_value(changes, message):
    data = encode(RunInfo("id", "name", "e", "exp", RunState.SUCCEEDED, "succeeded")) | changes
    with pytest.raises(InvalidImport, match=message):
        decode(RunInfo, data, "it")
    with pytest.raises(InvalidImport, match="it must be an object"):
        decode(RunInfo, [], "it")


@pytest.fixture
def tracker(tmp_path):
    with jt.connect(f"local://{tmp_path / 'store'}") as client:
        yield client


@pytest.fixture
def archive(tracker, tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    with tracker.runs.start("digits", name="one") as run:
        run.log({"loss": 0.5})
        run.log_text("printed\n")
        run.log_artifact(tmp_path / "a.txt")
    return run.export(tmp_path / "run.jtrk")


@pytest.fixture
def fresh(tmp_path):
    with jt.connect(f"local://{tmp_path / 'fresh'}") as client:
        yield client


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def rewrite(path, changed, **options):
    """The same archive with other members; a name to None leaves it out."""
    kept = {**members(path), **changed}
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in kept.items():
            if data is not None:
                archive.writestr(name, data)
    return path


def with_manifest(path, **changes):
    return rewrite(path, {MANIFEST: json.dumps({**json.loads(members(path)[MANIFEST]), **changes})})


def refused(tracker, path, match):
    with pytest.raises(InvalidImport, match=match):
        tracker.runs.import_from(path)
    assert tracker.runs.list() == []
    assert tracker.experiments.list() == []
    home = tracker.backend.store.home
    assert [each for folder in ("importing", "runs") for each in (home / folder).glob("*")] == []


@pytest.mark.parametrize(
    "name", ["../evil", "runs/1/artifacts/../../../evil", "/etc/evil", "C:/evil", "a\\..\\evil", "runs//x", "./x", "a/"]
)
def test_a_path_that_leads_out_is_refused(fresh, archive, name, tmp_path):
    refused(fresh, rewrite(archive, {name: b"evil"}), "leads out|no name that an export gives|is a link")
    assert not list(tmp_path.rglob("evil"))


def test_a_link_is_refused(fresh, archive):
    with zipfile.ZipFile(archive, "a") as opened:
        entry = zipfile.ZipInfo("runs/1/artifacts/link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(entry, "/etc/passwd")
    refused(fresh, archive, "is a link")


def test_a_bomb_is_refused_before_anything_of_it_is_read(fresh, archive):
    bomb = rewrite(archive, {"runs/1/artifacts/zeros": bytes(50_000_000)}, compression=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 200_000
    refused(fresh, bomb, "is compressed, which an export never is")


def test_members_that_overlap_are_refused(fresh, archive):
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr("big", bytes(1_000_000))
        entry = opened.getinfo("big")
        for number in range(50):
            twin = zipfile.ZipInfo(f"twin{number}")
            twin.header_offset, twin.CRC = entry.header_offset, entry.CRC
            twin.file_size = twin.compress_size = entry.file_size
            opened.filelist.append(twin)
            opened.NameToInfo[twin.filename] = twin
    refused(fresh, archive, "says to hold")


def test_an_encrypted_or_doubled_member_is_refused(fresh, archive):
    with zipfile.ZipFile(archive, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr(MANIFEST, "{}")
    refused(fresh, archive, "there twice")


def test_a_changed_member_is_refused(fresh, archive):
    events = members(archive)["runs/1/events.jsonl"].replace(b"was created", b"was_created")
    refused(fresh, rewrite(archive, {"runs/1/events.jsonl": events}), "SHA-256")
    archive.write_bytes(archive.read_bytes().replace(b"printed", b"painted"))
    refused(fresh, archive, "is damaged at 'runs/1/log'")


def test_an_archive_that_is_cut_off_is_refused(fresh, archive, tmp_path):
    data = archive.read_bytes()
    for size in range(0, len(data) - 1, 97):
        part = tmp_path / "part.jtrk"
        part.write_bytes(data[:size])
        with pytest.raises(TrackerError):
            fresh.runs.import_from(part)
    assert fresh.runs.list() == []


def test_a_member_that_lacks_or_is_too_many_is_refused(fresh, archive, tmp_path):
    copy = shutil.copy(archive, tmp_path / "copy.jtrk")
    refused(fresh, rewrite(archive, {"runs/1/log": None}), "not there as manifest.json tells it")
    refused(fresh, rewrite(copy, {"more": b"x"}), "not there as manifest.json tells it")


def test_another_zip_file_is_told_apart(fresh, tmp_path):
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("train.py", "print()")
    refused(fresh, path, "no export of runs: it has no manifest.json")
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr(MANIFEST, '{"manifest_version": 3}')
    refused(fresh, path, "does not say 'jupyter_tracker runs'")


def test_a_newer_format_is_told_with_what_to_do(fresh, archive):
    refused(fresh, with_manifest(archive, version=99), "version 99 .*Upgrade")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"runs": 10**9}, "counts more than there is"),
        ({"runs": 2}, "no member 'runs/2/run.json'"),
        ({"exported_at": 3}, r"manifest.json.exported_at must be a time"),
        ({"members": 3}, r"manifest.json.members must be an object"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused(fresh, archive, changes, match):
    refused(fresh, with_manifest(archive, **changes), match)


def forged(path, change):
    """The archive with another run.json, whose size and digest the manifest tells."""
    import hashlib

    content = members(path)
    record = json.loads(content["runs/1/run.json"])
    change(record)
    data = json.dumps(record).encode()
    manifest = json.loads(content[MANIFEST])
    manifest["members"]["runs/1/run.json"] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return rewrite(path, {"runs/1/run.json": data, MANIFEST: json.dumps(manifest)})


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda record: record["info"].update(name="a\nb"), "run name"),
        (lambda record: record["info"].update(experiment=""), "experiment name"),
        (lambda record: record["info"].update(params={"": 1}), "param name"),
        (lambda record: record["artifacts"][0].update(path="../evil"), "not both told and there"),
        (lambda record: record["artifacts"].clear(), "not both told and there"),
        (lambda record: record["info"].update(state="running!"), "must be one of"),
    ],
)
def test_a_forged_record_is_refused(fresh, archive, change, match):
    path = forged(archive, change)
    with pytest.raises(TrackerError, match=match):
        fresh.runs.import_from(path)
    assert fresh.runs.list() == []


def test_an_id_of_another_form_becomes_one_of_ours_and_is_kept_as_a_tag(fresh, archive):
    path = forged(archive, lambda record: record["info"].update(id="../../projects/7/run 3"))
    (made,) = fresh.runs.import_from(path)
    assert len(made.id) == 32
    assert fresh.runs.get(made.id).tags["imported.run_id"] == "../../projects/7/run 3"


def test_a_latest_value_of_which_no_points_are_told_becomes_a_point(fresh, archive):
    latest = {"value": math.inf, "step": 4, "time": "2026-01-31T12:00:00+00:00"}
    path = forged(archive, lambda record: record["info"]["metrics"].update(only=latest))
    (made,) = fresh.runs.import_from(path)
    assert fresh.runs.get(made.id).series(["only"])["only"].to_dict() == {4: math.inf}


def test_what_a_newer_version_adds_to_a_run_is_left_out(fresh, archive):
    (made,) = fresh.runs.import_from(forged(archive, lambda record: record["info"].update(mood="good")))
    assert made.name == "one"


def test_the_manifest_tells_what_is_in_it(archive):
    with ArchiveReader(archive) as opened:
        found = opened.manifest
    assert isinstance(found, Manifest)
    assert (found.backend, found.runs, found.experiments, found.sources) == ("local", 1, 1, 0)


CALLS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["a", "b", "c"]), st.floats(), min_size=1),
        st.integers(-5, 5),
        st.floats(0, 1e9),
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=CALLS, params=st.dictionaries(TEXT.filter(bool), JSON, max_size=4), lines=st.lists(TEXT, max_size=5))
def test_whatever_is_logged_comes_back(tmp_path_factory, calls, params, lines):
    folder = tmp_path_factory.mktemp("stores")
    with jt.connect(f"local://{folder / 'one'}") as one, jt.connect(f"local://{folder / 'two'}") as two:
        with one.runs.start("digits", params=params) as run:
            for values, step, time in calls:
                run.log(values, step=step, time=time)
            for line in lines:
                run.log_text(line)
        (made,) = two.runs.import_from(run.export(folder / "run.jtrk"))
        back, run = two.runs.get(made.id), one.runs.get(run.id)
        assert back.series().equals(run.series())
        assert back.series(wide=False).equals(run.series(wide=False))
        assert (back.params, back.events(), list(back.logs())) == (run.params, run.events(), list(run.logs()))
        assert repr(back.info.metrics) == repr(run.info.metrics)
