"""The call that a frame is in, and what plain expressions mean there."""

from __future__ import annotations

import ast
import sys
from types import FrameType
from typing import Any

from engine.debug.calls import UNKNOWN, Call, call_of, call_on, meaning


class Slotted:
    __slots__ = ("lock",)

    def __init__(self) -> None:
        self.lock = "in a slot"


class Tricky:
    @property
    def lock(self) -> Any:
        raise AssertionError("code of the user was run")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError("code of the user was run")


def caller() -> FrameType:
    return sys._getframe(1)


def own_call(*_: object) -> Call | None:
    return call_of(sys._getframe(1))


def test_the_call_as_it_is_written() -> None:
    call = [own_call(1, "a"), 1][0]
    assert isinstance(call, Call)
    assert (call.name, call.text) == ("own_call", "own_call(1, 'a')")


def test_a_lambda_in_a_function_is_not_its_own_call() -> None:
    def inner() -> Any:
        return (lambda: caller())()

    call = call_of(inner())
    assert call is None or call.name == "caller"


def test_by_the_line_alone() -> None:
    line = sys._getframe().f_lineno
    assert call_on(__file__, line, {"_getframe"}) is not None
    assert call_on(__file__, line, {"recv"}) is None
    assert call_on("/nowhere.py", 1, {"recv"}) is None
    assert call_on("<string>", 1, {"recv"}) is None


def test_a_frame_without_source() -> None:
    names: dict[str, Any] = {"caller": caller}
    exec(compile("frame = caller()", "<typed>", "exec"), names)
    assert call_of(names["frame"]) is None


def test_meanings_run_no_code() -> None:
    things = {"a": Slotted(), 1: [Tricky()]}
    plain = Slotted.__new__(Slotted)
    frame = sys._getframe()

    def means(text: str) -> Any:
        return meaning(ast.parse(text, mode="eval").body, frame)

    assert means("things['a'].lock") == "in a slot"
    assert means("things[1]") is things[1]
    which = "a"
    assert means("things[which]") is things[which]
    assert means("sys.maxsize") == sys.maxsize
    assert means("len") is len
    for unknown in ("things[1][0].lock", "things[2]", "nothing", "plain.lock", "things['a'].none", "f().x", "a + b"):
        assert means(unknown) is UNKNOWN
    assert plain is not None
