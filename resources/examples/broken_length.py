"""Broken length prefix: a protocol with a mistake in it, made to be found.

A message is four bytes that tell the length of the text, most significant byte first, and then the text on a line.
Does the length count the line end? The handler below thinks not. Some clients think so: their requests fail.
Select a request that failed and compare `hdr`, `n` and `buf` under Exception with the bytes that came in.
"""

import socketserver
import struct


class LengthHandler(socketserver.StreamRequestHandler):
    """Reads one message and confirms its length; raises ValueError when the text is not as long as it was said to be."""

    def handle(self):
        hdr = self.rfile.read(4)
        if len(hdr) < 4:
            return
        (n,) = struct.unpack(">I", hdr)
        buf = self.rfile.readline().rstrip(b"\r\n")
        if len(buf) != n:
            raise ValueError(f"length {n} but {len(buf)} bytes buffered")
        self.wfile.write(b"got %d bytes\n" % n)


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", 9022), LengthHandler) as server:
        server.serve_forever()
