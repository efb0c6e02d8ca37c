"""Orders by lines: a server whose handler leaves on one line, and never comes back from another."""

import os
import re
import socketserver
import threading

NUMBER = re.compile(rb"(\d+[ -]?)+$")
STOCK = threading.Lock()


class OrderHandler(socketserver.StreamRequestHandler):
    """Answers each line with what it understood."""

    def handle(self) -> None:
        for line in self.rfile:
            word, _, rest = line.strip().partition(b" ")
            if word == b"leave":
                os._exit(1)
            if word == b"count":
                self.count()
            found = NUMBER.match(rest)
            self.wfile.write(b"order " + found[0] + b"\r\n" if found else b"no number\r\n")

    def count(self) -> None:
        """Holds the stock's lock until the client has told how many."""
        with STOCK:
            self.rfile.readline()
