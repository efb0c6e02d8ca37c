"""Breakpoints on lines: what they are made of, and what can be wrong with them before a debugger sees them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

LONGEST = 1000
"""Characters of a condition, a log text or an expression."""
MOST = 1000
"""Points of one server."""


class BadPointError(ValueError):
    """A point cannot be set; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class LinePoint:
    """Stop before a line of a file: if `condition` holds, at the `hits`-th time (0: at each).

    With `log` nothing stops: the text is written among what the server prints, `{expression}` in it replaced.
    """

    path: str
    line: int
    condition: str = ""
    hits: int = 0
    log: str = ""

    @classmethod
    def from_json(cls, data: Any) -> LinePoint:
        """Read one as it was ordered. Raises BadPointError."""
        try:
            made = cls(
                str(data["path"]), int(data["line"]), str(data.get("condition", "")), int(data.get("hits", 0)),
                str(data.get("log", "")),
            )  # fmt: skip
        except (AttributeError, KeyError, TypeError, ValueError):
            raise BadPointError("A breakpoint on a line names a file and a line.") from None
        if made.line < 1 or made.hits < 0 or not made.path or len(made.path) > 4096 or "\0" in made.path:
            raise BadPointError("A breakpoint's line is at least 1, and its count of hits at least 0.")
        if max(len(made.condition), len(made.log)) > LONGEST:
            raise BadPointError(f"A condition or a text has at most {LONGEST} characters.")
        if made.condition:
            check_expression(made.condition)
        return made

    def to_dap(self) -> dict[str, Any]:
        """As the Debug Adapter Protocol has it."""
        more = {"condition": self.condition, "logMessage": self.log}
        hits = {"hitCondition": f"=={self.hits}"} if self.hits else {}
        return {"line": self.line, **{name: text for name, text in more.items() if text}, **hits}


def check_expression(text: str) -> None:
    """Raise BadPointError unless this is one Python expression. It is read, never run."""
    if len(text) > LONGEST:
        raise BadPointError(f"An expression has at most {LONGEST} characters.")
    try:
        ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise BadPointError(f"This is no expression: {error.msg} at character {error.offset or 1}.") from None
    except (ValueError, RecursionError, MemoryError):
        raise BadPointError("This expression cannot be read.") from None
