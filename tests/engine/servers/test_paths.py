"""Files of Unix sockets: their mode, their owner, their end, and who is at the other end."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

import engine
from tests.engine.serving import Echo, Notes, ask, serving

CLASSES = [engine.UnixStreamServer, engine.UnixDatagramServer]


def made(base: Any, **members: Any) -> Any:
    """A subclass with other settings."""
    return type("Server", (base,), members)


@pytest.mark.parametrize("base", CLASSES)
@pytest.mark.parametrize("mode", [0o600, 0o660, 0o777, 0])
def test_mode(base: Any, mode: int, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with made(base, socket_mode=mode)(str(path), Echo):
        assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("base", CLASSES)
def test_nobody_else_can_connect_even_for_a_moment(base: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between `bind` and `chmod` the file has no more permissions than it will have."""
    seen: list[int] = []
    monkeypatch.setattr(os, "chmod", lambda path, mode: seen.append(stat.S_IMODE(os.stat(path).st_mode)))
    with made(base, socket_mode=0o600)(str(tmp_path / "s"), Echo):
        assert seen == [0o600]


@pytest.mark.parametrize("mode", [-1, 0o1000, "600", True])
def test_modes_that_are_none(mode: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="socket_mode must be None or permissions from 0 to 0o777"):
        made(engine.UnixStreamServer, socket_mode=mode)(str(tmp_path / "s"), Echo)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("base", CLASSES)
def test_its_own_file_goes_with_it(base: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    server = made(base, unlink_on_close=True)("s", Echo)
    assert os.path.exists("s")
    monkeypatch.chdir("/")
    server.server_close()
    server.server_close()
    assert not (tmp_path / "s").exists()


def test_the_file_of_its_successor_stays(tmp_path: Path) -> None:
    path = tmp_path / "s"
    server = made(engine.UnixStreamServer, unlink_on_close=True)(str(path), Echo)
    path.unlink()
    with serving(engine.ThreadingUnixStreamServer(str(path), Echo)):
        server.server_close()
        assert ask(str(path), b"x\n", socket.AF_UNIX) == b"x\n"


@pytest.mark.parametrize("base", CLASSES)
def test_stale_files_are_replaced_if_asked(base: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    base(path, Echo).server_close()
    with pytest.raises(OSError, match="in use"):
        base(path, Echo)
    with made(base, replace_stale=True)(path, Echo), pytest.raises(OSError, match="in use"):
        made(base, replace_stale=True)(path, Echo)  # somebody answers


def test_a_server_whose_queue_is_full_is_not_stale(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    clients = []
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(path)
        busy.listen(0)
        while True:
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            clients.append(client)
            if client.connect_ex(path):
                break
        with pytest.raises(OSError, match="in use"):
            made(engine.UnixStreamServer, replace_stale=True)(path, Echo)
        for client in clients:
            client.close()


def test_what_is_no_socket_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("precious")
    with pytest.raises(OSError, match="in use"):
        made(engine.UnixStreamServer, replace_stale=True)(str(tmp_path / "s"), Echo)
    assert (tmp_path / "s").read_text() == "precious"


@pytest.mark.parametrize("name", [b"\0socketscope-test-%d", "\0socketscope-text-%d", ""])
def test_abstract_names(name: Any) -> None:
    address = name % os.getpid() if name else name
    kind = made(engine.ThreadingUnixStreamServer, socket_mode=0o600, unlink_on_close=True, replace_stale=True)
    with serving(kind(address, Echo)) as server:
        assert ask(server.server_address, b"x\n", socket.AF_UNIX) == b"x\n"


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="not told here")
def test_peer_credentials(tmp_path: Path) -> None:
    seen: list[Any] = []

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1)
            seen.append(self.server.peer_credentials(self.request))  # type: ignore[attr-defined]  # a Unix server

    notes = Notes()
    with serving(engine.ThreadingUnixStreamServer(str(tmp_path / "s"), Handler), notes):
        ask(str(tmp_path / "s"), b"", socket.AF_UNIX)
        request = notes.wait("request_closed")[0][1]
    assert [tuple(who) for who in seen] == [(os.getpid(), os.getuid(), os.getgid())]
    assert request.peer == f"pid {os.getpid()}"
