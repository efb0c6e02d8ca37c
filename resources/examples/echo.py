"""Echo: sends every line back to the client that sent it.

A ThreadingTCPServer gives each connection a thread of its own, so a client that is slow, or says nothing, makes
nobody else wait. Watch the Workers panel: one lane for each connection, as long as it lasts.
"""

import socketserver


class EchoHandler(socketserver.StreamRequestHandler):
    """Reads lines until the client closes its side. `rfile` and `wfile` are the connection as files."""

    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", 9009), EchoHandler) as server:
        server.serve_forever()
