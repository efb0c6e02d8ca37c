"""One server to be measured, in a process of its own: `server VARIANT CLASS HANDLER PATH CHANNEL`.

Prints its port or path, and for each line of its input the CPU time that it and its children have used, in ns. Ends
with its input. PATH, of a Unix socket, may be empty.
"""

from __future__ import annotations

import http.server
import importlib
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from . import handlers, rivals


def main() -> None:
    """Serve until the standard input ends."""
    variant, kind, handler, path, channel = sys.argv[1:]
    if variant in rivals.RIVALS:
        _tell(rivals.start(variant, handler))
        os._exit(0)
    module, http_module = _modules(variant)
    recorder = _recorder(int(channel)) if variant == "watched" else None
    members = {"request_queue_size": 128, "daemon_threads": True}
    made: Any = type(kind, (class_of(kind, module, http_module),), members)
    with made(path or ("127.0.0.1", 0), handlers.make(handler, module, http_module)) as server:
        if recorder is not None:
            server.add_observer(recorder)
        with _serving(server):
            _tell(server.server_address if path else server.server_address[1])
    if recorder is not None:
        recorder.close()


def class_of(kind: str, module: ModuleType, http_module: ModuleType) -> Any:
    """The class of this name. Raises AttributeError if there is none."""
    if kind == "ThreadPoolHTTPServer":
        return type(kind, (module.ThreadPoolMixIn, http_module.HTTPServer), {})
    return getattr(http_module if "HTTP" in kind else module, kind)


def _modules(variant: str) -> tuple[ModuleType, ModuleType]:
    """What stands for socketserver, and http.server on top of it."""
    if variant == "stdlib":
        import socketserver

        return socketserver, http.server
    import engine

    engine.install()
    return engine, importlib.reload(http.server)


def _recorder(channel: int) -> Any:
    from engine.channel.sender import Sender
    from engine.observe.blackbox import BlackBox
    from engine.observe.recorder import Recorder

    return Recorder(Sender(channel).send, black_box=BlackBox(BlackBox.create()))


@contextmanager
def _serving(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def _tell(where: object) -> None:
    print(where, flush=True)
    while sys.stdin.buffer.readline():
        print(cpu_time(), flush=True)


def cpu_time() -> int:
    """CPU time of this process and of its children, those that live and those that have been collected, ns."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time_ns() + round((ended.ru_utime + ended.ru_stime) * 1e9) + sum(map(_cpu_of, _children()))


def _children() -> list[int]:
    files = Path("/proc/self/task").glob("*/children")
    return [int(pid) for file in files for pid in _read(file).split()]


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""  # the thread has just ended


def _cpu_of(pid: int) -> int:
    """By the number of the clock that the kernel gives each process."""
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)
    except OSError:
        return 0  # it has just been collected


if __name__ == "__main__":
    main()
