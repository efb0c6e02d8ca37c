"""The lull after a tick: what can wait is done there, a little at a time, so that no tick has to bear all the work."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import monotonic_ns

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

Work = Callable[[], object]

AFTER_TICK = 25
"""ms. By then a tick has been shown and painted; the next one is as far away."""
WITHOUT_TICK = 50
"""ms until the next thing, when no tick comes: an idle supervisor sends few."""
ENOUGH = 1_500_000
"""ns. Once so much has been done in a lull, the rest waits for the next."""
GARBAGE_EVERY = 1000
"""ms between two collections."""
MUCH_GARBAGE = 20_000
"""Objects that may become garbage before Python collects on its own."""


class Lull(QObject):
    """Does what was asked for, in that order, after the ticks. What was asked for twice is done once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: dict[Work, None] = {}
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._go_on)
        # Python would collect cyclic garbage whenever enough has been made, which is while a tick is shown.
        gc.set_threshold(MUCH_GARBAGE, 10, 10)
        self._garbage = QTimer(self, interval=GARBAGE_EVERY)
        self._garbage.timeout.connect(lambda: self.ask(_collect))
        self._garbage.start()

    def ask(self, work: Work) -> None:
        """Do `work`, a function or a QObject's method, in one of the next lulls, if its object is still there."""
        self._waiting[work] = None
        if not self._soon.isActive():
            self._soon.start(WITHOUT_TICK)

    def begin(self) -> None:
        """A tick has come."""
        if self._waiting:
            self._soon.start(AFTER_TICK)

    def end(self) -> None:
        """Forget what has not been done: those who asked are about to go."""
        self._waiting.clear()
        self._soon.stop()

    def _go_on(self) -> None:
        started = monotonic_ns()
        while self._waiting and monotonic_ns() - started < ENOUGH:
            work = next(iter(self._waiting))
            del self._waiting[work]
            if isValid(getattr(work, "__self__", None)):
                work()
        if self._waiting:
            self._soon.start(WITHOUT_TICK)


def _collect() -> None:
    """The young ones: what has lived long is looked at when Python finds it worth while."""
    gc.collect(1)
