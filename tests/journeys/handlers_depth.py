"""A handler and a server's ways to end requests, for the journey through counters, causes and slow stages."""

from __future__ import annotations

import socket
import socketserver
import threading

GO = threading.Event()


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

    def slow(self) -> None:
        """Waits until another client says `go`."""
        GO.wait(30)
        self.wfile.write(b"at last\n")

    def go(self) -> None:
        GO.set()

    def patient(self) -> None:
        """Waits for the client, which is not slow."""
        self.wfile.write(b"now\n")
        self.rfile.readline()

    def short(self) -> None:
        """The client leaves before it has sent what it should."""
        if len(self.rfile.read(10)) < 10:
            raise EOFError("ten bytes were to come")

    def elsewhere(self) -> None:
        """Another server refuses, which is not the client's doing."""
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            socket.create_connection(nobody.getsockname())

    def cut(self) -> None:
        """The client resets: reading on fails."""
        self.wfile.write(b"now\n")
        self.rfile.readline()
