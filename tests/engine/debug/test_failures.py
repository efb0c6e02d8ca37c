"""Exceptions as plain data: complete, bounded, and without running any code of the user."""

from __future__ import annotations

import json
import signal
import socket
from typing import Any, NamedTuple

import pytest

from engine.debug.failures import CHAIN_LIMIT, FRAME_LIMIT, describe
from engine.debug.values import describe_local, message_of, show


class Evil:
    """Everything that a debugger might call fails the test."""

    def __repr__(self) -> str:
        raise AssertionError("repr was called")

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        raise AssertionError("eq was called")

    __hash__ = None  # type: ignore[assignment] # so that nobody can hash it either

    def __len__(self) -> int:
        raise AssertionError("len was called")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


class EvilError(Exception):
    def __str__(self) -> str:
        raise AssertionError("str was called")


def caught(error: BaseException) -> BaseException:
    """The exception with a traceback."""
    with pytest.raises(type(error)) as raised:
        raise error
    return raised.value


def handle(hdr: bytes, buf: bytes) -> None:
    n = int.from_bytes(hdr, "big")
    evil = Evil()
    assert evil is not None
    raise ValueError(f"length {n} but {len(buf)} bytes buffered")


def test_the_lesson_of_the_broken_length() -> None:
    with pytest.raises(ValueError, match="length") as raised:
        handle(b"\0\0\0\x0e", b"hello world!")
    detail = describe(raised.value)
    assert (detail["type"], detail["module"]) == ("ValueError", "builtins")
    assert detail["message"] == "length 14 but 12 bytes buffered"
    frame = detail["frames"][-1]
    assert frame["function"] == "handle"
    assert frame["file"] == __file__
    assert [frame["line"], '    raise ValueError(f"length {n} but {len(buf)} bytes buffered")'] in frame["source"]
    values = {row["name"]: row for row in frame["locals"]}
    assert values["n"] == {"name": "n", "type": "int", "value": "14"}
    assert values["hdr"] == {
        "name": "hdr", "type": "bytes", "value": "b'\\x00\\x00\\x00\\x0e'", "size": 4, "hex": "0000000e"
    }  # fmt: skip
    assert values["evil"]["value"] == "<Evil object>"
    json.dumps(detail)


def test_no_code_of_the_user_runs() -> None:
    evil = [Evil(), {1: Evil()}, (Evil(),)]
    assert show(evil) == "[<Evil object>, {1: <Evil object>}, (<Evil object>,)]"
    detail = describe(caught(EvilError("a", Evil())))
    assert detail["message"] == "'a', <Evil object>"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1 << 9999, "<int of 10000 bits>"),
        ("x" * 300, "'" + "x" * 200 + "'…"),
        (b"y" * 100, "b'" + "y" * 64 + "'…"),
        (list(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …]"),
        ([[[1]]], "[[[…]]]"),
        ((1,), "(1,)"),
        (set(), "{}"),
        (frozenset({1}), "frozenset({1})"),
        (json, "<module json>"),
        (len, "<function len>"),
        (Evil, "<class Evil>"),
        (None, "None"),
    ],
)
def test_values(value: object, shown: str) -> None:
    assert show(value) == shown


def test_a_socket_shows_its_descriptor() -> None:
    with socket.socket() as sock:
        assert show(sock) == f"<socket fd={sock.fileno()}>"


def test_a_list_that_holds_itself() -> None:
    value: list[Any] = []
    value.append(value)
    assert describe_local("v", value) == {"name": "v", "type": "list", "value": "[[[…]]]", "size": 1}


def test_chain() -> None:
    error = KeyError("k")
    error.__cause__ = caught(FileNotFoundError(2, "No such file"))
    detail = describe(error)
    assert detail["message"] == "'k'"
    (link,) = detail["chain"]
    assert (link["type"], link["message"], link["relation"]) == ("FileNotFoundError", "[Errno 2] No such file", "cause")


def test_bounds() -> None:
    def dive(depth: int) -> None:
        big = b"z" * 100_000
        assert big
        if depth:
            dive(depth - 1)
        raise RecursionError("x" * 100_000)

    with pytest.raises(RecursionError) as raised:
        dive(300)
    error: BaseException = raised.value
    for _ in range(20):
        after = RuntimeError()
        after.__cause__, error = error, after
    detail = describe(error)
    assert len(detail["chain"]) == CHAIN_LIMIT
    assert all(len(link["frames"]) <= FRAME_LIMIT for link in detail["chain"])
    assert len(json.dumps(describe(raised.value))) < 100_000


def test_message_of_plain_errors() -> None:
    assert message_of(ZeroDivisionError("division by zero")) == "division by zero"
    assert message_of(KeyError("k")) == "'k'"
    assert message_of(ValueError(1, "two")) == "(1, 'two')"
    assert message_of(ValueError()) == ""


def test_group() -> None:
    group = ExceptionGroup("both", [ValueError("a"), KeyError("b")])
    assert [member["type"] for member in describe(group)["exceptions"]] == ["ValueError", "KeyError"]


class Header:
    """Has attributes and nothing that runs."""

    def __init__(self) -> None:
        self.magic = b"GE"
        self.length = 14


class Named(NamedTuple):
    magic: bytes
    length: int


def test_attributes_are_shown_without_running_code() -> None:
    assert show(Header()) == "<Header magic=b'GE' length=14>"
    assert show([Header()]) == "[<Header object>]"
    assert show(Named(b"GE", 14)) == "<Named (b'GE', 14)>"
    assert show(signal.SIGTERM) == "<Signals 15>"
    row = describe_local("header", Header())
    assert row["items"] == [
        {"type": "bytes", "value": "b'GE'", "size": 2, "hex": b"GE".hex()}, {"type": "int", "value": "14"}
    ]  # fmt: skip
    assert describe_local("view", memoryview(b"abc"))["hex"] == b"abc".hex()
    released = memoryview(b"abc")
    released.release()
    assert "hex" not in describe_local("view", released)


class Handler:
    def __init__(self) -> None:
        self.request = self.rfile = object()
        self.buffer = b"half a line"

    def handle(self) -> None:
        raise ValueError("no end")


def test_what_a_handler_keeps_is_told_with_its_locals() -> None:
    with pytest.raises(ValueError, match="no end") as raised:
        Handler().handle()
    names = [row["name"] for row in describe(raised.value)["frames"][-1]["locals"]]
    assert names == ["self", "self.buffer"]


class Slow:
    """Its text would take for ever."""

    def __repr__(self) -> str:
        while True:
            pass

    __str__ = __repr__


def test_a_repr_that_never_ends_is_never_begun() -> None:
    slow = {"a": [Slow()], "b": Slow()}
    assert show(slow) == "{'a': [<Slow object>], 'b': <Slow object>}"
    assert describe(caught(RuntimeError(Slow())))["message"] == "<Slow object>"
