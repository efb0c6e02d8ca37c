"""Scripts of clients, overrides and exceptions, played on any socketserver; what happened comes back as a story."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import socket
import tempfile
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

SERVER_STAGES = (
    "verify_request",
    "process_request",
    "finish_request",
    "handle_error",
    "shutdown_request",
    "close_request",
    "handle_timeout",
)
HANDLER_STAGES = ("setup", "handle", "finish")
PATIENCE = 0.05
"""Seconds that a handler waits for bytes which a client does not send."""


class Quit(BaseException):
    """No Exception: it passes through all that catches those."""


ERRORS: dict[str, type[BaseException]] = {"value": ValueError, "reset": ConnectionResetError, "quit": Quit}


@dataclass(frozen=True)
class Client:
    """Sends `data`, and with `half_close` says that there is no more."""

    data: bytes
    half_close: bool = True


@dataclass(frozen=True)
class Override:
    """What a subclass does with a stage: raise `error` "before" or "after" `super()`, or leave `super()` out."""

    where: str = "after"
    error: str = ""
    calls_super: bool = True


@dataclass(frozen=True)
class Script:
    """One story to be told by two servers. `forever` says whether a loop serves, else it is `handle_request`."""

    workers: str = ""
    datagrams: bool = False
    handler: str = "BaseRequestHandler"
    forever: bool = False
    clients: tuple[Client, ...] = (Client(b"hello\n"),)
    overrides: dict[str, Override] = field(default_factory=dict)
    rejects: frozenset[int] = frozenset()
    answer: bytes = b"answer"
    buffered: bool = False
    idle_requests: int = 0
    """Calls of `handle_request` for which nobody comes."""

    @property
    def server(self) -> str:
        """The server's class."""
        return f"{self.workers}{'UDP' if self.datagrams else 'TCP'}Server"


@dataclass
class Story:
    """What happened: calls in the serving thread, in each worker, bytes that clients got, results, and stderr."""

    calls: list[str]
    workers: list[list[str]]
    received: list[bytes]
    results: list[str]
    errors: list[str]
    escaped: list[str]


class _Notes:
    """Calls, written to a file at once: children write, too. A line: process, thread, call."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._path = path
        self._home = self._who()

    def _who(self) -> str:
        return f"{os.getpid()} {threading.current_thread().name}"

    def add(self, what: str) -> None:
        self._file.write(f"{self._who()}\t{what}\n".encode())

    def read(self) -> tuple[list[str], list[list[str]]]:
        """The serving thread's, and those of each worker."""
        self._file.close()
        by: dict[str, list[str]] = defaultdict(list)
        for line in self._path.read_text().splitlines():
            who, what = line.split("\t")
            by[who].append(what)
        home = by.pop(self._home, [])
        return home, sorted(by.values())


def play(module: ModuleType, script: Script) -> Story:
    """Let a server of `module` play `script`. Clients have sent all before the server begins to look."""
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        notes = _Notes(Path(directory) / "calls")
        stderr = stack.enter_context((Path(directory) / "stderr").open("a", buffering=1))
        stack.enter_context(contextlib.redirect_stderr(stderr))
        escaped: list[str] = []
        plain, threading.excepthook = threading.excepthook, lambda args: escaped.append(repr(args.exc_value))
        stack.callback(setattr, threading, "excepthook", plain)
        server = _server_class(module, script, notes)(("127.0.0.1", 0), _handler_class(module, script, notes))
        clients = [stack.enter_context(_client(script, client, server)) for client in script.clients]
        results = _serve(script, server, stack)
        received = [_receive(script, client) for client in clients]
        calls, workers = notes.read()
        text = (Path(directory) / "stderr").read_text()
    return Story(calls, workers, received, results, _essence(text), sorted(escaped))


def _serve(script: Script, server: Any, stack: contextlib.ExitStack) -> list[str]:
    results = []
    if script.forever:
        stack.enter_context(_client(script, Client(b"the last"), server))
        results.append(_result(lambda: server.serve_forever(0.01)))
    else:
        server.timeout = 0
        results += [_result(server.handle_request) for _ in script.clients]
        results += [_result(server.handle_request) for _ in range(script.idle_requests)]
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join()  # answers of datagrams need the server's socket
    results.append(_result(server.server_close))
    gc.collect()
    return results


def _result(call: Any) -> str:
    try:
        return repr(call())
    except BaseException as error:
        return repr(error)


@contextlib.contextmanager
def _client(script: Script, client: Client, server: Any) -> Any:
    kind = socket.SOCK_DGRAM if script.datagrams else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.connect(server.server_address)
        sock.send(client.data)
        if client.half_close and not script.datagrams:
            sock.shutdown(socket.SHUT_WR)
        yield sock


def _receive(script: Script, sock: socket.socket) -> bytes:
    """All that came; with a mark if a connection has not been closed, or was reset."""
    got = b""
    sock.settimeout(0.02 if script.datagrams else 5)
    try:
        while piece := sock.recv(4096):
            got += piece + b"|" * script.datagrams
    except TimeoutError:
        got += b"" if script.datagrams else b"<open>"
    except ConnectionError:
        got += b"<reset>"
    else:
        got += b"<empty>" if script.datagrams else b""
    return got


def _essence(text: str) -> list[str]:
    """What is printed, without the places in files, and ports. Workers print when they like: in alphabetical order."""
    lines = (line for line in text.splitlines() if line and not line.startswith((" ", "During", "Traceback")))
    return sorted(re.sub(r"'127\.0\.0\.1', \d+", "'127.0.0.1', PORT", line) for line in lines)


def _around(name: str, script: Script, notes: _Notes, call: Any, instead: Any = None) -> Any:
    """Call a stage's `super()` as the script wants, and note it."""
    override = script.overrides.get(name, Override())
    notes.add(f"{name} begins")
    error = ERRORS.get(override.error)
    if error is not None and override.where == "before":
        notes.add(f"{name} raises")
        raise error(f"broken before {name}")
    result = call() if override.calls_super else instead
    if error is not None:
        notes.add(f"{name} raises")
        raise error(f"broken after {name}")
    notes.add(f"{name} ends")
    return result


def _method(name: str, base: Any, script: Script, notes: _Notes) -> Any:
    plain = getattr(base, name)

    def stage(self: Any, *arguments: Any) -> Any:
        return _around(name, script, notes, lambda: plain(self, *arguments))

    return stage


def _server_class(module: ModuleType, script: Script, notes: _Notes) -> Any:
    base = getattr(module, script.server)
    watched = [name for name in SERVER_STAGES if name in script.overrides or name != "handle_timeout"]
    members = {name: _method(name, base, script, notes) for name in watched}
    members["verify_request"] = _verify(script, notes)
    return type("Server", (base,), members)


def _verify(script: Script, notes: _Notes) -> Any:
    asked = iter(range(len(script.clients) + 1))

    def verify_request(self: Any, request: Any, address: Any) -> bool:
        number = next(asked)
        if number == len(script.clients):  # the last one, who comes to stop the loop
            self._BaseServer__shutdown_request = True
            return False
        if "verify_request" in script.overrides:
            _around("verify_request", script, notes, lambda: True)
        notes.add(f"client {number} {'rejected' if number in script.rejects else 'accepted'}")
        return number not in script.rejects

    return verify_request


def _handler_class(module: ModuleType, script: Script, notes: _Notes) -> Any:
    base = getattr(module, script.handler)
    members = {name: _method(name, base, script, notes) for name in HANDLER_STAGES}
    exchange = {"BaseRequestHandler": _base, "StreamRequestHandler": _stream, "DatagramRequestHandler": _datagram}

    def handle(self: Any) -> None:
        _around("handle", script, notes, lambda: exchange[script.handler](self, script, notes))

    members |= {"handle": handle, "timeout": PATIENCE, "wbufsize": -1 if script.buffered else 0}
    return type("Handler", (base,), members)


def _base(handler: Any, script: Script, notes: _Notes) -> None:
    if script.datagrams:
        data, sock = handler.request
        notes.add(f"read {data!r}")
        sock.sendto(script.answer, handler.client_address)
        return
    handler.request.settimeout(PATIENCE)
    notes.add(f"read {handler.request.recv(100)!r}")
    handler.request.sendall(script.answer)


def _stream(handler: Any, script: Script, notes: _Notes) -> None:
    notes.add(f"read {handler.rfile.readline()!r}")
    notes.add(f"wrote {handler.wfile.write(script.answer)}")


def _datagram(handler: Any, script: Script, notes: _Notes) -> None:
    notes.add(f"read {handler.rfile.read()!r}")
    notes.add(f"wrote {handler.wfile.write(script.answer)}")
