"""A program with two threaded servers; whoever writes a line to one keeps it busy. Plain socketserver code."""

import socketserver
import threading


class Busy(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.readline()
        while True:
            pass


class Idle(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.readline()


busy = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Busy)
idle = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Idle)
busy.daemon_threads = idle.daemon_threads = True
threading.Thread(target=busy.serve_forever, daemon=True).start()
idle.serve_forever()
