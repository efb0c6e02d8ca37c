"""A capture as a test: recorded, the handler changed under the running server, replayed, and the exit code says it."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from pathlib import Path

from engine.replay.expectations import Expectation, write_expectations
from engine.replay.playback import Playback, Step
from tests.engine.certificates import ask_tls, certificate
from tests.journeys.headless import DEADLINE, Running, call, port_of, wait_closed

HANDLER = """
import socketserver
class H(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.{how}())
class L(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline().{how}())
class D(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.packet.{how}())
"""


def save(folder: Path, how: str) -> None:
    (folder / "new.py").write_text(HANDLER.format(how=how))
    os.replace(folder / "new.py", folder / "h.py")


def converse(address: tuple[str, int], *lines: bytes) -> None:
    with socket.create_connection(address, DEADLINE) as sock:
        for line in lines:
            sock.sendall(line)
            assert sock.recv(100)
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(100) == b""


def test_a_capture_is_checked_against_code_that_was_changed(tmp_path: Path) -> None:
    save(tmp_path, "upper")
    capture = tmp_path / "c.socketscope"
    with Running("serve", "h.py:H", "--json", "--record", str(capture), cwd=tmp_path) as server:
        address = server.item()["address"]
        converse(port_of(address), b"one\n", b"two\n")
        converse(port_of(address), b"three\n")
        wait_closed(capture, 2)
        same = call("replay", str(capture), "--check", "--at-once", "--where", "id:1", cwd=tmp_path)
        assert (same.returncode, same.stderr) == (0, "")
        assert same.stdout.splitlines()[-1] == "1 equal"
        save(tmp_path, "title")
        while call("replay", str(capture), "--where", "id:2", "--json").stdout.find('"different"') < 0:
            pass  # until the saved code serves
        done = call("replay", str(capture), "--check", "--where", "id:1", "--at-once")
        assert done.returncode == 1
        assert "#1       different         8 B" in done.stdout
        assert done.stdout.rstrip().splitlines()[0].endswith("from byte 1 on; it was 8 B")
        assert call("replay", str(capture), "--where", "id:1").returncode == 0
        assert server.stop() == 0
        assert "reloaded h.py (version 2" in server.errors


def test_other_families_and_tls(tmp_path: Path) -> None:
    save(tmp_path, "upper")
    certificate(tmp_path)
    capture = tmp_path / "c.socketscope"
    words = ["--json", "--record", str(capture), "--tls-cert", "certificate.pem", "--tls-key", "key.pem"]
    with Running("serve", "h.py:L", *words, cwd=tmp_path) as server:
        address = server.item()["address"]
        assert ask_tls(port_of(address), b"hello\n") == b"HELLO\n"
        wait_closed(capture)
        done = call("replay", str(capture), "--check", "--json")
        assert done.returncode == 0, done.stdout
        assert json.loads(done.stdout)["result"] == "equal"
    capture = tmp_path / "d.socketscope"
    words = ["--json", "--record", str(capture), "--server", "ThreadingUDPServer"]
    with Running("serve", "h.py:D", *words, cwd=tmp_path) as server:
        address = server.item()["address"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"abc", port_of(address))
            assert sock.recv(100) == b"ABC"
        wait_closed(capture)
        assert call("replay", str(capture), "--check", "--to", address).returncode == 0


def test_expectations_are_checked(tmp_path: Path) -> None:
    save(tmp_path, "upper")
    file = tmp_path / "expectations.json"
    one = Playback("tcp", (Step(b"one\n"),), b"ONE\n")
    write_expectations(file, [Expectation("good", "h", one)])
    assert call("replay", str(file)).returncode == 2
    with Running("serve", "h.py:H", "--json", cwd=tmp_path) as server:
        address = server.item()["address"]
        done = call("replay", str(file), "--to", address, "--check")
        assert (done.returncode, done.stdout) == (0, "equal      good\n1 equal\n")
        bad = Expectation("bad", "h", replace(one, answer=b"One\n"))
        write_expectations(file, [Expectation("good", "h", one), bad, bad.with_masks([(1, 3)])])
        done = call("replay", str(file), "--to", address, "--check")
        assert done.returncode == 1
        assert done.stdout.splitlines()[1:] == [
            "different  bad  from byte 1 on",
            "equal      bad",
            "2 equal  1 different",
        ]


def test_what_is_refused(tmp_path: Path) -> None:
    save(tmp_path, "upper")
    capture = tmp_path / "c.socketscope"
    with Running("serve", "h.py:H", "--json", "--record", str(capture), cwd=tmp_path) as server:
        address = server.item()["address"]
        converse(port_of(address), b"one\n")
        wait_closed(capture)
        server.stop()
    elsewhere = call("replay", str(capture), "--to", "203.0.113.1:9")
    assert elsewhere.returncode == 2
    assert "203.0.113.1 is another machine; nothing is sent there unless you add --anywhere." in elsewhere.stderr
    nobody = call("replay", str(capture), "--check")
    assert nobody.returncode == 1
    assert "Nothing listens at" in nobody.stdout
    nothing = call("replay", str(capture), "--where", "id:77")
    assert nothing.returncode == 2
    assert "nothing was sent" in nothing.stderr
