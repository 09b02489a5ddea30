"""What storages say of the files that they keep."""

from __future__ import annotations

import base64
import hashlib

import pytest

from jupyter_tracker.backends.remote.checksums import md5_of, told

DATA = b"weights"
HEXADECIMAL = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
BASE64 = base64.b64encode(bytes.fromhex(HEXADECIMAL)).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"etag": f'"{HEXADECIMAL.upper()}"'},
        {"content-md5": BASE64},
        {"x-goog-hash": f"crc32c=AAAAAA==, md5={BASE64}"},
    ],
)
def test_an_md5_is_read_however_it_is_told(headers):
    assert told(headers) == HEXADECIMAL


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"etag": f'"{HEXADECIMAL}-3"'},  # of a file that came in parts
        {"etag": f'"{HEXADECIMAL}"', "x-amz-server-side-encryption": "aws:kms"},
        {"etag": f'"{HEXADECIMAL}"', "content-encoding": "gzip"},
        {"etag": '"0x8D4BCC2E4835CD0"'},
        {"x-goog-hash": "crc32c=AAAAAA=="},
        {"x-goog-hash": f"md5={BASE64}", "x-goog-stored-content-encoding": "gzip"},
        {"content-md5": "no base64"},
    ],
)
def test_what_is_no_md5_of_the_file_is_none(headers):
    assert told(headers) == ""


def test_the_md5_of_a_part_of_a_body_is_not_that_of_the_file():
    assert told({"content-md5": BASE64}, part=True) == ""
    assert told({"etag": HEXADECIMAL}, part=True) == HEXADECIMAL


def test_a_part_of_a_file_has_its_own(tmp_path):
    (tmp_path / "file").write_bytes(b"--" + DATA + b"--")
    assert md5_of(tmp_path / "file", 2, len(DATA)) == HEXADECIMAL
    assert md5_of(tmp_path / "file") == hashlib.md5(b"--" + DATA + b"--", usedforsecurity=False).hexdigest()
