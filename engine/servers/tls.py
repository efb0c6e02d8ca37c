"""TLS for a stream server: connections are wrapped when accepted, and greeted by the worker, under a deadline.

Nothing here waits in the accepting thread: a client that says nothing costs its own worker `handshake_timeout` seconds
at most. The steps are put around the server's own methods, so that subclasses which override these without `super()`
are secured too, and servers without TLS pay nothing.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..observe import live
from ..observe.stages import Stage
from . import pipeline
from .certificates import Certificate, LiveCertificate

HANDSHAKE = Stage.HANDSHAKE
_RECORD = 0x16
"""First byte of every TLS client; that of older ones has the highest bit set."""
_QUOTED = 40
"""So many bytes of what is no TLS are quoted."""
_GONE = "The client went away during the TLS handshake."

_REASONS = {
    "NO_SHARED_CIPHER": "Client and server have no cipher in common.",
    "UNSUPPORTED_PROTOCOL": "The client's TLS version is too old for this server.",
    "VERSION_TOO_LOW": "The client's TLS version is too old for this server.",
    "TLSV1_ALERT_PROTOCOL_VERSION": "The server's TLS version is too old for this client.",
    "TLSV1_ALERT_UNKNOWN_CA": "The client does not trust the server's certificate: it does not know who signed it.",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "The client does not accept the server's certificate.",
    "SSLV3_ALERT_BAD_CERTIFICATE": "The client does not accept the server's certificate.",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "The client does not accept the server's certificate: it has expired.",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "The client showed no certificate, and this server asks for one.",
    "CERTIFICATE_VERIFY_FAILED": "The client's certificate is not to be trusted.",
}


class HandshakeError(OSError):
    """A client and this server did not come to terms; the text is one sentence."""


class Connection(ssl.SSLSocket):
    """An accepted connection that tells its client in TLS, too, that nothing more will come."""

    if TYPE_CHECKING:
        suppress_ragged_eofs: bool
        _sslobj: object

    def shutdown(self, how: int) -> None:
        """Half-close says goodbye first, or clients take the end for a cut; it does not wait for an answer."""
        # Only then: others may shut both ways what another thread is reading, which OpenSSL does not survive.
        if how == socket.SHUT_WR and self.version() is not None:
            timeout = self.gettimeout()
            self.settimeout(0)
            with contextlib.suppress(OSError, ValueError):
                self.unwrap()
            self.settimeout(timeout)
        super().shutdown(how)

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002  # SSLSocket's own
        """As SSLSocket's. An end without a goodbye is kept from OpenSSL, which could not say one itself after it.

        Such an end comes from clients, and from a drain that ends the reading of an idle connection.
        """
        if self.suppress_ragged_eofs and self._sslobj is not None and not self.pending() and self._has_ended():
            return b"" if buffer is None else 0
        return super().read(len, buffer)

    def _has_ended(self) -> bool:
        """Wait for bytes, as reading would. Whether there is but an end."""
        timeout = self.gettimeout()
        poll = select.poll()
        poll.register(self, select.POLLIN)
        if not poll.poll(None if timeout is None else 1000 * timeout):
            if timeout:
                raise TimeoutError("The read operation timed out")
            return False
        try:
            return not socket.socket.recv(self, 1, socket.MSG_PEEK)
        except OSError:
            return False  # reading will tell


class Security:
    """What makes a server speak TLS."""

    def __init__(self, given: ssl.SSLContext | Certificate) -> None:
        """Raises TypeError or ValueError for what cannot be a server's context."""
        self._certificate = LiveCertificate(given) if isinstance(given, Certificate) else None
        self._context = given if isinstance(given, ssl.SSLContext) else self._of_files()
        if self._context.protocol == ssl.PROTOCOL_TLS_CLIENT:
            raise ValueError("ssl_context is a client's; make one by ssl.create_default_context(Purpose.CLIENT_AUTH).")

    def _of_files(self) -> ssl.SSLContext:
        if self._certificate is None:
            raise TypeError("ssl_context must be an ssl.SSLContext or a Certificate.")
        return self._certificate.context

    def reload(self) -> None:
        """Read the certificate's files again, for connections to come. Raises ValueError; then the old one stays."""
        if self._certificate is None:
            raise ValueError("This server was given a context, which knows no files; give it a Certificate.")
        self._certificate.reload()

    def wrap(self, request: Any) -> Any:
        """The TLS side of an accepted socket; of what is none, itself. Nothing is said to the client yet."""
        if not isinstance(request, socket.socket) or isinstance(request, ssl.SSLSocket) or _has_gone(request):
            return request
        context = self._context if self._certificate is None else self._certificate.look()
        try:
            wrapped = context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        except BaseException:
            request.close()
            raise
        if type(wrapped) is ssl.SSLSocket:
            wrapped.__class__ = Connection
        return wrapped


def _has_gone(request: socket.socket) -> bool:
    """Whether its client has reset it before it was accepted: OpenSSL does not take it; the worker will tell."""
    try:
        request.getpeername()
    except OSError:
        return True
    return False


def secure(server: Any, security: Security) -> None:
    """From now on `server` speaks TLS."""
    vars(server)["get_request"] = _wrapping(security, server.get_request)
    vars(server)["finish_request"] = _greeting(server, server.finish_request)


def _wrapping(security: Security, accept: Callable[[], tuple[Any, Any]]) -> Callable[[], tuple[Any, Any]]:
    def get_request() -> tuple[Any, Any]:
        request, client_address = accept()
        return security.wrap(request), client_address

    return get_request


def _greeting(server: Any, serve: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def finish_request(request: Any, client_address: Any) -> None:
        watched = live.find(request) if server._ss_place is not None else None
        if watched is None:
            greet(request, server.handshake_timeout)
        elif watched.stage < pipeline.FINISH_REQUEST:  # called by user code
            return pipeline.finish_for_user(watched, finish_request, request, client_address)
        else:
            watched.run(HANDSHAKE, greet, request, server.handshake_timeout)
            watched.stage = pipeline.FINISH_REQUEST
        return serve(request, client_address)

    return finish_request


def greet(request: Any, timeout: float | None) -> None:
    """The handshake, within `timeout` seconds; then the connection has the timeout that it had before.

    Raises ConnectionResetError if the client goes, TimeoutError if it takes too long, HandshakeError for all else, each
    with one sentence.
    """
    if not isinstance(request, ssl.SSLSocket):
        if isinstance(request, socket.socket):
            raise ConnectionResetError(_GONE)
        return
    if request.version() is not None:
        return
    before = request.gettimeout()
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        request.settimeout(timeout)
        _expect_tls(request)
        if deadline is not None:
            request.settimeout(max(deadline - time.monotonic(), 0.001))
        request.do_handshake()
    except TimeoutError:
        raise TimeoutError(f"The client did not finish the TLS handshake within {timeout:g} s.") from None
    except HandshakeError:
        raise
    except OSError as error:
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            raise HandshakeError(_sentence(error)) from error
        raise ConnectionResetError(_GONE) from error
    request.settimeout(before)


def _expect_tls(request: ssl.SSLSocket) -> None:
    """Look at the client's first bytes without taking them: most who fail here have come to the wrong port."""
    began = socket.socket.recv(request, _QUOTED, socket.MSG_PEEK)
    if not began:
        raise ConnectionResetError
    if began[0] != _RECORD and began[0] < 0x80:
        quoted = ascii(began.split(b"\r\n")[0])[1:]
        raise HandshakeError(f"Plain text came to this TLS port: {quoted}; the client should speak TLS (https).")


def _sentence(error: ssl.SSLError) -> str:
    reason = error.reason or str(error)
    return _REASONS.get(reason) or f"The TLS handshake failed: {reason.replace('_', ' ').lower()}."
