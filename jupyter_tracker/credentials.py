"""Tokens and passwords: from the environment, then the keyring, then a private file; shown nowhere.

The keyring is used where the package `keyring` is installed and has a usable backend; `JUPYTER_TRACKER_KEYRING=0` goes
without. The file is `credentials.json` (mode 0600) in Jupyter's configuration folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_tracker.config import changing
from jupyter_tracker.errors import ConfigError
from jupyter_tracker.models import Secret

SERVICE = "jupyter_tracker"
"""The name under which the keyring keeps what is ours."""


def find(address: str, name: str, variables: Iterable[str] = ()) -> Secret | None:
    """A credential of a connection: the first of the environment variables that is set, else what was kept for it.

    Raises:
        ConfigError: the file of credentials can be read by others, or is damaged.
    """
    for variable in variables:
        if value := os.environ.get(variable):
            return Secret(value)
    ring = usable_keyring()
    if ring is not None:
        # Backends raise errors of many kinds: locked, refused, no bus.
        with suppress(Exception):
            if (text := ring.get_password(SERVICE, _entry(address, name))) is not None:
                return Secret(str(text))
    kept = _read().get(_entry(address, name))
    return None if kept is None else Secret(kept)


def keep(address: str, name: str, secret: Secret) -> str:
    """Keep a credential of a connection; the result says where: `keyring`, or the file."""
    entry = _entry(address, name)
    kept_in_ring = in_keyring(entry, secret.reveal())
    with changing(_file()):
        others = {key: value for key, value in _read().items() if key != entry}
        _write(others if kept_in_ring else {**others, entry: secret.reveal()})
    return "keyring" if kept_in_ring else str(_file())


def forget(address: str, name: str) -> None:
    """Remove what was kept; nothing happens when nothing was."""
    entry = _entry(address, name)
    ring = usable_keyring()
    if ring is not None:
        with suppress(Exception):  # it was not there
            ring.delete_password(SERVICE, entry)
    with changing(_file()):
        kept = _read()
        if kept.pop(entry, None) is not None:
            _write(kept)


def usable_keyring() -> Any | None:
    """The backend of `keyring`; None where it is not installed, has no usable backend or is not wanted."""
    if os.environ.get("JUPYTER_TRACKER_KEYRING") == "0":
        return None
    try:
        import keyring
    except ImportError:
        return None
    try:
        backend = keyring.get_keyring()
        # Backends that keep nothing, or keep it in plain text, say so by a priority below 1.
        return backend if float(getattr(backend, "priority", 0)) >= 1 else None
    except Exception:  # noqa: BLE001  # one that cannot be loaded is none
        return None


def in_keyring(entry: str, text: str) -> bool:
    """Whether the keyring has taken a text under a name and gives it back."""
    ring = usable_keyring()
    if ring is None:
        return False
    try:
        ring.set_password(SERVICE, entry, text)
        return bool(ring.get_password(SERVICE, entry) == text)
    except Exception:  # noqa: BLE001  # locked, refused, no bus: the file is there for that
        return False


def _entry(address: str, name: str) -> str:
    return f"{address}#{name}"


def _file() -> Path:
    from jupyter_core.paths import jupyter_config_dir

    return Path(jupyter_config_dir()) / "jupyter_tracker" / "credentials.json"


def _read() -> dict[str, str]:
    path = _file()
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"The credentials in {path} cannot be read: {error.strerror}.") from error
    if os.name == "posix" and mode & 0o077:
        raise ConfigError(f"Others can read the credentials in {path}. Make it private: `chmod 600 {path}`.")
    try:
        kept = json.loads(text)
    except json.JSONDecodeError:
        kept = None
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        # Not chained: the error of the parser quotes the text.
        raise ConfigError(f"The credentials in {path} are no JSON object of texts. Mend it, or delete it.")
    return kept


def _write(kept: dict[str, str]) -> None:
    path = _file()
    if not kept:
        path.unlink(missing_ok=True)
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    with open(partial, "x", encoding="utf-8", opener=_private) as file:
        json.dump(kept, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
