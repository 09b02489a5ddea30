"""Parts of the views that come into the page when they are needed, as `js/build-widgets.mjs` built them."""

from __future__ import annotations

from pathlib import Path

from jupyter_tracker.errors import NotFound

FOLDER = Path(__file__).parent.parent / "static" / "chunks"


def chunk(name: str) -> str:
    """The text of a chunk; only what was built is given out.

    Raises:
        NotFound: there is none of that name.
    """
    built = {path.stem: path for path in FOLDER.glob("*.js")}
    if name not in built:
        raise NotFound("chunk", name, built, "Another front end than this kernel's may be installed.")
    return built[name].read_text(encoding="utf-8")
