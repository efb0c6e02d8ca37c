"""The tool bar above and the status bar below."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStatusBar,
    QToolBar,
    QToolButton,
    QWidget,
)

from app.context import Context
from app.filterbox import FilterBox
from app.icons import icon
from app.link.tick import Tick
from app.text import duration, label, no_mnemonic, number, safe_text, set_role, set_tip, size, tr

TOLD_FOR = 8000
"""How long a sentence stands in the status bar, in ms."""
GAP, EDGE = 18, 14
ROOMY = 1300
"""px of a tool bar that has room for whole sentences."""
LAG = 1000
"""From this on the view says how far it is behind, in ms."""


def action_button(action: QAction) -> QPushButton:
    """A push button that does what an action does, and is enabled, named and explained like it."""
    button = QPushButton()
    button.clicked.connect(action.trigger)

    def follow() -> None:
        button.setText(no_mnemonic(action.text()))
        button.setIcon(action.icon())
        button.setEnabled(action.isEnabled())
        button.setAccessibleName(action.text())
        set_tip(button, action.whatsThis())

    action.changed.connect(follow)
    follow()
    return button


class ToolBar(QToolBar):
    """Menu, perspective, what can be done with the selected server, filter."""

    def __init__(self, context: Context, actions: Mapping[str, QAction], menu: QMenu) -> None:
        super().__init__(tr("Tool bar"))
        self.setObjectName("tool-bar")
        self.setMovable(False)
        self.setFixedHeight(40)
        self.toggleViewAction().setEnabled(False)
        self.filter = FilterBox(context.view)
        self._count = label(name=tr("Requests that match"), role="dim", steady=76)
        self._count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        set_tip(self._count, tr("How many requests match the filter and the selected server, of all in the capture"))
        context.view.counted.connect(self._show_count)
        self._paused = PausedCounter(context, actions["pause.continue"])
        self._faults = FaultsChip(context, actions["faults.switch"])
        self._lay_out(actions, menu)

    def _lay_out(self, actions: Mapping[str, QAction], menu: QMenu) -> None:
        """One row in one widget: a tool bar's own layout would put words and buttons on different lines."""
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(8, 0, 12, 0)
        layout.setSpacing(8)
        layout.addWidget(_menu_button(menu))
        for name in ("perspective.live", "perspective.debug", "perspective.load", "perspective.replay"):
            layout.addWidget(_perspective_button(actions[name]))
        layout.addSpacing(8)
        for name in ("server.start", "server.stop", "server.restart"):
            layout.addWidget(action_button(actions[name]))
        layout.addWidget(self._paused)
        layout.addWidget(self._faults)
        layout.addStretch()
        layout.addWidget(self.filter)
        layout.addWidget(self._count)
        line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.addWidget(line)

    def _show_count(self, shown: int, total: int) -> None:
        self._count.setText(tr("{} of {}").format(number(shown), number(total)))

    # Qt's overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._faults.be_short(self.width() < ROOMY)


class PausedCounter(QPushButton):
    """Calls the person while something is paused, and lets it go on."""

    def __init__(self, context: Context, action: QAction) -> None:
        super().__init__()
        self._gates, self._lines = context.gates, context.lines
        self._action = action
        set_role(self, "chip-warn")
        self.clicked.connect(action.trigger)
        context.gates.paused_changed.connect(self._show)
        context.lines.stopped_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        count = len(self._gates.paused) + sum(not stop.running for stop in self._lines.stopped)
        said = tr("{} request paused") if count == 1 else tr("{} requests paused")
        text = said.format(number(count))
        keys = self._action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        self.setText(f"‖ {text}  {no_mnemonic(self._action.text())}  {keys}")
        self.setAccessibleName(tr("{paused}: continue").format(paused=text))
        set_tip(self, tr("Let the chosen one go on; Ctrl+2 shows what is paused"))
        self.setVisible(count > 0)


class FaultsChip(QPushButton):
    """Says that faults are switched on, and switches all of them off, or on again, in one click."""

    def __init__(self, context: Context, action: QAction) -> None:
        super().__init__()
        self._context = context
        self._short = False
        self.clicked.connect(action.trigger)
        context.faults.changed.connect(self._show)
        context.workspace.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        enabled = self._context.faults.enabled()
        on, count = self._context.faults.on, sum(enabled.values())
        text = (tr("{} fault") if count == 1 else tr("{} faults")).format(number(count))
        if len(enabled) == 1:
            text = tr("{faults} on {server}").format(faults=text, server=safe_text(self._name(next(iter(enabled))), 24))
        self.setText(f"⚡ {number(count) if self._short else text}  {tr('Off') if on else tr('On')}")
        set_role(self, "chip-fault" if on else "chip-off")
        self.setAccessibleName(tr("{faults}: switch off") if on else tr("{faults}: switch on"))
        self.setAccessibleName(self.accessibleName().format(faults=text))
        tip = tr("{}: switch all off (Ctrl+Shift+F9)") if on else tr("{}, all of them off: switch on")
        set_tip(self, tip.format(text))
        self.setVisible(count > 0)

    def be_short(self, short: bool) -> None:
        """Where there is little room only the number is shown; the tip and the accessible name say all."""
        if short != self._short:
            self._short = short
            self._show()

    def _name(self, key: str) -> str:
        entry, status = self._context.workspace.entry(key), self._context.link.tick.server(key)
        return entry.profile.name if entry is not None else status.name if status is not None else key


def _menu_button(menu: QMenu) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon("menu"))
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setShortcut("Alt+M")
    button.setAccessibleName(tr("Menu"))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    set_tip(button, tr("Everything that can be done (Alt+M)"))
    return button


def _perspective_button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setAccessibleName(action.text())
    button.setAccessibleDescription(action.whatsThis())
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    set_role(button, "perspective")
    return button


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
