"""Spans of lines: by themselves, and in files whose strings go over many lines."""

from __future__ import annotations

from app.models.highlighting import Highlighter, spans_of


def kinds(lines: list[str], row: int) -> list[tuple[str, str]]:
    return [(lines[row][s.start : s.start + s.length], s.kind) for s in Highlighter(lines).spans(row)]


def test_words_have_their_kinds() -> None:
    assert kinds(["def f(): return len(7)  # why"], 0) == [
        ("def", "keyword"), ("f", "name"), ("return", "keyword"), ("len", "name"), ("7", "number"),
        ("# why", "comment"),
    ]  # fmt: skip


def test_a_string_over_three_lines_is_one_string() -> None:
    lines = ['x = """one', "def two", 'three""" + str(4)  # five', "def six(): pass"]
    assert kinds(lines, 0)[-1] == ('"""one', "string")
    assert kinds(lines, 1) == [("def two", "string")]
    assert kinds(lines, 2) == [('three"""', "string"), ("str", "name"), ("4", "number"), ("# five", "comment")]
    assert kinds(lines, 3)[0] == ("def", "keyword")


def test_quotes_in_comments_and_short_strings_open_nothing() -> None:
    lines = ['a = 1  # don\'t """', 'b = \'"""\'', "import os"]
    assert kinds(lines, 2) == [("import", "keyword")]


def test_what_is_never_closed_goes_on_to_the_end() -> None:
    assert kinds(["'''", "def f"], 1) == [("def f", "string")]


def test_lines_by_themselves() -> None:
    assert [[s.kind for s in spans] for spans in spans_of(["import os", ""])] == [["keyword"], []]
