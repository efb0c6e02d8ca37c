"""The examples are plain socketserver code: the standard library alone serves them, as a newcomer would run them."""

from __future__ import annotations

import importlib.util
import socket
import socketserver
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "resources" / "examples"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(server: Any, data: bytes) -> bytes:
    """What the server answers to one client."""
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    with socket.socket(server.address_family, server.socket_type) as client:
        client.settimeout(10)
        client.connect(server.server_address)
        client.sendall(data)
        if server.socket_type == socket.SOCK_DGRAM:
            answer = client.recv(1000)
        else:
            client.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: client.recv(1000), b""))
    thread.join()
    return answer


@pytest.mark.parametrize(
    ("name", "handler", "sent", "answer"),
    [
        ("echo", "EchoHandler", b"one\ntwo\n", b"one\ntwo\n"),
        ("uppercase", "UppercaseHandler", b"shout\n", b"SHOUT (from process "),
        ("broken_length", "LengthHandler", b"\0\0\0\5hello\r\n", b"got 5 bytes\n"),
        ("broken_length", "LengthHandler", b"\0\0\0\7hello\r\n", b""),
        ("slow", "SlowHandler", b"quick\n", b""),
        ("unix_control", "ControlHandler", b"ping\nadd 2 40\nquit\n", b"pong\n42\nbye\n"),
    ],
)
def test_streams(name: str, handler: str, sent: bytes, answer: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), getattr(load(name), handler)) as server:
        assert ask(server, sent).startswith(answer)
    assert ("ValueError: length 7 but 5 bytes buffered" in capsys.readouterr().err) == (not answer and name != "slow")


def test_clock() -> None:
    with socketserver.UDPServer(("127.0.0.1", 0), load("udp_clock").ClockHandler) as server:
        assert ask(server, b"unix\n").strip().isdigit()
        assert ask(server, b"what\n") == b"ask for time, date or unix\n"
