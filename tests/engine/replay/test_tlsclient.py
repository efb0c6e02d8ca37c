"""A TLS client that can say "no more" and still hear the answer, every time."""

from __future__ import annotations

import select
import socket
from pathlib import Path

import pytest

import engine
from engine.replay.tlsclient import PIECE, TlsClient
from tests.engine.certificates import certificate
from tests.engine.serving import DEADLINE, serving


class ToTheEnd(engine.StreamRequestHandler):
    """Answers with all that has come when no more will."""

    def handle(self) -> None:
        self.wfile.write(self.rfile.read())


def drained(client: TlsClient) -> bytes:
    answer = b""
    while True:
        try:
            data = client.recv(65536)
        except BlockingIOError:
            assert select.select([client], [], [], DEADLINE)[0]
            continue
        if not data:
            return answer
        answer += data


@pytest.mark.parametrize("size", [1, 5 * PIECE])
def test_the_answer_to_the_end_is_heard(size: int, tmp_path: Path) -> None:
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), ToTheEnd, ssl_context=certificate(tmp_path))) as server:
        for _ in range(5):
            with socket.create_connection(server.server_address, DEADLINE) as plain:
                client = TlsClient(plain, DEADLINE)
                rest = memoryview(bytes(size))
                while rest:
                    try:
                        rest = rest[client.send(rest) :]
                    except BlockingIOError:
                        assert select.select([], [client], [], DEADLINE)[1]
                client.end()
                assert drained(client) == bytes(size)


def test_nobody_shakes_hands() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as plain,
        pytest.raises(TimeoutError, match="handshake"),
    ):
        TlsClient(plain, 0.05)
