"""Load over time: requests, bytes and latencies a second, and who uses the CPU."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from engine.capture.reader import CaptureReader

POINTS = 600
"""A series has no more: a second each, ten minutes."""


@dataclass(frozen=True, slots=True)
class Series:
    """One curve: `xs` are seconds before now (negative, ascending), `ys` in the unit; NaN where there is no value."""

    key: str
    name: str
    """Untranslated for the fixed ones (context "LoadModel"), a thread's or process's name for CPU."""
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    @property
    def last(self) -> float | None:
        """The newest value."""
        return next((y for y in reversed(self.ys) if y == y), None)


class LoadModel(QObject):
    """The series of one server, or of all, as of the last refresh."""

    changed = Signal()

    def __init__(self, reader: CaptureReader | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.series: dict[str, Series] = {}
        """By key: rate (requests/s), in_flight, bytes_in, bytes_out (bytes/s), p50, p95, p99 (ms), failed (a second)."""
        self.cpu: tuple[Series, ...] = ()
        """Percent of one core, a series for each process and the busiest threads, at most eight."""

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture."""

    def set_server(self, server: int | None) -> None:
        """Show one run of a server (its capture id); None: all."""

    def set_span(self, seconds: int) -> None:
        """How much of the past to show, at most POINTS seconds."""

    def refresh(self, now: int) -> None:
        """Read up to `now`, a monotonic ns."""
