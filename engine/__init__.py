"""A drop-in for the standard library's socketserver that tells what it does: `import engine as socketserver`.

`__all__` has socketserver's names only, so that a star import brings what it always did; what is beyond them
(`Observer`, `Stage`, `install`, `watch`, the pools, ...) is asked for by name.
"""

import os as os
import selectors as selectors
import socket as socket
import sys as sys
import threading as threading
from typing import TYPE_CHECKING, Any

from .observe.connections import Connection as Connection
from .observe.connections import Connections as Connections
from .observe.connections import ConnectionState as ConnectionState
from .observe.counting import Counters as Counters
from .observe.counting import Counts as Counts
from .observe.counting import Latencies as Latencies
from .observe.histogram import Histogram as Histogram
from .observe.observer import Observer as Observer
from .observe.stages import Stage as Stage
from .servers.base import BaseServer
from .servers.certificates import Certificate as Certificate
from .servers.combined import ThreadingTCPServer, ThreadingUDPServer
from .servers.combined import ThreadPoolTCPServer as ThreadPoolTCPServer
from .servers.combined import ThreadPoolUDPServer as ThreadPoolUDPServer
from .servers.drain import DrainProgress as DrainProgress
from .servers.drain import DrainReport as DrainReport
from .servers.handlers import BaseRequestHandler, DatagramRequestHandler, StreamRequestHandler
from .servers.handlers import _SocketWriter as _SocketWriter
from .servers.hardened import HardenedMixIn as HardenedMixIn
from .servers.hardened import harden as harden
from .servers.install import install as install
from .servers.life import ServerState as ServerState
from .servers.limits import Limits as Limits
from .servers.pool import ThreadPoolMixIn as ThreadPoolMixIn
from .servers.tcp import TCPServer
from .servers.threads import ThreadingMixIn
from .servers.threads import _NoThreads as _NoThreads
from .servers.threads import _Threads as _Threads
from .servers.udp import UDPServer
from .servers.watch import watch as watch

if TYPE_CHECKING:
    from .debug.slow import SlowStage as SlowStage
    from .debug.watchdog import Watchdog as Watchdog

__version__ = "0.4"

_ServerSelector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)

__all__ = [
    "BaseRequestHandler",
    "BaseServer",
    "DatagramRequestHandler",
    "StreamRequestHandler",
    "TCPServer",
    "ThreadingMixIn",
    "ThreadingTCPServer",
    "ThreadingUDPServer",
    "UDPServer",
]

if hasattr(os, "fork"):
    from .servers.combined import ForkingTCPServer, ForkingUDPServer
    from .servers.combined import PreforkTCPServer as PreforkTCPServer
    from .servers.combined import PreforkUDPServer as PreforkUDPServer
    from .servers.forks import ForkingMixIn
    from .servers.prefork import PreforkMixIn as PreforkMixIn

    __all__ += ["ForkingMixIn", "ForkingTCPServer", "ForkingUDPServer"]

if hasattr(socket, "AF_UNIX"):
    from .servers.combined import ThreadingUnixDatagramServer, ThreadingUnixStreamServer
    from .servers.combined import ThreadPoolUnixDatagramServer as ThreadPoolUnixDatagramServer
    from .servers.combined import ThreadPoolUnixStreamServer as ThreadPoolUnixStreamServer
    from .servers.unix import UnixDatagramServer, UnixStreamServer

    __all__ += ["ThreadingUnixDatagramServer", "ThreadingUnixStreamServer", "UnixDatagramServer", "UnixStreamServer"]

    if hasattr(os, "fork"):
        from .servers.combined import ForkingUnixDatagramServer, ForkingUnixStreamServer
        from .servers.combined import PreforkUnixDatagramServer as PreforkUnixDatagramServer
        from .servers.combined import PreforkUnixStreamServer as PreforkUnixStreamServer

        __all__ += ["ForkingUnixDatagramServer", "ForkingUnixStreamServer"]


def __getattr__(name: str) -> Any:
    """What reads stacks reads source, too: it is imported by those who want it."""
    if name in ("SlowStage", "Watchdog"):
        from .debug import slow, watchdog

        return getattr(slow if name == "SlowStage" else watchdog, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
