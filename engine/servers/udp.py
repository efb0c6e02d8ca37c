"""UDPServer: each datagram is a request."""

from __future__ import annotations

import socket
from typing import Any

from ..observe.tap import receive_datagram
from .tcp import TCPServer


class UDPServer(TCPServer):
    """Serves datagrams. The request is `(bytes, the server's socket)`; there is no connection to close."""

    allow_reuse_address: bool = False
    allow_reuse_port: bool = False
    socket_type: int = socket.SOCK_DGRAM
    max_packet_size: int = 8192
    """Longer datagrams are cut by the kernel, silently; observers are told the true size."""

    def get_request(self) -> tuple[Any, Any]:
        """Receive: the datagram with the socket to answer on, and the sender's address."""
        place = self._place
        if place is None:
            data, client_address = self.socket.recvfrom(self.max_packet_size)
        else:
            data, client_address, place.datagram_size = receive_datagram(self.socket, self.max_packet_size)
        return (data, self.socket), client_address

    def server_activate(self) -> None:
        """Nothing to do: a bound socket receives."""

    def shutdown_request(self, request: Any) -> None:
        """Nothing to shut down."""
        if self._place is not None and self._shut_for_user(request):
            return
        self.close_request(request)

    def close_request(self, request: Any) -> None:
        """Nothing to close."""
