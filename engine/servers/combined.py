"""The mixed classes: each is a line of bases, nothing else."""

from __future__ import annotations

import os
import socket

from .tcp import TCPServer
from .threads import ThreadingMixIn
from .udp import UDPServer


class ThreadingUDPServer(ThreadingMixIn, UDPServer):
    """A thread a datagram."""


class ThreadingTCPServer(ThreadingMixIn, TCPServer):
    """A thread a connection."""


if hasattr(os, "fork"):
    from .forks import ForkingMixIn

    class ForkingUDPServer(ForkingMixIn, UDPServer):
        """A process a datagram."""

    class ForkingTCPServer(ForkingMixIn, TCPServer):
        """A process a connection."""


if hasattr(socket, "AF_UNIX"):
    from .unix import UnixDatagramServer, UnixStreamServer

    class ThreadingUnixStreamServer(ThreadingMixIn, UnixStreamServer):
        """A thread a connection."""

    class ThreadingUnixDatagramServer(ThreadingMixIn, UnixDatagramServer):
        """A thread a datagram."""

    if hasattr(os, "fork"):

        class ForkingUnixStreamServer(ForkingMixIn, UnixStreamServer):
            """A process a connection."""

        class ForkingUnixDatagramServer(ForkingMixIn, UnixDatagramServer):
            """A process a datagram."""
