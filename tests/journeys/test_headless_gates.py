"""Requests held at gates in real hosts, by orders: changed, let go, told of, and released by every end."""

from __future__ import annotations

import base64
import os
import signal
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.capture.filters import parse
from engine.capture.reader import CaptureReader
from engine.hosting.client import SupervisorClient
from engine.hosting.errors import HostingError
from engine.hosting.profile import Profile
from engine.observe.facts import Means
from tests.journeys.headless import DEADLINE, alive, until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")

LINES = """
import os, socketserver
class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())
class Word(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read().upper())
"""
PROGRAM = """
import engine
from lines import Lines
class Served(engine.{base}):
    max_workers, workers = 4, 2
with Served(("127.0.0.1", 0), Lines) as server:
    server.serve_forever()
"""
TWO = """
import threading, engine
from lines import Lines
servers = [engine.ThreadingTCPServer(("127.0.0.1", 0), Lines) for _ in range(2)]
for server in servers:
    threading.Thread(target=server.serve_forever).start()
"""
Pause = dict[str, Any]


class Person:
    """Sets gates at a supervisor, sees in its ticks what is held, and decides."""

    def __init__(self, client: SupervisorClient, folder: Path) -> None:
        self.client = client
        self._folder = folder
        self.capture = folder / "a.socketscope"
        (folder / "lines.py").write_text(LINES)
        self.tick: dict[str, Any] = {"servers": [], "paused": []}
        self._decided: set[str] = set()

    def start(self, server_class: str = "ThreadingTCPServer", handler: str = "Lines", key: str = "k") -> Any:
        """Start one server; returns its address."""
        profile = Profile(
            key, server_class=server_class, handler_file=str(self._folder / "lines.py"), handler_class=handler
        )
        return address_of(self.client.request("start", DEADLINE, key=key, profile=profile)["address"])

    def run(self, base: str) -> Any:
        """Run a program that makes a server of this class; returns its address."""
        (self._folder / "program.py").write_text(PROGRAM.format(base=base))
        script = str(self._folder / "program.py")
        self.client.request(
            "start", DEADLINE, key="k", profile=Profile(base, kind="script", script=script, directory=str(self._folder))
        )
        return address_of(self.see(lambda: self.part("address")))

    def run_two(self) -> list[Any]:
        """Run a program that makes two servers; returns their addresses."""
        (self._folder / "program.py").write_text(TWO)
        profile = Profile("two", kind="script", script=str(self._folder / "program.py"), directory=str(self._folder))
        self.client.request("start", DEADLINE, key="k", profile=profile)

        def parts() -> list[str]:
            return [line["address"] for line in self.tick["servers"] if line["kind"] == "part"]

        self.see(lambda: len(parts()) == 2)
        return [address_of(address) for address in parts()]

    def part(self, member: str) -> Any:
        """What the last tick says of the program's server."""
        return next((line[member] for line in self.tick["servers"] if line["kind"] == "part"), None)

    def set(self, *gates: dict[str, Any], key: str = "k") -> None:
        """These are the gates from now on."""
        numbered = [{"number": number, **gate} for number, gate in enumerate(gates, 1)]
        self.client.request("gates", key=key, gates=numbered)
        self.settle(key)

    def settle(self, key: str = "k") -> None:
        """Wait until the host has heard all orders."""
        self.client.request("stacks", key=key)

    def see(self, condition: Callable[[], Any]) -> Any:
        """Take ticks until it is so."""
        ends = time.monotonic() + DEADLINE
        while not (found := condition()):
            if time.monotonic() > ends:
                raise TimeoutError(f"It never came to be: {self.tick}")
            self.client.wait(1.0)
            self.tick = next((m for m in reversed(self.client.receive()) if "tick" in m), self.tick)
        return found

    def paused(self, count: int = 1) -> list[Pause]:
        """Everything that is held, once it is so much."""
        self.see(lambda: len(self.undecided()) == count)
        return sorted(self.undecided(), key=lambda pause: str(pause["gate"]))

    def undecided(self) -> list[Pause]:
        """What is held, but for what has been let go since the tick."""
        return [pause for pause in self.tick["paused"] if pause["number"] not in self._decided]

    def decide(self, pause: Pause, deed: str = "continue", data: bytes | None = None) -> None:
        """Let it go on."""
        encoded = None if data is None else base64.b64encode(data).decode()
        self._decided.add(pause["number"])
        self.client.request("decide", number=pause["number"], deed=deed, data=encoded)


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        yield Person(client, tmp_path)


def address_of(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def connect(address: Any, data: bytes = b"") -> socket.socket:
    """A connected client that has sent something."""
    sock = socket.create_connection(address, DEADLINE)
    sock.sendall(data)
    return sock


def ask(address: Any, data: bytes) -> bytes:
    """One request."""
    with connect(address, data) as sock:
        return sock.recv(1000)


def data_of(pause: Pause) -> bytes:
    return base64.b64decode(pause["data"] or "")


class Load:
    """Clients that ask one after the other, and count."""

    def __init__(self, address: Any, threads: int = 4) -> None:
        self._address = address
        self.answered = 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            assert ask(self._address, b"load\n") == b"LOAD\n"
            self.answered += 1

    def rate(self, seconds: float) -> float:
        """Answers a second, over a while."""
        before, began = self.answered, time.monotonic()
        self._over.wait(seconds)
        return (self.answered - before) / (time.monotonic() - began)

    def stop(self) -> None:
        """The end."""
        self._over.set()
        for thread in self._threads:
            thread.join(DEADLINE)


def test_two_wait_in_a_threading_server_while_others_keep_their_rate(person: Person) -> None:
    address = person.start()
    # The clients bind first, so that the conditions can name them: bytes may come after verify_request.
    with socket.socket() as first, socket.socket() as second:
        names = []
        for sock in (first, second):
            sock.settimeout(DEADLINE)
            sock.bind(("127.0.0.1", 0))
            names.append(f"peer::{sock.getsockname()[1]}")
        person.set({"point": "verify_request", "condition": names[0]}, {"point": "handle", "condition": names[1]})
        load = Load(address)
        try:
            load.rate(0.3)
            free = load.rate(1.0)
            for sock, said in ((first, b"first\n"), (second, b"second\n")):
                sock.connect(address)
                sock.sendall(said)
            pauses = person.paused(2)
            held = load.rate(1.0)
        finally:
            load.stop()
        print(f"\nload without anything held {free:.0f}/s, with two held {held:.0f}/s")
        assert held > 0.7 * free
        assert [(p["point"], p["blocks"], p["peer"], p["key"]) for p in pauses] == [
            ("verify_request", False, True, "k"),
            ("handle", False, True, "k"),
        ]
        person.see(lambda: all(pause["id"] for pause in person.tick["paused"]))
        if data_of(pauses[0]):
            person.decide(pauses[0], data=b"changed one\n")
        else:
            person.decide(pauses[0])
        person.decide(pauses[1], data=b"changed two, and longer\n")
        assert first.recv(100) in (b"CHANGED ONE\n", b"FIRST\n")
        assert second.recv(100) == b"CHANGED TWO, AND LONGER\n"
        person.paused(0)


@pytest.mark.parametrize("server_class", ["ForkingTCPServer", "ThreadingTCPServer", "TCPServer"])
@pytest.mark.parametrize("point", ["received", "sent", "handle"])
def test_edited_at_each_kind_of_point(person: Person, server_class: str, point: str) -> None:
    address = person.start(server_class)
    person.set({"point": point})
    with connect(address, b"held\n") as sock:
        pause = person.paused()[0]
        assert pause["blocks"] == (server_class == "TCPServer")
        if point == "handle" and not data_of(pause):  # quicker than the bytes
            person.decide(pause)
            assert sock.recv(100) == b"HELD\n"
            return
        assert data_of(pause) == (b"HELD\n" if point == "sent" else b"held\n")
        person.decide(pause, data=b"Changed\n")
        assert sock.recv(100) == (b"Changed\n" if point == "sent" else b"CHANGED\n")
    person.client.request("stop", DEADLINE, key="k")
    with CaptureReader(person.capture) as reader:
        (record,) = reader.requests(parse("touched:edited"))
        told = reader.interferences(record.id)
    assert [one.means for one in told] == [Means.PAUSED, Means.EDITED]
    assert told[0].amount > 0
    before = b"HELD\n" if point == "sent" else b"held\n"
    assert told[1].detail.endswith(f": {repr(before)[2:-1]} → Changed\\n")


@pytest.mark.parametrize("server_class", ["UDPServer", "ThreadingUDPServer", "ForkingUDPServer"])
@pytest.mark.parametrize("point", ["verify_request", "handle"])
def test_an_edited_datagram(person: Person, server_class: str, point: str) -> None:
    address = person.start(server_class, "Word")
    person.set({"point": point, "condition": "text:held"})
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.settimeout(DEADLINE)
        sock.sendto(b"free", address)
        assert sock.recv(100) == b"FREE"
        sock.sendto(b"held", address)
        pause = person.paused()[0]
        assert (pause["datagram"], data_of(pause)) == (True, b"held")
        person.decide(pause, data=b"changed")
        assert sock.recv(100) == b"CHANGED"


@pytest.mark.parametrize("base", ["ThreadPoolTCPServer", "PreforkTCPServer"])
@pytest.mark.parametrize("point", ["verify_request", "process_request", "received"])
def test_lasting_workers(person: Person, base: str, point: str) -> None:
    """Gates come and go while they serve; the workers heed each change."""
    address = person.run(base)
    assert ask(address, b"before\n") == b"BEFORE\n"
    for _ in range(2):
        person.set({"point": point})
        sock = hold_any(person, address)
        with sock:
            pause = person.paused()[0]
            assert pause["point"] == point
            person.decide(pause, data=b"changed\n" if point == "received" else None)
            assert sock.recv(100) == (b"CHANGED\n" if point == "received" else b"HELD\n")
        person.set()
        assert ask(address, b"free\n") == b"FREE\n"


def hold_any(person: Person, address: Any) -> socket.socket:
    """A client that is held; workers that have not been replaced yet serve those before it."""
    ends = time.monotonic() + DEADLINE
    while time.monotonic() < ends:
        sock = connect(address, b"held\n")
        sock.settimeout(0.5)
        try:
            assert sock.recv(100) == b"HELD\n"
        except TimeoutError:
            sock.settimeout(DEADLINE)
            return sock
        sock.close()
    raise TimeoutError("Nobody is held.")


ENDS = ["ThreadingTCPServer", "ForkingTCPServer", "TCPServer", "ThreadPoolTCPServer", "PreforkTCPServer"]


@pytest.mark.parametrize("server_class", ENDS)
@pytest.mark.parametrize("order", ["stop", "restart"])
def test_a_server_with_held_requests_ends_in_its_usual_time(person: Person, server_class: str, order: str) -> None:
    is_program = server_class.startswith(("ThreadPool", "Prefork"))
    address = person.run(server_class) if is_program else person.start(server_class)
    person.set({"point": "received"}, {"point": "sent"}, {"point": "finish"})
    with hold_any(person, address) as sock:
        person.paused()
        sock.shutdown(socket.SHUT_WR)
        began = time.monotonic()
        person.client.request(order, DEADLINE, key="k")
        took = time.monotonic() - began
        assert sock.recv(100) == b"HELD\n"
        assert took < 1.5
        person.paused(0)


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "ForkingTCPServer"])
def test_the_end_of_the_supervisor_ends_all(tmp_path: Path, server_class: str) -> None:
    client = SupervisorClient.spawn(tmp_path / "a.socketscope")
    person = Person(client, tmp_path)
    address = person.start(server_class)
    person.set({"point": "received"})
    with connect(address, b"held\n") as sock:
        pid = person.paused()[0]["pid"]
        os.kill(client.pid, signal.SIGKILL)
        assert sock.recv(100) in (b"", b"HELD\n")
        until(lambda: not alive([pid]))  # who has to collect it is not for us to say
    client.close()


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "ForkingTCPServer"])
def test_a_peer_that_leaves_is_told(person: Person, server_class: str) -> None:
    address = person.start(server_class)
    person.set({"point": "received"})
    with connect(address, b"held\n"):
        assert person.paused()[0]["peer"]
    person.see(lambda: not person.tick["paused"][0]["peer"])
    person.decide(person.paused()[0])
    person.paused(0)


def test_a_worker_killed_while_it_waits_leaves_the_list(person: Person) -> None:
    address = person.start("ForkingTCPServer")
    person.set({"point": "received"})
    with connect(address, b"held\n") as sock:
        os.kill(person.paused()[0]["pid"], signal.SIGKILL)
        person.paused(0)
        assert sock.recv(100) == b""
    person.set()
    assert ask(address, b"next\n") == b"NEXT\n"


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "ForkingTCPServer"])
@pytest.mark.parametrize("point", ["process_request", "received"])
def test_patience_ends(person: Person, server_class: str, point: str) -> None:
    address = person.start(server_class)
    person.set({"point": point, "patience": 0.4})
    began = time.monotonic()
    assert ask(address, b"held\n") == b"HELD\n"
    assert 0.4 <= time.monotonic() - began < 1.5
    person.paused(0)


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "ForkingTCPServer"])
def test_the_master_switch(person: Person, server_class: str) -> None:
    address = person.start(server_class)
    person.set({"point": "received"}, {"point": "sent"})
    with connect(address, b"held\n") as sock:
        person.paused()
        person.client.request("gates_on", on=False)
        person.paused(0)
        assert sock.recv(100) == b"HELD\n"
        assert ask(address, b"free\n") == b"FREE\n"
    person.client.request("gates_on", on=True)
    person.settle()
    with connect(address, b"again\n") as sock:
        person.decide(person.paused()[0], "drop")
        assert sock.recv(100) == b""


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "ForkingTCPServer"])
def test_steps_and_other_ends(person: Person, server_class: str) -> None:
    address = person.start(server_class)
    person.set({"point": "setup"})
    with connect(address, b"held\n") as sock:
        person.decide(person.paused()[0], "step")
        pause = person.paused()[0]
        assert pause["point"] == "handle"
        person.decide(pause, "answer", b"mine\n")
        assert sock.recv(100) == b"mine\n"
    with connect(address, b"held\n") as sock:
        person.decide(person.paused()[0], "reset")
        with pytest.raises(ConnectionResetError):
            sock.recv(100)


@pytest.mark.parametrize("server_class", ENDS)
def test_one_that_runs_is_halted_though_no_gate_ever_was(person: Person, server_class: str) -> None:
    is_program = server_class.startswith(("ThreadPool", "Prefork"))
    address = person.run(server_class) if is_program else person.start(server_class)
    with connect(address, b"one\n") as sock:
        assert sock.recv(100) == b"ONE\n"
        with CaptureReader(person.client.capture_path) as reader:
            until(lambda: any(one.worker for one in reader.requests()))
            identity = next(iter(reader.requests())).id
        person.client.request("halt", request=identity)
        person.settle()
        sock.sendall(b"two\n")
        pause = person.paused()[0]
        # Where its handler waited in a read that nobody held, what is read passes, and the answer is held.
        assert (pause["point"], data_of(pause)) in [("received", b"two\n"), ("sent", b"TWO\n")]
        person.decide(pause, data=b"deux\n" if pause["point"] == "received" else b"DEUX\n")
        assert sock.recv(100) == b"DEUX\n"
        sock.sendall(b"three\n")
        assert sock.recv(100) == b"THREE\n"


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "ForkingTCPServer", "PreforkTCPServer"])
def test_every_third_and_only_the_next_are_counted_over_all_workers(person: Person, server_class: str) -> None:
    address = person.run(server_class) if server_class.startswith("Prefork") else person.start(server_class)
    lasting = server_class.startswith("Prefork")  # a worker that has not been replaced yet knows no gate
    person.set({"point": "handle", "every": 3, "patience": 0.4, "condition": "peer:127"})
    assert until_held(address) == 3 or lasting
    assert until_held(address) == 3
    assert not waited(address)
    # What does not say which requests are meant leaves the count as it is.
    person.set({"point": "handle", "every": 3, "patience": 0.5, "condition": "peer:127"})
    assert until_held(address) == 2
    person.set({"point": "handle", "every": 3, "patience": 0.5, "condition": "peer:127.0"})
    assert until_held(address) == 3 or lasting
    person.set({"point": "handle", "once": True, "patience": 0.4, "condition": "peer:127"})
    assert until_held(address) == 1 or lasting
    assert [waited(address) for _ in range(4)] == [False] * 4


def until_held(address: Any) -> int:
    """How many requests it takes until one is held, that one included."""
    return next(number for number in range(1, 20) if waited(address))


def waited(address: Any) -> bool:
    """Whether a request was held for its gate's patience."""
    began = time.monotonic()
    assert ask(address, b"word\n") == b"WORD\n"
    return time.monotonic() - began > 0.35


def test_two_servers_of_one_program_have_gates_of_their_own(person: Person) -> None:
    first, second = person.run_two()
    person.set({"point": "received"}, key="k/1")
    person.set({"point": "sent"}, key="k/2")
    for address, key, point in ((first, "k/1", "received"), (second, "k/2", "sent")):
        with connect(address, b"held\n") as sock:
            pause = person.paused()[0]
            assert (pause["key"], pause["point"], pause["gate"]) == (key, point, 1)
            person.decide(pause)
            assert sock.recv(100) == b"HELD\n"
    person.set(key="k/1")
    assert ask(first, b"free\n") == b"FREE\n"
    with connect(second, b"held\n"):
        person.decide(person.paused()[0])


@pytest.mark.parametrize(
    ("gate", "code", "position"),
    [
        ({"point": "handle", "condition": "peer:a in>lots"}, "bad_condition", 7),
        ({"point": "handle", "condition": "regex:("}, "bad_condition", 0),
        ({"point": "nowhere"}, "bad_gate", None),
        ({"point": "handle", "patience": 0}, "bad_gate", None),
    ],
)
def test_bad_gates_are_refused(person: Person, gate: dict[str, Any], code: str, position: int | None) -> None:
    address = person.start()
    with pytest.raises(HostingError) as raised:
        person.set(gate)
    assert (raised.value.code, raised.value.extras.get("position")) == (code, position)
    assert raised.value.sentence.endswith(".")
    assert ask(address, b"free\n") == b"FREE\n"


def test_continue_frees_within_20_ms(person: Person) -> None:
    for server_class in ("ThreadingTCPServer", "ForkingTCPServer"):
        address = person.start(server_class, key=server_class)
        person.set({"point": "received"}, key=server_class)
        took = []
        for _ in range(50):
            with connect(address, b"held\n") as sock:
                pause = person.paused()[0]
                began = time.perf_counter()
                person.client.order("decide", number=pause["number"], deed="continue")
                assert sock.recv(100) == b"HELD\n"
                took.append(1000 * (time.perf_counter() - began))
                person.paused(0)
        print(f"\n{server_class}: order to answer: median {statistics.median(took):.2f} ms, most {max(took):.2f} ms")
        assert statistics.median(took) < 20
