"""Uppercase: answers one line in capital letters, from a process of its own.

A ForkingTCPServer makes a child process for each connection. Whatever a handler does to its memory, its working
directory or itself (it may even crash) stays in the child: the server and the other clients do not notice.
Watch the Workers panel: one lane for each child, with its exit status at the end.
"""

import os
import socketserver


class UppercaseHandler(socketserver.StreamRequestHandler):
    """Answers one line, names the process that did the work, and ends."""

    def handle(self):
        line = self.rfile.readline().strip()
        self.wfile.write(line.upper() + b" (from process %d)\n" % os.getpid())


if __name__ == "__main__":
    with socketserver.ForkingTCPServer(("127.0.0.1", 9021), UppercaseHandler) as server:
        server.serve_forever()
