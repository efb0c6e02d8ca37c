"""The client's end of a TLS connection that can say "no more" and still read the answer, which `ssl.SSLSocket` cannot.

`SSLSocket.unwrap` reads at once after it has sent its goodbye, and loses what the server answers to that. Here the
bytes go through memory, so that nothing is read which nobody asked for.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl

PIECE = 1 << 16


class TlsClient:
    """What `player.py` needs of a socket; the plain socket below stays the caller's to close."""

    type = socket.SOCK_STREAM

    def __init__(self, plain: socket.socket, timeout: float) -> None:
        """Shake hands. Raises OSError."""
        self._plain = plain
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._unsent = b""
        self._tls = _own_context().wrap_bio(self._came, self._goes)
        plain.setblocking(False)
        self._shake_hands(timeout)

    def fileno(self) -> int:
        """Of the plain socket: readable when something has come, though perhaps not a whole record."""
        return self._plain.fileno()

    def send(self, data: memoryview) -> int:
        """Take a piece of `data`; returns its size. Raises BlockingIOError while the last one is on its way."""
        self._flush()
        if self._unsent:
            raise BlockingIOError
        size = self._tls.write(data[:PIECE])
        self._flush()
        return size

    def recv(self, size: int) -> bytes:
        """Bytes that have come; b"" at the end. Raises BlockingIOError when there are none yet."""
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                if not (data := self._plain.recv(size)):
                    return b""
                self._came.write(data)
            except ssl.SSLZeroReturnError:
                return b""

    def end(self) -> None:
        """Tell the server that no more will come."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._flush()

    def _shake_hands(self, timeout: float) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                if not select.select([self._plain], [], [], timeout)[0]:
                    raise TimeoutError("The TLS handshake was not answered.") from None
                if not (data := self._plain.recv(PIECE)):
                    raise ConnectionResetError from None
                self._came.write(data)
            else:
                return self._flush()

    def _flush(self) -> None:
        self._unsent += self._goes.read()
        with contextlib.suppress(BlockingIOError):
            while self._unsent:
                self._unsent = self._unsent[self._plain.send(self._unsent) :]


def _own_context() -> ssl.SSLContext:
    """The server is the person's own: whose name is on its certificate is not what is tested here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
