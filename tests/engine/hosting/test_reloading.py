"""Code saved while a server serves: new requests get it, nobody is refused, and what does not load changes nothing."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.capture.reader import CaptureReader
from engine.hosting.client import SupervisorClient
from engine.hosting.profile import Profile

SECONDS = 20.0
PACE = 0.008
GOOD = """
import socketserver
class H(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        {hold}
        self.wfile.write(b"{answer}")
"""
BAD = {
    "syntax": ("class H(:\n", "handlers.py, line 1: invalid syntax."),
    "raises": ("x = 1\ny = 1 / 0\n", "handlers.py, line 2: ZeroDivisionError: division by zero."),
    "import": ("import no_such_module_at_all\n", "No module named 'no_such_module_at_all'"),
    "class gone": ("x = 1\n", "There is no H in handlers.py"),
    "exit": ("import sys\nsys.exit(3)\n", "line 2: the program ended itself (SystemExit: 3)."),
    "os._exit": ("import os\nos._exit(3)\n", "os._exit(3) was called."),
    "gone": (None, "FileNotFoundError"),
}


class Lab:
    """A server, its file, and what the ticks tell of its code."""

    def __init__(self, client: SupervisorClient, folder: Path) -> None:
        self.client = client
        self.file = folder / "handlers.py"
        self.address: tuple[str, int] = ("", 0)
        self.pid = 0

    def start(self, answer: str = "old", **members: Any) -> None:
        self.save(answer)
        profile = Profile(name="h", handler_file=str(self.file), handler_class="H", **members)
        reply = self.client.request("start", SECONDS, key="k", profile=profile)
        host, _, port = reply["address"].rpartition(":")
        self.address, self.pid = (host, int(port)), reply["pid"]

    def save(self, answer: str, hold: str = "") -> None:
        """As editors do: a new file in the place of the old one."""
        self.write(GOOD.format(answer=answer, hold=hold))

    def write(self, text: str) -> None:
        other = self.file.with_suffix(".new")
        other.write_text(text)
        os.replace(other, self.file)

    def ask(self) -> bytes:
        with socket.create_connection(self.address, SECONDS) as sock:
            sock.sendall(b"?\n")
            return b"".join(iter(lambda: sock.recv(100), b""))

    def wait(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Until the line of the server in a tick is as wanted."""
        deadline = time.monotonic() + SECONDS
        while self.client.wait(deadline - time.monotonic()):
            for message in self.client.receive():
                for server in message.get("servers", ()):
                    if wanted(server):
                        return dict(server)
        raise AssertionError("It did not come to that.")

    def wait_version(self, number: int) -> dict[str, Any]:
        return self.wait(lambda server: server["code"]["version"] == number and not server["code"]["error"])


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        yield Lab(client, tmp_path)


@pytest.mark.parametrize("concurrency", ["", "Threading", "Forking", "ThreadPool", "Prefork"])
def test_new_requests_get_the_new_code(concurrency: str, lab: Lab) -> None:
    lab.start(server_class=f"{concurrency}TCPServer", attributes={"workers": 2} if concurrency == "Prefork" else {})
    assert lab.ask() == b"old"
    lab.save("new")
    server = lab.wait_version(2)
    deadline = time.monotonic() + SECONDS
    while (answer := lab.ask()) == b"old" and concurrency == "Prefork" and time.monotonic() < deadline:
        pass  # its workers finish what they have begun, and are then replaced
    assert answer == b"new"
    assert server["code"]["reloaded"]
    assert server["pid"] == lab.pid


def test_requests_in_flight_finish_on_the_old_code(lab: Lab) -> None:
    lab.start()
    with socket.create_connection(lab.address, SECONDS) as early:
        lab.wait(lambda server: server["live"] == 1)
        lab.save("new")
        lab.wait_version(2)
        assert lab.ask() == b"new"
        early.sendall(b"?\n")
        assert early.recv(100) == b"old"
    lab.wait(lambda server: server["total"] == 2 and not server["live"])
    with CaptureReader(lab.client.capture_path) as reader:
        versions = {record.id: reader.version_of(record) for record in reader.requests()}
    assert versions == {1: 1, 2: 2}


@pytest.mark.parametrize("fault", BAD)
def test_what_does_not_load_changes_nothing(fault: str, lab: Lab) -> None:
    lab.start()
    text, sentence = BAD[fault]
    if text is None:
        lab.file.unlink()
    else:
        lab.write(text)
    error = lab.wait(lambda server: server["code"]["error"])["code"]["error"]
    assert sentence in error["sentence"]
    assert lab.ask() == b"old"
    lab.save("mended")
    assert lab.wait_version(2)["pid"] == lab.pid
    assert lab.ask() == b"mended"
    with CaptureReader(lab.client.capture_path) as reader:
        lines = [line.line for line in reader.output(None, 0, 100) if line.stream == 0]
    assert any(line.startswith("reload failed: ") and line.endswith("The old code is kept.") for line in lines)
    assert any(line.startswith("reloaded handlers.py (version 2, loaded in ") for line in lines)


def test_code_that_takes_for_ever_is_given_up(lab: Lab) -> None:
    lab.start()
    lab.write("while True:\n    pass\n")
    error = lab.wait(lambda server: server["code"]["error"])["code"]["error"]
    assert "it had not been loaded after 5 s" in error["sentence"]
    assert lab.ask() == b"old"
    lab.save("mended")
    lab.wait_version(2)
    assert lab.ask() == b"mended"


def test_a_module_beside_the_handler_is_reloaded_with_it(lab: Lab) -> None:
    words = lab.file.with_name("words.py")
    words.write_text("WORD = b'one'\n")
    lab.write("import socketserver, words\n" + GOOD.replace('b"{answer}"', "words.WORD").format(hold=""))
    profile = Profile(name="h", handler_file=str(lab.file), handler_class="H")
    host, _, port = lab.client.request("start", SECONDS, key="k", profile=profile)["address"].rpartition(":")
    lab.address = (host, int(port))
    assert lab.ask() == b"one"
    for number, word in enumerate(("two", "six", "ten"), 2):  # of one size, within one second
        words.write_text(f"WORD = b'{word}'\n")
        lab.wait_version(number)
        assert lab.ask() == word.encode()


def test_a_handler_that_is_named_by_its_module(lab: Lab) -> None:
    package = lab.file.parent / "package_of_handlers"
    package.mkdir()
    (package / "__init__.py").write_text("")
    lab.file = package / "handlers.py"
    lab.save("old")
    profile = Profile(
        name="h", handler_module="package_of_handlers.handlers", handler_class="H", directory=str(package.parent)
    )
    host, _, port = lab.client.request("start", SECONDS, key="k", profile=profile)["address"].rpartition(":")
    lab.address = (host, int(port))
    assert lab.ask() == b"old"
    for number, answer in enumerate(("new", "ten"), 2):
        lab.save(answer)
        lab.wait_version(number)
        assert lab.ask() == answer.encode()


def test_a_restart_instead_keeps_the_port(lab: Lab) -> None:
    lab.start(on_save="restart")
    lab.write("class H(:\n")
    lab.wait(lambda server: server["code"]["error"])
    assert lab.ask() == b"old"
    lab.save("new")
    server = lab.wait(lambda server: server["code"]["version"] == 2 and server["state"] == "listening")
    assert server["pid"] != lab.pid
    assert not server["code"]["reloaded"]
    assert lab.ask() == b"new"


def test_nothing_if_nothing_is_wanted(lab: Lab) -> None:
    lab.start(on_save="nothing")
    lab.save("new")
    assert lab.ask() == b"old"
    lab.client.request("on_save", SECONDS, key="k", how="reload")
    lab.save("newer")
    lab.wait(lambda server: server["code"]["version"] > 1 and lab.ask() == b"newer")


@pytest.mark.parametrize(("concurrency", "pairs"), [("Threading", 25), ("Forking", 5), ("Prefork", 5)])
def test_many_versions_under_load_and_not_one_request_fails(concurrency: str, pairs: int, lab: Lab) -> None:
    """Good and bad ones in turn, fifty in all, while two clients ask about a hundred times a second each."""
    lab.start("v0", server_class=f"{concurrency}TCPServer")
    answers: list[bytes] = []
    done = threading.Event()

    def load() -> None:
        while not done.wait(PACE):
            answers.append(lab.ask())

    clients = [threading.Thread(target=load) for _ in range(2)]
    for client in clients:
        client.start()
    try:
        for number in range(1, pairs + 1):
            lab.save(f"v{number}")
            lab.wait_version(number + 1)
            lab.write("class H(:\n")
            lab.wait(lambda server: server["code"]["error"])
    finally:
        done.set()
        for client in clients:
            client.join()
    assert len(answers) > 100
    assert set(answers) <= {f"v{number}".encode() for number in range(pairs + 1)}
    assert f"v{pairs}".encode() in answers
    server = lab.wait(lambda server: server["live"] == 0)
    assert (server["failed"], server["pid"]) == (0, lab.pid)
