"""The tool bar above: menu, perspectives, what can be done with the server, what is paused or disturbed, the filter."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from app.context import Context
from app.filterbox import FilterBox
from app.icons import icon
from app.text import label, no_mnemonic, number, safe_text, set_role, set_tip, tr

ROOMY = 1300
"""px of a tool bar that has room for whole sentences."""


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
