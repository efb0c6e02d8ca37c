"""The status bar below: what the capture holds, what watching costs, what was last said, whether the view is live."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QStatusBar,
    QWidget,
)

from app.context import Context
from app.link.tick import Tick
from app.text import duration, label, number, safe_text, set_role, set_tip, size, tr

TOLD_FOR = 8000
"""How long a sentence stands in the status bar, in ms."""
GAP, EDGE = 18, 14
LAG = 1000
"""From this on the view says how far it is behind, in ms."""


class StatusBar(QStatusBar):
    """What the capture holds and has lost, what watching costs, what was last said, and whether the view is live."""

    def __init__(self, context: Context, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self._sentence = ""
        self._view = context.view
        self._link = context.link
        self._capture = self._item(tr("Capture"), tr("Requests and bytes in the capture, and its limits"))
        self._dropped = self._item(tr("Dropped"), tr("Facts that a server could not send because the way was full"))
        self._evicted = self._item(tr("Evicted"), tr("Old requests that made room for new ones, by the limits"))
        self._cost = self._item(tr("Observer cost"), tr("What watching costs a server, for each thing that it reports"))
        self._told = label(name=tr("Message"), role="dim")
        set_tip(self._told, tr("What the program last had to say"))
        self._told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._commands = self._button(tr("Ctrl+K commands"), actions["help.commands"])
        self._mode = self._button("", actions["view.freeze"])
        self._lay_out()
        self._silence = QTimer(self, singleShot=True, interval=TOLD_FOR)
        self._silence.timeout.connect(lambda: self._say(""))
        self._slow = QTimer(self, interval=500)
        self._slow.timeout.connect(lambda: context.link.lull.ask(self.refresh))
        self._slow.start()
        context.view.frozen_changed.connect(self.refresh)
        context.view.following_changed.connect(self.refresh)
        self.refresh()

    def tell(self, sentence: str) -> None:
        """Show one sentence for a while; what does not fit stands in its tip."""
        self._say(safe_text(sentence, 2000))
        self._silence.start()

    def hush(self, sentence: str) -> None:
        """Take a sentence back before its time: it no longer holds."""
        if self._sentence == safe_text(sentence, 2000):
            self._say("")

    def _say(self, sentence: str) -> None:
        self._sentence = sentence
        set_tip(self._told, sentence or tr("What the program last had to say"))
        self._fit()

    def _fit(self) -> None:
        """A sentence comes before the numbers: some make room for it, and what is still too long is cut."""
        wanted = self._told.fontMetrics().horizontalAdvance(self._sentence) + 2
        calm = [item for item in (self._evicted, self._dropped) if item.property("role") != "warn"]
        spare: list[QWidget] = [self._cost, *calm, self._commands]
        free = self.width() - 2 * EDGE - sum(self._width(item) for item in (*spare, *self._kept()))
        for item in spare:
            hidden = bool(self._sentence) and free < wanted
            item.setVisible(not hidden)
            free += self._width(item) if hidden else 0
        line = self._told.fontMetrics().elidedText(self._sentence, Qt.TextElideMode.ElideRight, max(0, free))
        self._told.setText(line)

    def _kept(self) -> list[QWidget]:
        loud = [item for item in (self._evicted, self._dropped) if item.property("role") == "warn"]
        return [self._capture, self._mode, *loud]

    @staticmethod
    def _width(item: QWidget) -> int:
        return max(item.sizeHint().width(), item.minimumWidth()) + GAP

    def refresh(self) -> None:
        """Numbers that people read: twice a second, and only when they have changed."""
        tick: Tick = self._link.tick
        for item, text in (
            (self._capture, capture_text(tick)),
            (self._dropped, tr("dropped {}").format(number(tick.totals.dropped))),
            (self._evicted, tr("evicted {}").format(number(tick.totals.evicted))),
            (self._cost, cost_text(tick)),
        ):
            if item.text() != text:
                item.setText(text)
        self._warn(self._dropped, tick.totals.dropped > 0)
        self._show_mode(tick)
        self._fit()

    def _show_mode(self, tick: Tick) -> None:
        if self._view.frozen:
            text, role = tr("❄ view frozen"), "warn"
        elif tick.totals.behind_ms > LAG:
            text, role = tr("view {:.1f} s behind").format(tick.totals.behind_ms / 1000), "warn"
        elif self._view.following:
            text, role = tr("● following newest"), "dim"
        else:
            text, role = tr("○ not following"), "dim"
        if self._mode.text() != text:
            self._mode.setText(text)
            set_role(self._mode, f"status-{role}")

    @staticmethod
    def _warn(item: QLabel, bad: bool) -> None:
        role = "warn" if bad else "dim"
        if item.property("role") != role:
            set_role(item, role)

    @staticmethod
    def _item(name: str, explanation: str) -> QLabel:
        made = label(name=name, role="dim", steady=0)
        set_tip(made, explanation)
        return made

    @staticmethod
    def _button(text: str, action: QAction) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(action.trigger)
        button.setAccessibleName(action.text())
        set_tip(button, action.whatsThis())
        set_role(button, "status-dim")
        return button

    def _lay_out(self) -> None:
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(EDGE, 0, EDGE, 0)
        layout.setSpacing(GAP)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        for item in (self._capture, self._dropped, self._evicted, self._cost):
            layout.addWidget(item)
        layout.addWidget(self._told, 1)
        layout.addWidget(self._commands)
        layout.addWidget(self._mode)
        self.addWidget(line, 1)

    # Qt's overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


def cost_text(tick: Tick) -> str:
    """What an event costs; nothing has been measured before the first one."""
    cost = tick.totals.cost_ns
    return tr("observer cost {}/event").format(duration(cost)) if cost else tr("observer cost –")  # noqa: RUF001


def capture_text(tick: Tick) -> str:
    """434 / 10 000 requests · 1.2 / 64 MB; a limit of 0 is none."""
    totals = tick.totals
    requests = number(totals.requests)
    if totals.limit_requests:
        requests = f"{requests} / {number(totals.limit_requests)}"
    used = size(totals.size)
    if totals.limit_bytes:
        used = f"{used} / {size(totals.limit_bytes)}"
    return tr("capture {} requests · {}").format(requests, used)
