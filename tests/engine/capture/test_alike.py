"""Equal failures are counted as one: of one type, from one line of the user's, in one stage."""

from __future__ import annotations

import json
from typing import Any

from engine.capture.failing import DIED, died, read_failure
from engine.capture.filters import parse
from engine.observe.facts import Outcome
from engine.observe.stages import Stage

from .batches import START, closed, failed, number, opened
from .conftest import Bench

HANDLE = int(Stage.HANDLE)
LIBRARY = {"file": "/usr/lib/python3.11/struct.py", "line": 4}


def detail(kind: str, line: int, *more: dict[str, Any], message: str = "") -> bytes:
    return json.dumps({"type": kind, "message": message, "frames": [{"file": "/x.py", "line": line}, *more]}).encode()


def test_what_makes_failures_equal() -> None:
    one = read_failure(detail("ValueError", 3, message="length 14"))
    assert one.place == "/x.py:3"
    same = read_failure(detail("ValueError", 3, LIBRARY, message="length 15"))
    assert same.place == "/x.py:3", "where the user's code called the library"
    assert one.signature(HANDLE) == same.signature(HANDLE)
    others = {
        read_failure(detail("ValueError", 4)).signature(HANDLE),
        read_failure(detail("KeyError", 3)).signature(HANDLE),
    }
    assert len({one.signature(HANDLE), one.signature(HANDLE + 1), *others}) == 4
    assert read_failure(b"[").place == ""
    assert read_failure(b'{"frames": [1, {"file": 3}]}').place == ""
    assert read_failure(json.dumps({"frames": [LIBRARY]}).encode()).place == "/usr/lib/python3.11/struct.py:4"


def test_deaths_without_a_line_are_equal_by_their_words() -> None:
    assert died("exited with code 1").signature(HANDLE) == died("exited with code 1").signature(HANDLE)
    assert died("exited with code 1").signature(HANDLE) != died("exited with code 2").signature(HANDLE)
    assert died("x", [{"file": "/x.py", "line": 3}]).place == "/x.py:3"
    assert died("x").type == DIED


def fill(bench: Bench) -> None:
    """1, 3, 4 and 6 fail alike, 2 in another way, 5 not at all."""
    for key in range(1, 7):
        bench.feed(opened(number(key)))
        if key != 5:
            kind = "KeyError" if key == 2 else "ValueError"
            bench.feed(failed(number(key), Stage.HANDLE, kind, f"number {key}"))
        bench.feed(closed(number(key), START + key, Outcome.DONE if key == 5 else Outcome.ERROR))
    bench.commit()


def test_groups(bench: Bench) -> None:
    fill(bench)
    often, once = bench.reader.failure_groups()
    assert (often.type, often.count, often.first, often.last, often.message) == ("ValueError", 4, 1, 6, "number 6")
    assert (once.type, once.count, once.first, once.last) == ("KeyError", 1, 2, 2)
    assert bench.reader.failure_groups(bench.servers[1], limit=1) == [often]
    assert bench.reader.failure_groups(99) == []
    assert bench.reader.last_failure == 5


def test_the_place_of_one_among_its_like(bench: Bench) -> None:
    fill(bench)
    alike = bench.reader.alike(3)
    assert alike is not None
    assert (alike.place, alike.count, alike.first, alike.previous, alike.next, alike.last) == (2, 4, 1, 1, 4, 6)
    first, only = bench.reader.alike(1), bench.reader.alike(2)
    assert first is not None
    assert (first.place, first.first, first.previous, first.next) == (1, 1, None, 3)
    assert only is not None
    assert (only.count, only.previous, only.next) == (1, None, None)
    assert bench.reader.alike(5) is None


def test_what_was_raised_after_the_first(bench: Bench) -> None:
    bench.feed(opened(number(1)), failed(number(1), Stage.HANDLE, "ValueError", "a"))
    bench.feed(failed(number(1), Stage.FINISH, "OSError", "b"), closed(number(1), START + 9, Outcome.ERROR))
    bench.commit()
    first = bench.reader.failure(1)
    assert first is not None
    assert first.stage is Stage.HANDLE
    assert [(one.stage, one.type) for one in bench.reader.further_failures(1)] == [(Stage.FINISH, "OSError")]
    alike = bench.reader.alike(1)
    assert alike is not None
    assert alike.count == 1


def test_the_filter_shows_what_failed_alike(bench: Bench) -> None:
    fill(bench)
    assert list(bench.reader.ids(parse("same:#3"))) == [1, 3, 4, 6]
    assert list(bench.reader.ids(parse("same:3"))) == [1, 3, 4, 6]
    assert list(bench.reader.ids(parse("same:5"))) == []
    signature = bench.reader.failure_groups()[1].signature
    assert list(bench.reader.ids(parse(f"same:{signature}"))) == [2]
