"""Reads a capture, by windows: each call costs what it hands out, however much has been captured."""

from __future__ import annotations

from . import rows
from .activity import ActivityReader
from .alike import AlikeReader
from .filters import Filter
from .reading import Servers
from .records import ServerRecord, Totals
from .requests import RequestReader
from .store import BadCapture, stored_size
from .summary import SummaryReader
from .waits import WaitReader

__all__ = ["BadCapture", "CaptureReader", "Filter", "Servers"]


class CaptureReader(RequestReader, AlikeReader, ActivityReader, SummaryReader, WaitReader):
    """One connection to a capture. Never changes anything; raises BadCapture for what is none, or is damaged."""

    @property
    def wall_offset(self) -> int:
        """Added to a time of the capture it gives `time.time_ns()`."""
        return self._meta().get("wall_offset", 0)

    @property
    def last_at(self) -> int:
        """When the newest thing that it tells happened, ns; 0 in an empty capture."""
        parts = (
            "max(started), max(stopped) FROM server",
            "max(closed), max(opened) FROM request",
            "max(at), NULL FROM output",
            "max(at), NULL FROM cpu",
        )
        with self._sensible():
            found = [at for part in parts for row in self._all(f"SELECT {part}") for at in rows.integers(*row)]
        return max((at for at in found if at is not None), default=0)

    def totals(self) -> Totals:
        """The counters as of the last commit."""
        meta = self._meta()
        with self._reading():
            size = stored_size(self.path)
        counters = {key: meta.get(key, 0) for key in ("requests", "emitted", "recorded", "dropped", "evicted")}
        return Totals(**counters, size=size)

    def servers(self) -> list[ServerRecord]:
        """All runs of all servers."""
        return self._records(rows.server_record, f"SELECT {rows.SERVER_COLUMNS} FROM server ORDER BY id")
