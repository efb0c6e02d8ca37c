"""The sentences of the form: each says what is wrong, and nothing when nothing is."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from app.dialogs import checks


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::1", "[::1]", "localhost", "fe80::1%lo", "my-host.example", "", "0.0.0.0"]
)
def test_good_hosts(host: str) -> None:
    assert checks.check_host(host) == ""


@pytest.mark.parametrize(
    "host", ["256.1.1.1", "127.0.0.1.5", "1.2.3", "::zz", "two words", "-x", "a\x00b", "<b>", "x" * 300]
)
def test_bad_hosts(host: str) -> None:
    assert checks.check_host(host).endswith(".")


@pytest.mark.parametrize(("host", "reachable"), [
    ("127.0.0.1", False), ("127.9.9.9", False), ("::1", False), ("localhost", False), ("LOCALHOST", False),
    ("0.0.0.0", True), ("", True), ("::", True), ("192.168.1.4", True), ("example.org", True), ("[::]", True),
])  # fmt: skip
def test_reachable_from_other_machines(host: str, reachable: bool) -> None:
    assert checks.reaches_others(host) is reachable


@pytest.mark.parametrize("port", ["-1", "65536", "99999", "x", "", "1.5", "٣"])
def test_bad_ports(port: str) -> None:
    assert checks.check_port(port).endswith(".")


@pytest.mark.parametrize("port", ["0", "1024", "65535", " 9009 "])
def test_good_ports(port: str) -> None:
    assert checks.check_port(port) == ""


def test_a_low_port_without_root_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(checks, "first_free_to_all", lambda: 1024)
    assert checks.check_port("80") == "Port 80 needs root on this system: use 1024 or above."


def test_socket_paths(tmp_path: Path) -> None:
    assert checks.check_socket_path(str(tmp_path / "new.sock")) == ""
    assert checks.check_socket_path("@abstract") == ""
    assert "name" in checks.check_socket_path("@")
    assert "path" in checks.check_socket_path("")
    assert "107" in checks.check_socket_path("/tmp/" + "x" * 103)
    assert "does not exist" in checks.check_socket_path(str(tmp_path / "no" / "x.sock"))
    assert "from / on" in checks.check_socket_path("relative.sock")


def test_a_path_that_is_taken_by_a_file_or_a_socket(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "not a socket" in checks.check_socket_path(str(file))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        assert checks.check_socket_path(str(tmp_path / "s")) == ""


def test_names_files_and_directories(tmp_path: Path) -> None:
    assert checks.check_name("echo", ["other"]) == ""
    assert checks.check_name("echo", ["echo"])
    assert checks.check_name("  ", [])
    assert checks.check_file("", "the script") == "Choose the script."
    assert checks.check_file(str(tmp_path), "the script")
    assert checks.check_directory("") == ""
    assert checks.check_directory(str(tmp_path)) == ""
    assert checks.check_directory(str(tmp_path / "no"))
    assert checks.check_directory("a\x00b")


def test_interpreters() -> None:
    assert checks.check_interpreter("") == ""
    assert checks.check_interpreter("sh") == ""
    assert checks.check_interpreter("/no/python")


def test_arguments_modules_and_environment() -> None:
    assert checks.check_arguments("--port '90 09'") == ""
    assert checks.check_arguments("'open")
    assert checks.check_module("http.server") == ""
    assert checks.check_module("http server")
    assert checks.check_module("")
    assert checks.check_environment("A=1\n\nB=x=y") == ""
    assert checks.check_environment("A=1\nB") == "Line 2 is not NAME=value."
    assert checks.read_environment("A=1\n\nB=x=y ") == {"A": "1", "B": "x=y "}
