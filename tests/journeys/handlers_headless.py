"""Handlers that the headless journeys serve with; plain socketserver code."""

import ctypes
import os
import re
import socketserver
import sys


class Upper(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


class UpperDatagram(socketserver.DatagramRequestHandler):
    def handle(self) -> None:
        self.wfile.write(self.rfile.read().upper())


class Trouble(socketserver.StreamRequestHandler):
    """Does what the line says."""

    def handle(self) -> None:
        for line in self.rfile:
            getattr(self, line.split()[0].decode())()
            self.wfile.write(b"done\n")

    def echo(self) -> None:
        pass

    def crash(self) -> None:
        ctypes.string_at(0)

    def leave(self) -> None:
        os._exit(3)

    def loop(self) -> None:
        while True:
            pass

    def hold(self) -> None:
        re.match(r"(a+)+$", "a" * 60 + "b")

    def fail(self) -> None:
        number = 14
        buffer = b"hello"
        raise ValueError(f"no {number} {len(buffer)}")

    def speak(self) -> None:
        print("to standard output \x1b[31m")
        print("to standard error", file=sys.stderr)

    def multiply(self) -> None:
        for _ in range(5):
            os.fork()
        while True:
            os.read(os.pipe()[0], 1)

    def fork(self) -> None:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                while True:
                    os.read(os.pipe()[0], 1)
            os._exit(0)
