"""Approved answers: exact or with bytes that may differ, kept in a file that survives, and checked by a program."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.replay.checking import Order, run
from engine.replay.expectations import (
    BadExpectations,
    Expectation,
    masks_text,
    read_expectations,
    read_masks,
    write_expectations,
)
from engine.replay.playback import Playback, Step
from tests.engine.serving import Echo, serving


def expecting(answer: bytes, *masks: tuple[int, int], name: str = "one", question: bytes = b"?\n") -> Expectation:
    return Expectation(name, "echo", Playback("tcp", (Step(question, 0.25, 3),), answer)).with_masks(masks)


@pytest.mark.parametrize(
    ("masks", "answer", "first"),
    [
        ((), b"at 12:30 ok", None),
        ((), b"at 12:31 ok", 7),
        (((3, 8),), b"at 09:15 ok", None),
        (((3, 8),), b"at noon ok", None),
        (((3, 8),), b"at 09:15 no", 9),
        (((3, 5), (6, 8)), b"at 9:5 ok", None),
        (((3, 5), (6, 8)), b"at 9.5 ok", 3),
        (((0, 11),), b"anything", None),
        (((0, 3),), b"12:30 ok", None),
        (((3, 8),), b"at ok", 3),
    ],
)
def test_what_is_as_expected(masks: tuple[tuple[int, int], ...], answer: bytes, first: int | None) -> None:
    expectation = expecting(b"at 12:30 ok", *masks)
    assert expectation.first_difference(answer) == first
    assert expectation.is_met_by(answer) is (first is None)


def test_masks_as_people_write_them() -> None:
    assert read_masks("5-7, 20 ", 30) == [(5, 8), (20, 21)]
    assert masks_text(read_masks("5-7 20", 30)) == "5-7, 20"
    assert expecting(bytes(30)).with_masks(read_masks("5-7, 8, 3-5", 30)).masks == ((3, 9),)
    for text, said in (
        ("x", "names no bytes"),
        ("7-5", "ends before"),
        ("3-99", "last byte is 29"),
        ("5-", "names no"),
    ):
        with pytest.raises(ValueError, match=said):
            read_masks(text, 30)


def test_a_file_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "expectations.json"
    assert read_expectations(path) == []
    kept = [expecting(b"a\xff\0b", (1, 2)), expecting(b"", name="two")]
    write_expectations(path, kept)
    assert read_expectations(path) == kept
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"form": 1, "expectations": [{}]}', '{"form": 1, "expectations": 3}', "\0", "[" * 100_000],
)
def test_a_damaged_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "expectations.json"
    path.write_text(text)
    with pytest.raises(BadExpectations, match="no file of expectations, or it is damaged"):
        read_expectations(path)


def test_a_file_of_another_version_and_one_with_odd_masks(tmp_path: Path) -> None:
    path = tmp_path / "expectations.json"
    path.write_text('{"form": 2}')
    with pytest.raises(BadExpectations, match="another version"):
        read_expectations(path)
    one = expecting(b"abc").to_json() | {"masks": [[2, 9]]}
    path.write_text(json.dumps({"form": 1, "expectations": [one]}))
    with pytest.raises(BadExpectations, match="damaged"):
        read_expectations(path)


class Told:
    """What a program of checks tells."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, what: str, **members: Any) -> None:
        self.events.append({"what": what, **members})


def test_a_server_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "expectations.json"
    udp = Expectation("udp", "echo", Playback("udp", (Step(b"x"),), b"x"))
    other = Expectation("not ours", "other", Playback("tcp", (Step(b"x"),), b"x"))
    met = expecting(b"hello\n", name="met", question=b"hello\n")
    missed = expecting(b"hellO\n", name="missed", question=b"hello\n")
    write_expectations(path, [met, missed, udp, other])
    told = Told()
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo)) as server:
        order = {"file": str(path), "server": "echo", "transport": "tcp", "address": list(server.server_address)}
        run(Order.from_json(order), told, threading.Event())  # type: ignore[arg-type]  # stands in for a Report
    assert [(event["name"], event.get("passed"), event.get("first")) for event in told.events] == [
        ("met", True, None), ("missed", False, 4), ("udp", None, None),
    ]  # fmt: skip
    assert told.events[2]["sentence"] == "It was saved from udp; this server speaks tcp."
    told.events.clear()
    run(Order.from_json({**order, "names": ["missed"]}), told, threading.Event())  # type: ignore[arg-type]  # as above
    assert [event["what"] for event in told.events] == ["failed"]
    assert "Nothing listens" in told.events[0]["sentence"]
