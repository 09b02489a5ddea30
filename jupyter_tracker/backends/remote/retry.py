"""Which requests are sent again, and when."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Sent twice, these do the same as sent once."""

patience: ContextVar[float] = ContextVar("patience", default=math.inf)
"""Seconds of all pauses together for what is done in this context, where that is less than the platform's rules say:
somebody looks at a screen."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The rules of one platform.

    A request that was never received is sent again whatever its method. One that may have been received is sent again
    when its method is safe, or when the platform answers with one of `refused`, which says that nothing was done.
    """

    refused: frozenset[int] = frozenset({429, 503})
    """Answers after which any request is sent again."""
    failed: frozenset[int] = frozenset({408, 500, 502, 504})
    """Answers after which a request is sent again that does no harm when it is done twice."""
    first: float = 0.5
    """Seconds before the second try; each further pause is twice as long, up to `longest`."""
    longest: float = 30.0
    limit: float = 120.0
    """Seconds of all pauses together; the answer that would need more is final."""
    reset_header: str = ""
    """The platform's own header with the seconds to wait, beside `Retry-After`."""

    def exhausted(self, waited: float) -> bool:
        """Whether so many seconds of pauses are too many."""
        return waited > min(self.limit, patience.get())

    def repeats(self, status: int, *, harmless: bool) -> bool:
        """Whether a request is sent again after an answer of this status."""
        return status in self.refused or (harmless and status in self.failed)

    def pause(self, tries: int, headers: Mapping[str, str]) -> float:
        """Seconds to wait after so many tries: what the platform asks for, else longer and longer, with some chance."""
        asked = _seconds(headers.get("retry-after", "")) if "retry-after" in headers else None
        if asked is None and self.reset_header:
            asked = _seconds(headers.get(self.reset_header, ""))
        if asked is not None:
            return asked
        # Chance keeps clients apart that were refused together.
        return min(self.first * 2.0 ** (tries - 1), self.longest) * random.uniform(0.75, 1.25)  # noqa: S311  # no secret


CAREFUL = Retry(refused=frozenset({429}), failed=frozenset({408, 500, 502, 503, 504}))
"""For platforms whose 503 may come from a gateway, after a request that was carried out."""


def _seconds(text: str) -> float | None:
    """Seconds from a header: a number, or a date."""
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
