"""Values stand where they were assigned, in the function that is stopped, before the line that runs next."""

from __future__ import annotations

from app.models.inlinevalues import Assigned, inline_values

CODE = """
def other(word):
    n = 1

class H:
    def handle(self, extra=None):
        n = 1
        self.word, size = read()
        for item in many:
            n = item
        with open(x) as file:
            n = 5
        return n
""".splitlines()


def test_names_are_shown_where_they_were_assigned_last() -> None:
    values = {"n": "4", "self.word": "b'x'", "size": "2", "item": "4", "extra": "None", "word": "?", "file": "f"}
    found = inline_values(Assigned(CODE), 11, values)
    assert found == {6: "extra=None", 8: "self.word=b'x'  size=2", 9: "item=4", 10: "n=4"}


def test_the_line_that_runs_next_has_none_yet() -> None:
    assert inline_values(Assigned(CODE), 7, {"n": "?", "extra": "0"}) == {6: "extra=0"}


def test_long_values_are_cut_and_broken_files_have_none() -> None:
    assert inline_values(Assigned(CODE), 8, {"n": "x" * 500})[7].endswith("…")
    assert inline_values(Assigned(["def f(:", "  n = 1"]), 2, {"n": "1"}) == {}
    assert inline_values(Assigned(CODE), 1, {"n": "1"}) == {}
