"""A handler that echoes all it gets; to the word "count" it answers with what its host's sender has counted."""

import atexit
import os
import signal
import socketserver
import sys
from typing import Any


class Flooded(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        data = self.rfile.read()
        if data == b"count":
            (sender,) = sys.modules["_socketscope.channel.sender"]._senders
            data = f"{sender.emitted} {sender.dropped}".encode()
        self.wfile.write(data)


class Ending(socketserver.StreamRequestHandler):
    """Echoes, and lets its process end as the first word says; each process writes last how many facts it has made."""

    def handle(self) -> None:
        data = self.rfile.read()
        self.wfile.write(data)
        if data.startswith(b"leave"):
            os._exit(3)
        if data.startswith(b"kill"):
            note()
            os.kill(os.getpid(), signal.SIGKILL)


def note(*, flush: bool = False) -> None:
    """Append the process's number of facts to the file that MADE names; it makes no more afterwards."""
    (sender,) = sys.modules["_socketscope.channel.sender"]._senders
    (recorder,) = sys.modules["_socketscope.observe.recorder"]._alive
    if flush:
        recorder.flush()
    recorder._lock.acquire()
    with open(os.environ.get("MADE", os.devnull), "a") as file:
        file.write(f"{sender.emitted + sum(record[0] for record in recorder._records)}\n")


def exit_noted(status: int, ours: Any = os._exit) -> None:
    """Takes the place of `os._exit`."""
    (recorder,) = sys.modules["_socketscope.observe.recorder"]._alive
    recorder.last_words()
    note()
    ours.__wrapped__(status)


def note_host(host: int = os.getpid()) -> None:
    """The host goes on to use what it holds at its end."""
    if os.getpid() == host:
        note(flush=True)
        (recorder,) = sys.modules["_socketscope.observe.recorder"]._alive
        recorder._lock.release()


if "_socketscope" in sys.modules:
    os._exit = exit_noted  # type: ignore[assignment]
    atexit.register(note_host)
