"""One server to be measured, in a process of its own: `server.py WHICH CLASS CHANNEL`.

Prints its port, and for each line of its input the CPU time it has used, in ns. Ends with its input.
"""

from __future__ import annotations

import sys
import threading
import time
from types import ModuleType
from typing import Any


def _stdlib(_: int) -> tuple[ModuleType, Any]:
    import socketserver

    return socketserver, None


def _ours(_: int) -> tuple[ModuleType, Any]:
    import engine

    return engine, None


def _watched(channel: int) -> tuple[ModuleType, Any]:
    import engine
    from engine.channel.sender import Sender
    from engine.observe.blackbox import BlackBox
    from engine.observe.recorder import Recorder

    sender = Sender(channel)
    return engine, Recorder(sender.send, black_box=BlackBox(BlackBox.create()))


VARIANTS = {"stdlib": _stdlib, "ours": _ours, "watched": _watched}


def main() -> None:
    """Serve until the standard input ends."""
    which, kind, channel = sys.argv[1], sys.argv[2], int(sys.argv[3])
    module, recorder = VARIANTS[which](channel)

    class Echo(module.BaseRequestHandler):  # type: ignore[misc,name-defined]  # a base chosen at run time
        def handle(self) -> None:
            while data := self.request.recv(4096):
                self.request.sendall(data)

    class Server(getattr(module, kind)):  # type: ignore[misc]  # a base chosen at run time
        request_queue_size = 128
        daemon_threads = True

    with Server(("127.0.0.1", 0), Echo) as server:
        if recorder is not None:
            server.add_observer(recorder)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        print(server.server_address[1], flush=True)
        while sys.stdin.buffer.readline():
            print(time.process_time_ns(), flush=True)
        server.shutdown()
        thread.join()
    if recorder is not None:
        recorder.close()


if __name__ == "__main__":
    main()
