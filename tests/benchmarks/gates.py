"""What gates cost, and how fast a held request goes on: `python3 -m tests.benchmarks.gates`.

First the CPU time of a request on a watched server, in rounds that take turns: before any gate ever was, with gates on
another server of the same program, with a gate here that matches nothing, and after it has been taken away. Then the
time from "continue" to the answer, through a real supervisor, host and client.
"""

from __future__ import annotations

import base64
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import engine
from engine.debug.gates import Gate
from engine.debug.interference import Interference
from engine.debug.waiting import WaitingRoom
from engine.hosting.client import SupervisorClient
from engine.hosting.profile import Profile
from engine.observe import acting
from engine.observe.recorder import Recorder

REQUESTS = 1_500
ROUNDS = 15
HELD = 100
DEADLINE = 20.0
NOWHERE = {"number": 1, "point": "handle", "terms": [{"word": "text:", "value": base64.b64encode(b"no").decode()}]}
ECHO = """
import socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline())
"""


class Echo(engine.BaseRequestHandler):
    """Answers what it is asked."""

    def handle(self) -> None:
        self.request.sendall(self.request.recv(100))


class Served(engine.TCPServer):
    """Is given connections instead of accepting them."""

    def get_request(self) -> tuple[Any, Any]:
        self.client, given = socket.socketpair()
        self.client.send(b"hello\n")
        return given, ("127.0.0.1", 1)


def watched() -> Served:
    """A server whose facts are recorded, and go nowhere."""
    server = Served(("127.0.0.1", 0), Echo)
    server.add_observer(Recorder(len))
    return server


def microseconds(server: Served) -> float:
    """CPU time of one request."""
    serve = server._handle_request_noblock
    began = time.process_time_ns()
    for _ in range(REQUESTS):
        serve()
        server.client.close()
    return (time.process_time_ns() - began) / REQUESTS / 1000


def costs() -> dict[str, float]:
    """The median of each, as a share of what the first takes in the same round."""
    here, elsewhere = watched(), watched()
    numbers = [server._ss_place.number for server in (here, elsewhere) if server._ss_place is not None]

    def gate(*servers: int) -> None:
        made = Gate.from_json({**NOWHERE, "servers": servers})
        acting.choose(Interference(WaitingRoom(lambda event: None), [made]) if servers else None)

    states: dict[str, Callable[[], None]] = {
        "no gate": lambda: gate(),
        "no gate, once more": lambda: gate(),
        "a gate on another server of the program": lambda: gate(numbers[1]),
        "a gate here that matches nothing": lambda: gate(numbers[0]),
        "the gate has been taken away": lambda: gate(),
    }
    found: dict[str, list[float]] = {name: [] for name in states}
    for _ in range(ROUNDS):
        for name, bring_about in states.items():
            bring_about()
            found[name].append(microseconds(here))
    for server in (here, elsewhere):
        server.server_close()
    first = found["no gate"]
    print(f"{statistics.median(first):.1f} µs of CPU a request without a gate, median of {ROUNDS} rounds of {REQUESTS}")
    return {
        name: statistics.median(one / other for one, other in zip(values, first, strict=True))
        for name, values in found.items()
    }


def continued(server_class: str) -> list[float]:
    """From the order "continue" to the client's answer, ms, for each of some held requests."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "echo.py").write_text(ECHO)
        profile = Profile("echo", server_class=server_class, handler_file=f"{folder}/echo.py", handler_class="Echo")
        with SupervisorClient.spawn(Path(folder) / "a.socketscope") as client:
            address = client.request("start", DEADLINE, key="k", profile=profile)["address"]
            client.request("gates", key="k", gates=[{"number": 1, "point": "received"}])
            client.request("stacks", key="k")
            host, _, port = address.rpartition(":")
            return [_continue(client, (host, int(port))) for _ in range(HELD)]


def _continue(client: SupervisorClient, address: tuple[str, int]) -> float:
    with socket.create_connection(address, DEADLINE) as sock:
        sock.sendall(b"held\n")
        number = _wait(client, held=True)
        began = time.perf_counter()
        client.order("decide", number=number, deed="continue")
        assert sock.recv(100) == b"held\n"
        took = (time.perf_counter() - began) * 1000
    _wait(client, held=False)
    return took


def _wait(client: SupervisorClient, *, held: bool) -> str:
    while True:
        for message in client.receive():
            if "tick" in message and bool(message["paused"]) is held:
                return str(message["paused"][0]["number"]) if held else ""
        client.wait(1.0)


def main() -> None:
    """Print all figures."""
    for name, share in costs().items():
        print(f"{name:42} {(share - 1) * 100:+6.2f} %")
    for server_class in ("ThreadingTCPServer", "ForkingTCPServer"):
        took = sorted(continued(server_class))
        print(
            f"continue, {server_class:20} median {statistics.median(took):.2f} ms, "
            f"95 % {took[HELD * 95 // 100]:.2f} ms, most {took[-1]:.2f} ms, of {HELD}"
        )


if __name__ == "__main__":
    main()
