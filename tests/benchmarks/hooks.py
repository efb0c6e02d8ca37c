"""What a request costs where nobody watches and the kernel is left out: the standard library's loop beside ours."""

from __future__ import annotations

import socketserver
import statistics
import time
from typing import Any

import engine

REQUESTS = 20_000
ROUNDS = 15


class _Connection:
    """Stands for a socket."""

    def shutdown(self, how: int) -> None: ...

    def close(self) -> None: ...


def server_of(base: Any) -> Any:
    """A server that is given connections instead of accepting them, with a handler that does nothing."""

    class Server(base):  # type: ignore[misc]  # a base chosen at run time
        def get_request(self) -> tuple[Any, Any]:
            return _Connection(), ("127.0.0.1", 1)

    return Server(("127.0.0.1", 0), lambda request, address, server: None, bind_and_activate=False)


def microseconds(server: Any) -> float:
    """Of one request."""
    serve = server._handle_request_noblock
    began = time.process_time_ns()
    for _ in range(REQUESTS):
        serve()
    return (time.process_time_ns() - began) / REQUESTS / 1000


def main() -> None:
    """Print both medians."""
    pair = [server_of(socketserver.TCPServer), server_of(engine.TCPServer)]
    rounds = [[microseconds(server) for server in pair] for _ in range(ROUNDS)]
    for server in pair:
        server.server_close()
    print(*(f"{statistics.median(values):.4f}" for values in zip(*rounds, strict=True)))


if __name__ == "__main__":
    main()
