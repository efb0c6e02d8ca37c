"""What is a keyword, a string, a comment or a name in a line of Python: only the lines that are asked for are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType

MOST_REMEMBERED = 4096
"""Lines whose spans are kept."""


class Span(NamedTuple):
    """Characters of one line. `kind` is keyword, string, number, comment or name."""

    start: int
    length: int
    kind: str


_KINDS = (
    ("keyword", Keyword),
    ("string", String),
    ("number", Number),
    ("comment", Comment),
    ("name", Name.Function),
    ("name", Name.Class),
    ("name", Name.Builtin),
)
_LONG_STRING = re.compile(
    r"#[^\n]*|(?:'''(?:\\.|[^\\])*?(?:'''|\Z))|(?:\"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\Z))"
    r"|'(?:\\.|[^\\'\n])*'?|\"(?:\\.|[^\\\"\n])*\"?",
    re.DOTALL,
)


def spans_of(texts: Sequence[str]) -> Iterator[list[Span]]:
    """The spans of each line, read by itself."""
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    for text in texts:
        yield _line_spans(lexer, text)


class Highlighter:
    """The spans of a whole file's lines, made when a line is first looked at; strings may go over many lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._lexer = PythonLexer(stripnl=False, ensurenl=False)
        self._inside = _inside_strings(lines)
        self._known: dict[int, list[Span]] = {}

    def spans(self, row: int) -> list[Span]:
        """The spans of a line, counted from 0."""
        if row not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[row] = self._read(row)
        return self._known[row]

    def _read(self, row: int) -> list[Span]:
        text, (begin, end) = self._lines[row], self._inside.get(row, (0, 0))
        before, after = text[:begin], text[end:]
        spans = _line_spans(self._lexer, before) if begin else []
        if end > begin:
            spans.append(Span(begin, end - begin, "string"))
            after = " " * end + after
        return spans + _line_spans(self._lexer, after if end > begin else text)


def _inside_strings(lines: Sequence[str]) -> dict[int, tuple[int, int]]:
    """By line the columns that lie in a string that goes over several lines."""
    text = "\n".join(lines)
    found: dict[int, tuple[int, int]] = {}
    row = at = 0
    for match in _LONG_STRING.finditer(text):
        if "\n" not in match[0]:
            continue
        row += text.count("\n", at, match.start())
        column = match.start() - (text.rfind("\n", 0, match.start()) + 1)
        for place, part in enumerate(match[0].split("\n")):
            begin = column if place == 0 else 0
            found[row + place] = (begin, begin + len(part))
        row += match[0].count("\n")
        at = match.end()
    return found


def _line_spans(lexer: PythonLexer, text: str) -> list[Span]:
    spans, at = [], 0
    for token, piece in lexer.get_tokens(text):
        kind = next((word for word, parent in _KINDS if _is_a(token, parent)), "")
        if kind:
            spans.append(Span(at, len(piece), kind))
        at += len(piece)
    return spans


def _is_a(token: _TokenType, parent: _TokenType) -> bool:
    return token[: len(parent)] == parent
