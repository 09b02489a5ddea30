"""Files behind signed URLs, whose hosts never see the authority of the platform."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from jupyter_tracker.backends.remote import checksums
from jupyter_tracker.backends.remote.service import Service
from jupyter_tracker.errors import PermissionDenied, PlatformFailure
from jupyter_tracker.flow import Flow, Local

TRIES = 3
"""How often a URL is asked for, and how often a file is sent that arrives changed."""


def fetch(
    service: Service, operation: str, ask: Callable[[], Flow[str]], target: Path, progress: Callable[[int], None]
) -> Flow[None]:
    """Write a file, whole or not at all. What breaks, or whose URL expires meanwhile, goes on where it ended.

    Args:
        service: Of the platform that gives the URL.
        operation: What is asked for, as the platform calls it.
        ask: Gives a URL.
        target: Where the file goes; its folder is there.
        progress: Told how many bytes came.

    Raises:
        PermissionDenied: new URLs are refused, too.
        PlatformFailure: it came changed, again and again.
    """
    partial = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    begun = False
    try:
        for tries in range(1, TRIES + 1):
            url = yield from ask()
            try:
                response = yield from service.download(
                    operation, url, partial, signed=True, progress=progress, begun=begun
                )
            except PermissionDenied:  # it has expired
                if tries == TRIES:
                    raise
                begun = True
                continue
            if (yield from _came_whole(response, partial)):
                yield Local(lambda: partial.replace(target))
                return
            begun = False
    finally:
        partial.unlink(missing_ok=True)
    raise PlatformFailure(
        f"{target.name} came changed {TRIES} times: its MD5 is not the one that the storage tells.",
        backend=service.backend,
        operation=operation,
    )


def put(
    service: Service,
    operation: str,
    ask: Callable[[], Flow[tuple[str, Mapping[str, str]]]],
    source: Path,
    progress: Callable[[int], None],
    *,
    offset: int = 0,
    size: int | None = None,
) -> Flow[httpx.Response]:
    """Send (a part of) a file with `PUT`; again when it breaks, its URL has expired, or it arrives changed.

    Args:
        service: Of the platform that gives the URL.
        operation: What is asked for, as the platform calls it.
        ask: Gives a URL, and the headers that are sent there.
        source: The file.
        progress: Told how many bytes were sent.
        offset: Where the part begins, in bytes.
        size: Its bytes; None for all that follow.

    Raises:
        PermissionDenied: new URLs are refused, too.
        PlatformFailure: it arrived changed, again and again.
    """
    for tries in range(1, TRIES + 1):
        url, headers = yield from ask()
        try:
            response = yield from service.upload(
                *(operation, "PUT", url, source),
                offset=offset,
                size=size,
                headers=headers,
                signed=True,
                progress=progress,
            )
        except PermissionDenied:
            if tries == TRIES:
                raise
            continue
        if (yield from _arrived_whole(response, source, offset, size)):
            return response
    raise PlatformFailure(
        f"{source} arrived changed {TRIES} times: its MD5 is not the one that the storage tells.",
        backend=service.backend,
        operation=operation,
    )


def _came_whole(response: httpx.Response, file: Path) -> Flow[bool]:
    known = checksums.told(response.headers, part=response.status_code == 206)
    return not known or (yield Local(lambda: checksums.md5_of(file))) == known


def _arrived_whole(response: httpx.Response, source: Path, offset: int, size: int | None) -> Flow[bool]:
    known = checksums.told(response.headers)
    return not known or (yield Local(lambda: checksums.md5_of(source, offset, size))) == known
