"""What can be an environment variable."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.models import Secret

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_OWN = "JUPYTER_TRACKER_"


def check_variables(variables: Mapping[str, str | Secret]) -> None:
    """Whether these can be environment variables. Messages name them and never hold a value.

    Raises:
        InvalidInput: a name or value cannot be one.
    """
    for name, value in variables.items():
        if not isinstance(name, str) or not _NAME.match(name):
            raise InvalidInput(
                f"The variable {name!r} needs a name of letters, digits and _ that begins with no digit."
            )
        if name.startswith(_OWN):
            raise InvalidInput(
                f"The variable {name} is set by jupyter_tracker itself; choose a name that does not begin with {_OWN}."
            )
        if len(name) > 250:
            raise InvalidInput(f"The name of the variable {name[:40]}… is longer than 250 characters.")
        text = revealed(value)
        if not isinstance(text, str):
            raise InvalidInput(f"The variable {name} must be text, not {type(text).__name__}.")
        if "\0" in text:
            raise InvalidInput(f"The variable {name} holds a NUL character, which no environment variable can.")
        if len(text.encode("utf-8", "surrogatepass")) > 100_000:
            raise InvalidInput(
                f"The variable {name} is longer than 100,000 bytes. Put it into a file and give its path."
            )


def revealed(value: str | Secret) -> str:
    """The text of a value, secret or not."""
    return value.reveal() if isinstance(value, Secret) else value
