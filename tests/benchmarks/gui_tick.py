"""What a tick costs the window while a capture grows by 20,000 facts a second: `python -m tests.benchmarks.gui_tick`.

A process of its own writes the capture, at the same time, on the same machine; ticks come 20 times a second. A tick's
time is from due to done: waiting for the event loop, refreshing the models, and painting what has changed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from time import monotonic_ns, thread_time_ns

import psutil

from engine.capture.reader import CaptureReader
from engine.capture.writer import CaptureWriter
from engine.channel.codec import Batch
from engine.observe.facts import Kind, Outcome, Piece
from engine.observe.stages import Stage

SECOND = 1_000_000_000
TICK = SECOND // 20
COMMIT = SECOND // 20
STAGES = tuple(stage for stage in Stage if stage <= Stage.SHUTDOWN_REQUEST)
FACTS = len(STAGES) + 6
"""Of one request: its stages, worker, opening, closing, one piece each way."""
PID = 1000


def facts(number: int, now: int) -> list[tuple[int, int, int, int, int, int, int, bytes]]:
    """Everything that a request tells, in a thread of its own."""
    key, thread = (PID << 32) | number, 2000 + number
    opened = now - 4_000_000
    rows = [
        (int(Kind.WORKER_STARTED), 0, 1, thread, opened, 0, PID, f"Thread-{number} (process_request_thread)".encode()),
        (int(Kind.REQUEST_OPENED), key, 1, PID, opened, 0, 0, b"127.0.0.1:41341" + bytes(1) + b"127.0.0.1:9009"),
        (int(Kind.RECEIVED), key, int(Piece.WHOLE), thread, opened + 900_000, 0, 64, bytes(64)),
        (int(Kind.SENT), key, int(Piece.WHOLE), thread, opened + 1_900_000, 0, 64, bytes(64)),
    ]
    for place, stage in enumerate(STAGES):
        started = opened + place * 300_000
        rows.append((int(Kind.STAGE), key, int(stage), thread, started, started + 290_000, 150_000, b""))
    outcome = Outcome.ERROR if number % 97 == 0 else Outcome.DONE
    rows.append((int(Kind.REQUEST_CLOSED), key, int(outcome), thread, now - 500_000, 0, 0, b""))
    rows.append((int(Kind.WORKER_ENDED), 0, 1, thread, now, 0, -1, b""))
    return rows


def write(path: str, rate: int, stop: Event, ready: Event) -> None:
    """Feed a capture at `rate` facts a second until told to stop: what a supervisor does."""
    writer = CaptureWriter(path)
    server = writer.add_server(
        "bench", "ThreadingTCPServer", "tcp", "127.0.0.1:9009", "x.py:X", PID, monotonic_ns(), {}
    )
    number = told = sequence = 0
    started = due = monotonic_ns()
    while not stop.wait(max(0, due - monotonic_ns()) / SECOND):
        now = monotonic_ns()
        rows: list[tuple[int, int, int, int, int, int, int, bytes]] = []
        while told < (now - started) * rate // SECOND:
            number += 1
            rows += facts(number, started + told * SECOND // rate)
            told += FACTS
        sequence += 1
        writer.feed(1, {1: server}, Batch(PID, sequence, told, 0, rows))
        writer.commit()
        writer.evict()
        ready.set()
        due += COMMIT
    writer.close()


@dataclass
class Measured:
    """Times of ticks in ns, by part."""

    tick: list[int] = field(default_factory=list)
    cpu: list[int] = field(default_factory=list)
    """What a tick used of a core: this alone does not depend on who else uses the machine."""
    parts: dict[str, list[int]] = field(default_factory=dict)

    def timed(self, name: str, work: Callable[[], object]) -> None:
        """Do a part of the tick, and note what it took."""
        started = monotonic_ns()
        work()
        self.parts.setdefault(name, []).append(monotonic_ns() - started)

    def report(self, name: str, times: list[int]) -> str:
        """One line."""
        ranked = sorted(times)
        at = [ranked[min(len(ranked) - 1, round(len(ranked) * share))] / 1e6 for share in (0.5, 0.95, 0.99)]
        named = zip(("p50", "p95", "p99", "max"), [*at, ranked[-1] / 1e6], strict=True)
        figures = (f"{word} {ms:7.2f}" for word, ms in named)
        return f"{name:<12} {'   '.join(figures)}  ms, of {len(times)}"


def measure(path: str, seconds: float, full: bool) -> Measured:
    """Tick for so long in an offscreen table, and with `full` in lanes and charts as well."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from app.models.load import LoadModel
    from app.models.requests import RequestsModel
    from app.models.workers import LanesModel
    from app.theme import theme_source
    from app.widgets.lanes import LanesView
    from app.widgets.table import RequestsTable

    application = QApplication.instance() or QApplication([])
    theme_source().set_mode("dark")
    reader = CaptureReader(path)
    model, lanes, load = RequestsModel(reader), LanesModel(reader), LoadModel(reader)
    table, view = RequestsTable(model), LanesView(lanes)
    table.resize(852, 560)
    view.resize(362, 200)
    table.show()
    view.show()
    measured = Measured()
    first, count = monotonic_ns() + SECOND // 2, 0

    def tick() -> None:
        nonlocal count
        due = first + count * TICK
        now, used = monotonic_ns(), thread_time_ns()
        count += 1
        measured.timed("refresh", lambda: model.refresh(now))
        measured.timed("paint", table.viewport().repaint)
        if full and count % 2:
            measured.timed("lanes", lambda: lanes.refresh(now))
            measured.timed("lanes' paint", view.viewport().repaint)
        if full and count % 10 == 4:
            measured.timed("load", lambda: load.refresh(now))
        done = monotonic_ns()
        measured.tick.append(done - due)
        measured.cpu.append(thread_time_ns() - used)
        if done - first > seconds * SECOND:
            application.quit()
        else:
            timer.start(max(0, (first + count * TICK - monotonic_ns()) // 1_000_000))

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setSingleShot(True)
    timer.timeout.connect(tick)
    timer.start((first - monotonic_ns()) // 1_000_000)
    application.exec()
    totals = reader.totals()
    print(
        f"rows shown {model.shown}, recorded {totals.recorded}, evicted {totals.evicted}, file {totals.size >> 20} MiB"
    )
    table.hide()
    view.hide()
    reader.close()
    return measured


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=20_000, help="facts a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--table-only", action="store_true", help="leave out lanes and charts")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "bench.capture")
        stop, ready = context.Event(), context.Event()
        process = context.Process(target=write, args=(path, options.rate, stop, ready))
        process.start()
        ready.wait(30)
        before = psutil.Process().memory_info().rss
        try:
            measured = measure(path, options.seconds, not options.table_only)
        finally:
            stop.set()
            process.join(30)
        after = psutil.Process().memory_info().rss
    print(
        f"{options.rate} facts/s for {options.seconds:g} s, tick 20 Hz; this process {before >> 20} → {after >> 20} MiB"
    )
    print(measured.report("tick", measured.tick))
    print(measured.report("tick's CPU", measured.cpu))
    for name, times in measured.parts.items():
        print(measured.report(name, times))
    print(f"mean tick {statistics.mean(measured.tick) / 1e6:.2f} ms")


if __name__ == "__main__":
    main()
