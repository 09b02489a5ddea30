"""HTTP clients, and files over HTTP in constant memory: the steps `Upload` and `Download` of a flow, sync and async.

Reading and writing the file is quick beside the network, so the event loop does it itself, a chunk at a time.
"""

from __future__ import annotations

import logging
import os
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO

import httpx

from jupyter_tracker.flow import Download, Upload

if TYPE_CHECKING:
    from jupyter_tracker.backends.base import Transport

CHUNK = 256 * 1024
"""bytes"""


class _Unsigned(logging.Filter):
    """Leaves the query of signed URLs out of what httpx logs of requests: it is a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(map(_without_signature, record.args))
        return True


def _without_signature(value: object) -> object:
    if isinstance(value, httpx.URL) and any(_SIGNATURE.search(name) for name in value.params):
        return value.copy_with(query=b"signature-left-out")
    return value


_SIGNATURE = re.compile(r"signature|^sig$|upload_id", re.IGNORECASE)
"""In the names of the fields with which S3, Google and Azure sign a URL, or name a session to upload into."""


logging.getLogger("httpx").addFilter(_Unsigned())


def upload(http: httpx.Client, step: Upload) -> httpx.Response:
    """Send a file."""
    return http.send(_with_body(step, _chunks(step)))


async def aupload(http: httpx.AsyncClient, step: Upload) -> httpx.Response:
    """Send a file."""

    async def body() -> AsyncIterator[bytes]:
        for chunk in _chunks(step):
            yield chunk

    return await http.send(_with_body(step, body()))


def download(http: httpx.Client, step: Download) -> httpx.Response:
    """Receive a file."""
    response = http.send(step.request, stream=True, follow_redirects=True)
    try:
        if response.is_error:
            response.read()
            return response
        with step.target.open("ab") as file:
            for chunk in response.iter_bytes(CHUNK):
                _received(step, file, chunk)
        return response
    finally:
        response.close()


async def adownload(http: httpx.AsyncClient, step: Download) -> httpx.Response:
    """Receive a file."""
    response = await http.send(step.request, stream=True, follow_redirects=True)
    try:
        if response.is_error:
            await response.aread()
            return response
        with step.target.open("ab") as file:
            async for chunk in response.aiter_bytes(CHUNK):
                _received(step, file, chunk)
        return response
    finally:
        await response.aclose()


def _with_body(step: Upload, body: Iterator[bytes] | AsyncIterator[bytes]) -> httpx.Request:
    headers = step.request.headers.copy()
    headers["Content-Length"] = str(_size(step))  # else it would be sent in chunks, which signed URLs refuse
    headers.pop("Transfer-Encoding", None)
    return httpx.Request(
        step.request.method, step.request.url, headers=headers, content=body, extensions=step.request.extensions
    )


def _size(step: Upload) -> int:
    rest = step.source.stat().st_size - step.offset
    return rest if step.size is None else min(step.size, rest)


def _chunks(step: Upload) -> Iterator[bytes]:
    left = _size(step)
    with step.source.open("rb") as file:
        file.seek(step.offset)
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
            if step.progress is not None:
                step.progress(len(chunk))


def _received(step: Download, file: BinaryIO, chunk: bytes) -> None:
    file.write(chunk)
    if step.progress is not None:
        step.progress(len(chunk))


def client_options(transport: Transport) -> dict[str, Any]:
    """The arguments of an HTTP client."""
    return {
        "verify": _trust(transport),
        "timeout": httpx.Timeout(transport.timeout),
        "limits": httpx.Limits(max_connections=transport.connections),
    }


def _trust(transport: Transport) -> ssl.SSLContext:
    """Whose servers are believed, and with what we show who we are."""
    if transport.verify is True and transport.certificate is None:
        return _usual_trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    if isinstance(transport.verify, str):
        context = ssl.create_default_context(cafile=transport.verify)
    else:
        context = httpx.create_ssl_context(verify=transport.verify)
    if transport.certificate is not None:
        context.load_cert_chain(*transport.certificate)
    return context


@cache
def _usual_trust(*_variables: str | None) -> ssl.SSLContext:
    """What httpx trusts by default and by these variables; read once, for it takes tens of milliseconds."""
    return httpx.create_ssl_context()
