"""The mixed classes: each is a line of bases, nothing else."""

from __future__ import annotations

import os
import socket

from .pool import ThreadPoolMixIn
from .tcp import TCPServer
from .threads import ThreadingMixIn
from .udp import UDPServer


class ThreadingUDPServer(ThreadingMixIn, UDPServer):
    """A thread a datagram."""


class ThreadingTCPServer(ThreadingMixIn, TCPServer):
    """A thread a connection."""


class ThreadPoolUDPServer(ThreadPoolMixIn, UDPServer):
    """A bounded number of threads for all datagrams."""


class ThreadPoolTCPServer(ThreadPoolMixIn, TCPServer):
    """A bounded number of threads for all connections."""


if hasattr(os, "fork"):
    from .forks import ForkingMixIn
    from .prefork import PreforkMixIn

    class ForkingUDPServer(ForkingMixIn, UDPServer):
        """A process a datagram."""

    class ForkingTCPServer(ForkingMixIn, TCPServer):
        """A process a connection."""

    class PreforkUDPServer(PreforkMixIn, UDPServer):
        """A few lasting processes for all datagrams."""

    class PreforkTCPServer(PreforkMixIn, TCPServer):
        """A few lasting processes for all connections."""


if hasattr(socket, "AF_UNIX"):
    from .unix import UnixDatagramServer, UnixStreamServer

    class ThreadingUnixStreamServer(ThreadingMixIn, UnixStreamServer):
        """A thread a connection."""

    class ThreadingUnixDatagramServer(ThreadingMixIn, UnixDatagramServer):
        """A thread a datagram."""

    class ThreadPoolUnixStreamServer(ThreadPoolMixIn, UnixStreamServer):
        """A bounded number of threads for all connections."""

    class ThreadPoolUnixDatagramServer(ThreadPoolMixIn, UnixDatagramServer):
        """A bounded number of threads for all datagrams."""

    if hasattr(os, "fork"):

        class ForkingUnixStreamServer(ForkingMixIn, UnixStreamServer):
            """A process a connection."""

        class ForkingUnixDatagramServer(ForkingMixIn, UnixDatagramServer):
            """A process a datagram."""

        class PreforkUnixStreamServer(PreforkMixIn, UnixStreamServer):
            """A few lasting processes for all connections."""

        class PreforkUnixDatagramServer(PreforkMixIn, UnixDatagramServer):
            """A few lasting processes for all datagrams."""
