"""The supervisor by its orders: states, refusals, replies, restarts that refuse nobody, an orderly end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.capture.reader import CaptureReader
from engine.hosting.client import SupervisorClient, SupervisorGone
from engine.hosting.errors import HostingError
from engine.hosting.profile import Profile

EXAMPLES = Path(__file__).resolve().parents[3] / "resources" / "examples"
SECONDS = 20.0


@pytest.fixture
def client(tmp_path: Path) -> Iterator[SupervisorClient]:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as spawned:
        yield spawned


def echo(**members: Any) -> Profile:
    return Profile(name="echo", handler_file=str(EXAMPLES / "echo.py"), handler_class="EchoHandler", **members)


def start(client: SupervisorClient, profile: Profile | dict[str, Any], key: str = "k") -> dict[str, Any]:
    return client.request("start", SECONDS, key=key, profile=profile)


def refused(client: SupervisorClient, profile: Profile | dict[str, Any]) -> HostingError:
    with pytest.raises(HostingError) as raised:
        start(client, profile)
    assert raised.value.sentence.endswith((".", "…"))
    return raised.value


def ask(address: str, data: bytes) -> bytes:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(100), b""))


def test_start_stop_start(client: SupervisorClient) -> None:
    first = start(client, echo())
    assert first["state"] == "listening"
    assert ask(first["address"], b"hello\n") == b"hello\n"
    assert refused(client, echo()).code == "running"
    assert client.request("stop", SECONDS, key="k")["state"] == "stopped"
    with pytest.raises(ConnectionRefusedError):
        ask(first["address"], b"")
    second = start(client, echo())
    assert ask(second["address"], b"again\n") == b"again\n"
    assert second["id"] != first["id"]


def test_clients_wait_through_a_restart(client: SupervisorClient) -> None:
    address = start(client, echo())["address"]
    for _ in range(5):
        ticket = client.order("restart", key="k")
        assert ask(address, b"while restarting\n") == b"while restarting\n"
        while not any(message.get("reply") == ticket for message in client.receive()):
            assert client.wait(SECONDS)


def test_class_attributes_are_applied(client: SupervisorClient, tmp_path: Path) -> None:
    (tmp_path / "h.py").write_text(
        "import socketserver\n"
        "class H(socketserver.StreamRequestHandler):\n"
        "    def handle(self):\n"
        "        s = self.server\n"
        "        shown = type(s).__name__, s.request_queue_size, s.daemon_threads, s.timeout, self.rbufsize\n"
        "        shown += s.server_address[0], s.socket.getsockname() == s.server_address\n"
        "        self.wfile.write(repr(shown).encode())\n"
    )
    attributes = {"request_queue_size": 77, "daemon_threads": True, "timeout": 2.5, "poll_interval": 0.1}
    profile = Profile(
        name="h", handler_file=str(tmp_path / "h.py"), handler_class="H", attributes=attributes,
        handler_attributes={"rbufsize": 0},
    )  # fmt: skip
    address = start(client, profile)["address"]
    assert ask(address, b"").decode() == "('ThreadingTCPServer', 77, True, 2.5, 0, '127.0.0.1', True)"


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("class H(:\n", "syntax_error", 1),
        ("x = 1\n", "no_handler", None),
        ("import socketserver\nclass G(socketserver.BaseRequestHandler): pass\n", "no_handler", None),
        ("import no_such_module_at_all\nclass H: pass\n", "import_failed", 1),
        ("x = 1\ny = 1 / 0\nclass H: pass\n", "import_failed", 2),
        ("import sys\nsys.exit('no')\nclass H: pass\n", "import_failed", 2),
        ("import os\nos._exit(9)\nclass H: pass\n", "crashed", None),
        ("class E(Exception):\n    def __str__(self): raise self\nraise E\nclass H: pass\n", "import_failed", 3),
    ],
)
def test_handler_files_with_faults(
    source: str, code: str, line: int | None, client: SupervisorClient, tmp_path: Path
) -> None:
    path = tmp_path / "handlers.py"
    path.write_text(source)
    error = refused(client, Profile(name="h", handler_file=str(path), handler_class="H"))
    assert error.code == code
    assert error.extras.get("line") == line
    if line is not None:
        assert f"handlers.py, line {line}: " in error.sentence
    if code == "import_failed":
        assert "engine" not in error.extras["traceback"].replace(str(tmp_path), "")
    path.write_text((EXAMPLES / "echo.py").read_text().replace("EchoHandler", "H"))
    repaired = client.request(
        "restart", SECONDS, key="k", profile=Profile(name="h", handler_file=str(path), handler_class="H")
    )
    assert ask(repaired["address"], b"works\n") == b"works\n"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"handler_file": "/no/such.py"}, "not_found"),
        ({"server_class": "NoServer"}, "bad_profile"),
        ({"attributes": {"nonsense": 1}}, "bad_attribute"),
        ({"attributes": {"request_queue_size": "many"}}, "bad_attribute"),
        ({"interpreter": "/no/python"}, "no_interpreter"),
        ({"directory": "/no/such/place"}, "no_directory"),
        ({"environment": {"A=B": "c"}}, "bad_profile"),
        ({"port": True}, "port_out_of_range"),
        ({"host": 5}, "bad_profile"),
        ({"kind": "script", "script": "no.py"}, "not_found"),
        ({"kind": "script"}, "not_found"),
    ],
)
def test_profiles_with_faults(members: dict[str, Any], code: str, client: SupervisorClient) -> None:
    assert refused(client, {**echo().to_json(), **members}).code == code


def test_a_server_that_is_kept_alive_comes_back_but_not_for_ever(client: SupervisorClient, tmp_path: Path) -> None:
    """Twice within five minutes it is started again; the third crash is final."""
    (tmp_path / "h.py").write_text(
        "import os, socketserver\n"
        "open('runs', 'a').write('x')\n"
        "class H(socketserver.StreamRequestHandler):\n"
        "    def handle(self):\n"
        "        os._exit(5)\n"
    )
    profile = Profile(name="h", handler_file=str(tmp_path / "h.py"), handler_class="H", directory=str(tmp_path))
    address = client.request("start", SECONDS, key="k", profile=profile, keep_alive=True)["address"]
    for _ in range(3):
        ask(address, b"")
    line: dict[str, Any] = {}
    while line.get("state") != "failed":
        assert client.wait(SECONDS)
        line = next((m["servers"][0] for m in client.receive() if m.get("servers")), line)
    assert line["error"]["sentence"] == "The server ended: exit code 5."
    assert (tmp_path / "runs").read_text() == "xxx"


@pytest.mark.parametrize("order", ["stop", "remove"])
def test_a_crashed_server_that_waits_to_come_back_can_be_stopped(
    order: str, client: SupervisorClient, tmp_path: Path
) -> None:
    (tmp_path / "h.py").write_text(
        "import os\nopen('runs', 'a').write('x')\nclass H:\n    def __init__(*a): os._exit(5)\n"
    )
    profile = Profile(name="h", handler_file=str(tmp_path / "h.py"), handler_class="H", directory=str(tmp_path))
    address = client.request("start", SECONDS, key="k", profile=profile, keep_alive=True)["address"]
    ask(address, b"")
    line: dict[str, Any] = {}
    while line.get("state") != "failed":
        assert client.wait(SECONDS)
        line = next((m["servers"][0] for m in client.receive() if m.get("servers")), line)
    client.request(order, SECONDS, key="k")
    with pytest.raises(ConnectionRefusedError):
        ask(address, b"")
    ended = time.monotonic() + 0.5  # it would have come back after 0.2
    while time.monotonic() < ended:
        client.wait(0.1)
        client.receive()
    assert (tmp_path / "runs").read_text() == "x"


@pytest.mark.parametrize(
    "said",
    [b"\xff" * 100, b'{"event": "cost", "ns": "x"}', b'{"event": "stacks", "ticket": []}', b'{"event": "live"}', b"{"],
)
def test_a_program_that_writes_into_our_channel_ends_alone(
    said: bytes, client: SupervisorClient, tmp_path: Path
) -> None:
    other = start(client, echo(), key="other")
    (tmp_path / "h.py").write_text(
        "import os, socket, stat\n"
        f"said = {said!r}\n"
        "for fd in range(3, 20):\n"
        "    try:\n"
        "        if stat.S_ISSOCK(os.fstat(fd).st_mode): os.write(fd, len(said).to_bytes(4, 'big') + said)\n"
        "    except OSError: pass\n"
        "class H: pass\n"
    )
    ticket = client.order(
        "start", key="k", profile=Profile(name="h", handler_file=str(tmp_path / "h.py"), handler_class="H")
    )
    until_told: list[dict[str, Any]] = []
    while not any(message.get("reply") == ticket for message in until_told):
        assert client.wait(SECONDS)
        until_told += client.receive()
    assert ask(other["address"], b"still here\n") == b"still here\n"


def test_no_descriptor_is_left_behind(client: SupervisorClient) -> None:
    def count() -> int:
        return len(list(Path(f"/proc/{client.pid}/fd").iterdir()))

    before = count()
    for _ in range(20):
        refused(client, echo(interpreter="/no/python"))
        address = start(client, echo())["address"]
        assert ask(address, b"x\n") == b"x\n"
        client.request("stop", SECONDS, key="k")
    assert count() == before


def test_bad_orders_are_answered(client: SupervisorClient) -> None:
    for name, members in (("dance", {}), ("stop", {"key": "no"}), ("close_request", {"request": "x"}), ("start", {})):
        with pytest.raises(HostingError):
            client.request(name, SECONDS, **members)
    assert start(client, echo())["state"] == "listening"


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_request_is_closed_from_outside(how: str, client: SupervisorClient) -> None:
    address = start(client, echo())["address"]
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS) as sock:
        sock.sendall(b"one\n")
        assert sock.recv(10) == b"one\n"
        with CaptureReader(client.capture_path) as reader:
            while not reader.requests():
                client.wait(0.1)
                client.receive()
            request = reader.requests()[0].id
        assert client.request("close_request", SECONDS, request=request, how=how)["done"]
        if how == "close":
            assert sock.recv(10) == b""
        else:
            with pytest.raises(ConnectionResetError):
                sock.recv(10)


def test_stacks(client: SupervisorClient) -> None:
    start(client, echo())
    names = {stack["name"] for stack in client.request("stacks", SECONDS, key="k")["stacks"]}
    assert "MainThread" in names


def test_test_clients(client: SupervisorClient) -> None:
    start(client, echo())
    run = client.request("clients_start", SECONDS, key="k", payload="aGkK", repeat=2, clients=3, half_close=True)
    told: list[str] = []
    while "ended" not in [what for what in told if what.startswith("all")] and told.count("ended") < 4:
        assert client.wait(SECONDS)
        events = [message for message in client.receive() if message.get("event") == "clients"]
        assert all(event["clients"] == run["clients"] for event in events)
        told += [event["what"] for event in events]
    assert (told.count("sent"), told.count("received"), told.count("closed"), told.count("ended")) == (6, 6, 6, 4)


def test_spawn_from_another_thread_is_refused() -> None:
    refusals: list[Exception] = []

    def spawn() -> None:
        try:
            SupervisorClient.spawn().close()
        except RuntimeError as error:
            refusals.append(error)

    thread = threading.Thread(target=spawn)
    thread.start()
    thread.join()
    assert len(refusals) == 1


def test_capture_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a capture" * 100)
    with pytest.raises(HostingError) as raised:
        SupervisorClient.spawn(tmp_path / "notes.txt")
    assert raised.value.code == "bad_capture"


def test_end(tmp_path: Path) -> None:
    client = SupervisorClient.spawn(keep=False)
    path = client.capture_path
    start(client, echo())
    client.close()
    assert not path.exists()
    assert not path.parent.exists()
    with pytest.raises((SupervisorGone, OSError, ValueError)):
        client.receive()
