"""Handlers that the headless journeys serve with; plain socketserver code."""

import ctypes
import os
import re
import signal
import socketserver
import sys
import threading


class Upper(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


class UpperDatagram(socketserver.DatagramRequestHandler):
    def handle(self) -> None:
        self.wfile.write(self.rfile.read().upper())


TILL = threading.Lock()
PAIR = (threading.Lock(), threading.Lock())


class Trouble(socketserver.StreamRequestHandler):
    """Does what the line says."""

    def handle(self) -> None:
        for line in self.rfile:
            self.line = line
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

    def take(self) -> None:
        """Holds a lock for as long as the client stays."""
        with TILL:
            self.wfile.write(b"taken\n")
            self.rfile.readline()

    def want(self) -> None:
        with TILL:
            pass

    def cross(self) -> None:
        """Two clients: one says `cross 0`, the other `cross 1`; each takes its own lock, and then the other's."""
        first = int(self.line.split()[1])
        second = 1 - first
        with PAIR[first]:
            self.wfile.write(b"taken\n")
            self.rfile.readline()
            with PAIR[second]:
                pass

    def stand(self) -> None:
        os.read(os.pipe()[0], 1)

    def twice(self) -> None:
        own = threading.Lock()
        own.acquire()
        own.acquire()

    def signalled(self) -> None:
        """Has a use of its own for the signals that programs may use as they like."""
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, lambda *_: os._exit(9))
        self.twice()

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
