"""TLS between a class under examination and its clients: how the class comes to speak it, and how clients do."""

from __future__ import annotations

import os
import select
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
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


_alone = threading.Lock()
"""Held by whoever is in OpenSSL, for a moment only, or forks: a child would find its locks held for ever."""


def keep_from_forking_meanwhile() -> None:
    """From now on no process is forked while one of our clients is in OpenSSL."""
    os.register_at_fork(before=_alone.acquire, after_in_parent=_alone.release, after_in_child=_alone.release)


class _TlsClient(HangsUp, ssl.SSLSocket):
    """The same over TLS. It waits outside of OpenSSL."""

    def do_handshake(self, block: bool = False) -> None:
        self._step_by_step(super().do_handshake)

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002  # SSLSocket's own
        return self._step_by_step(lambda: ssl.SSLSocket.read(self, len, buffer))

    def send(self, data: Any, flags: int = 0) -> int:
        sent: int = self._step_by_step(lambda: ssl.SSLSocket.send(self, data, flags))
        return sent

    def _step_by_step(self, step: Callable[[], Any]) -> Any:
        timeout = self.gettimeout()
        deadline = None if timeout is None else time.monotonic() + timeout
        self.settimeout(0)
        try:
            while True:
                try:
                    with _alone:
                        return step()
                except ssl.SSLWantReadError:
                    self._wait(select.POLLIN, deadline)
                except ssl.SSLWantWriteError:
                    self._wait(select.POLLOUT, deadline)
        finally:
            if self.fileno() >= 0:
                self.settimeout(timeout)

    def _wait(self, event: int, deadline: float | None) -> None:
        poll = select.poll()
        poll.register(self, event)
        if not poll.poll(None if deadline is None else max(0.0, 1000 * (deadline - time.monotonic()))):
            raise TimeoutError("no answer in TLS")


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
    with _alone:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # whose name is on the certificate is not what is examined
        context.sslsocket_class = _TlsClient
        client = context.wrap_socket(plain, do_handshake_on_connect=False)
    try:
        client.do_handshake()
    except OSError:
        client.close()
        raise
    return client


def refusal(error: OSError) -> str:
    """Why a server that speaks TLS will not speak it with a client of ours; "" if it speaks none, as far as we know."""
    reason = (isinstance(error, ssl.SSLError) and error.reason) or ""
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return "it speaks TLS with clients only that show a certificate."
    return f"it refuses TLS: {reason.lower().replace('_', ' ')}." if "ALERT" in reason else ""


def first_words() -> bytes:
    """What a client says first in TLS."""
    said = ssl.MemoryBIO()
    with _alone, suppress(ssl.SSLWantReadError):
        session = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), said, server_hostname="localhost")
        session.do_handshake()
    return said.read()
