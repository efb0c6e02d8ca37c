"""TLS between a class under examination and its clients: how the class comes to speak it, and how clients do."""

from __future__ import annotations

import socket
import ssl
import tempfile
from contextlib import suppress
from typing import Any

from ..servers.base import BaseServer
from .throwaway import certificate

OWN = "of its own"
CONTEXT = "by ssl_context"
LISTENER = "by wrapping its listener"
"""What people do with the classes of socketserver, which know no TLS."""


class HangsUp(socket.socket):
    """A client in the server's own process: forked children have a copy of its descriptor, and must not keep it up."""

    def close(self) -> None:
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)
        super().close()


class _TlsClient(HangsUp, ssl.SSLSocket):
    """The same over TLS."""


def way_for(kind: type) -> str:
    """How a class that speaks no TLS may come to it."""
    return CONTEXT if issubclass(kind, BaseServer) else LISTENER


def server_context() -> ssl.SSLContext:
    """A server's context with a certificate that nobody trusts."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # a context takes files only
        file.write(certificate())
        file.flush()
        context.load_cert_chain(file.name)
    return context


def wrap_listener(server: Any, context: ssl.SSLContext) -> None:
    """Have a server speak TLS that knows none."""
    server.socket = context.wrap_socket(server.socket, server_side=True)


def greet(plain: socket.socket) -> ssl.SSLSocket:
    """Shake hands, within the socket's timeout. Raises OSError; then it is closed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # whose name is on the certificate is not what is examined
    context.sslsocket_class = _TlsClient
    return context.wrap_socket(plain)


def refusal(error: OSError) -> str:
    """Why a server that speaks TLS will not speak it with a client of ours; "" if it speaks none, as far as we know."""
    reason = (isinstance(error, ssl.SSLError) and error.reason) or ""
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return "it speaks TLS with clients only that show a certificate."
    return f"it refuses TLS: {reason.lower().replace('_', ' ')}." if "ALERT" in reason else ""


def first_words() -> bytes:
    """What a client says first in TLS."""
    said = ssl.MemoryBIO()
    session = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), said, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        session.do_handshake()
    return said.read()
