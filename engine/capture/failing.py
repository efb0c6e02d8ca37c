"""What a FAILED fact's JSON says, in the columns of the table; it comes from a host and may be anything."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..observe.causes import Cause

TYPE_LIMIT = 200
MESSAGE_LIMIT = 4096
PLACE_LIMIT = 1024
SIGNATURE = 8
"""Hex digits of a signature."""
_LIBRARY = re.compile(r"/lib/python\d|/site-packages/|^<")
_CAUSES = {cause.word: cause for cause in Cause}
DIED = "WorkerDied"
"""The type of a failure that is no exception: the thread's process, or the forked child, has died."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`detail` is the JSON text itself; `server` the host's number of a server that failed outside any request.

    `cause` is whose doing it is.
    """

    type: str
    message: str
    detail: str
    server: int = 0
    cause: Cause = Cause.BUG
    place: str = ""
    """The innermost line of the user's code that it passed: `/x/length.py:31`, "" unknown."""

    def signature(self, stage: int) -> str:
        """The same for failures that are equal: of one type, from one line, in one stage."""
        where = self.place or (self.message if self.type == DIED else "")
        told = f"{self.type}\0{where}\0{stage}".encode("utf-8", "backslashreplace")
        return hashlib.sha1(told, usedforsecurity=False).hexdigest()[:SIGNATURE]

    @property
    def headline(self) -> tuple[str, str | None]:
        """What the request's row says: type and message, or how the worker died."""
        return (self.message, None) if self.type == DIED else (self.type, self.message)


def died(cause: str, frames: Sequence[Mapping[str, Any]] = ()) -> Failure:
    """The failure of a request whose worker has died; `frames` as debug/failures.py describes them."""
    text = json.dumps({"type": DIED, "message": cause, "frames": list(frames)})
    return Failure(DIED, cause, text, place=_own_place(list(frames)))


def read_failure(data: bytes) -> Failure:
    """Never fails."""
    text = data.decode("utf-8", "backslashreplace")
    try:
        detail = json.loads(text)
    except (ValueError, RecursionError):
        detail = None
    if not isinstance(detail, dict):
        return Failure("Exception", text[:MESSAGE_LIMIT], "{}")
    server = detail.get("server")
    return Failure(
        _text(detail.get("type"), TYPE_LIMIT) or "Exception",
        _text(detail.get("message"), MESSAGE_LIMIT),
        text,
        server if isinstance(server, int) else 0,
        _CAUSES.get(str(detail.get("cause")), Cause.BUG),
        _own_place(detail.get("frames")),
    )


def _own_place(frames: Any) -> str:
    """Of frames, the innermost last, the user's own; of Python's library if there is no other."""
    places = [_place(frame) for frame in frames] if isinstance(frames, list) else []
    known = [place for place in reversed(places) if place]
    return next((place for place in known if not _LIBRARY.search(place)), known[0] if known else "")


def _place(frame: Any) -> str:
    file, line = (frame.get("file"), frame.get("line")) if isinstance(frame, dict) else (None, None)
    return f"{_text(file, PLACE_LIMIT)}:{line}" if isinstance(file, str) and isinstance(line, int) else ""


def _text(value: object, limit: int) -> str:
    # SQLite takes no lone surrogates, which JSON can spell.
    text = value if isinstance(value, str) else ""
    return text[:limit].encode("utf-8", "backslashreplace").decode("utf-8")
