"""UDPServer: each datagram is a request."""

from __future__ import annotations

import errno
import socket
import struct
from typing import TYPE_CHECKING, Any

from ..observe import tap
from ..observe.request import now
from ..observe.stages import Stage
from . import datagrams
from .datagrams import DONTWAIT
from .tcp import TCPServer

if TYPE_CHECKING:
    from ..observe.place import Place
    from .loops import Loop

BATCH = 64
"""Datagrams, at most, that are served before the loop looks again at its selector."""
_MEMINFO, _NUMBERS = 55, struct.Struct("9I")
"""Linux's SO_MEMINFO, which the socket module does not name: nine numbers, the last is that of datagrams dropped."""
_BUSY, _DRY = 100_000_000, 10_000_000
"""How long after one look at the drops the next may follow, ns: while datagrams wait, and when none does."""


class DatagramsLostError(OSError):
    """The kernel has dropped datagrams, for the server's receive buffer was full. Told to observers, never raised."""

    def __init__(self, count: int) -> None:
        super().__init__(errno.ENOBUFS, f"The kernel has dropped {count:,} datagrams: the receive buffer was full")
        self.count = count


class UDPServer(TCPServer):
    """Serves datagrams. The request is `(bytes, the server's socket)`; there is no connection to close.

    Datagrams that wait are served one after the other without asking the selector in between, unless the class
    overrides what would notice: `get_request`, `service_actions`, `_handle_request_noblock`.
    """

    allow_reuse_address: bool = False
    allow_reuse_port: bool = False
    socket_type: int = socket.SOCK_DGRAM
    max_packet_size: int = 8192
    """Longer datagrams are cut by the kernel, silently; observers are told the true size."""
    receive_buffer_size: int | None = None
    """Bytes that the kernel keeps for us (SO_RCVBUF; it has a limit of its own). None: the system's default."""
    reply_when_empty: bool = True
    """Whether DatagramRequestHandler answers even if nothing was written, and fails if the client has no address."""
    reply_when_failed: bool = True
    """Whether it sends what was written even if `handle` has raised."""

    _ss_receive_flags = 0
    _ss_batching = True
    _ss_run = 1
    """How many datagrams to look for at once: more, the more wait. To find none costs more than to ask the selector."""
    _ss_recorded: datagrams.Recorded | None = None
    _ss_drops_seen = 0
    _ss_drops_looked = 0

    def get_request(self) -> tuple[Any, Any]:
        """Receive: the datagram with the socket to answer on, and the sender's address."""
        place = self._ss_place
        if place is None:
            data, client_address = self.socket.recvfrom(self.max_packet_size, self._ss_receive_flags)
        else:
            size, flags = self.max_packet_size, self._ss_receive_flags
            data, client_address, place.datagram_size = tap.receive_datagram(self.socket, size, flags)
        return (data, self.socket), client_address

    def server_activate(self) -> None:
        """A bound socket receives; only its buffer may have to be set. Raises ValueError for a size that is none."""
        size = self.receive_buffer_size
        if size is None:
            return
        if type(size) is not int or not 0 < size < 1 << 31:
            raise ValueError(f"receive_buffer_size must be None or from 1 to {(1 << 31) - 1:,} bytes, not {size!r}")
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def shutdown_request(self, request: Any) -> None:
        """Nothing to shut down."""
        if self._ss_place is not None and self._ss_shut_for_user(request):
            return
        self.close_request(request)

    def close_request(self, request: Any) -> None:
        """Nothing to close."""

    def kernel_drops(self) -> int | None:
        """How many datagrams the kernel has dropped because they came faster than they were served.

        Counted since the socket was made. None where the system does not tell, or when the server is closed.
        """
        try:
            told = self.socket.getsockopt(socket.SOL_SOCKET, _MEMINFO, _NUMBERS.size)
            return int(_NUMBERS.unpack(told)[-1])
        except (OSError, struct.error):
            return None

    def handle_request(self) -> None:
        """Serve one datagram, at most; after `timeout` seconds without one, call `handle_timeout`."""
        batching, self._ss_batching = self._ss_batching, False
        try:
            super().handle_request()
        finally:
            self._ss_batching = batching

    def _handle_request_noblock(self) -> None:
        place = self._ss_place
        watched = place is not None and bool(place.hooks.observers)
        loop = self._ss_own_loop() if self._ss_batching else None
        if loop is None or self._ss_is_noticed():
            super()._handle_request_noblock()
            dry = False
        else:
            dry = self._ss_take(loop, place if watched else None)
            self._ss_run = 1 if dry else min(2 * self._ss_run, BATCH)
        if watched:
            self._ss_look_at_drops(dry)

    def _ss_is_noticed(self) -> bool:
        """Whether to serve several datagrams at once would show in something that the user has written or set."""
        cls, own = type(self), self.__dict__
        return (
            cls.get_request is not UDPServer.get_request
            or cls._handle_request_noblock is not UDPServer._handle_request_noblock
            or "get_request" in own
            or bool(self.socket.gettimeout())  # a wait of the socket's own, whatever the flags
            or not DONTWAIT
            or self.max_packet_size <= 0
            or self._ss_is_active()
        )

    def _ss_take(self, loop: Loop, place: Place | None) -> bool:
        """Serve datagrams that wait, and return whether there are no more for now. Without `place` nobody looks on."""
        plain = self._ss_is_plain()
        if place is None:
            return datagrams.serve_waiting(self, loop, self._ss_run, plain=plain)
        recorder = place.hooks.recorder
        if recorder is None:  # other observers are told as they always are, one at a time
            super()._handle_request_noblock()
            return False
        recorded = self._ss_recorded
        if recorded is None or recorded.recorder is not recorder:
            recorded = self._ss_recorded = datagrams.Recorded(self, place, recorder)
        return recorded.serve(loop, self._ss_run, plain=plain)

    def _ss_is_plain(self) -> bool:
        """Whether nothing that the user has written or set stands between a datagram and its handler."""
        cls, own = type(self), self.__dict__
        return all(getattr(cls, step) is plain and step not in own for step, plain in _PLAIN.items())

    def _ss_look_at_drops(self, dry: bool) -> None:
        """Tell observers how many datagrams the kernel has dropped since they were told last."""
        at = now()
        if at - self._ss_drops_looked < (_DRY if dry else _BUSY) or self._ss_place is None:
            return
        self._ss_drops_looked = at
        drops = UDPServer.kernel_drops(self) or 0
        if drops > self._ss_drops_seen:
            lost, self._ss_drops_seen = drops - self._ss_drops_seen, drops
            self._ss_place.itself().fail(Stage.GET_REQUEST, DatagramsLostError(lost))


_PLAIN = {
    step: getattr(UDPServer, step)
    for step in ("verify_request", "process_request", "finish_request", "shutdown_request", "close_request")
}
