"""Where a line of a file is after the file was saved: what stands before and after a change stays what it was."""

from __future__ import annotations

from collections.abc import Sequence

FARTHEST = 400
"""Lines up and down in which the text of a line that was in a change is looked for."""


def moved_line(old: Sequence[str], new: Sequence[str], line: int) -> int:
    """The line of `new` that was `line` in `old`, counted from 1; the nearest there is when it is gone."""
    place = line - 1
    if place >= len(old):
        return max(1, min(line, len(new)))
    if place < _equal(old, new):
        return line
    if len(old) - place <= _equal(old[::-1], new[::-1]):
        return line + len(new) - len(old)
    text = old[place].strip()
    for step in range(FARTHEST):
        for other in (place + step, place - step):
            if 0 <= other < len(new) and new[other].strip() == text:
                return other + 1
    return max(1, min(line, len(new)))


def _equal(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines are the same from the beginning on."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
