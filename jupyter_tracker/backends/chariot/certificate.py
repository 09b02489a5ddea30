"""A certificate from a PKCS#12 file, as the two private files that TLS takes."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from jupyter_tracker.errors import ConfigError
from jupyter_tracker.models import Secret


class OpenedCertificate:
    """Certificate and key in a private folder, which goes with this object."""

    def __init__(self, file: Path, password: Secret | None) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.serialization import pkcs12

        try:
            data = file.read_bytes()
            key, certificate, others = pkcs12.load_key_and_certificates(
                data, None if password is None else password.reveal().encode()
            )
        except OSError as error:
            raise ConfigError(f"The certificate {file} cannot be read: {error.strerror}.") from error
        except ValueError:
            # Not chained: some say what they tried.
            raise ConfigError(f"The certificate {file} cannot be opened. Is its password right?") from None
        if key is None or certificate is None:
            raise ConfigError(f"The file {file} has no certificate with its key.")
        self._folder = Path(tempfile.mkdtemp(prefix="jupyter-tracker-"))  # private
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (certificate, *others))
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.files = (self._write("certificate.pem", chain), self._write("key.pem", secret))

    def _write(self, name: str, content: bytes) -> str:
        path = self._folder / name
        with open(path, "xb", opener=lambda text, flags: os.open(text, flags, 0o600)) as file:
            file.write(content)
        return str(path)
