"""A program whose servers serve one client at a time, until it leaves: others wait. Plain socketserver code."""

import socketserver
import sys
import threading


class Patient(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.readline()


port = socketserver.TCPServer(("127.0.0.1", 0), Patient)
path = socketserver.UnixStreamServer(sys.argv[1], Patient)
threading.Thread(target=port.serve_forever, daemon=True).start()
path.serve_forever()
