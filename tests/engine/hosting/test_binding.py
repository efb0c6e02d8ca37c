"""Every way in which a socket cannot be bound: one code, one sentence, a way out."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from engine.hosting.binding import bind, is_loopback, remove_stale, show_address
from engine.hosting.errors import HostingError
from engine.hosting.profile import Profile


def refused(**members: Any) -> HostingError:
    """The error of binding this profile."""
    with pytest.raises(HostingError) as raised:
        bind(Profile(name="x", **members), {}).close()
    error = raised.value
    assert error.sentence.endswith(".")
    assert "\n" not in error.sentence
    return error


def unix(path: object, kind: str = "UnixStreamServer") -> dict[str, Any]:
    return {"server_class": kind, "path": str(path)}


def test_any_free_port() -> None:
    with bind(Profile(name="x"), {}) as listener:
        assert listener.getsockname()[1] > 0
        with socket.create_connection(listener.getsockname()):
            pass


@pytest.mark.parametrize(("server_class", "kind"), [("TCPServer", "STREAM"), ("UDPServer", "DGRAM")])
def test_port_in_use_names_the_holder_and_offers_another(server_class: str, kind: str) -> None:
    with socket.socket(socket.AF_INET, getattr(socket, f"SOCK_{kind}")) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == "STREAM":
            taken.listen()
        port = taken.getsockname()[1]
        error = refused(server_class=server_class, port=port)
    assert error.code == "port_in_use"
    assert error.extras["holder"]["pid"] == os.getpid()
    assert error.extras["offer"] != port
    assert f"Port {port} is used by" in error.sentence
    assert f"port {error.extras['offer']} is free" in error.sentence
    bind(Profile(name="x", server_class=server_class, port=error.extras["offer"]), {}).close()


@pytest.mark.parametrize("port", [-1, 65536, 99999, 10**20])
def test_port_out_of_range(port: int) -> None:
    assert refused(port=port).code == "port_out_of_range"


@pytest.mark.parametrize("host", ["256.1.1.1", "no such host", "x" * 70, "a..b", "203.0.113.77", "é" * 64])
def test_bad_address(host: str) -> None:
    assert refused(host=host).code == "bad_address"


@pytest.mark.parametrize(("size", "code"), [(107, ""), (108, "path_too_long"), (4096, "path_too_long")])
def test_length_of_a_path(size: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = "s" * size
    if code:
        assert refused(**unix(path)).code == code
    else:
        bind(Profile(name="x", **unix(path)), {}).close()


def test_no_path() -> None:
    assert refused(**unix("")).code == "bad_address"
    assert refused(**unix("a\0b")).code == "bad_address"


def test_missing_directory(tmp_path: Path) -> None:
    assert refused(**unix(tmp_path / "no" / "s")).code == "no_directory"


def test_existing_file_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("precious")
    assert refused(**unix(tmp_path / "s")).code == "not_a_socket"
    with pytest.raises(HostingError):
        remove_stale(str(tmp_path / "s"))
    assert (tmp_path / "s").read_text() == "precious"


@pytest.mark.parametrize("server_class", ["UnixStreamServer", "UnixDatagramServer"])
def test_stale_socket_can_be_removed(server_class: str, tmp_path: Path) -> None:
    path = tmp_path / "s"
    bind(Profile(name="x", **unix(path, server_class)), {}).close()
    error = refused(**unix(path, server_class))
    assert (error.code, error.extras["can_remove"]) == ("stale_socket", True)
    remove_stale(str(path))
    bind(Profile(name="x", **unix(path, server_class)), {}).close()


def test_live_socket_is_not_stale_though_its_queue_is_full(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with bind(Profile(name="x", attributes={"request_queue_size": 1}, **unix(path)), {}):
        waiting = []
        for _ in range(4):
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            try:
                client.connect(path)
            except BlockingIOError:
                client.close()
                break
            waiting.append(client)
        error = refused(**unix(path))
        for client in waiting:
            client.close()
    assert error.code == "path_in_use"
    with pytest.raises(HostingError):
        bind(Profile(name="x", **unix(path)), {})


def test_abstract_socket() -> None:
    with bind(Profile(name="x", **unix(f"@socketscope-{os.getpid()}")), {}) as listener:
        assert show_address(listener.getsockname()) == f"@socketscope-{os.getpid()}"


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("", False)]
)
def test_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local
