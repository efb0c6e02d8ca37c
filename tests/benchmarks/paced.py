"""Clients that connect so many times a second, whoever listens: `python paced.py PORT CONNECTIONS_A_SECOND`."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from time import monotonic

THREADS = 4
LINE = b"x" * 63 + b"\n"


def knock(port: int) -> None:
    """One connection: a line out, the same line back."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(LINE)
        got = len(client.recv(64))
        while 0 < got < len(LINE):
            got += len(client.recv(64))


def keep_knocking(port: int, every: float, stop: threading.Event) -> None:
    """Knock on schedule; what comes too late is made up for."""
    due = monotonic()
    while not stop.wait(max(0.0, due - monotonic())):
        knock(port)
        due = max(due + every, monotonic() - 1)


def main(port: int, rate: float) -> None:
    """Go on until standard input ends."""
    stop = threading.Event()
    threads = [threading.Thread(target=keep_knocking, args=(port, THREADS / rate, stop)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
