"""Sources against hostile archives, large code, and a store that was damaged."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import stat
import tarfile
import threading
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jupyter_tracker as jt
from jupyter_tracker.backends.common.code.archive import collect_archive
from jupyter_tracker.backends.common.code.collection import Limits
from jupyter_tracker.backends.common.code.neighbours import neighbours
from jupyter_tracker.backends.local.sources import noun
from jupyter_tracker.backends.local.sources.objects import Objects
from jupyter_tracker.errors import InvalidSource, SourceTooLarge, StoreError

SMALL = Limits(10, 100_000)


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as client:
        yield client


def collected(file, limits=SMALL):
    objects = Objects(file.parent / "objects")
    with objects.collection(limits) as collection:
        collect_archive(file, collection, limits)
        return [each.path for each in collection.files]


def zipped(path, *entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def tarred(path, *members):
    with tarfile.open(path, "w:gz") as archive:
        for name, kind, link, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, link, len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


NAMES = ["../evil.py", "a/../../evil.py", "/etc/evil.py", "C:/evil.py", "a\\..\\..\\evil.py", "\\evil.py"]


@pytest.mark.parametrize("name", NAMES)
def test_an_archive_that_leads_out_of_its_folder_is_refused(tmp_path, name):
    for file in (
        zipped(tmp_path / "a.zip", ("fine.py", b"", 0), (name, b"evil", 0)),
        tarred(tmp_path / "a.tar.gz", ("fine.py", tarfile.REGTYPE, "", b""), (name, tarfile.REGTYPE, "", b"evil")),
    ):
        with pytest.raises(InvalidSource, match="leads out of its folder"):
            collected(file)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_an_archive_are_refused(tmp_path, kind):
    with pytest.raises(InvalidSource, match="only plain files"):
        collected(tarred(tmp_path / "a.tgz", ("inner", kind, "/etc/passwd", b"")))


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_in_a_zip_are_refused(tmp_path, mode):
    with pytest.raises(InvalidSource, match="link or device"):
        collected(zipped(tmp_path / "a.zip", ("inner", b"/etc/passwd", mode | 0o777)))


def test_bombs_are_not_unpacked_to_the_end(tmp_path):
    zeros = bytes(1_000_000)
    for file in (
        zipped(tmp_path / "a.zip", ("zeros", zeros, 0)),
        tarred(tmp_path / "a.tar.gz", ("zeros", tarfile.REGTYPE, "", zeros)),
        zipped(tmp_path / "many.zip", *((str(number), b"", 0) for number in range(11))),
    ):
        with pytest.raises(SourceTooLarge):
            collected(file)


def test_a_bomb_in_the_headers_of_a_tar_file_is_refused(tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=9) as file:
        file.write(info.tobuf())
        for _ in range(8):
            file.write(bytes(1_000_000))
    with pytest.raises(SourceTooLarge, match="read no further"):
        collected(tmp_path / "a.tar.gz")


def test_a_file_that_is_a_folder_too_and_one_that_is_there_twice_are_refused(tmp_path):
    plain = tarfile.REGTYPE
    for names in (("a", "a"), ("a", "a/b"), ("a/b", "a"), ("a", "./a")):
        members = [(name, plain, "", b"") for name in names]
        with pytest.raises(InvalidSource, match="twice"):
            collected(tarred(tmp_path / "a.tar.gz", *members))


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz", "a.tar.bz2"])
@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\3\4" + bytes(40), b"\x1f\x8b\x08" + bytes(40)])
def test_what_is_no_archive_is_said(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidSource, match="archive"):
        collected(tmp_path / name)


def test_an_archive_that_breaks_off_is_refused_and_leaves_nothing(tracker, tmp_path, store_folder):
    whole = tarred(tmp_path / "a.tar.gz", *((str(n), tarfile.REGTYPE, "", os.urandom(5000)) for n in range(5)))
    whole.write_bytes(whole.read_bytes()[:15_000])
    with pytest.raises(InvalidSource, match="archive"):
        tracker.sources.create(whole)
    assert tracker.sources.list() == []
    assert [path for path in (store_folder / "sources").rglob("*") if path.is_file()] == []


@settings(max_examples=60)
@given(st.data())
def test_an_archive_of_which_bytes_were_changed_is_read_or_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("changed")
    if data.draw(st.booleans()):
        file = zipped(folder / "a.zip", ("a.py", b"print(1)\n" * 20, 0), ("b/c.py", b"x", 0))
    else:
        file = tarred(folder / "a.tar.gz", ("a.py", tarfile.REGTYPE, "", b"print(1)\n"))
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file.write_bytes(content)
    with contextlib.suppress(InvalidSource):  # and nothing else
        assert all(path and not path.startswith(("/", "..")) for path in collected(file))


def test_links_of_a_folder_are_followed_within_it_only(tracker, tmp_path):
    folder = tmp_path / "project"
    (folder / "real").mkdir(parents=True)
    (folder / "real" / "main.py").write_text("print(1)\n")
    (tmp_path / "private").write_text("private")
    (folder / "main.py").symlink_to("real/main.py")
    (folder / "out").symlink_to(tmp_path / "private")
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "pipe")
    assert [each.path for each in tracker.sources.describe(tracker.sources.create(folder).id)] == [
        "main.py",
        "real/main.py",
    ]


def test_each_content_is_kept_once_and_read_only(tracker, tmp_path, store_folder):
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("main.py", "copy.py"):
        (folder / name).write_text("print('the same')\n")
    tracker.sources.create(folder)
    tracker.sources.create(folder, name="other")
    (kept,) = [path for path in (store_folder / "sources").rglob("*") if path.is_file()]
    assert kept.stat().st_mode & 0o777 == 0o400


def test_a_content_that_was_changed_or_lost_is_noticed(tracker, tmp_path, store_folder):
    tracker.sources.create("print('kept')\n")
    (kept,) = [path for path in (store_folder / "sources").rglob("*") if path.is_file()]
    kept.chmod(0o600)
    kept.write_text("print('evil')\n")
    with pytest.raises(StoreError, match="changed in the store"):
        tracker.sources.download("cell", tmp_path / "copy")
    kept.unlink()
    with pytest.raises(StoreError, match="missing"):
        tracker.sources.download("cell", tmp_path / "other")
    tracker.sources.create("print('kept')\n")
    assert (tracker.sources.download("cell", tmp_path / "third") / "cell.py").read_text() == "print('kept')\n"


def test_what_a_killed_process_left_of_a_collection_is_removed_later(tracker, store_folder):
    tracker.sources.create("print(1)\n")
    for name, age in (("incoming-old", 90_000), ("incoming-new", 60)):
        (store_folder / "sources" / name).mkdir()
        os.utime(store_folder / "sources" / name, (time.time() - age,) * 2)
    tracker.sources.create("print(2)\n")
    assert [path.name for path in (store_folder / "sources").glob("incoming-*")] == ["incoming-new"]


def test_many_keep_equal_code_at_once(tracker, tmp_path):
    (tmp_path / "train.py").write_text("print(1)\n")
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(tracker.sources.create(tmp_path / "train.py").id)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_a_failed_submission_of_a_source_leaves_no_folder(tracker, store_folder):
    made = tracker.sources.create("print(1\n")
    with pytest.raises(jt.TrackerError):
        tracker.runs.submit("digits", code=made)
    assert list((store_folder / "runs").iterdir()) == []


def test_imports_beside_the_code_are_found_and_others_are_not(tmp_path):
    for path, text in {
        "a.py": "import b.c\nimport json",
        "b/__init__.py": "from . import d",
        "b/c.py": "from .d import x\nfrom ..other import y\nif True:\n    import late",
        "b/d.py": "import a",
        "late.py": "broken (",
        "unused.py": "",
        "data/plain.txt": "",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    assert list(neighbours("import a, sys\nfrom data import plain", tmp_path)) == [
        "a.py",
        "b/__init__.py",
        "b/c.py",
        "b/d.py",
        "late.py",
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [("/x/train.py", "train"), ("/x/a.tar.gz", "a"), ("/x/v1.2", "v1"), ("/", "code"), ("/x/.hidden", ".hidden")],
)
def test_a_source_is_named_after_its_path(path, name):
    assert noun.default_name(noun.Code(noun.CodeKind.SCRIPT, path=path)) == name
