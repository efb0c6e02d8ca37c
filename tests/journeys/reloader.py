"""A program that starts itself again, like the reloaders of web frameworks, and serves there. Plain socketserver code.

Argument: the port. Whoever writes "again" ends the process that serves, and the next one begins; "exec" makes it become
the next one itself.
"""

import os
import socketserver
import subprocess
import sys

AGAIN = 3


class Lines(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            if line == b"again\n":
                os._exit(AGAIN)
            if line == b"exec\n":
                os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
            self.wfile.write(line.upper())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if "RELOADED" in os.environ:
    with Server(("127.0.0.1", int(sys.argv[1])), Lines) as server:
        server.serve_forever()
else:
    code = AGAIN
    while code == AGAIN:
        code = subprocess.call([sys.executable, *sys.orig_argv[1:]], env={**os.environ, "RELOADED": "1"})
