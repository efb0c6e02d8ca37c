"""A server observed at full depth: what became of its requests, and how long they took, told by the capture."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from engine.capture.filters import parse
from engine.capture.reader import CaptureReader

from .headless import DEADLINE, Running, call, data_of, port_of, show, until, wait_closed

HANDLERS = Path(__file__).with_name("handlers_depth.py")
WORDS = ("answer", "answer", "answer", "bug", "elsewhere", "late", "cut", "short")


def ask(address: tuple[str, int], word: str) -> None:
    """One client, as the handler's methods expect them."""
    with socket.create_connection(address, DEADLINE) as client:
        client.sendall(word.encode() + b"\n")
        if word == "cut":
            assert client.recv(100) == b"now\n"
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if word == "short":
            client.shutdown(socket.SHUT_WR)
        while client.recv(100):
            pass


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a server left that was asked for all of WORDS."""
    path = tmp_path_factory.mktemp("depth") / "a.socketscope"
    with Running("serve", f"{HANDLERS}:Many", "--json", "--record", str(path)) as running:
        address = port_of(running.item()["address"])
        for word in WORDS:
            ask(address, word)
        wait_closed(path, len(WORDS))
        assert running.stop() == 0
    return path


def summary(capture: Path) -> dict[str, Any]:
    """The one server's summary."""
    done = call("show", "--summary", "--json", str(capture))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_became_of_the_requests(capture: Path) -> None:
    counters = summary(capture)["counters"]
    assert {name: count for name, count in counters.items() if count and not name.startswith("bytes")} == {
        "accepted": 8, "handled": 3, "failed": 2, "timed_out": 1, "reset": 2,
    }  # fmt: skip
    assert counters["bytes_in"] == sum(len(word) + 1 for word in WORDS)
    assert counters["bytes_out"] == 3 * len(b"answer\n") + len(b"now\n")


def test_how_long_the_stages_took(capture: Path) -> None:
    stages = summary(capture)["stages"]
    assert list(stages)[:3] == ["request", "get_request", "verify_request"]
    assert {stages[name]["count"] for name in ("request", "queue", "setup", "handle", "finish")} == {len(WORDS)}
    handle = stages["handle"]
    assert handle["p50"] <= handle["p95"] <= handle["p99"] <= handle["max"] <= stages["request"]["max"]
    assert handle["max"] >= 10_000_000


def test_people_read_it_as_a_table(capture: Path) -> None:
    done = call("show", "--summary", str(capture))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Many (ThreadingTCPServer, 127.0.0.1:")
    assert lines[1] == "  8 accepted: 3 handled, 2 failed, 2 reset, 1 timed out"
    assert next(line for line in lines if line.startswith("  handle ")).split()[1] == str(len(WORDS))


def test_a_summary_is_not_of_some_requests(capture: Path) -> None:
    done = call("show", "--summary", "--where", "state:error", str(capture))
    assert (done.returncode, done.stdout) == (2, "")
    assert "takes neither --where nor --bytes" in done.stderr


def test_where_the_handlers_time_went(capture: Path) -> None:
    """The one that waited 10 ms in vain for more spent them in a call that received."""
    (late,) = show(capture, "--where", "cause:timeout")
    spent = late["handle"]
    assert spent["receiving"] + spent["sending"] + spent["otherwise"] <= spent["lasted"]
    assert spent["receiving"] >= 9_000_000


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("bug", {"bug", "elsewhere"}),
        ("timeout", {"late"}),
        ("peer", {"cut", "short"}),
        ("peer,timeout", {"cut", "short", "late"}),
    ],
)
def test_whose_doing_it_was(capture: Path, cause: str, words: set[str]) -> None:
    found = show(capture, "--where", f"cause:{cause}")
    assert {data_of(request, "in").decode().strip() for request in found} == words
    assert {request["error"]["cause"] for request in found} == set(cause.split(","))


def test_a_slow_stage_is_told_while_it_lasts(tmp_path: Path) -> None:
    path = tmp_path / "a.socketscope"

    def told() -> bool:
        with CaptureReader(path) as reader:
            return len(reader.ids(parse("slow:handle"))) > 0

    with Running("serve", f"{HANDLERS}:Many", "--json", "--slow", "0.2", "--record", str(path)) as running:
        address = port_of(running.item()["address"])
        with socket.create_connection(address, DEADLINE) as patient:
            patient.sendall(b"patient\n")
            assert patient.recv(100) == b"now\n"
            stuck = threading.Thread(target=ask, args=(address, "slow"))
            stuck.start()
            until(told)
            ask(address, "go")
            stuck.join(DEADLINE)
            patient.sendall(b"thanks\n")
            assert patient.recv(100) == b""
        wait_closed(path, 3)
        assert running.stop() == 0
    (found,) = show(path, "--where", "slow:*")
    assert data_of(found, "in") == b"slow\n"
    (slow,) = found["slow"]
    assert (slow["stage"], slow["allowed"], slow["doing"]) == ("handle", 200_000_000, "signal")
    assert slow["noticed"] - slow["started"] >= 200_000_000
    assert [frame["function"] for frame in slow["frames"] if frame["file"] == str(HANDLERS)] == [
        "Many.handle",
        "Many.slow",
    ]


def test_a_childs_slow_stage_is_told_from_outside(tmp_path: Path) -> None:
    path = tmp_path / "a.socketscope"

    def told() -> bool:
        with CaptureReader(path) as reader:
            return len(reader.ids(parse("slow:handle"))) > 0

    words = ("--server", "ForkingTCPServer", "--record", str(path))
    with Running("serve", f"{HANDLERS}:Many", "--json", *words) as running:
        address = port_of(running.item()["address"])
        with (
            socket.create_connection(address, DEADLINE) as patient,
            socket.create_connection(address, DEADLINE) as stuck,
        ):
            patient.sendall(b"patient\n")
            assert patient.recv(100) == b"now\n"
            stuck.sendall(b"slow\n")
            until(told)
        running.stop()
    (found,) = show(path, "--where", "slow:*")
    assert data_of(found, "in") == b"slow\n"
    (slow,) = found["slow"]
    functions = [frame["function"] for frame in slow["frames"] if frame["file"] == str(HANDLERS)]
    assert [name.rpartition(".")[2] for name in functions] == ["handle", "slow"]


def test_clients_that_wait_to_be_accepted_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.socketscope"
    words = ("--server", "TCPServer", "--set", "request_queue_size=2", "--slow", "0", "--record", str(path))

    def queued() -> int:
        with CaptureReader(path) as reader:
            (server,) = reader.servers()
            second = time.monotonic_ns() // 1_000_000_000
            return max(one.queued for one in reader.load(server.id, second - 60, second))

    with (
        Running("serve", f"{HANDLERS}:Many", "--json", *words) as running,
        contextlib.ExitStack() as clients,
    ):
        address = port_of(running.item()["address"])
        first = clients.enter_context(socket.create_connection(address, DEADLINE))
        first.sendall(b"patient\n")
        assert first.recv(100) == b"now\n"
        for _ in range(3):  # Linux takes one above the limit
            clients.enter_context(socket.create_connection(address, DEADLINE))
        until(lambda: queued() == 3)
        first.sendall(b"thanks\n")
        assert first.recv(100) == b""
        assert running.stop() == 0


def test_slow_takes_seconds() -> None:
    for text, said in (("soon", "is no number of seconds"), ("-1", "must be seconds from 0")):
        done = call("serve", f"{HANDLERS}:Many", "--slow", text)
        assert done.returncode == 2
        assert said in done.stderr
