"""A fault of each kind, suffered by a real client of a real host; in every kind of worker; and ended at once."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.capture.reader import CaptureReader
from engine.debug.kinds import KINDS
from engine.hosting.client import SupervisorClient
from engine.hosting.errors import HostingError
from engine.hosting.profile import SERVER_CLASSES, Profile
from tests.journeys.headless import DEADLINE, Running, call, data_of, port_of, show, until, wait_closed

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")

HANDLERS = Path(__file__).with_name("handlers_headless.py")
Address = Any


def connect(address: Address) -> socket.socket:
    """A client of any family."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    client = socket.socket(family)
    client.settimeout(DEADLINE)
    client.connect(address)
    return client


def line(address: Address, data: bytes = b"hello, world\n") -> bytes:
    """What comes back until the end."""
    with connect(address) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(1000), b""))


def datagrams(address: Address, said: list[bytes], answers: int) -> list[bytes]:
    """Send all, and take so many answers."""
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(DEADLINE)
        client.connect(address)
        for datagram in said:
            client.send(datagram)
        return [client.recv(1000) for _ in range(answers)]


def takes(least: float) -> Callable[[Address], bool]:
    def slow(address: Address) -> bool:
        began = time.monotonic()
        return line(address) == b"HELLO, WORLD\n" and time.monotonic() - began >= least

    return slow


def in_pieces(address: Address) -> bool:
    with connect(address) as client:
        client.sendall(b"abcdef\n")
        return [client.recv(100) for _ in range(3)] == [b"ABC", b"DEF", b"\n"]


def merged(address: Address) -> bool:
    with connect(address) as client:
        client.sendall(b"a\nb\n")
        return client.recv(100) == b"A\nB\n"


def reset(address: Address) -> bool:
    try:
        with connect(address) as client:
            client.sendall(b"hello\n")
            while client.recv(100):
                pass
    except ConnectionResetError:
        return True
    return False


def backs_off(address: Address) -> bool:
    began = time.monotonic()  # 10 ms, 20 ms and 40 ms
    return line(address) == b"HELLO, WORLD\n" and time.monotonic() - began >= 0.07


CASES: dict[str, tuple[str, Callable[[Address], bool]]] = {
    "latency": ("latency=200ms~50", takes(0.14)),
    "bandwidth": ("bandwidth=100,way=out", takes(0.12)),
    "split": ("split=3,gap=50ms,way=out", in_pieces),
    "merge": ("merge=4,way=out", merged),
    "truncate": ("truncate=5", lambda address: line(address) == b"HELLO"),
    "half_close": ("half-close=5", lambda address: line(address) == b"HELLO"),
    "rst": ("rst,at=start", reset),
    "lose": ("lose,every=2", lambda address: datagrams(address, [b"a", b"b", b"c"], 2) == [b"A", b"C"]),
    "duplicate": ("duplicate", lambda address: datagrams(address, [b"a"], 2) == [b"A", b"A"]),
    "reorder": ("reorder=20s,every=2", lambda a: datagrams(a, [b"a", b"b", b"c"], 3) == [b"A", b"C", b"B"]),
    "corrupt": ("corrupt,offsets=1,3,way=out", lambda address: line(address, b"ab\n")[::2] == b"A\n"),
    "accept_error": ("accept-error=3", backs_off),
    "short_write": ("short-write=1,if=peer:127", lambda address: line(address) == b"HELLO, WORLD\n"),
}
assert list(CASES) == [kind.word for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.word))
def test_each_kind(kind: Any, tmp_path: Path) -> None:
    text, suffers = CASES[kind.word]
    capture = tmp_path / "a.socketscope"
    target, server = ("Upper", "ThreadingTCPServer") if kind.streams else ("UpperDatagram", "UDPServer")
    words = ["--server", server, "--fault", text, "--seed", "7"]
    if kind.word == "short_write":  # which files of handlers that buffer would see
        words += ["--set", "handler.wbufsize=-1"]
    with Running("serve", f"{HANDLERS}:{target}", *words, "--json", "--record", str(capture)) as running:
        assert suffers(port_of(running.item()["address"]))
        wait_closed(capture)
        assert running.stop() == 0, running.errors
    told = [one["by"] for request in show(capture, "--where", f"touched:{kind.word}") for one in request["done_to"]]
    assert told
    assert set(told) == {kind.word}


@pytest.mark.parametrize(("family", "concurrency"), SERVER_CLASSES)
def test_each_kind_of_server(family: str, concurrency: str, tmp_path: Path) -> None:
    capture, path = tmp_path / "a.socketscope", f"{tmp_path}/s.sock"
    stream = family in ("tcp", "unix")
    target = f"{HANDLERS}:{'Upper' if stream else 'UpperDatagram'}"
    bind = f"unix:{path}" if family.startswith("unix") else "127.0.0.1:0"
    fault = "truncate=3,way=in,if=text:hello"
    words = ["--server", SERVER_CLASSES[family, concurrency], "--bind", bind, "--fault", fault]
    with Running("serve", target, *words, "--json", "--record", str(capture)) as running:
        said = running.item()["address"]
        address = said if family.startswith("unix") else port_of(said)
        for said in (b"hello", b"other"):
            answer = line(address, said) if stream else datagram(family, address, said, tmp_path)
            assert answer == (b"HEL" if said == b"hello" else b"OTHER")
        wait_closed(capture, 2)
        assert running.stop() == 0, running.errors
    rows = sorted(show(capture), key=lambda row: data_of(row, "in"))  # workers tell in any order
    assert [(data_of(row, "in"), [one["by"] for one in row["done_to"]]) for row in rows] == [
        (b"hello", ["truncate"]), (b"other", []),
    ]  # fmt: skip


def datagram(family: str, address: Address, said: bytes, folder: Path) -> bytes:
    kind = socket.AF_UNIX if family == "unixgram" else socket.AF_INET
    with socket.socket(kind, socket.SOCK_DGRAM) as client:
        client.settimeout(DEADLINE)
        if family == "unixgram":
            client.bind(str(folder / said.decode()))
        client.connect(address)
        client.send(said)
        return client.recv(1000)


def test_a_run_repeats_with_its_seed(tmp_path: Path) -> None:
    def run(name: str, seed: str) -> list[bytes]:
        words = ["--fault", "corrupt=20%,way=out", "--fault", "truncate=4,share=50%", "--seed", seed]
        with Running("serve", f"{HANDLERS}:Upper", *words, "--name", name) as running:
            address = port_of(running.line().strip().rpartition(" ")[2])
            return [line(address, b"abcdefgh\n") for _ in range(10)]

    once = run("a", "7")
    assert once == run("b", "7")
    assert once != run("c", "8")
    assert {len(answer) for answer in once} == {4, 9}


PROGRAM = """
import socketserver
from handlers_headless import Upper
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Upper) as server:
    server.serve_forever()
"""


def test_an_unmodified_program_suffers(tmp_path: Path) -> None:
    (tmp_path / "handlers_headless.py").write_text(HANDLERS.read_text())
    (tmp_path / "program.py").write_text(PROGRAM)
    capture = tmp_path / "a.socketscope"
    words = ["--json", "--record", str(capture), "--fault", "truncate=2", "--fault", "lose", "--seed", "7"]
    with Running("run", *words, "program.py", cwd=tmp_path) as running:
        assert line(port_of(running.item()["address"])) == b"HE"
        wait_closed(capture)
        running.stop()
    assert [one["by"] for row in show(capture) for one in row["done_to"]] == ["truncate"]


class Person:
    """Sets faults at a supervisor."""

    def __init__(self, client: SupervisorClient, capture: Path) -> None:
        self.client = client
        self.capture = capture

    def start(self, server_class: str, *faults: dict[str, Any]) -> Any:
        """Start a server that suffers from its first request on; returns its address."""
        profile = Profile(
            "k", server_class=server_class, handler_file=str(HANDLERS), handler_class="Upper",
            attributes={"workers": 1} if server_class.startswith("Prefork") else {},
        )  # fmt: skip
        answer = self.client.request("start", DEADLINE, key="k", profile=profile, faults=numbered(*faults))
        return port_of(answer["address"])

    def wait_touched(self) -> None:
        """Wait until a fault is told of."""

        def touched() -> bool:
            self.client.receive()
            with CaptureReader(self.capture) as reader:
                return any(request.injected for request in reader.requests())

        until(touched)


def numbered(*faults: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"number": number, **fault} for number, fault in enumerate(faults, 1)]


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        yield Person(client, tmp_path / "a.socketscope")


LONG = {"kind": "latency", "values": {"time": 600.0, "jitter": 0.0}}
TCP = [name for (family, _), name in SERVER_CLASSES.items() if family == "tcp"]


@pytest.mark.parametrize("server_class", TCP)
@pytest.mark.parametrize("way", ["faults", "faults_on", "stop", "restart"])
def test_a_delay_ends_at_once(server_class: str, way: str, person: Person) -> None:
    address = person.start(server_class, LONG)
    with connect(address) as client:
        client.sendall(b"hello\n")
        person.wait_touched()
        began = time.monotonic()
        orders: dict[str, dict[str, Any]] = {"faults": {"key": "k", "faults": []}, "faults_on": {"on": False}}
        members = orders.get(way, {"key": "k"})
        person.client.request(way, DEADLINE, **members)
        if way.startswith("faults"):
            assert client.recv(100) == b"HELLO\n"
        assert time.monotonic() - began < 10
    if way.startswith("faults"):
        assert line(address) == b"HELLO, WORLD\n"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "explode"}, "There is no fault 'explode'; there are latency, "),
        ({"kind": "lose"}, "lose is a fault of datagrams; this server has connections."),
        ({"kind": "split", "values": {"size": 0}}, "size must be from 1 to 1048576."),
        ({"kind": "split", "values": {"length": 3}}, "split has no length; it has size, way, gap."),
        ({"kind": "split", "share": 2}, "share must be from 0% to 100%."),
        ({"kind": "split", "every": 0}, "every must be from 1 to 1000000."),
        ({"kind": "split", "condition": "hex:0"}, "`hex:` needs pairs of hex digits"),
    ],
)
def test_a_bad_fault_changes_nothing(fault: dict[str, Any], said: str, person: Person) -> None:
    address = person.start("ThreadingTCPServer", {"kind": "truncate", "values": {"after": 2}})
    with pytest.raises(HostingError) as raised:
        person.client.request("faults", key="k", faults=numbered(fault))
    assert raised.value.sentence.startswith(said)
    assert raised.value.extras["fault"] == 1
    assert line(address) == b"HE"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fault", "explode"), "There is no fault 'explode'"),
        (("--fault", "latency=soon"), "time needs a time such as 200ms or 1.5s; not 'soon'."),
        (("--fault", "latency=1~2~3"), "latency takes one value"),
        (("--fault", "split=3,now"), "'now' sets nothing"),
        (("--fault", "split=3,colour=red"), "split has no colour=red; it has size, way, gap, share, every, seed, if."),
        (("--fault", "split=3,if=hex:0"), "needs pairs of hex digits"),
        (("--fault", "lose"), "lose is a fault of datagrams"),
        (("--fault", "split", "--seed", "x"), "The seed must be a whole number"),
    ],
)
def test_bad_words(words: tuple[str, ...], said: str) -> None:
    done = call("serve", f"{HANDLERS}:Upper", *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr
