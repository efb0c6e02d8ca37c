"""Files are read as Python reads them, and handlers are found by path alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.models.sourcefile import Place, SourceError, handler_path, handler_place, read_source
from engine.hosting.profile import Profile

CODE = "import socketserver\n\n\nclass Echo(socketserver.BaseRequestHandler):\n\tdef handle(self): ...\n"


def test_lines_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "echo.py"
    path.write_bytes(CODE.replace("\n", "\r\n").encode())
    found = read_source(str(path))
    assert found.lines[3:] == ("class Echo(socketserver.BaseRequestHandler):", "    def handle(self): ...")
    assert found.changed == os.stat(path).st_mtime_ns


def test_the_encoding_is_the_files_own(tmp_path: Path) -> None:
    path = tmp_path / "latin.py"
    path.write_bytes("# coding: latin-1\n# é\n".encode("latin-1"))
    assert read_source(str(path)).lines[1] == "# é"
    path.write_bytes(b"# \xff\n")
    assert read_source(str(path)).lines[0] == "# \\xff"
    path.write_bytes(b"# coding: nonsense\nx\n")
    assert read_source(str(path)).lines[1] == "x"


def test_what_cannot_be_shown_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_source(str(tmp_path / "gone.py"))
    with pytest.raises(SourceError, match="is no file"):
        read_source(str(tmp_path))
    with (tmp_path / "big.py").open("wb") as big:
        big.truncate(5 << 20)
    with pytest.raises(SourceError, match="4 MiB"):
        read_source(str(tmp_path / "big.py"))


def test_a_handler_is_found_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    for name in ("echo.py", "package/__init__.py", "package/inner.py"):
        (tmp_path / name).write_text(CODE)
    place = handler_place(Profile("x", handler_file=str(tmp_path / "echo.py"), handler_class="Echo"))
    assert place == Place(str(tmp_path / "echo.py"), handler="Echo")
    assert place.find_line() == 4
    assert Place(place.path, 2).find_line() == 2
    assert Place(place.path).find_line() == 0
    folder = str(tmp_path)
    inner = Profile("x", handler_module="package.inner", directory=folder)
    assert handler_path(inner) == str(tmp_path / "package/inner.py")
    assert handler_path(Profile("x", handler_module="package", directory=folder)).endswith("package/__init__.py")
    assert handler_path(Profile("x", kind="script", script="echo.py", directory=folder)) == str(tmp_path / "echo.py")
    assert handler_path(Profile("x", handler_module="no.such.module", directory=folder)) == ""
    assert handler_place(Profile("x", handler_module="../echo", directory=folder)) is None


def test_a_file_that_does_not_parse_has_no_line(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("class Echo(:\n")
    assert Place(str(tmp_path / "bad.py"), handler="Echo").find_line() == 0
