"""UDP clock: tells the time to whoever asks.

UDP has no connections: a request is one datagram, the answer is another. `self.request` is a pair of the datagram
and the server's one socket. `DatagramRequestHandler` makes files of both: `rfile` reads the datagram, and what was
written to `wfile` leaves as one datagram when `handle` has returned.
"""

import socketserver
import time


class ClockHandler(socketserver.DatagramRequestHandler):
    """Answers `time`, `date` or `unix`; anything else gets a hint."""

    FORMATS = {b"time": "%H:%M:%S", b"date": "%Y-%m-%d"}

    def handle(self):
        question = self.rfile.read().strip()
        if question == b"unix":
            answer = str(int(time.time()))
        elif question in self.FORMATS:
            answer = time.strftime(self.FORMATS[question])
        else:
            answer = "ask for time, date or unix"
        self.wfile.write(answer.encode() + b"\n")


if __name__ == "__main__":
    with socketserver.UDPServer(("127.0.0.1", 9123), ClockHandler) as server:
        server.serve_forever()
