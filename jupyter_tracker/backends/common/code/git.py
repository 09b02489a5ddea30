"""Code from a commit of a local git repository: the files as they were committed, without filters or hooks."""

from __future__ import annotations

import io
import os
import re
import subprocess
from pathlib import Path

from jupyter_tracker.backends.common.code.collection import Collection, Limits
from jupyter_tracker.errors import InvalidSource, SourceTooLarge

_LIMIT = 60.0
"""Seconds that one command may take."""
_ENTRY = re.compile(rb"(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t(.*)\Z", re.DOTALL)


def collect_commit(folder: Path, commit: str, collection: Collection, limits: Limits) -> str:
    """Take the files of a commit that lie below a folder of the repository; the result is the whole hash.

    Links and submodules are left out.

    Raises:
        InvalidSource: there is no repository, or no such commit.
        SourceTooLarge: it is larger than the limits.
    """
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    if found is None:
        if _git(folder, "rev-parse", "--git-dir") is None:
            raise InvalidSource(f"{folder} is no git repository, or git is not installed.")
        raise InvalidSource(f"The repository {folder} has no commit {commit!r}.")
    whole = found.decode().strip()
    entries = _entries(_git(folder, "ls-tree", "-r", "-z", "-l", whole) or b"")
    if len(entries) > limits.files or sum(size for *_, size in entries) > limits.size:
        raise SourceTooLarge(
            f"The commit {whole[:8]} has more than {limits.files:,} files or {limits.size / 1e6:,.0f} MB."
        )
    content = _git(folder, "cat-file", "--batch", given=b"".join(b"%s\n" % name for _, name, _, _ in entries))
    if content is None:
        raise InvalidSource(f"The commit {whole[:8]} of {folder} cannot be read: some of its files are not there.")
    stream = io.BytesIO(content)
    for path, name, executable, size in entries:
        if stream.readline() != b"%s blob %d\n" % (name, size):
            raise InvalidSource(f"The commit {whole[:8]} of {folder} cannot be read: {path!r} is not there.")
        collection.take(path, io.BytesIO(stream.read(size)), executable=executable)
        stream.read(1)
    if not entries:
        raise InvalidSource(f"The commit {whole[:8]} has no files below {folder}.")
    return whole


def _entries(listed: bytes) -> list[tuple[str, bytes, bool, int]]:
    """Path, object name, whether it is executable, and size, of the plain files."""
    found = []
    for line in listed.split(b"\0"):
        match = _ENTRY.match(line)
        if match and match[2] == b"blob" and match[1] in (b"100644", b"100755"):
            found.append((os.fsdecode(match[5]), match[3], match[1] == b"100755", int(match[4])))
    return found


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes | None:
    """What a command writes; None when it fails."""
    # No program that the repository configures is started, nothing is fetched, and its index is not written.
    options = ["-c", "core.fsmonitor=false", "--no-optional-locks", "--no-replace-objects", "-C", str(folder)]
    variables = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        ended = subprocess.run(
            ["git", *options, *arguments],
            env={**os.environ, **variables},
            input=given,
            capture_output=True,
            timeout=_LIMIT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout
