"""Requests are held at gates while others flow, and become what was decided."""

from __future__ import annotations

import base64
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import engine
from engine.debug.gates import Gate
from engine.debug.interference import Interference
from engine.debug.pauses import Decision
from engine.debug.waiting import WaitingRoom
from engine.observe import acting
from tests.engine.serving import DEADLINE, DatagramEcho, Echo, Notes, ask, serving

BEFORE_HANDLE = ("verify_request", "process_request", "finish_request", "setup", "handle")


class Desk:
    """The person who decides."""

    def __init__(self) -> None:
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()
        self.room = WaitingRoom(self.told.put)

    def paused(self) -> dict[str, Any]:
        """The next pause."""
        while True:
            event = self.told.get(timeout=DEADLINE)
            if event["event"] == "paused":
                return event

    def decide(self, pause: dict[str, Any], deed: str = "continue", data: bytes | None = None) -> None:
        """Let it go on."""
        assert self.room.decide(pause["number"], Decision(deed, data))


@contextmanager
def gated(*gates: dict[str, Any]) -> Iterator[Desk]:
    desk = Desk()
    acting.choose(Interference(desk.room, [Gate.from_json({"number": 1, **gate}) for gate in gates]))
    try:
        yield desk
    finally:
        acting.choose(None)
        desk.room.release()


class Asking:
    """A client in its own thread."""

    def __init__(self, call: Callable[[], bytes]) -> None:
        self._answer: queue.Queue[bytes | OSError] = queue.Queue()
        self._call = call
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._answer.put(self._call())
        except OSError as error:
            self._answer.put(error)

    def answer(self) -> bytes | OSError:
        """What came back."""
        return self._answer.get(timeout=DEADLINE)


def tcp() -> Any:
    return engine.ThreadingTCPServer(("127.0.0.1", 0), Echo)


def data_of(pause: dict[str, Any]) -> bytes:
    return base64.b64decode(pause["data"])


@pytest.mark.parametrize("point", [*BEFORE_HANDLE, "finish"])
def test_the_matching_request_waits_and_others_do_not(point: str) -> None:
    with socket.socket() as held, ExitStack() as stack:
        held.settimeout(DEADLINE)
        held.bind(("127.0.0.1", 0))
        peer = {"word": "peer:", "value": f":{held.getsockname()[1]}"}
        desk = stack.enter_context(gated({"point": point, "terms": [peer]}))
        server = stack.enter_context(serving(tcp(), Notes()))
        held.connect(server.server_address)
        held.sendall(b"hold me\n")
        pause = desk.paused()
        assert (pause["point"], pause["when"], pause["blocks"]) == (point, "before", False)
        for number in range(20):
            assert ask(server.server_address, b"%d\n" % number) == b"%d\n" % number
        desk.decide(pause)
        assert held.recv(100) == b"hold me\n"


def test_a_condition_on_the_bytes() -> None:
    terms = [{"word": "text:", "value": base64.b64encode(b"hold").decode()}]
    with gated({"point": "received", "terms": terms}) as desk, serving(tcp(), Notes()) as server:
        assert ask(server.server_address, b"let go\n") == b"let go\n"
        asking = Asking(lambda: ask(server.server_address, b"hold\n"))
        desk.decide(desk.paused())
        assert asking.answer() == b"hold\n"


@pytest.mark.parametrize("point", ["verify_request", "setup", "handle"])
def test_bytes_edited_before_the_handler_reads_them(point: str) -> None:
    with gated({"point": point}) as desk, serving(tcp(), Notes()) as server, socket.socket() as held:
        held.settimeout(DEADLINE)
        held.connect(server.server_address)
        held.sendall(b"good morning\n")
        pause = desk.paused()
        if data_of(pause) == b"good morning\n":
            desk.decide(pause, data=b"good evening, all\n")
            assert held.recv(100) == b"good evening, all\n"
        else:  # accepted before the bytes came
            desk.decide(pause)
            assert held.recv(100) == b"good morning\n"


def test_received_and_sent_chunks_are_edited() -> None:
    with gated({"point": "received"}, {"point": "sent"}) as desk, serving(tcp(), Notes()) as server:
        asking = Asking(lambda: ask(server.server_address, b"abc\n"))
        pause = desk.paused()
        assert (pause["point"], data_of(pause)) == ("received", b"abc\n")
        desk.decide(pause, data=b"ABC\nrest")
        pause = desk.paused()
        assert (pause["point"], data_of(pause)) == ("sent", b"ABC\n")
        desk.decide(pause, data=b"changed\n")
        assert asking.answer() == b"changed\n"


@pytest.mark.parametrize(
    "point", ["verify_request", "process_request", "finish_request", "setup", "handle", "received"]
)
@pytest.mark.parametrize("deed", ["drop", "reset", "answer"])
def test_a_held_request_is_ended(point: str, deed: str) -> None:
    notes = Notes()
    with gated({"point": point, "once": True}) as desk, serving(tcp(), notes) as server:
        with socket.create_connection(server.server_address, DEADLINE) as held:
            if point == "received":
                held.sendall(b"abc\n")  # elsewhere unread bytes would turn every end into a reset
            desk.decide(desk.paused(), deed, b"mine" if deed == "answer" else None)
            try:
                came = held.recv(100)
            except ConnectionResetError:
                came = b"reset"
        assert came == {"drop": b"", "reset": b"reset", "answer": b"mine"}[deed]
        assert ask(server.server_address, b"next\n") == b"next\n"
    first = min(notes.named("request_closed"), key=lambda fact: int(fact[1].id))
    assert first[2].name == {"drop": "REJECTED", "reset": "RESET", "answer": "DONE"}[deed]


def test_next_stage_stops_at_each() -> None:
    with gated({"point": "verify_request", "once": True}) as desk, serving(tcp(), Notes()) as server:
        asking = Asking(lambda: ask(server.server_address, b"abc\n"))
        seen = []
        for _ in range(7):
            pause = desk.paused()
            seen.append(pause["point"])
            desk.decide(pause, "step")
        assert asking.answer() == b"abc\n"
    assert seen == [
        "verify_request", "process_request", "finish_request", "setup", "handle", "finish", "shutdown_request",
    ]  # fmt: skip


def test_patience_ends_by_itself() -> None:
    with gated({"point": "handle", "patience": 0.05}), serving(tcp(), Notes()) as server:
        assert ask(server.server_address, b"abc\n") == b"abc\n"


def test_every_second_and_the_next_only() -> None:
    with gated({"point": "handle", "every": 2}) as desk, serving(tcp(), Notes()) as server:
        assert ask(server.server_address, b"1\n") == b"1\n"
        asking = Asking(lambda: ask(server.server_address, b"2\n"))
        desk.decide(desk.paused())
        assert asking.answer() == b"2\n"
        assert ask(server.server_address, b"3\n") == b"3\n"


class Broken(engine.StreamRequestHandler):
    """Raises."""

    def handle(self) -> None:
        raise ValueError("broken")


def test_an_exception_holds_its_request(capsys: pytest.CaptureFixture[str]) -> None:
    server = engine.ThreadingTCPServer(("127.0.0.1", 0), Broken)
    terms = [{"word": "error:", "value": "ValueError"}]
    with gated({"point": "raised", "terms": terms}) as desk, serving(server, Notes()):
        asking = Asking(lambda: ask(server.server_address, b"abc\n"))
        pause = desk.paused()
        assert pause["error"] == "ValueError"
        desk.decide(pause)
        assert asking.answer() == b""
    assert "ValueError: broken" in capsys.readouterr().err


def test_a_datagram_is_edited() -> None:
    server = engine.ThreadingUDPServer(("127.0.0.1", 0), DatagramEcho)
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with gated({"point": "handle"}) as desk, serving(server, Notes()), client:
        client.settimeout(DEADLINE)
        client.sendto(b"tick", server.server_address)
        pause = desk.paused()
        assert data_of(pause) == b"tick"
        assert pause["datagram"]
        desk.decide(pause, data=b"tock!")
        assert client.recv(100) == b"tock!"


def test_a_server_that_stops_lets_go() -> None:
    with gated({"point": "handle"}) as desk, serving(tcp(), Notes()) as server:
        asking = Asking(lambda: ask(server.server_address, b"abc\n"))
        desk.paused()
        desk.room.release()
        assert asking.answer() == b"abc\n"


def test_where_the_server_is_single_all_wait() -> None:
    server = engine.TCPServer(("127.0.0.1", 0), Echo)
    with gated({"point": "handle", "once": True}) as desk, serving(server, Notes()):
        asking = Asking(lambda: ask(server.server_address, b"abc\n"))
        pause = desk.paused()
        assert pause["blocks"]
        desk.decide(pause)
        assert asking.answer() == b"abc\n"


def test_the_peer_that_leaves_is_noticed() -> None:
    with gated({"point": "handle"}) as desk, serving(tcp(), Notes()) as server:
        with socket.create_connection(server.server_address, DEADLINE):
            pause = desk.paused()
            assert desk.room.gone() == []
        deadline = threading.Event()
        while not desk.room.gone() and not deadline.wait(0.01):
            pass
        assert desk.room.gone() == [pause["number"]]
        desk.decide(pause)


def test_a_gate_on_one_server_is_not_noticed_by_another() -> None:
    with ExitStack() as stack:
        stack.callback(acting.choose, None)
        one, other = (stack.enter_context(serving(_threading(), Notes())) for _ in range(2))
        gate = Gate.from_json({"number": 1, "point": "sent", "servers": [one._ss_place.number]})
        acting.choose(Interference(WaitingRoom(lambda event: None), [gate]))
        late = stack.enter_context(serving(_threading(), Notes()))
        assert [bool(server._ss_place.hooks.actor) for server in (one, other, late)] == [True, False, False]


def _threading() -> engine.ThreadingTCPServer:
    return engine.ThreadingTCPServer(("127.0.0.1", 0), Echo)
