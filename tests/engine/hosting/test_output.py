"""What a host prints: lines whole, long ones cut, a flood counted, hostile text left as it is."""

from __future__ import annotations

import os

import pytest

from engine.hosting.output import LINE_LIMIT, LINES_PER_SECOND, LineDrain

NOW = 5_000_000_000


@pytest.fixture
def pipe() -> tuple[LineDrain, int]:
    reading, writing = os.pipe()
    return LineDrain(reading, 1), writing


def test_lines_come_whole(pipe: tuple[LineDrain, int]) -> None:
    drain, writing = pipe
    os.write(writing, b"one\ntw")
    assert [line.text for line in drain.receive(NOW)] == ["one"]
    os.write(writing, b"o\r\n\x1b[31m \xff \xe2\x82\xac\nrest")
    assert [line.text for line in drain.receive(NOW)] == ["two", "\x1b[31m \\xff €"]
    os.close(writing)
    assert [line.text for line in drain.receive(NOW)] == ["rest"]
    assert drain.ended
    drain.close()


def test_a_long_line_is_cut_and_a_flood_is_counted(pipe: tuple[LineDrain, int]) -> None:
    drain, writing = pipe
    os.set_blocking(writing, False)
    os.write(writing, b"x" * 50_000)
    (line,) = drain.receive(NOW)
    assert line.text == "x" * LINE_LIMIT + f"… ({50_000 - LINE_LIMIT} bytes more)"
    lines = []
    for _ in range(20):
        os.write(writing, b"\n" * 30_000)
        lines += drain.receive(NOW)
    assert len(lines) == LINES_PER_SECOND - 1
    os.close(writing)
    (last,) = drain.receive(NOW + 1)
    assert last.stream == 0
    assert last.text.startswith(f"{600_000 - len(lines)} more lines of standard output")
    drain.close()
