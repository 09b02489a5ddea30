"""Data as datasets: what they are called, where they lie, and a digest of what is in them.

Frames and arrays are recognized by what they can do, so that no library is loaded for them: pandas, polars, NumPy,
PyTorch and TensorFlow all have a part of it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from jupyter_tracker.errors import InvalidInput, NotFound
from jupyter_tracker.models import Dataset, JsonValue

LONGEST_NAME, LONGEST_DIGEST = 500, 36
"""Characters (MLflow: `log_inputs`)."""

_DIGEST = 32
_BLOCK = 2**20
_TYPES = {"": "local", "file": "local", "https": "http", "gs": "gcs"}


def dataset(
    name: str,
    source: str | os.PathLike[str] | None,
    data: Any,
    digest: str | None,
    schema: Mapping[str, JsonValue] | None,
    profile: Mapping[str, JsonValue] | None,
) -> Dataset:
    """A dataset from what people give; the digest is taken of the data, else of the files at the source.

    Raises:
        InvalidInput: the name or the digest is none, or nothing is there to take a digest of.
        NotFound: the source is a path, and nothing lies there.
    """
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"The name of a dataset must be text of 1 to {LONGEST_NAME} characters, not {name!r:.60}.")
    if digest is not None and not (isinstance(digest, str) and re.fullmatch(rf"[!-~]{{1,{LONGEST_DIGEST}}}", digest)):
        raise InvalidInput(
            f"The digest of a dataset must be 1 to {LONGEST_DIGEST} characters of ASCII without spaces, not {digest!r}."
        )
    path = _path(source, required=data is None and digest is None)
    described = None if data is None else _Described(data, name)
    if digest is None:
        digest = _digest_of_files(path) if described is None and path is not None else None
        digest = digest or (described.digest if described is not None else _hex(str(source).encode()))
    kind, place = ("local", str(path.absolute())) if path is not None else _address(source)
    return Dataset(
        name,
        digest,
        kind or ("code" if data is not None else ""),
        place,
        dict(schema) if schema is not None else described.schema if described is not None else {},
        dict(profile) if profile is not None else described.profile if described is not None else {},
    )


class _Described:
    """Digest, schema and profile of a frame or an array."""

    def __init__(self, data: Any, name: str) -> None:
        self._hash = hashlib.sha256()
        columns = getattr(data, "columns", None)
        if columns is not None and hasattr(data, "__getitem__"):
            names = [str(column) for column in columns]
            parts = [_array(data[column]) for column in columns]
            if any(part is None for part in parts) or len(set(names)) < len(names):
                raise InvalidInput(f"The data of the dataset {name!r} must have columns of different names.")
            for column, part in zip(names, parts, strict=True):
                self._take(column, part)
            index = _array(getattr(data, "index", None))
            if index is not None:
                self._take("", index)
            self.schema: dict[str, JsonValue] = {
                "columns": [{"name": str(column), "type": str(data[column].dtype)} for column in columns]
            }
            self.profile: dict[str, JsonValue] = {"rows": len(data), "columns": len(names)}
            return
        array = _array(data)
        if array is None:
            raise InvalidInput(
                f"The data of the dataset {name!r} is {type(data).__name__}, of which no digest can be taken; "
                "give a DataFrame, an array, or the digest itself."
            )
        self._take("", array)
        self.schema = {"type": str(array.dtype), "shape": [int(size) for size in array.shape]}
        self.profile = {"rows": int(array.shape[0]) if array.shape else 1}

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()[:_DIGEST]

    def _take(self, name: str, array: Any) -> None:
        self._hash.update(f"{name}\0{array.dtype}\0{array.shape}\0".encode("utf-8", "surrogatepass"))
        if array.dtype.hasobject:
            for value in array.ravel().tolist():
                self._hash.update(f"{value!r}\0".encode("utf-8", "backslashreplace"))
        else:
            self._hash.update(array.tobytes())


def _array(data: Any) -> Any:
    """A column, an index, a tensor or an array as a NumPy array, by its own means; None for anything else."""
    for method in ("detach", "cpu"):  # a tensor may lie on a GPU and have a past
        if callable(getattr(data, method, None)):
            data = getattr(data, method)()
    for method in ("to_numpy", "numpy", "__array__"):
        if not hasattr(data, "tobytes") and callable(getattr(data, method, None)):
            data = getattr(data, method)()
    return data if hasattr(data, "tobytes") and hasattr(getattr(data, "dtype", None), "hasobject") else None


def _path(source: str | os.PathLike[str] | None, *, required: bool) -> Path | None:
    """The file or folder that a source is; None when it is something else."""
    if source is None or (isinstance(source, str) and re.match(r"[A-Za-z][\w+.-]+:", source)):
        if source is None and required:
            raise InvalidInput("Which data is it? Give its source, the data itself, or a digest.")
        return None
    path = Path(source).expanduser()
    if path.exists():
        return path
    if required or not isinstance(source, str):
        near = path.parent if path.parent.is_dir() else Path()
        raise NotFound(
            "file or folder", str(source), [str(each) for each in near.iterdir()], "An address begins like s3://."
        )
    return None


def _address(source: object) -> tuple[str, str]:
    """The type of a source and the source itself, without a user's name and password."""
    if source is None:
        return "", ""
    text = str(source)
    try:
        parts = urlsplit(text)
    except ValueError:
        raise InvalidInput(f"The source {text!r} is no address.") from None
    kind = _TYPES.get(parts.scheme, parts.scheme)
    return kind, urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else text


def _digest_of_files(path: Path) -> str:
    """Of a file its contents count, of a folder also the paths within it."""
    if not path.is_dir():
        return _hash_of_file(path).hexdigest()[:_DIGEST]
    files = sorted(file for file in path.rglob("*") if file.is_file())
    lines = (f"{_hash_of_file(file).hexdigest()}  {file.relative_to(path).as_posix()}\n" for file in files)
    return _hex(*(line.encode("utf-8", "surrogateescape") for line in lines))


def _hash_of_file(path: Path) -> hashlib._Hash:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found


def _hex(*parts: bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()[:_DIGEST]
