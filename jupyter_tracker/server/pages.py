"""What the pages of browsers follow. A page whose connection breaks finds what it missed when it comes back soon."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Mapping

from jupyter_tracker.client.tracker import DEFAULT
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.feed.params import Params, text_param
from jupyter_tracker.server.connection import Leave, Packed
from jupyter_tracker.server.connections import Connections

MOST_TOPICS = 500
"""Topics that one page may follow."""
MOST_KEPT = 1_000_000
"""Bytes of the latest updates that are kept for a page, in case its connection breaks."""
GRACE = 30.0
"""Seconds that a page has to come back; then it must begin anew."""
MOST_AWAY = 100
"""Pages that are waited for at once."""

Send = Callable[[Packed], None]


class Page:
    """One page: what it follows, and how many updates it was sent.

    Both sides count the updates, so that the count is the cursor with which a page comes back.
    """

    def __init__(self, connections: Connections, user: str) -> None:
        self.token = secrets.token_urlsafe(18)
        self.user = user
        self._connections = connections
        self._wanted: dict[str, object] = {}
        self._followed: dict[str, Leave] = {}
        self._send: Send | None = None
        self._sent = 0
        self._kept: deque[Packed] = deque()
        self._size = 0

    def attach(self, send: Send, received: int) -> bool:
        """Send on, beginning with what the page has not received; False when that is not there any more."""
        missed = self._sent - received
        if not 0 <= missed <= len(self._kept):
            return False
        self._send = send
        for packed in list(self._kept)[len(self._kept) - missed :]:
            send(packed)
        return True

    def detach(self) -> None:
        """Keep what would be sent."""
        self._send = None

    async def follow(self, params: Params) -> None:
        """Begin to send the updates of a topic under a key.

        Raises:
            InvalidInput: it follows too much, or a param is missing.
            NotFound: no such profile is configured.
        """
        key = text_param(params, "key")
        if key not in self._wanted and len(self._wanted) >= MOST_TOPICS:
            raise InvalidInput(f"One page can follow {MOST_TOPICS} topics; close some tabs.")
        request = self._wanted[key] = object()
        connection = await self._connections.get(profile_of(params))
        leave = await connection.follow(key, text_param(params, "topic"), params, self._push)
        if self._wanted.get(key) is request:
            self._leave(key)
            self._followed[key] = leave
        else:  # the page has thought better of it, or is gone
            leave()

    def unfollow(self, params: Params) -> None:
        """Send no more under a key."""
        key = text_param(params, "key")
        self._wanted.pop(key, None)
        self._leave(key)

    def close(self) -> None:
        """Follow nothing any more."""
        self._send = None
        self._wanted.clear()
        for key in list(self._followed):
            self._leave(key)

    def _leave(self, key: str) -> None:
        leave = self._followed.pop(key, None)
        if leave is not None:
            leave()

    def _push(self, packed: Packed) -> None:
        self._sent += 1
        self._kept.append(packed)
        self._size += len(packed)
        while self._size > MOST_KEPT:
            self._size -= len(self._kept.popleft())
        if self._send is not None:
            self._send(packed)


class Pages:
    """The pages that are open, and for a while those whose connection broke."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._away: dict[str, tuple[Page, asyncio.TimerHandle]] = {}

    def new(self, user: str, send: Send) -> Page:
        """A page that has just been opened."""
        page = Page(self._connections, user)
        page.attach(send, 0)
        return page

    def resume(self, token: str, received: int, user: str, send: Send) -> Page | None:
        """The page that has come back, if it can go on after so many updates; it must be of the same user."""
        found = self._away.get(token)
        if found is None or found[0].user != user:
            return None
        page, timer = self._away.pop(token)
        timer.cancel()
        if page.attach(send, received):
            return page
        page.close()
        return None

    def away(self, page: Page) -> None:
        """The connection of a page broke: it may come back."""
        if len(self._away) >= MOST_AWAY:
            self._give_up(next(iter(self._away)))
        page.detach()
        timer = asyncio.get_running_loop().call_later(GRACE, self._give_up, page.token)
        self._away[page.token] = page, timer

    def close(self) -> None:
        """Wait for none any more."""
        for token in list(self._away):
            self._give_up(token)

    def _give_up(self, token: str) -> None:
        page, timer = self._away.pop(token)
        timer.cancel()
        page.close()


def profile_of(content: Mapping[str, object]) -> str:
    """The profile that a request names; the store of this machine where it names none."""
    return DEFAULT if content.get("profile") is None else text_param(content, "profile")
