"""A service account of nobody, with which tests sign in at a stand-in."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path


def service_account(folder: Path, url: str) -> Path:
    """A key file whose tokens come from a server of the test."""
    path = folder / "service-account.json"
    account = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": _key(),
        "client_email": "tracker@p.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{url}/token",
    }
    path.write_text(json.dumps(account))
    return path


@lru_cache
def _key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
