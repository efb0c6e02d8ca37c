"""Tests written from captures are run by pytest: they pass as they stand, and fail when the handler has changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.replay.playback import NotPlayable, Playback, Step
from engine.replay.pytestcase import pytest_case

HANDLERS = """
import socketserver
import beside
class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"hello\\n")
        for line in self.rfile:
            self.wfile.write(beside.HOW(line))
class Whole(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(beside.HOW(self.rfile.read()))
class Raises(socketserver.StreamRequestHandler):
    def handle(self):
        raise ValueError(self.rfile.readline())
class Datagram(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(beside.HOW(self.packet))
class Silent(socketserver.BaseRequestHandler):
    def handle(self):
        assert beside
"""
LONG = bytes(range(256)) * 40
CASES: dict[str, tuple[str, str, tuple[Step, ...], bytes]] = {
    "in turns": ("tcp", "Talk", (Step(b"one\n", 0, 6), Step(b"two\n", 0.1, 10)), b"hello\nONE\nTWO\n"),
    "to the end": ("tcp", "Whole", (Step(LONG), Step(b"\"'\\\n")), LONG.upper() + b"\"'\\\n"),
    "raises": ("tcp", "Raises", (Step(b"bad\n"),), b""),
    "unix": ("unix", "Whole", (Step(b"x"),), b"X"),
    "udp": ("udp", "Datagram", (Step(b"ping"),), b"PING"),
    "unixgram": ("unixgram", "Datagram", (Step(b"ping"),), b"PING"),
    "no answer": ("udp", "Silent", (Step(b""),), b""),
}


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_it.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def write(folder: Path, name: str) -> None:
    """The case's test, with a handler that makes upper case."""
    transport, handler, steps, answer = CASES[name]
    (folder / "handlers.py").write_text(HANDLERS)
    (folder / "beside.py").write_text("HOW = bytes.upper\n")
    profile: dict[str, Any] = {"name": 'a"""server\\', "handler_file": str(folder / "handlers.py")}
    profile |= {"handler_class": handler, "handler_attributes": {"rbufsize": 4096} if transport == "tcp" else {}}
    (folder / "test_it.py").write_text(pytest_case(Playback(transport, steps, answer, request=7), profile))


@pytest.mark.parametrize("name", CASES)
def test_it_passes_as_it_stands(name: str, tmp_path: Path) -> None:
    write(tmp_path, name)
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("name", ["in turns", "udp"])
def test_it_fails_when_the_handler_has_changed(name: str, tmp_path: Path) -> None:
    write(tmp_path, name)
    (tmp_path / "beside.py").write_text("HOW = bytes.title\n")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "AssertionError" in done.stdout


def test_a_module_of_the_standard_library() -> None:
    profile = {"name": "web", "handler_module": "http.server", "handler_class": "SimpleHTTPRequestHandler"}
    text = pytest_case(Playback("tcp", (Step(b"GET / HTTP/1.0\r\n\r\n"),), b"x", request=1), profile)
    compile(text, "test_it.py", "exec")
    assert "importlib.import_module(HANDLER)" in text


@pytest.mark.parametrize(
    ("profile", "playback", "why"),
    [
        ({"script": "x.py"}, Playback("tcp", (Step(b"x"),), b""), "made by a program"),
        ({"handler_file": "x", "handler_class": "os.system('x')"}, Playback("tcp", (), b""), "no handler that Python"),
        ({"handler_file": "x", "handler_class": "H"}, Playback("tcp", (Step(bytes(1 << 21)),), b""), "too much"),
        ({"handler_file": "x", "handler_class": "H"}, Playback("tcp", (), b"", whole=False), "Not every byte"),
    ],
)
def test_what_makes_no_test(profile: dict[str, Any], playback: Playback, why: str) -> None:
    with pytest.raises(NotPlayable, match=why):
        pytest_case(playback, profile)
