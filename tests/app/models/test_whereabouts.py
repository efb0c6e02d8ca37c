"""What a worker is at, in words; what a host tells may be anything."""

from __future__ import annotations

from typing import Any

import pytest

from app.models.failures import read_frames
from app.models.stacks import stack_text
from app.models.whereabouts import Whereabouts
from engine.debug.whereabouts import Doing

LOCK: dict[str, Any] = {
    "request": 2, "doing": "lock", "call": "with TILL", "kind": "lock", "pid": 7, "thread": 9, "since": 5,
    "file": "/x/shop.py", "line": 12, "function": "Shop.handle",
    "holders": [{"name": "Thread-1", "thread": 8, "request": 1, "line": 4}],
    "frames": [{"file": "/x/shop.py", "line": 12, "function": "Shop.handle", "source": [[12, "    with TILL:"]]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({}, "Waits for the lock TILL. Request #1 holds it, since line 4."),
        ({"holders": []}, "Waits for the lock TILL. Nobody's stack shows who holds it."),
        ({"holders": [], "kind": ""}, "Waits for the lock TILL."),
        ({"holders": [{"name": "T-5", "thread": 4}]}, "Waits for the lock TILL. T-5 holds it."),
        (
            {"holders": [{"name": "x", "thread": 9, "line": 3}]},
            "Waits for the lock TILL. It holds it itself, since line 3.",
        ),
        ({"doing": "recv", "call": "self.rfile.read(4)"}, "Waits for bytes to come, in self.rfile.read(4)."),
        ({"doing": "running"}, "Computes, at shop.py:12."),
        ({"doing": "flying"}, "Waits, in TILL."),
    ],
)
def test_sentences(members: dict[str, Any], sentence: str) -> None:
    assert Whereabouts.from_json(LOCK | members).sentence == sentence


@pytest.mark.parametrize("doing", list(Doing))
def test_there_is_a_sentence_and_a_word_for_all(doing: Doing) -> None:
    where = Whereabouts.from_json({"doing": str(doing)})
    assert where.sentence
    assert where.word


def test_nonsense_is_no_crash() -> None:
    where = Whereabouts.from_json({"doing": 3, "holders": [1, {}], "line": "x", "file": 4, "request": None})
    assert (where.doing, where.request, where.place) == (Doing.WAITING, 0, "")


def test_hostile_text_is_made_plain() -> None:
    where = Whereabouts.from_json(LOCK | {"call": "with a\u202e\x1b[31m" + "b" * 300})
    assert "\x1b" not in where.sentence
    assert len(where.sentence) < 250


def test_a_stack_goes_to_the_clipboard_as_python_prints_one() -> None:
    text = stack_text(Whereabouts.from_json(LOCK), read_frames(LOCK))
    assert text.splitlines()[0].startswith("Request #2 (process 7, thread 9): Waits for the lock TILL.")
    assert text.splitlines()[1:] == ['  File "/x/shop.py", line 12, in Shop.handle', "    with TILL:"]
