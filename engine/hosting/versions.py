"""Which version of its code a server serves with: counted over reloads and restarts, and noted in the capture."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..capture.writer import CaptureWriter

EVENTS = ("code", "reloaded", "reload_failed")


@dataclass
class Version:
    """Of one server. Times are monotonic ns; `number` is 0 before it has loaded any code."""

    number: int = 0
    digest: str = ""
    at: int = 0
    """When this version was loaded."""
    reloaded: bool = False
    """Whether into a running server."""
    error: dict[str, Any] | None = None
    """Why the newest code could not be loaded: code, sentence, file, line, at. The version before it is kept."""

    def hear(self, what: str, event: Mapping[str, Any], server: int, writer: CaptureWriter) -> str:
        """Take one of EVENTS of this run of the server; returns what is to be told of it."""
        at = int(event.get("at", 0))
        if what == "reload_failed":
            return self._failed(event, at, server, writer)
        digest = str(event.get("digest", ""))
        if digest != self.digest or what == "reloaded":
            self.number += 1
        self.digest, self.at, self.reloaded, self.error = digest, at, what == "reloaded", None
        writer.add_version(server, at, self.number, digest, "")
        if what == "code":
            return ""
        took = int(event.get("took", 0)) / 1e6
        return f"reloaded {_names(event.get('files'))} (version {self.number}, loaded in {took:.0f} ms)"

    def _failed(self, event: Mapping[str, Any], at: int, server: int, writer: CaptureWriter) -> str:
        sentence = str(event.get("sentence", ""))
        line = event.get("line")
        self.error = {
            "code": str(event.get("code", "import_failed")),
            "sentence": sentence,
            "file": str(event.get("file", "")),
            "line": line if isinstance(line, int) else None,
            "at": at,
        }
        writer.add_version(server, at, self.number, self.digest, sentence)
        return f"reload failed: {sentence} The old code is kept."

    def to_json(self) -> dict[str, Any]:
        """For the tick."""
        return {
            "version": self.number,
            "digest": self.digest,
            "at": self.at,
            "reloaded": self.reloaded,
            "error": self.error,
        }


def _names(files: object) -> str:
    names = files if isinstance(files, Sequence) and not isinstance(files, str) else ()
    return ", ".join(os.path.basename(str(name)) for name in names) or "its code"
