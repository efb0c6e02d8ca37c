"""What a tick costs the window while a real server tells 20,000 facts a second: `python -m tests.benchmarks.gui_tick`.

The whole window, its supervisor, and a ThreadingTCPServer of its own under load. The window has the first core for
itself; supervisor, server and clients share the second. A tick's time is from the moment at which the supervisor made
it to the moment at which the window has nothing left to do: panels refreshed, and painted. What is done between ticks
is told apart from them, as `Lull._go_on`.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic_ns, thread_time_ns
from typing import Any

import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QAbstractEventDispatcher, QEvent, QEventLoop, QObject, QTimer

from app.examples import example
from app.link.lull import Lull
from app.link.tick import Tick
from app.panels.live import LivePanel
from app.window import Window
from tests.scenes.theatre import Theatre, theatre

FACTS = 15
"""Of one connection."""
SECOND = 1_000_000_000
PAINTED_WITHIN = 6_000_000
"""Qt may collect what is to be painted for a while."""
PACED = Path(__file__).with_name("paced.py")
CORES = sorted(os.sched_getaffinity(0))


@dataclass
class Times:
    """What was measured, in ns: of ticks, and of the parts of the window's work."""

    ticks: list[int] = field(default_factory=list)
    cpu: list[int] = field(default_factory=list)
    parts: dict[str, list[int]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget what was measured while everything was new."""
        self.ticks.clear()
        self.cpu.clear()
        self.parts.clear()

    def timed(self, owner: type, method: str) -> None:
        """Measure a method of a class from now on, by the class of its object."""
        work = getattr(owner, method)

        @functools.wraps(work)
        def measured(self_: Any, *arguments: Any) -> Any:
            started = monotonic_ns()
            try:
                return work(self_, *arguments)
            finally:
                name = f"{type(self_).__name__}.{method}"
                self.parts.setdefault(name, []).append(monotonic_ns() - started)

        setattr(owner, method, measured)

    def report(self) -> None:
        """One line each."""
        for name, values in [("tick, wall", self.ticks), ("tick, CPU", self.cpu), *sorted(self.parts.items())]:
            ranked = sorted(values)
            marks = [ranked[min(len(ranked) - 1, round(len(ranked) * share))] / 1e6 for share in (0.5, 0.95, 0.99)]
            words = zip(("p50", "p95", "p99", "max"), [*marks, ranked[-1] / 1e6], strict=True)
            print(f"{name:<28}" + "".join(f"{word} {ms:6.2f}   " for word, ms in words) + f"ms, of {len(values)}")


def time_garbage(times: Times) -> None:
    """Note what the cyclic collector takes, of whatever it interrupts."""
    began = 0

    def note(phase: str, info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = monotonic_ns()
        else:
            times.parts.setdefault(f"garbage, generation {info['generation']}", []).append(monotonic_ns() - began)

    gc.callbacks.append(note)


class Watch(QObject):
    """Notes each tick from when it was made to when the window has been painted and the event loop rests."""

    def __init__(self, window: Window, times: Times) -> None:
        super().__init__()
        self._times = times
        self._made = self._done = 0
        self._used = self._idle_used = 0
        self._painting = False
        window.context.link.ticked.connect(self._on_tick)
        window.installEventFilter(self)
        dispatcher = QAbstractEventDispatcher.instance()
        assert dispatcher is not None
        dispatcher.aboutToBlock.connect(self._on_idle)

    def _on_tick(self, tick: Tick) -> None:
        """The tick before this one is complete."""
        if self._made and self._done:
            self._times.ticks.append(self._done - self._made)
            self._times.cpu.append(self._used)
        self._made, self._done, self._used = tick.at, 0, 0

    def _on_idle(self) -> None:
        """Qt says so before it paints, too: what is painted soon after belongs to the tick."""
        if self._made and (not self._done or self._painting):
            self._done, self._used = monotonic_ns(), self._used + thread_time_ns() - self._idle_used
        self._idle_used = thread_time_ns()
        self._painting = False

    # Qt's overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.UpdateRequest and self._done:
            self._painting = monotonic_ns() - self._done < PAINTED_WITHIN
        return False


@contextmanager
def clients(port: int, rate: float) -> Iterator[None]:
    """A process that connects `rate` times a second."""
    with subprocess.Popen([sys.executable, PACED, str(port), str(rate)], stdin=subprocess.PIPE) as process:
        try:
            yield
        finally:
            process.communicate(timeout=30)


def measure(here: Theatre, times: Times, rate: float, warm: float, seconds: float) -> None:
    """Load the server; warm up; measure; print."""
    link, memory = here.window.context.link, psutil.Process().memory_info
    status = here.wait_listening(here.window.context.desk.add(echo(), start=True))
    watch = Watch(here.window, times)
    with clients(int(status.address.rpartition(":")[2]), rate / FACTS):
        os.sched_setaffinity(0, {CORES[0]})
        wait(warm)
        times.clear()
        before, began, resident = link.tick.totals, link.tick.at, memory().rss
        wait(seconds)
        after, ended = link.tick.totals, link.tick.at
    facts = (after.emitted - before.emitted) * SECOND / (ended - began)
    print(f"{facts:,.0f} facts/s for {seconds:g} s after {warm:g} s, dropped {after.dropped - before.dropped}")
    print(f"captured {before.requests:,} → {after.requests:,} requests, of them evicted {after.evicted:,}")
    print(f"the window's memory {resident / 2**20:.1f} → {memory().rss / 2**20:.1f} MiB")
    times.report()
    del watch


def echo() -> Any:
    """The first example's profile."""
    found = example("echo-threads")
    assert found is not None
    return found.profile()


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def profiled(work: Callable[[], None]) -> None:
    """Do it, and print what took the time."""
    import cProfile
    import pstats

    profile = cProfile.Profile()
    profile.runcall(work)
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=20_000, help="facts a second")
    parser.add_argument("--warm", type=float, default=5.0, help="seconds before measuring")
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--keep", type=int, default=100_000, help="requests that the capture keeps; more are evicted")
    parser.add_argument("--profile", action="store_true", help="print where the time goes; figures are then higher")
    options = parser.parse_args()
    times = Times()
    for panel in LivePanel.__subclasses__():
        times.timed(panel, "refresh")
    times.timed(Lull, "_go_on")
    from app.widgets import lanes, plot, table

    for widget in (table.RequestsTable, lanes.LanesView, plot.LoadPlot):
        times.timed(widget, "paintEvent")
    time_garbage(times)
    # What is started from here on inherits the second core.
    os.sched_setaffinity(0, {CORES[-1]})
    with tempfile.TemporaryDirectory() as folder, theatre(Path(folder)) as here:
        assert isinstance(here.window, Window)
        here.window.context.link.limit(options.keep, 256 << 20)
        work = functools.partial(measure, here, times, options.rate, options.warm, options.seconds)
        profiled(work) if options.profile else work()


if __name__ == "__main__":
    main()
