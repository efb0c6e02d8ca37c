"""The surface is socketserver's: names, signatures, class attributes, order of bases, and the private names in use."""

from __future__ import annotations

import inspect
import socketserver
from typing import Any

import pytest

import engine
from engine.servers.drain import Draining
from engine.servers.life import Life

NAMES = [
    "BaseServer",
    "TCPServer",
    "UDPServer",
    "ThreadingUDPServer",
    "ThreadingTCPServer",
    "BaseRequestHandler",
    "StreamRequestHandler",
    "DatagramRequestHandler",
    "ThreadingMixIn",
    "ForkingUDPServer",
    "ForkingTCPServer",
    "ForkingMixIn",
    "UnixStreamServer",
    "UnixDatagramServer",
    "ThreadingUnixStreamServer",
    "ThreadingUnixDatagramServer",
    "ForkingUnixStreamServer",
    "ForkingUnixDatagramServer",
]
PRIVATE_VALUES = {"_threads", "_abc_impl"}


def test_all_eighteen_names() -> None:
    assert sorted(engine.__all__) == sorted(NAMES)
    assert set(socketserver.__all__) <= set(engine.__all__)


@pytest.mark.parametrize("name", socketserver.__all__)
def test_members_and_signatures(name: str) -> None:
    theirs, ours = getattr(socketserver, name), getattr(engine, name)
    own = [base.__name__ for base in ours.__mro__ if base not in (Draining, Life)]
    assert own == [base.__name__ for base in theirs.__mro__]
    for member, value in vars(theirs).items():
        if member.startswith("__") and member != "__init__":
            continue
        mine = inspect.getattr_static(ours, member)
        if inspect.isfunction(value):
            known = _parameters(value)
            more = _parameters(mine)[len(known) :]
            assert _parameters(mine)[: len(known)] == known, member
            assert all(default is not inspect.Parameter.empty for *_, default in more), member
        elif member not in PRIVATE_VALUES:
            assert mine == value, member


def _parameters(function: Any) -> list[tuple[str, Any, Any]]:
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("name", ["_SocketWriter", "_ServerSelector", "_Threads", "_NoThreads"])
def test_private_names_that_people_use(name: str) -> None:
    assert hasattr(engine, name)


def test_what_a_base_server_has_not() -> None:
    assert not hasattr(engine.BaseServer, "get_request")
    assert not hasattr(engine.BaseServer, "fileno")


def test_selector_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    plain = engine._ServerSelector

    def selector() -> Any:
        made.append(plain())
        return made[-1]

    monkeypatch.setattr(engine, "_ServerSelector", selector)
    with engine.TCPServer(("127.0.0.1", 0), engine.BaseRequestHandler) as server:
        server.timeout = 0
        server.handle_request()
    assert len(made) == 1


def test_error_text(capsys: pytest.CaptureFixture[str]) -> None:
    with engine.TCPServer(("127.0.0.1", 0), engine.BaseRequestHandler) as server:
        try:
            raise ValueError("broken")
        except ValueError:
            server.handle_error(None, ("192.0.2.1", 7))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == lines[-1] == "-" * 40
    assert lines[1] == "Exception occurred during processing of request from ('192.0.2.1', 7)"
    assert lines[-2] == "ValueError: broken"
