"""Profiles: connections under names of one's own, in `profiles.json` of Jupyter's configuration folder.

A profile holds no credential; those are in credentials.py. `jt.connect("work")` and `%tracker connect work` use one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from jupyter_tracker.errors import ConfigError, NotFound

try:
    import fcntl
except ImportError:  # Windows, where two processes that change the same file at once may lose a change
    fcntl = None  # type: ignore[assignment]  # a module elsewhere

_NAME = re.compile(r"[A-Za-z][\w.-]{0,63}")
_changing = Lock()


def default_home() -> Path:
    """`$JUPYTER_TRACKER_HOME`, or a folder under Jupyter's data directory, for the store and what panels remember."""
    chosen = os.environ.get("JUPYTER_TRACKER_HOME")
    if chosen:
        return Path(chosen).expanduser()
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "jupyter_tracker"


@dataclass(frozen=True, slots=True)
class Profile:
    """A connection under a name."""

    name: str
    address: str
    """The connection string: `mlflow+https://tracking.example`, say; never with a password. Settings of the backend
    that are no secrets stand in its query."""


def profiles() -> tuple[Profile, ...]:
    """All that are kept, by name.

    Raises:
        ConfigError: the file is damaged.
    """
    path = _file()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        found = [Profile(name, str(entry["address"])) for name, entry in kept.items()]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise ConfigError(f"The profiles in {path} cannot be read ({error}). Mend the file, or delete it.") from error
    return tuple(sorted(found, key=lambda profile: profile.name))


def profile(name: str) -> Profile:
    """One by its name; `NotFound` suggests close names."""
    known = {profile.name: profile for profile in profiles()}
    if name not in known:
        raise NotFound("profile", name, known, "`%tracker profiles` lists them.")
    return known[name]


def keep(made: Profile) -> None:
    """Keep a profile, in place of the one of its name.

    Raises:
        ConfigError: the name or the address cannot be used.
    """
    if not _NAME.fullmatch(made.name):
        raise ConfigError(
            f"The profile name {made.name!r} must begin with a letter and go on with letters, digits, `-`, `_`, `.`."
        )
    without_credentials(made.address)
    with changing(_file()):
        _write([*(known for known in profiles() if known.name != made.name), made])


def forget(name: str) -> None:
    """Remove a profile; `NotFound` when there is none."""
    with changing(_file()):
        profile(name)
        _write([known for known in profiles() if known.name != name])


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Read and write a file of settings with nobody between, in this process or another: two browsers, say."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _changing:
        if fcntl is None:
            yield
            return
        # The folder: the file itself is another one after each change.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def without_credentials(address: str) -> str:
    """The address, which is shown in many places; `ConfigError` when a password or token stands in it."""
    parts = urlsplit(address)
    if parts.password is not None or re.search(r"(?i)\b(token|password|secret|api_?key)=", parts.query):
        shown = f"{parts.scheme}://{parts.hostname or ''}"
        raise ConfigError(
            f"A password or token stands in the address {shown}…, which is shown in notebooks. Leave it out:"
            " credentials come from the environment, the keyring or the file of credentials."
        )
    return address


def _file() -> Path:
    from jupyter_core.paths import jupyter_config_dir

    return Path(jupyter_config_dir()) / "jupyter_tracker" / "profiles.json"


def _write(kept: Iterable[Profile]) -> None:
    path = _file()
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    entries = {made.name: {"address": made.address} for made in kept}
    partial.write_text(json.dumps(entries, indent=1, sort_keys=True), encoding="utf-8")
    partial.replace(path)
