"""Load over time: requests, bytes and latencies a second, and who uses the CPU."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.models.damage import Damage
from app.models.workernames import MAIN, thread_name
from app.text import QT_TRANSLATE_NOOP
from engine.capture.reader import CaptureReader, Servers
from engine.capture.records import CpuRecord, LoadRecord

SPAN = 60
"""Seconds of the past that are shown."""
POINTS = 600
"""A series of CPU use has no more."""
SECOND = 1_000_000_000
CPU_CURVES = 8
IDLE = 0.005
"""A thread that never used more of a core gets no curve: every host has some that only watch."""
NAMES_EVERY = 1_000_000_000

Thread = tuple[int, int]
"""Process and native thread id; 0 is the whole process."""


@dataclass(frozen=True, slots=True)
class Series:
    """One curve: `xs` are seconds before now (negative, ascending), `ys` in the unit; NaN where there is no value."""

    key: str
    name: str
    """Translated for the fixed ones; a thread's or process's name for CPU."""
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    @property
    def last(self) -> float | None:
        """The newest value."""
        return next((y for y in reversed(self.ys) if not math.isnan(y)), None)


def _latency(ns: int | None) -> float:
    return math.nan if ns is None else ns / 1e6


MEASURES: tuple[tuple[str, str, Callable[[LoadRecord], float]], ...] = (
    ("rate", QT_TRANSLATE_NOOP("LoadModel", "requests / s"), lambda r: r.opened),
    ("failed", QT_TRANSLATE_NOOP("LoadModel", "failed / s"), lambda r: r.failed),
    ("in_flight", QT_TRANSLATE_NOOP("LoadModel", "in flight"), lambda r: r.in_flight),
    ("bytes_in", QT_TRANSLATE_NOOP("LoadModel", "in"), lambda r: r.bytes_in),
    ("bytes_out", QT_TRANSLATE_NOOP("LoadModel", "out"), lambda r: r.bytes_out),
    ("queued", QT_TRANSLATE_NOOP("LoadModel", "accept queue"), lambda r: r.queued),
    ("p50", QT_TRANSLATE_NOOP("LoadModel", "p50"), lambda r: _latency(r.p50)),
    ("p95", QT_TRANSLATE_NOOP("LoadModel", "p95"), lambda r: _latency(r.p95)),
    ("p99", QT_TRANSLATE_NOOP("LoadModel", "p99"), lambda r: _latency(r.p99)),
)
"""What is drawn of every second: key, name, value."""


class LoadModel(QObject):
    """The series of one server, or of all, as of the last refresh."""

    changed = Signal()

    def __init__(self, reader: CaptureReader | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.series: dict[str, Series] = {}
        """By key: rate (requests/s), failed, in_flight, bytes_in, bytes_out (bytes/s), p50, p95, p99 (ms)."""
        self.cpu: tuple[Series, ...] = ()
        """Percent of one core, the busiest processes and threads first, at most eight."""
        self.damage = Damage(self)
        self._reader = reader
        self._servers: Servers = None
        self._names: dict[Thread, str] = {}
        self._named_at = -NAMES_EVERY

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture."""
        self.damage.forget()
        self._reader = reader
        self._forget()

    def set_server(self, servers: Servers) -> None:
        """Show these runs (capture ids, such as ServerStatus.ids); None: all."""
        if servers != self._servers:
            self._servers = servers
            self._forget()

    def refresh(self, now: int) -> None:
        """Read up to `now`, a monotonic ns."""
        if self._reader is not None:
            with self.damage.noticed():
                self._read(self._reader, now)
            self.changed.emit()

    def _read(self, reader: CaptureReader, now: int) -> None:
        # The second that runs now is not complete: as a point it would look like a fall.
        last = now // SECOND - 1
        records = reader.load(self._servers, last - SPAN + 1, last)
        xs = tuple(float(record.second - last) for record in records)
        translate = QCoreApplication.translate
        self.series = {
            key: Series(key, translate("LoadModel", name), xs, tuple(float(value(record)) for record in records))
            for key, name, value in MEASURES
        }
        since = now - SPAN * SECOND
        samples = reader.cpu(self._servers, since)
        curves = busiest(samples)
        self._learn_names(reader, curves, now)
        self.cpu = tuple(cpu_curve(who, points, self._names.get(who), now) for who, points in curves)

    def _learn_names(self, reader: CaptureReader, curves: Iterable[tuple[Thread, object]], now: int) -> None:
        """Of those that work now: a flood leaves thousands of ended ones behind, none of them worth a curve."""
        shown = {who for who, _ in curves}
        unknown = any(thread and (pid, thread) not in self._names for pid, thread in shown)
        if unknown and now - self._named_at > NAMES_EVERY:
            self._named_at = now
            found = {(w.pid, w.thread): thread_name(w.name) for w in reader.workers(self._servers, now)}
            self._names = {**{who: name for who, name in self._names.items() if who in shown}, **found}

    def _forget(self) -> None:
        self.series, self.cpu = {}, ()
        self.changed.emit()


def busiest(samples: Iterable[CpuRecord]) -> list[tuple[Thread, list[CpuRecord]]]:
    """The samples of each process, and of the threads that used most, at most eight together."""
    curves: dict[Thread, list[CpuRecord]] = {}
    for sample in samples:
        curves.setdefault((sample.pid, sample.thread), []).append(sample)
    worth = {who: points for who, points in curves.items() if not who[1] or max(s.share for s in points) > IDLE}
    ranked = sorted(worth.items(), key=lambda item: (item[0][1] != 0, -sum(s.share for s in item[1])))
    return ranked[:CPU_CURVES]


def cpu_curve(who: Thread, samples: Sequence[CpuRecord], name: str | None, now: int) -> Series:
    """Samples as percent of one core."""
    pid, thread = who
    recent = sorted(samples, key=lambda sample: sample.at)[-POINTS:]
    xs = tuple((sample.at - now) / SECOND for sample in recent)
    own = MAIN if thread == pid else f"tid {thread}"
    title = (name or own) if thread else f"pid {pid}"
    return Series(f"cpu {pid} {thread}", title, xs, tuple(sample.share * 100 for sample in recent))
