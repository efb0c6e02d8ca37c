"""What a person could use instead of socketserver: the same echo, or page, in other people's servers."""

from __future__ import annotations

import asyncio
import importlib
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .handlers import PAGE

WORKERS = 8


def start(name: str, handler: str) -> int:
    """Serve in a daemon thread; returns the port. `handler`: see handlers.py."""
    ports: list[int] = []
    bound = threading.Event()

    def tell(port: int) -> None:
        ports.append(port)
        bound.set()

    threading.Thread(target=RIVALS[name], args=(tell, handler == "answer"), daemon=True).start()
    if not bound.wait(10):
        raise SystemExit(f"{name} does not serve")
    return ports[0]


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=128)


def _serving(once: bool) -> Callable[..., None]:
    def serve(connection: socket.socket, *_: object) -> None:
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)
                if once:
                    break

    return serve


def _futures(tell: Callable[[int], None], once: bool) -> None:
    with _listener() as listener, ThreadPoolExecutor(WORKERS * 2) as pool:
        tell(listener.getsockname()[1])
        serve = _serving(once)
        while True:
            pool.submit(serve, listener.accept()[0])


def _asyncio(tell: Callable[[int], None], once: bool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            writer.write(data)
            if once:
                break
        writer.close()

    async def serve() -> None:
        listener = _listener()
        server = await asyncio.start_server(answer, sock=listener)
        tell(listener.getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def _uvloop(tell: Callable[[int], None], once: bool) -> None:
    importlib.import_module("uvloop").install()
    _asyncio(tell, once)


def _gevent(tell: Callable[[int], None], once: bool) -> None:
    server = importlib.import_module("gevent.server").StreamServer(("127.0.0.1", 0), _serving(once), backlog=128)
    server.start()
    tell(server.server_port)
    server.serve_forever()


def _cheroot(tell: Callable[[int], None], _: bool) -> None:
    def page(_: dict[str, Any], respond: Callable[..., object]) -> list[bytes]:
        respond("200 OK", [("Content-Length", str(len(PAGE)))])
        return [PAGE]

    server = importlib.import_module("cheroot.wsgi").Server(("127.0.0.1", 0), page, request_queue_size=128)
    server.prepare()
    tell(server.bind_addr[1])
    server.serve()


RIVALS: dict[str, Callable[[Callable[[int], None], bool], None]] = {
    "futures": _futures,
    "asyncio": _asyncio,
    "uvloop": _uvloop,
    "gevent": _gevent,
    "cheroot": _cheroot,
}
