"""The backends by name; each is loaded when it is first used.

Others can add theirs as entry points of the group `jupyter_tracker.backends`: a callable that takes the connection
string and returns a `Backend`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from jupyter_tracker import config
from jupyter_tracker.backends.base import Backend
from jupyter_tracker.errors import ConfigError, did_you_mean

GROUP = "jupyter_tracker.backends"

_BUILT_IN = {
    "abeja": "jupyter_tracker.backends.abeja:connect",
    "chariot": "jupyter_tracker.backends.chariot:connect",
    "databricks": "jupyter_tracker.backends.mlflow:connect",
    "local": "jupyter_tracker.backends.local:connect",
    "mlflow": "jupyter_tracker.backends.mlflow:connect",
    "ubiops": "jupyter_tracker.backends.ubiops:connect",
    "vertex": "jupyter_tracker.backends.vertex:connect",
}


def open_backend(address: str) -> Backend:
    """The backend that a connection string names: `local`, `local:///folder`, `name://…`; or that of a profile.

    Raises:
        ConfigError: nothing is known under that name, or a password stands in the address.
    """
    config.without_credentials(address)
    name = address.partition(":")[0].partition("+")[0]
    # What others have installed is looked for last: that reads the metadata of every package there is.
    if ":" not in address and name not in _BUILT_IN and name not in names():
        kept = {profile.name: profile for profile in config.profiles()}
        if address in kept:
            return open_backend(kept[address].address)
    return _factory(name)(address)


def names() -> tuple[str, ...]:
    """Everything that can be connected to here."""
    return tuple(sorted({*_BUILT_IN, *_installed()}))


def _factory(name: str) -> Callable[[str], Backend]:
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        factory: Callable[[str], Backend] = getattr(import_module(module), attribute)
        return factory
    installed = _installed()
    if name in installed:
        return installed[name]()
    known = [*names(), *(profile.name for profile in config.profiles())]
    raise ConfigError(
        f"There is no backend or profile {name!r}.{did_you_mean(name, known)} Known here: {', '.join(known)}."
    )


def _installed() -> dict[str, Callable[[], Callable[[str], Backend]]]:
    from importlib.metadata import entry_points

    return {point.name: point.load for point in entry_points(group=GROUP)}
