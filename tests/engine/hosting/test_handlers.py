"""Handler classes are found in the source, whatever the source is, and nothing of it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.hosting.handlers import HandlerFileError, find_handlers

EXAMPLES = Path(__file__).resolve().parents[3] / "resources" / "examples"


def found(folder: Path, source: str) -> list[tuple[str, str]]:
    """Names and kinds in this source."""
    (folder / "h.py").write_text(source)
    return [(handler.name, handler.kind) for handler in find_handlers(folder / "h.py")]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_every_example_has_one(path: Path) -> None:
    (handler,) = find_handlers(path)
    assert handler.kind == ("datagram" if path.stem == "udp_clock" else "stream")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import socketserver as s\nclass A(s.StreamRequestHandler): pass", [("A", "stream")]),
        ("from socketserver import DatagramRequestHandler as D\nclass A(D): pass", [("A", "datagram")]),
        ("class B(A): pass\nclass A(x.BaseRequestHandler): pass", [("B", "unknown"), ("A", "unknown")]),
        ("class A(A): pass", []),
        ("class A(B): pass\nclass B(A): pass", []),
        ("if 1:\n  class A(http.BaseHTTPRequestHandler): pass", [("A", "stream")]),
        ("class A(lib.Thing):\n  def handle(self): pass", [("A", "unknown")]),
        ("class A:\n  def handle(self): pass", []),
        ("class A(logging.Handler):\n  def handle(self, record): pass", []),
        ("1 / 0\nraise SystemExit\nclass A(MyRequestHandler): pass", [("A", "unknown")]),
        ("", []),
    ],
)
def test_what_is_a_handler(source: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    assert found(tmp_path, source) == expected


def test_syntax_error_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "h.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(HandlerFileError) as raised:
        find_handlers(tmp_path / "h.py")
    assert (raised.value.line, raised.value.code) == (2, "syntax_error")
    assert raised.value.sentence.startswith("h.py, line 2: ")


@pytest.mark.parametrize(
    "data", [b"\x00\x01", b"\xff\xfe\x00", b"# coding: no-such\n", b"(" * 5000, b"-" * 100_000 + b"1"]
)
def test_what_is_not_python(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "h.py").write_bytes(data)
    with pytest.raises(HandlerFileError):
        find_handlers(tmp_path / "h.py")


def test_no_file_and_a_directory(tmp_path: Path) -> None:
    for path in (tmp_path / "no.py", tmp_path):
        with pytest.raises(HandlerFileError) as raised:
            find_handlers(path)
        assert raised.value.code == "not_found"
