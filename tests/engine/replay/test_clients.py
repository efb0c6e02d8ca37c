"""The program of clients against real sockets of every kind."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.replay.clients import Order

PROGRAM = Path(__file__).resolve().parents[3] / "engine" / "replay" / "clients.py"


def send(**order: Any) -> list[dict[str, Any]]:
    """Run the program with this order to its end."""
    order.setdefault("payloads", ["aGkK"])
    with subprocess.Popen([sys.executable, PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order).encode() + b"\n")
        process.stdin.flush()
        return [json.loads(line) for line in process.stdout]


def whats(events: list[dict[str, Any]]) -> list[str]:
    return [event["what"] for event in events]


@pytest.mark.parametrize("family", ["tcp", "unix"])
def test_streams(family: str, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    listener = socket.socket(socket.AF_UNIX if family == "unix" else socket.AF_INET)
    listener.bind(path if family == "unix" else ("127.0.0.1", 0))
    listener.listen()

    def echo() -> None:
        for _ in range(2):
            connection, _address = listener.accept()
            with connection:
                data = b"".join(iter(lambda c=connection: c.recv(100), b""))  # type: ignore[misc] # bound at once
                connection.sendall(data)

    thread = threading.Thread(target=echo)
    thread.start()
    events = send(transport=family, address=listener.getsockname(), repeat=2, half_close=True)
    thread.join()
    listener.close()
    assert whats(events) == ["sent", "received", "closed"] * 2 + ["ended"]
    assert {event.get("data") for event in events if event["what"] in ("sent", "received")} == {"aGkK"}


@pytest.mark.parametrize("family", ["udp", "unixgram"])
def test_datagrams(family: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET if family == "udp" else socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0) if family == "udp" else str(tmp_path / "s"))

        def answer() -> None:
            data, address = server.recvfrom(100)
            server.sendto(data * 2, address)

        thread = threading.Thread(target=answer)
        thread.start()
        events = send(transport=family, address=server.getsockname())
        thread.join()
    assert whats(events) == ["sent", "received", "closed", "ended"]
    assert base64.b64decode(events[1]["data"]) == b"hi\nhi\n"


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        events = send(transport="tcp", address=taken.getsockname(), clients=2)
    assert sorted(whats(events)) == ["ended", "ended", "failed", "failed"]
    assert "Nothing listens at 127.0.0.1:" in next(e["sentence"] for e in events if e["what"] == "failed")
    events = send(transport="unix", address=str(tmp_path / "no"))
    assert whats(events) == ["failed", "ended"]


def test_a_datagram_too_large() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        payload = base64.b64encode(b"x" * 70_000).decode()
        events = send(transport="udp", address=server.getsockname(), payloads=[payload])
    assert "too large for one datagram" in events[0]["sentence"]


def test_a_bad_order() -> None:
    assert whats(send(transport="tcp")) == ["failed"]


def test_what_an_order_leaves_out() -> None:
    order = Order.from_json({"transport": "tcp", "address": ["127.0.0.1", "80"], "payloads": [], "clients": 9**9})
    assert (order.address, order.clients, order.wait, order.keep_open) == (("127.0.0.1", 80), 1000, 1.0, False)
