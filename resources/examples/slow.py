"""Slow: one slow request makes all the others wait.

A plain TCPServer has no mix-in: it serves one connection at a time, in the thread that also accepts them. While a
handler works, the next clients stand in the kernel's queue, connected but unheard. Compare how long the clients
waited with how long the handler worked, then choose ThreadingTCPServer for this handler and look again.
"""

import hashlib
import socketserver
import threading


class SlowHandler(socketserver.StreamRequestHandler):
    """Answers a line with its digest. The line `slow` takes its time: some on the processor, most of it waiting."""

    def handle(self):
        line = self.rfile.readline().strip()
        digest = hashlib.pbkdf2_hmac("sha256", line, b"salt", 50_000).hex()
        if line.startswith(b"slow"):
            threading.Event().wait(0.6)  # a database, a printer, another server ...
        self.wfile.write(digest.encode() + b"\n")


if __name__ == "__main__":
    with socketserver.TCPServer(("127.0.0.1", 9030), SlowHandler) as server:
        server.serve_forever()
