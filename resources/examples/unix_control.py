"""Unix-socket control: a small command line for programs on the same machine.

A Unix socket is a file: who may open the file may talk to the server, nobody else, and no port is used. Daemons
take their orders this way. Each connection is a conversation of lines, with its own thread.
"""

import os
import socketserver


class ControlHandler(socketserver.StreamRequestHandler):
    """Understands `ping`, `pid`, `add N M ...` and `quit`."""

    def handle(self):
        for line in self.rfile:
            command, *arguments = line.split() or [b"help"]
            if command == b"quit":
                self.wfile.write(b"bye\n")
                break
            self.wfile.write(self.answer(command, arguments) + b"\n")

    def answer(self, command, arguments):
        if command == b"ping":
            return b"pong"
        if command == b"pid":
            return b"%d" % os.getpid()
        if command == b"add":
            return b"%d" % sum(int(number) for number in arguments)
        return b"commands: ping, pid, add N M ..., quit"


if __name__ == "__main__":
    with socketserver.ThreadingUnixStreamServer("/tmp/socketscope-control.sock", ControlHandler) as server:
        server.serve_forever()
