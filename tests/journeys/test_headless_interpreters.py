"""Hosts in other Pythons than ours: whichever of 3.11 and later this machine has."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord, State
from engine.hosting.client import SupervisorClient
from engine.hosting.profile import Profile
from engine.observe.stages import Stage

from .headless import port_of, talk, until

HANDLERS = Path(__file__).with_name("handlers_headless.py")
MINORS = range(11, 16)


def interpreters() -> list[str]:
    """One of each version but our own."""
    found: list[str] = []
    for minor in MINORS:
        installed = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        path = str(installed[-1]) if installed else shutil.which(f"python3.{minor}")
        if path is not None and minor != sys.version_info.minor and _runs(path):
            found.append(path)
    return found


def _runs(path: str) -> bool:
    return subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.fixture(params=interpreters() or [""], ids=lambda path: Path(path).parent.parent.name)
def interpreter(request: pytest.FixtureRequest) -> str:
    if not request.param:
        pytest.skip("There is no other Python here.")
    return str(request.param)


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "ForkingTCPServer", "UDPServer", "ForkingUDPServer"])
def test_requests_are_seen(server_class: str, interpreter: str, tmp_path: Path) -> None:
    datagrams = "UDP" in server_class
    kind = socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM
    profile = Profile(
        name="upper", server_class=server_class, interpreter=interpreter, handler_file=str(HANDLERS),
        handler_class="UpperDatagram" if datagrams else "Upper",
    )  # fmt: skip
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        started = client.request("start", 20, key="u", profile=profile)
        peer, answer = talk(kind, port_of(started["address"]), b"hello\n")
        assert answer == b"HELLO\n"
        with CaptureReader(client.capture_path) as reader:
            until(lambda: [request.state for request in reader.requests()] == [State.DONE])
            (seen,) = reader.requests()
            chunks = [(chunk.received, chunk.data) for chunk in reader.chunks(seen.id)]
        assert chunks == [(True, b"hello\n"), (False, b"HELLO\n")]
        _check(seen, peer, forked_from=started["pid"] if "Forking" in server_class else None)
        assert client.request("stop", 20, key="u")["state"] == "stopped"


def _check(seen: RequestRecord, peer: str, forked_from: int | None) -> None:
    assert seen.peer == peer
    assert {Stage.GET_REQUEST, Stage.SETUP, Stage.HANDLE, Stage.FINISH} <= {part.stage for part in seen.stages}
    assert seen.worker is not None
    assert seen.worker.child == (forked_from is not None)
    assert (seen.worker.pid != forked_from) if forked_from else True


def test_a_crash_is_placed(interpreter: str, tmp_path: Path) -> None:
    profile = Profile(name="t", interpreter=interpreter, handler_file=str(HANDLERS), handler_class="Trouble")
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client, CaptureReader(client.capture_path) as reader:
        address = port_of(client.request("start", 20, key="t", profile=profile)["address"])
        assert talk(socket.SOCK_STREAM, address, b"crash\n")[1] == b""
        until(lambda: [request.state for request in reader.requests()] == [State.KILLED])
        assert (reader.requests()[0].error or "").startswith("segmentation fault in crash, line ")
