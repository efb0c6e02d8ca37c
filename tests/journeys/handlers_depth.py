"""A handler and a server's ways to end requests, for the journey through counters, causes and slow stages."""

from __future__ import annotations

import socketserver


class Many(socketserver.StreamRequestHandler):
    """Ends as the line says."""

    timeout = 30.0

    def handle(self) -> None:
        line = self.rfile.readline().strip().decode()
        getattr(self, line)()

    def answer(self) -> None:
        self.wfile.write(b"answer\n")

    def bug(self) -> None:
        raise ValueError("a mistake")

    def late(self) -> None:
        self.connection.settimeout(0.01)
        self.rfile.readline()

    def cut(self) -> None:
        """The client resets: reading on fails."""
        self.wfile.write(b"now\n")
        self.rfile.readline()
