"""The servers on Unix sockets."""

from __future__ import annotations

import socket

from .tcp import TCPServer
from .udp import UDPServer

if hasattr(socket, "AF_UNIX"):

    class UnixStreamServer(TCPServer):
        """Serves connections to a path, or to an abstract name. The file is left behind, as it always was."""

        address_family = socket.AF_UNIX

    class UnixDatagramServer(UDPServer):
        """Serves datagrams sent to a path, or to an abstract name."""

        address_family = socket.AF_UNIX
