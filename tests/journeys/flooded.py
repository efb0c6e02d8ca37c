"""A handler that echoes all it gets; to the word "count" it answers with what its host's sender has counted."""

import socketserver
import sys


class Flooded(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        data = self.rfile.read()
        if data == b"count":
            (sender,) = sys.modules["_socketscope.channel.sender"]._senders
            data = f"{sender.emitted} {sender.dropped}".encode()
        self.wfile.write(data)
