"""Every exception that this package raises.

TrackerError
├── ConfigError                  a connection string, profile or setting is wrong
├── Unsupported                  the backend lacks the operation
├── InvalidInput                 a value was rejected, with field, rule and value
│   ├── InvalidParams            params that are not JSON
│   ├── InvalidMetric            a metric that is not a number
│   ├── InvalidFilter            a filter that cannot be read, with the column of the mistake
│   ├── InvalidCode              code that is missing, unreadable or not executable
│   ├── InvalidConfig            a config that does not fit the schema of a template, with all mistakes
│   ├── InvalidSource            code that cannot be kept as a source, such as a hostile archive
│   │   └── SourceTooLarge       it is larger than the limits
│   └── InvalidImport            a file or folder that cannot be imported, such as a damaged or hostile one
├── MissingLibrary               an optional library is not installed (also an ImportError)
├── NotFound                     no such experiment, run, artifact …
│   └── Ambiguous                a prefix or name that fits more than one
├── Conflict                     the name is taken, or the state does not allow it
│   └── QueueFull                as many runs wait as may
├── WaitTimeout                  a wait reached its limit (also a TimeoutError)
├── RemoteError                  a platform refused or failed; with operation, status and the platform's own code
│   ├── Unreachable              no answer: no connection, no route, too slow
│   ├── NotAuthenticated         credentials are missing, wrong or expired
│   ├── PermissionDenied         the credentials do not allow it
│   ├── RateLimited              too many requests, also after waiting
│   ├── PlatformFailure          the platform failed, or its answer cannot be read
│   ├── RemoteInvalid            a value was rejected there (also InvalidInput)
│   ├── RemoteNotFound           no such thing there (also NotFound)
│   └── RemoteConflict           the name is taken, or the state does not allow it (also Conflict)
└── StoreError                   the local store cannot do what was asked
    ├── StoreFull                the disk is full
    ├── StoreReadOnly            the folder cannot be written
    └── StoreTooNew              written by a newer version of this package

A message says what is wrong, where, and what to do; it never holds a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "Ambiguous",
    "ConfigError",
    "Conflict",
    "InvalidCode",
    "InvalidConfig",
    "InvalidFilter",
    "InvalidImport",
    "InvalidInput",
    "InvalidMetric",
    "InvalidParams",
    "InvalidSource",
    "MissingLibrary",
    "NotAuthenticated",
    "NotFound",
    "PermissionDenied",
    "PlatformFailure",
    "QueueFull",
    "RateLimited",
    "RemoteConflict",
    "RemoteError",
    "RemoteInvalid",
    "RemoteNotFound",
    "SourceTooLarge",
    "StoreError",
    "StoreFull",
    "StoreReadOnly",
    "StoreTooNew",
    "TrackerError",
    "Unreachable",
    "Unsupported",
    "WaitTimeout",
]


class TrackerError(Exception):
    """Base of all errors of this package.

    IPython calls `_render_traceback_`, so that a notebook shows one line and the cell still counts as failed.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class ConfigError(TrackerError):
    """A connection string, profile or setting is wrong."""


class Unsupported(TrackerError):
    """The backend lacks the operation; raised before anything is sent."""

    def __init__(self, backend: str, operation: str) -> None:
        super().__init__(f"The backend {backend!r} has no {operation}. `%tracker capabilities` lists what it offers.")
        self.backend = backend
        self.operation = operation


class InvalidInput(TrackerError, ValueError):
    """A value was rejected; the message names field, rule and value."""


class InvalidParams(InvalidInput):
    """Params that cannot be kept as JSON."""


class InvalidMetric(InvalidInput):
    """A metric, step or time that is not a number."""


class InvalidFilter(InvalidInput):
    """A filter that cannot be read."""

    def __init__(self, message: str, text: str, column: int) -> None:
        super().__init__(f"{message}\n  {text}\n  {' ' * column}^")
        self.text = text
        self.column = column


class InvalidCode(InvalidInput):
    """Code that is missing, unreadable, has a syntax error or cannot be executed."""


class InvalidConfig(InvalidInput):
    """A config that does not fit the schema of a template; `mistakes` has all that is wrong, each with its path."""

    def __init__(self, what: str, mistakes: Iterable[object]) -> None:
        self.mistakes = tuple(mistakes)
        count = f"{len(self.mistakes)} mistake{'s' if len(self.mistakes) != 1 else ''}"
        super().__init__("\n  ".join([f"The {what} has {count}:", *map(str, self.mistakes)]))


class InvalidSource(InvalidInput):
    """Code that cannot be kept as a source: not there, unreadable, or an archive that leads out of its folder."""


class SourceTooLarge(InvalidSource):
    """Code of more files or bytes than a source may have."""


class InvalidImport(InvalidInput):
    """A file or folder that is none of those that can be imported, is damaged, or holds what it must not hold."""


class MissingLibrary(TrackerError, ImportError):
    """What was asked for needs a library that is not installed."""

    def __init__(self, purpose: str, library: str, extra: str) -> None:
        super().__init__(f"{purpose} needs {library}. Install it: pip install 'jupyter_tracker[{extra}]'.")


class NotFound(TrackerError, LookupError):
    """There is no such thing; close names are suggested."""

    def __init__(self, noun: str, name: str, known: Iterable[str] = (), hint: str = "") -> None:
        message = f"There is no {noun} {name!r}.{did_you_mean(name, known)}"
        super().__init__(f"{message} {hint}".rstrip())
        self.noun = noun
        self.name = name


class Ambiguous(NotFound):
    """A prefix or name that fits more than one; the candidates are named."""

    def __init__(self, noun: str, name: str, candidates: Iterable[str]) -> None:
        listed = list(candidates)
        shown = ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")
        TrackerError.__init__(self, f"{noun.capitalize()} {name!r} fits more than one: {shown}. Give more of the id.")
        self.noun = noun
        self.name = name
        self.candidates = tuple(listed)


class Conflict(TrackerError):
    """The name is taken, or the state of the thing does not allow the operation."""


class QueueFull(Conflict):
    """As many runs wait for a place as may; the run was not made."""


class WaitTimeout(TrackerError, TimeoutError):
    """A wait reached its limit; the run goes on."""


class RemoteError(TrackerError):
    """A platform refused or failed.

    Attributes:
        backend: Name of the backend.
        operation: What was asked for, as the platform calls it.
        status: HTTP status; None when there was no answer.
        code: The platform's own word for the error; empty when it gave none.
    """

    def __init__(
        self, message: str, *, backend: str = "", operation: str = "", status: int | None = None, code: str = ""
    ) -> None:
        # The parents of some subclasses are made from other values.
        TrackerError.__init__(self, message)
        self.backend = backend
        self.operation = operation
        self.status = status
        self.code = code


class Unreachable(RemoteError):
    """The platform gave no answer."""


class NotAuthenticated(RemoteError):
    """Credentials are missing, wrong or expired."""


class PermissionDenied(RemoteError):
    """The credentials do not allow the operation."""


class RateLimited(RemoteError):
    """Too many requests; it was waited as long as is sensible."""


class PlatformFailure(RemoteError):
    """The platform failed, or its answer cannot be read."""


class RemoteInvalid(RemoteError, InvalidInput):
    """The platform rejected a value; `mistakes` has what is wrong with each field, where it says so."""

    mistakes: tuple[object, ...] = ()


class RemoteNotFound(RemoteError, NotFound):
    """The platform has no such thing."""


class RemoteConflict(RemoteError, Conflict):
    """The name is taken there, or the state of the thing does not allow the operation."""


class StoreError(TrackerError):
    """The local store cannot do what was asked."""


class StoreFull(StoreError):
    """The disk is full; nothing that was acknowledged is lost."""


class StoreReadOnly(StoreError):
    """The store folder cannot be written."""


class StoreTooNew(StoreError):
    """The store was written by a newer version of this package."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion to append to an error, with a leading space, or nothing."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
