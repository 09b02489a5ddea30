"""The connections that the server may use: the local store, and the profiles of config.py. Nothing else is reached."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from jupyter_tracker import config, credentials
from jupyter_tracker.backends import names, open_backend
from jupyter_tracker.client.tracker import DEFAULT
from jupyter_tracker.errors import ConfigError, InvalidInput, NotFound, TrackerError
from jupyter_tracker.feed.wire import Json
from jupyter_tracker.models import Secret
from jupyter_tracker.server.connection import LIMIT, Connection

SECRETS = ("token", "password", "client_id", "client_secret")
"""Credentials that can be kept for a connection; none is ever told."""
LONGEST_SECRET = 20_000


class Connections:
    """One connection for each profile that is used.

    Args:
        root: The folder that the server shows, to which the paths of notebooks in the browser are relative.
        limit: Seconds for one operation of a platform.
    """

    def __init__(self, root: str, limit: float = LIMIT) -> None:
        self.root = root
        self._limit = limit
        self._open: dict[str, Connection] = {}
        self._homes: dict[str, str] = {}

    async def get(self, name: str) -> Connection:
        """The connection of a profile.

        Raises:
            NotFound: no such profile is configured.
        """
        address = DEFAULT if name == DEFAULT else (await asyncio.to_thread(config.profile, name)).address
        known = self._open.get(name)
        if known is None or known.address != address:
            if known is not None:
                await known.close()
            known = self._open[name] = Connection(name, address, self._limit)
        return known

    async def list(self) -> Json:
        """What can be connected to, and the backends that a new connection may have."""
        kept = await asyncio.to_thread(config.profiles)
        return {
            "connections": [
                self._data(DEFAULT, DEFAULT),
                *(self._data(profile.name, profile.address) for profile in kept if profile.name != DEFAULT),
            ],
            "backends": list(await asyncio.to_thread(names)),
            "secrets": list(SECRETS),
        }

    async def find(self, home: str) -> Json:
        """The connection that leads to a `Backend.home`, by which a panel looks for its runs when its kernel is gone.

        Raises:
            NotFound: none does.
        """

        def call() -> Json:
            addresses = {DEFAULT: DEFAULT, **{profile.name: profile.address for profile in config.profiles()}}
            for name, address in addresses.items():
                if self._home(address) == home:
                    return {"name": name}
            raise NotFound(
                "connection", home, (), "Add one in the sidebar that leads to where the notebook keeps its runs."
            )

        return await asyncio.to_thread(call)

    def _home(self, address: str) -> str | None:
        """Where an address leads; None where that cannot be said now, for want of credentials, say."""
        if address not in self._homes:
            try:
                backend = open_backend(address)
            except TrackerError:
                return None
            self._homes[address] = backend.home
            backend.close()
        return self._homes[address]

    async def keep(self, name: str, address: str, secrets: Mapping[str, str]) -> Json:
        """Add a connection, or change the one of that name; a secret that is not given stays as it was.

        Raises:
            ConfigError: name or address cannot be used.
            InvalidInput: there is no credential of that name.
        """

        def call() -> None:
            if name == DEFAULT:
                raise ConfigError(f"{DEFAULT!r} is the store of this machine; choose another name.")
            backend = address.partition(":")[0].partition("+")[0]
            if ":" not in address or backend not in names():
                raise ConfigError(
                    f"The address must begin with one of {', '.join(f'{known}:' for known in names())} not {backend!r}."
                )
            for secret, value in secrets.items():
                check_secret(secret, value)
            config.keep(config.Profile(name, address))
            for secret, value in secrets.items():
                credentials.keep(address, secret, Secret(value))

        await asyncio.to_thread(call)
        await self._forget(name)
        return self._data(name, address)

    async def remove(self, name: str) -> Json:
        """Remove a connection and the credentials that were kept for it; nothing on the platform changes."""

        def call() -> None:
            if name == DEFAULT:
                raise NotFound("profile", name, (), "The store of this machine cannot be removed from the list.")
            address = config.profile(name).address
            config.forget(name)
            if all(other.address != address for other in config.profiles()):
                for secret in SECRETS:
                    credentials.forget(address, secret)

        await asyncio.to_thread(call)
        await self._forget(name)
        return {}

    async def close(self) -> None:
        """Close all."""
        open_, self._open = list(self._open.values()), {}
        await asyncio.gather(*(connection.close() for connection in open_))

    async def _forget(self, name: str) -> None:
        known = self._open.pop(name, None)
        if known is not None:
            await known.close()

    def _data(self, name: str, address: str) -> Json:
        known = self._open.get(name)
        return {"name": name, "address": address, "waiting": 0.0 if known is None else known.waiting}


def check_secret(name: str, value: str) -> None:
    """Whether that can be kept; the message of the `InvalidInput` does not hold it."""
    if name not in SECRETS:
        raise InvalidInput(f"There is no credential {name!r}; choose one of {', '.join(SECRETS)}.")
    if not 0 < len(value) <= LONGEST_SECRET or not value.isprintable():
        raise InvalidInput(f"The {name} must be 1 to {LONGEST_SECRET:,} printable characters.")
