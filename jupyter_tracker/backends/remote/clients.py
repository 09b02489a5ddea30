"""HTTP clients as the connection to a platform asks for them."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from jupyter_tracker.backends.base import Transport


def client_options(transport: Transport) -> dict[str, Any]:
    """The arguments of an HTTP client."""
    verify: bool | ssl.SSLContext = transport.verify is not False
    if isinstance(transport.verify, str):
        verify = ssl.create_default_context(cafile=transport.verify)
    if transport.certificate is not None:
        context = verify if isinstance(verify, ssl.SSLContext) else httpx.create_ssl_context(verify=verify)
        context.load_cert_chain(*transport.certificate)
        verify = context
    return {
        "verify": verify,
        "timeout": httpx.Timeout(transport.timeout),
        "limits": httpx.Limits(max_connections=transport.connections),
    }
