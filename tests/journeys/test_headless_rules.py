"""Servers without any code: rules answer connections and datagrams, change while they run, and stop at once."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from engine.hosting.client import SupervisorClient
from engine.hosting.errors import HostingError
from engine.hosting.profile import SERVER_CLASSES, Profile
from tests.journeys.headless import DEADLINE, Running, call, data_of, port_of, show, talk, wait_closed

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")

DEVICE = {
    "each": "line",
    "rules": [
        {"match": "regex", "pattern": r"^SET (\w+)=(\d+)$", "answer": r"\1 is \2\r\n", "delay_ms": 5},
        {"match": "text", "pattern": "QUIT", "answer": "bye\\r\\n", "close": True},
        {"match": "any", "answer": ["what?\\r\\n", "again?\\r\\n"]},
    ],
}


def write(folder: Path, document: Any) -> str:
    file = folder / "rules.json"
    file.write_text(json.dumps(document))
    return str(file)


@pytest.mark.parametrize("server_class", [name for (family, _), name in SERVER_CLASSES.items() if family == "tcp"])
def test_a_device_is_mocked(server_class: str, tmp_path: Path) -> None:
    capture = tmp_path / "a.socketscope"
    words = ["serve", "--rules", write(tmp_path, DEVICE), "--server", server_class, "--json", "--record", str(capture)]
    with Running(*words) as running:
        address = port_of(running.item()["address"])
        with socket.create_connection(address, DEADLINE) as client, client.makefile("rb") as answers:
            for said, answered in (("SET speed=12", "speed is 12"), ("hm", "what?"), ("hm", "again?"), ("QUIT", "bye")):
                client.sendall(said.encode() + b"\r\n")
                assert answers.readline() == answered.encode() + b"\r\n"
            assert answers.read() == b""
        wait_closed(capture)
        assert running.stop() == 0, running.errors
    (row,) = show(capture)
    assert (row["server"], row["state"]) == ("rules", "done")
    assert data_of(row, "out") == b"speed is 12\r\nwhat?\r\nagain?\r\nbye\r\n"


@pytest.mark.parametrize("family", ["udp", "unix", "unixgram"])
def test_of_every_family(family: str, tmp_path: Path) -> None:
    stream = family == "unix"
    document = {"each": "chunk", "rules": [{"match": "hex", "pattern": "01 02", "answer": "hex:ff 00"}]}
    bind = "127.0.0.1:0" if family == "udp" else f"unix:{tmp_path}/s.sock"
    words = ["--rules", write(tmp_path, document), "--server", SERVER_CLASSES[family, "threading"], "--bind", bind]
    with Running("serve", *words) as running:
        said = running.line().strip().rpartition(" ")[2]
        address = port_of(said) if family == "udp" else said
        kind = socket.SOCK_STREAM if stream else socket.SOCK_DGRAM
        assert talk(kind, address, b"\x00\x01\x02", tmp_path / "me" if family == "unixgram" else None)[1] == b"\xff\x00"
        assert running.stop() == 0


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "PreforkTCPServer"])
def test_edited_while_it_runs(server_class: str, tmp_path: Path) -> None:
    profile = Profile("k", server_class=server_class, rules=DEVICE)
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        address = port_of(client.request("start", DEADLINE, key="k", profile=profile)["address"])
        with socket.create_connection(address, DEADLINE) as old:
            old.sendall(b"QUIT\n")
            assert old.recv(100) == b"bye\r\n"
        client.request("rules", key="k", rules={"each": "line", "rules": [{"answer": "new\\n"}]})
        client.request("stacks", key="k")  # orders are obeyed one after the other
        answers = set()
        for _ in range(20):  # workers are renewed one by one
            with socket.create_connection(address, DEADLINE) as sock:
                sock.sendall(b"QUIT\n")
                answers.add(sock.recv(100))
                if answers == {b"new\n"}:
                    break
        assert b"new\n" in answers
        with pytest.raises(HostingError, match="Rule 1: the delay must be from") as raised:
            client.request("rules", key="k", rules={"rules": [{"answer": "x", "delay_ms": -1}]})
        assert raised.value.extras["rule"] == 1


@pytest.mark.parametrize("server_class", ["TCPServer", "ThreadingTCPServer", "ForkingTCPServer"])
def test_a_delayed_answer_does_not_hold_up_the_end(server_class: str, tmp_path: Path) -> None:
    document = {"rules": [{"match": "text", "pattern": "slow", "answer": "late\\n", "delay_ms": 600_000}]}
    profile = Profile("k", server_class=server_class, rules=document)
    capture = tmp_path / "a.socketscope"
    with SupervisorClient.spawn(capture) as client:
        address = port_of(client.request("start", DEADLINE, key="k", profile=profile)["address"])
        with socket.create_connection(address, DEADLINE) as sock:
            sock.sendall(b"slow\n")
            began = time.monotonic()
            client.request("stop", DEADLINE, key="k")
            assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say what answers: TARGET"),
        (("json:X", "--rules", "r.json"), "Say what answers: TARGET"),
        (("--rules", "no-such.json"), "The rules in no-such.json cannot be read: no such file"),
        (("--rules", "broken.json"), "The rules in broken.json are not JSON"),
        (("--rules", "bad.json"), "Rule 1: it needs a pattern"),
    ],
)
def test_bad_words(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "bad.json").write_text('{"rules": [{"match": "text"}]}')
    (tmp_path / "r.json").write_text(json.dumps(DEVICE))
    done = call("serve", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr
