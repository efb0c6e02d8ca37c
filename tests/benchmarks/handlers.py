"""The handlers under load: the same code for the standard library's servers and ours."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

PAGE = b"x" * 64


def make(name: str, module: ModuleType, http: ModuleType) -> Any:
    """A handler class for servers of `module`, which is socketserver or stands for it; likewise `http.server`."""
    if name == "answer":
        return _answer(module)
    return _page(http) if name == "http" else _echo(name, module)


def work_of(name: str) -> Callable[[], object] | None:
    """What is done before an answer: nothing for echo; wait0.1 or work0.1, so many seconds. Raises ValueError."""
    kind = name.rstrip("0123456789.")
    if kind == "echo":
        return None
    seconds = float(name[len(kind) :])
    if kind == "wait":
        return lambda: select.select((), (), (), seconds)
    if kind == "work":
        return lambda: _burn(int(seconds * 1e9))
    raise ValueError(f"handler must be echo, waitSECONDS, workSECONDS or http, not {name!r}")


def _burn(nanoseconds: int) -> None:
    """So much CPU time of this thread, whatever the others do meanwhile."""
    until = time.thread_time_ns() + nanoseconds
    while time.thread_time_ns() < until:
        pass


def _echo(name: str, module: ModuleType) -> Any:
    work = work_of(name)

    class Echo(module.BaseRequestHandler):  # type: ignore[misc,name-defined]  # a base chosen at run time
        def handle(self) -> None:
            if isinstance(self.request, tuple):
                self.request[1].sendto(self.request[0], self.client_address)
                return
            while data := self.request.recv(4096):
                if work is not None:
                    work()
                self.request.sendall(data)

    return Echo


def _answer(module: ModuleType) -> Any:
    class Answer(module.BaseRequestHandler):  # type: ignore[misc,name-defined]  # a base chosen at run time
        def handle(self) -> None:
            self.request.sendall(self.request.recv(4096))

    return Answer


def _page(http: ModuleType) -> Any:
    class Page(http.BaseHTTPRequestHandler):  # type: ignore[misc,name-defined]  # a base chosen at run time
        def do_GET(self) -> None:  # noqa: N802 - http.server calls it
            self.send_response(200)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *arguments: Any) -> None:
            """Nothing."""

    return Page
