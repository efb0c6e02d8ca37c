"""Docks made from the list of panels: their heads, their places, and their folding away when the window is narrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QSizePolicy, QTabBar, QTabWidget, QWidget

from app.context import Context
from app.heads import PanelHead
from app.panels import Panel
from app.text import set_tip, tr

AREAS = {
    "top": Qt.DockWidgetArea.TopDockWidgetArea,
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
NARROW = 1400
"""Below this width the right column joins the tabs at the bottom: it would leave the requests without their stages."""
SIZES = {
    "live": {"left": 226, "right": 362, "bottom": 260},
    "debug": {"left": 226, "right": 362, "bottom": 400},
    "load": {"left": 226, "right": 720, "bottom": 200},
}
"""By perspective: how wide the columns are, and how high the bottom."""
SHOWN = {"debug": frozenset({"pipeline", "paused", "gates"})}
"""By perspective: the panels that it shows besides those that are always there."""
HIDDEN = {"debug": frozenset({"load"})}
"""By perspective: the panels that make room for them."""
BESIDE = "paused"
"""Stands at the left of the tabs at the bottom, where a perspective shows it."""


class _NoHead(QWidget):
    """Takes the place of the head of a panel whose own first line serves as one."""

    def sizeHint(self) -> QSize:
        return QSize(0, 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)


class Dock(QDockWidget):
    """A panel in the window, built when it is first shown."""

    def __init__(self, panel: Panel, context: Context, parent: QWidget) -> None:
        super().__init__(tr(panel.title), parent)
        self.panel = panel
        self._context = context
        self.setObjectName(f"dock-{panel.name}")
        self.setAccessibleName(tr(panel.title))
        self._head = PanelHead(tr(panel.title)) if panel.head else None
        self.setTitleBarWidget(self._head or _NoHead())
        self.toggle = self._toggle_action()
        self.visibilityChanged.connect(self._on_visibility_changed)

    def build(self) -> QWidget:
        """The panel's widget, made now if it is not there yet."""
        widget: QWidget | None = self.widget()
        if widget is None:
            widget = self.panel.factory(self._context)
            widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            self.setWidget(widget)
            if self._head is not None:
                self._head.adopt(widget)
        return widget

    def reveal(self) -> None:
        """Show it, in front, with the keyboard in it."""
        self.show()
        self.raise_()
        self.build().setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def in_front(self) -> bool:
        """Whether it is on screen, not behind another one's tab."""
        return self.isVisible() and not self._is_behind()

    def _toggle_action(self) -> QAction:
        action = QAction(tr(self.panel.title), self)
        action.setObjectName(f"panel.{self.panel.name}")
        action.setCheckable(True)
        action.setShortcut(QKeySequence(self.panel.shortcut))
        set_tip(action, tr("Show or hide the panel {}").format(tr(self.panel.title)))
        action.triggered.connect(lambda checked: self.reveal() if checked or self._is_behind() else self.hide())
        return action

    def _is_behind(self) -> bool:
        return not self.isHidden() and self.visibleRegion().isEmpty()

    def _on_visibility_changed(self, visible: bool) -> None:
        self.toggle.setChecked(not self.isHidden() and visible)
        if visible:
            self.build()


def name_tab_bar(bar: QObject) -> None:
    """Say what the tabs of stacked panels are."""
    assert isinstance(bar, QTabBar)
    bar.setAccessibleName(tr("Panels"))
    set_tip(bar, tr("Panels that share this place"))


class Docks:
    """All docks of a window, and where they belong."""

    def __init__(self, window: QMainWindow, panels: Iterable[Panel], context: Context) -> None:
        self._window = window
        self._docks = [Dock(panel, context, window) for panel in panels if panel.area in AREAS]
        self._folded = False
        self._resting = False
        self._split = False
        self._put_away: list[Dock] = []
        window.setCorner(Qt.Corner.BottomLeftCorner, AREAS["left"])
        window.setCorner(Qt.Corner.BottomRightCorner, AREAS["bottom"])
        window.setDockNestingEnabled(True)
        for area in AREAS.values():
            window.setTabPosition(area, QTabWidget.TabPosition.South)
        self.arrange()

    @property
    def folded(self) -> bool:
        """Whether the right column stands among the tabs at the bottom."""
        return self._folded

    def __iter__(self) -> Iterator[Dock]:
        return iter(self._docks)

    def reveal(self, name: str) -> None:
        """Show a panel, in front, with the keyboard in it."""
        next(dock for dock in self._docks if dock.panel.name == name).reveal()

    def bring(self, name: str) -> None:
        """Bring a panel to the front of its tabs; the keyboard stays where it is."""
        next(dock for dock in self._docks if dock.panel.name == name).raise_()

    def toggles(self) -> list[QAction]:
        """Show or hide each panel: for the View menu."""
        return [dock.toggle for dock in self._docks]

    def arrange(self, perspective: str = "live") -> None:
        """Every panel in its place: left and right stacked, bottom in tabs with the first in front."""
        self._sizes = SIZES[perspective]
        shown, hidden = SHOWN.get(perspective, frozenset()), HIDDEN.get(perspective, frozenset())
        self._resting = False
        for dock in self._docks:
            dock.setFloating(False)
            self._window.addDockWidget(AREAS[dock.panel.area], dock)
            if dock.panel.name in shown:  # one without a head has no size, and is not visible, before it is built
                dock.build()
            dock.setVisible(dock.panel.name in shown or (dock.panel.visible and dock.panel.name not in hidden))
        self._split = BESIDE in shown
        if self._split:
            beside = next(dock for dock in self._docks if dock.panel.name == BESIDE)
            self._window.splitDockWidget(beside, self._of("bottom")[0], Qt.Orientation.Horizontal)
        self._stack_tabs(self._of("bottom"))
        self._folded = False
        self._resize()

    def fit(self, width: int) -> None:
        """Fold the right column into the tabs when the window is narrow, unfold it when it is wide again."""
        narrow = width < NARROW
        if narrow != self._folded:
            front = [dock for dock in self._docks if dock.panel.area == "bottom" and dock.in_front]
            self._folded = narrow
            self._fold() if narrow else self._unfold()
            for dock in front:
                dock.raise_()

    def rest(self, resting: bool) -> None:
        """Leave the room to the welcome page: hide what has nothing to show yet, and bring it back afterwards."""
        if resting == self._resting:
            return
        self._resting = resting
        if resting:
            self._put_away = [dock for dock in self._docks if dock.panel.area != "left" and not dock.isHidden()]
        for dock in self._put_away:
            dock.setVisible(not resting)
        if not resting:
            self._resize()
            self._in_front()

    def _in_front(self) -> None:
        for dock in self._of("bottom")[:1]:
            dock.raise_()

    def remember_folded(self, folded: bool) -> None:
        """Say how the layout that was just restored stands."""
        self._folded = folded

    def _of(self, area: str) -> list[Dock]:
        beside = BESIDE if self._split else ""
        return [dock for dock in self._docks if dock.panel.area == area and dock.panel.name != beside]

    def _stack_tabs(self, docks: list[Dock]) -> None:
        for one, other in pairwise(docks):
            self._window.tabifyDockWidget(one, other)
        self._in_front()

    def _fold(self) -> None:
        """Only what stands where we put it: a panel that the person moved stays there."""
        moved = [dock for dock in self._of("right") if self._window.dockWidgetArea(dock) == AREAS["right"]]
        self._stack_tabs([*self._of("bottom")[:1], *moved, *self._of("bottom")[1:]])

    def _unfold(self) -> None:
        for dock in self._of("right"):
            if self._window.dockWidgetArea(dock) == AREAS["bottom"]:
                self._window.addDockWidget(AREAS["right"], dock)
        self._resize()

    def _resize(self) -> None:
        for area, size in self._sizes.items():
            across = Qt.Orientation.Vertical if area == "bottom" else Qt.Orientation.Horizontal
            docks = [dock for dock in self._of(area) if dock.isVisibleTo(self._window)][:1]
            self._window.resizeDocks(list[QDockWidget](docks), [size] * len(docks), across)
        self._share_bottom()
        right: list[QDockWidget] = [dock for dock in self._of("right") if dock.isVisibleTo(self._window)]
        self._window.resizeDocks(right, [1 + index * 3 for index in range(len(right))], Qt.Orientation.Vertical)

    def _share_bottom(self) -> None:
        """What stands beside the tabs gets the smaller half."""
        if self._split:
            both: list[QDockWidget] = [dock for dock in self._docks if dock.panel.name == BESIDE]
            both += self._of("bottom")[:1]
            self._window.resizeDocks(both, [5, 6], Qt.Orientation.Horizontal)
