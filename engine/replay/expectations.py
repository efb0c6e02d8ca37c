"""Answers that a person has approved: kept in a file, and later answers are checked against them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .comparison import common_prefix
from .playback import Playback

FORM = 1
SIZE_LIMIT = 64 << 20

Mask = tuple[int, int]


class BadExpectations(ValueError):  # noqa: N818 - a fact about a file
    """The file cannot be used; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a server is to answer. `masks` are places of the answer, start and end, that may hold anything."""

    name: str
    server: str
    """The name of the server's profile."""
    playback: Playback
    masks: tuple[Mask, ...] = ()

    def is_met_by(self, answer: bytes) -> bool:
        """Whether an answer is as expected: what stands between the masks comes in its order, and nothing else."""
        first, *others = self._parts()
        if not others:
            return answer == first
        *middle, last = others
        at, end = len(first), len(answer) - len(last)
        if not answer.startswith(first) or not answer.endswith(last) or end < at:
            return False
        for part in middle:
            if (found := answer.find(part, at, end)) < 0:
                return False
            at = found + len(part)
        return True

    def first_difference(self, answer: bytes) -> int | None:
        """The first byte that differs from what was approved and is not masked; None if the answer is as expected."""
        if self.is_met_by(answer):
            return None
        expected = self.playback.answer
        if len(expected) == len(answer):
            for start, end in self.masks:
                answer = answer[:start] + expected[start:end] + answer[end:]
        return common_prefix(expected, answer)

    def with_masks(self, masks: Iterable[Mask]) -> Expectation:
        """The same with other masks; they are put in order, and those that touch are joined."""
        joined: list[Mask] = []
        for start, end in sorted(masks):
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(end, joined[-1][1])
            else:
                joined.append((start, end))
        return replace(self, masks=tuple(joined))

    def _parts(self) -> list[bytes]:
        """What stands before, between and behind the masks."""
        expected, at, parts = self.playback.answer, 0, []
        for start, end in self.masks:
            parts.append(expected[at:start])
            at = end
        return [*parts, expected[at:]]

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back."""
        masks = [list(mask) for mask in self.masks]
        return {"name": self.name, "server": self.server, "masks": masks, **self.playback.to_json()}

    @classmethod
    def from_json(cls, data: Any) -> Expectation:
        """Read what `to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        made = cls(str(data["name"]), str(data["server"]), Playback.from_json(data))
        masks = [(int(start), int(end)) for start, end in data.get("masks", ())]
        if not all(0 <= start < end <= len(made.playback.answer) for start, end in masks):
            raise ValueError("A mask lies outside of the answer.")
        return made.with_masks(masks)


def read_masks(text: str, size: int) -> list[Mask]:
    """Masks of an answer of `size` bytes as people write them: `5-7, 20` are the bytes 5, 6, 7 and 20.

    Raises ValueError with a sentence.
    """
    masks: list[Mask] = []
    for part in text.replace(",", " ").split():
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError(f"{part!r} names no bytes; write 5-7 or 20.")
        start, end = int(first), int(last or first) + 1
        if end <= start:
            raise ValueError(f"{part} ends before it begins.")
        if end > size:
            raise ValueError(f"{part} lies beyond the answer, whose last byte is {size - 1}.")
        masks.append((start, end))
    return masks


def masks_text(masks: Iterable[Mask]) -> str:
    """Masks as `read_masks` reads them."""
    return ", ".join(str(start) if end - start == 1 else f"{start}-{end - 1}" for start, end in masks)


def read_expectations(path: Path) -> list[Expectation]:
    """Those of a file, in order; none if there is no such file. Raises BadExpectations."""
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise BadExpectations(f"{path} is too large to be a file of expectations.")
        data = json.loads(path.read_bytes())
        if data["form"] != FORM:
            raise BadExpectations(f"{path} was written by another version of Socketscope.")
        return [Expectation.from_json(one) for one in data["expectations"]]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BadExpectations(f"{path} cannot be read ({error.strerror}).") from error
    except BadExpectations:
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadExpectations(f"{path} is no file of expectations, or it is damaged.") from error


def write_expectations(path: Path, expectations: Iterable[Expectation]) -> None:
    """Write a file whole or not at all; it is for its owner's eyes only. Raises OSError."""
    text = json.dumps({"form": FORM, "expectations": [one.to_json() for one in expectations]}, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    other = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(os.open(other, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:
            file.write(text)
        other.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            other.unlink()
        raise
