"""The servers on Unix sockets."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from ..observe.addresses import PeerCredentials, peer_credentials
from . import paths
from .tcp import TCPServer
from .udp import UDPServer

if TYPE_CHECKING:
    from .paths import Owned

if hasattr(socket, "AF_UNIX"):

    class UnixStreamServer(TCPServer):
        """Serves connections to a path, or to an abstract name. The file is left behind, as it always was.

        `bind` raises ValueError for a `socket_mode` that is none.
        """

        address_family = socket.AF_UNIX

        socket_mode: int | None = None
        """Permissions of the file, as 0o600; None: what the umask leaves."""
        unlink_on_close: bool = False
        """Whether `server_close` removes the file, if it is still this server's own."""
        replace_stale: bool = False
        """Whether a file that a server left behind, and at which nobody answers, is removed before binding."""
        _ss_owned: Owned | None = None

        def server_bind(self) -> None:
            """Bind, and learn the address that it came to be."""
            self._ss_owned = paths.bind(self, super().server_bind, self.socket_mode, self.replace_stale)

        def server_close(self) -> None:
            """Close the listener. A loop that still serves ends."""
            owned, self._ss_owned = self._ss_owned, None
            if owned is not None and self.unlink_on_close:
                paths.remove(owned)
            super().server_close()

        def peer_credentials(self, request: Any) -> PeerCredentials | None:
            """Process, user and group of the client, as they were when it connected; None where nobody knows."""
            return peer_credentials(request)

    class UnixDatagramServer(UDPServer):
        """Serves datagrams sent to a path, or to an abstract name."""

        address_family = socket.AF_UNIX

        socket_mode: int | None = None
        """Permissions of the file, as 0o600; None: what the umask leaves."""
        unlink_on_close: bool = False
        """Whether `server_close` removes the file, if it is still this server's own."""
        replace_stale: bool = False
        """Whether a file that a server left behind, and at which nobody answers, is removed before binding."""
        _ss_owned: Owned | None = None

        def server_bind(self) -> None:
            """Bind, and learn the address that it came to be."""
            self._ss_owned = paths.bind(self, super().server_bind, self.socket_mode, self.replace_stale)

        def server_close(self) -> None:
            """Close the socket. A loop that still serves ends."""
            owned, self._ss_owned = self._ss_owned, None
            if owned is not None and self.unlink_on_close:
                paths.remove(owned)
            super().server_close()
