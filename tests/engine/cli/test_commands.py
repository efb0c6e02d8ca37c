"""What people type wrong, and how captures are shown: one sentence, exit code 2, no control character obeyed."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from engine.cli import main
from engine.cli.terminal import safe, safe_bytes
from tests.journeys.headless import DEADLINE, Running, call, port_of, show, wait_closed

EXAMPLES = Path(__file__).resolve().parents[3] / "resources" / "examples"
ECHO = f"{EXAMPLES / 'echo.py'}:EchoHandler"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say what to do"),
        (("serve", "echo.py"), "names no handler"),
        (("serve", "no/such.py:H"), "There is no file"),
        (("serve", "no_such_module_x:H"), "No module named"),
        (("serve", "json:NoSuch"), "There is no NoSuch in json"),
        (("serve", f"{EXAMPLES / 'echo.py'}:Nope"), "There is no Nope in"),
        (("serve", ECHO, "--bind", "nonsense"), "is no address"),
        (("serve", ECHO, "--bind", "127.0.0.1:99999"), "Port 99999 does not exist"),
        (("serve", ECHO, "--bind", "300.1.2.3:80"), "is no address of this machine"),
        (("serve", ECHO, "--bind", "127.0.0.1:-1"), "Port -1 does not exist"),
        (("serve", ECHO, "--bind", "unix:/etc/hostname", "--server", "UnixStreamServer"), "is not a socket"),
        (("serve", f"{EXAMPLES}:H"), "is a directory"),
        (("serve", ECHO, "--bind", "0.0.0.0:0"), "add --expose"),
        (("serve", ECHO, "--bind", ":0"), "add --expose"),
        (("serve", ECHO, "--server", "Nope"), "There is no server class"),
        (("serve", ECHO, "--server", "UnixStreamServer"), "add --bind unix:PATH"),
        (("serve", ECHO, "--bind", "unix:/no/such/s"), "There is no directory"),
        (("serve", ECHO, "--bind", f"unix:/tmp/{'x' * 200}"), "at most 107"),
        (("serve", ECHO, "--set", "what"), "NAME=VALUE"),
        (("serve", ECHO, "--set", "what=1"), "has no attribute what"),
        (("serve", ECHO, "--record", "/no/such/place.socketscope"), "cannot be written"),
        (("run",), "Name a program"),
        (("run", "no-such.py"), "There is no file no-such.py"),
        (("show", "/no/such.socketscope"), "cannot be read"),
        (("show", str(EXAMPLES / "echo.py")), "is not a capture"),
        (("show", "x", "--where", "bytes>lots"), "The filter cannot be understood"),
        (("replay", "/no/such.socketscope"), "cannot be read"),
        (("replay", "x", "--where", "bytes>lots"), "The filter cannot be understood"),
        (("replay", "x", "--patience", "long"), "is no number of seconds"),
    ],
)
def test_bad_input(words: tuple[str, ...], said: str) -> None:
    done = call(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n", "There is no H in h.py; write a class that derives from"),
        ("class G:\n    def handle(self): pass\n", "There is no H in h.py; choose G."),
        ("class H(:\n", "h.py, line 1: "),
        ("x = 1\nraise RuntimeError('no database')\n", "h.py, line 2: RuntimeError: no database."),
        ("import os\nos._exit(3)\n", "The server ended: exit code 3."),
        ("import ctypes\nctypes.string_at(0)\n", "The server ended: segmentation fault in <module>, line 2 of h.py."),
    ],
)
def test_handler_files_with_faults(source: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "h.py").write_text(source)
    done = call("serve", "h.py:H", cwd=tmp_path)
    assert done.returncode != 0
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_in_use_names_its_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = call("serve", ECHO, "--bind", f"127.0.0.1:{port}")
    assert done.returncode == 2
    assert done.stderr.startswith(f"socketscope: Port {port} is used by ")
    assert f"(pid {os.getpid()}); port " in done.stderr
    assert done.stderr.endswith(" is free.\n")


def test_serve_says_where_and_ends_with_sigterm(tmp_path: Path) -> None:
    with Running("serve", ECHO, "--set", "allow_reuse_address=true", cwd=tmp_path) as running:
        line = running.line()
        assert line.startswith("listening on 127.0.0.1:")
        with socket.create_connection(port_of(line.strip().rpartition(" ")[2]), DEADLINE) as client:
            client.sendall(b"hi\n")
            assert client.recv(10) == b"hi\n"
        assert running.stop() == 0
    assert list(tmp_path.iterdir()) == []


def test_unix_socket_is_removed(tmp_path: Path) -> None:
    with Running("serve", ECHO, "--bind", "unix:s.sock", cwd=tmp_path) as running:
        assert running.line() == f"listening on {tmp_path}/s.sock\n"
        assert (tmp_path / "s.sock").exists()
        assert running.stop() == 0
    assert not (tmp_path / "s.sock").exists()


def test_table_and_filter(tmp_path: Path) -> None:
    capture = tmp_path / "a.socketscope"
    target = f"{EXAMPLES / 'broken_length.py'}:LengthHandler"
    with Running("serve", target, "--json", "--record", str(capture), "--name", "evil\x1b[2J") as running:
        address = port_of(running.item()["address"])
        for head in (b"\0\0\0\5", b"\0\0\0\7"):
            with socket.create_connection(address, DEADLINE) as client:
                client.sendall(head + b"\x1b[31m\r\n")
                while client.recv(100):
                    pass
        wait_closed(capture, 2)
        assert running.stop() == 0
    (failed,) = show(capture, "--where", "state:error")
    assert failed["error"] == {
        "type": "ValueError",
        "message": "length 7 but 5 bytes buffered",
        "stage": "handle",
        "cause": "bug",
    }
    table = call("show", "--bytes", str(capture)).stdout
    assert "\x1b" not in table
    assert "evil\\x1b[2J" in table
    assert "\\x00\\x00\\x00\\x07\\x1b[31m\\r\\n" in table
    assert "error: ValueError" in table
    assert [json.loads(line)["id"] for line in call("show", "--json", str(capture)).stdout.splitlines()] == [1, 2]


def test_hostile_text_is_spelled_out() -> None:
    assert safe("a\x1b\u202e\u2028\x9b\t€\\") == "a\\x1b\\u202e\\u2028\\x9b\\t€\\\\"
    assert safe_bytes(b"a\x1b\xff\\\n") == "a\\x1b\\xff\\\\\\n"


def test_no_qt_is_imported() -> None:
    import subprocess
    import sys

    code = "import sys, engine.cli; print([m for m in sys.modules if m.startswith(('PySide', 'app'))])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_help_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("serve", "run", "show"):
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
        assert "usage: socketscope" in capsys.readouterr().out
