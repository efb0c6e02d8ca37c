"""The switch of a server's profile, and what it has found so far about one file's lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton

from app.context import Context
from app.link.tick import Trouble
from app.panels.live import Slow
from app.text import duration, safe_text, set_role, set_tip, tr

EVERY = 1_000_000_000
Shares = dict[int, tuple[float, float]]
"""Of the sampled time, by line: on a processor, and waiting."""


class SamplingButton(QPushButton):
    """Switches sampling on and off, and asks for what was found while it is on and somebody looks."""

    sampled = Signal()
    """There is something new; see `shares`."""

    def __init__(self, context: Context) -> None:
        super().__init__(tr("Profile"))
        self._context = context
        self._slow = Slow(EVERY)
        self._key = ""
        self._found: Mapping[str, Any] = {}
        self.setCheckable(True)
        set_role(self, "flat")
        self.toggled.connect(self._switch)
        self._explain()

    def refresh(self, key: str, now: int) -> None:
        """Called at every tick while the code of this server is shown."""
        if key != self._key:
            self._forget(key)
        status = self._context.link.tick.server(key)
        up = status is not None and status.state.up
        self.setEnabled(up)
        if not up and self.isChecked():
            self._forget(key)
        if self.isChecked() and self._slow.due(now):
            self._ask(None)

    def shares(self, path: str) -> Shares:
        """What was found about a file's lines."""
        total = _number(self._found.get("total"))
        rows = self._found.get("lines")
        if not total or not isinstance(rows, list):
            return {}
        found: Shares = {}
        for row in rows:
            if isinstance(row, list) and len(row) == 4 and row[0] == path:
                line, spent, cpu = (_number(one) for one in row[1:])
                found[line] = cpu / total, max(0, spent - cpu) / total
        return found

    def _switch(self, on: bool) -> None:
        self._slow.reset()
        self._ask(on)

    def _ask(self, on: bool | None) -> None:
        key = self._key
        self._context.link.order(
            "sample", lambda reply: self._take(key, reply), lambda trouble: self._refuse(key, trouble), key=key, on=on
        )

    def _take(self, key: str, reply: Mapping[str, Any]) -> None:
        found = reply.get("sampled")
        if key == self._key and isinstance(found, Mapping):
            self._found = found
            self._explain()
            self.sampled.emit()

    def _refuse(self, key: str, trouble: Trouble) -> None:
        if key == self._key:
            self._context.tell(safe_text(trouble.sentence, 200))
            self._forget(key)

    def _forget(self, key: str) -> None:
        """Another server: its profile, if it has one, is asked for when it is switched on."""
        self.blockSignals(True)
        self.setChecked(False)
        self.blockSignals(False)
        self._key, self._found = key, {}
        self._explain()
        self.sampled.emit()

    def _explain(self) -> None:
        total, cpu = _number(self._found.get("total")), _number(self._found.get("cpu"))
        what = tr("Sample a hundred times a second which lines handlers are at; lines are tinted by time")
        if total:
            found = tr("{all} sampled: {cpu} on a CPU, {wait} waiting")
            what = found.format(all=duration(total), cpu=duration(cpu), wait=duration(max(0, total - cpu)))
        elif self.isChecked():
            what = tr("No request was served by a thread of the server's own process yet")
        set_tip(self, what)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
