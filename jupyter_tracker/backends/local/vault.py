"""Encryption of secrets in the local store.

A secret lies in the database only as a Fernet token (AES-128-CBC with HMAC-SHA256). The key of a store is made with its
first secret and lies outside the database: in the keyring where the package `keyring` is installed and has a usable
backend, else in the file `secret.key` (mode 0600) of the store folder. `JUPYTER_TRACKER_KEYRING=0` chooses the file.
Who can read the store folder of somebody can read their key file, too: there it protects copies of the database.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracker.credentials import SERVICE, in_keyring, usable_keyring
from jupyter_tracker.errors import StoreError
from jupyter_tracker.models import Secret

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEYRING, FILE = "keyring", "file"


class Vault:
    """Seals and opens the secrets of one store; each call stands in a transaction of the database."""

    def __init__(self, home: Path) -> None:
        self._file = home / "secret.key"

    def seal(self, db: sqlite3.Connection, identity: str, secret: Secret) -> bytes:
        """Encrypt a secret for the row of that id, inside a write transaction; the first one makes the key."""
        fernet = self._fernet(db) or self._new_key(db)
        return fernet.encrypt(f"{identity}\0{secret.reveal()}".encode())

    def open(self, db: sqlite3.Connection, identity: str, sealed: bytes) -> Secret:
        """Decrypt what was sealed for the row of that id.

        Raises:
            StoreError: the key is not there, or the row was changed by somebody else.
        """
        from cryptography.fernet import InvalidToken

        fernet = self._fernet(db)
        if fernet is None:
            raise StoreError("The store has secrets and names no key for them. Delete and create them again.")
        try:
            owner, _, text = fernet.decrypt(sealed).decode().partition("\0")
        except InvalidToken:
            owner, text = "", ""
        if owner != identity:
            raise StoreError("A secret of the store is damaged. Delete it and create it again.")
        return Secret(text)

    def _fernet(self, db: sqlite3.Connection) -> Fernet | None:
        from cryptography.fernet import Fernet

        row = db.execute("SELECT key_id, place FROM vault").fetchone()
        if row is None:
            return None
        key_id, place = row
        key = self._read(key_id, place)
        if key is not None and _fingerprint(key) == key_id:
            return Fernet(key)
        (sealed,) = db.execute(
            "SELECT (SELECT count(*) FROM variables WHERE sealed IS NOT NULL)"
            " + (SELECT count(*) FROM launches WHERE sealed IS NOT NULL)"
        ).fetchone()
        if not sealed:
            return None  # nothing was encrypted with it any more
        where = f"in the keyring under {SERVICE!r}" if place == KEYRING else f"in {self._file}"
        raise StoreError(
            f"The key of the store's secrets is not {where}."
            " Bring it back, or delete the secrets and create them again."
        )

    def _new_key(self, db: sqlite3.Connection) -> Fernet:
        from cryptography.fernet import Fernet

        key = Fernet.generate_key()
        key_id = _fingerprint(key)
        place = KEYRING if in_keyring(key_id, key.decode()) else FILE
        if place == FILE:
            partial = self._file.with_name(f".secret.{key_id}")
            with open(partial, "xb", opener=_private) as file:
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._file)
        db.execute("DELETE FROM vault")
        db.execute("INSERT INTO vault (key_id, place) VALUES (?, ?)", (key_id, place))
        return Fernet(key)

    def _read(self, key_id: str, place: str) -> bytes | None:
        if place == FILE:
            try:
                return self._file.read_bytes()
            except FileNotFoundError:
                return None
        keyring = usable_keyring()
        text = None
        if keyring is not None:
            # Backends raise errors of many kinds: locked, refused, no bus.
            with suppress(Exception):
                text = keyring.get_password(SERVICE, key_id)
        return None if text is None else str(text).encode()


def _fingerprint(key: bytes) -> str:
    return sha256(b"jupyter_tracker key\0" + key).hexdigest()[:16]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
