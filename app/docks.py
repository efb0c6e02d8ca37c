"""Docks made from the list of panels: their heads, their places, and their folding away when the window is narrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QSizePolicy, QTabBar, QTabWidget, QWidget

from app.arrangements import ARRANGEMENTS, REST, Arrangement, Column
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
MOST_COLUMNS = 2
"""At the bottom of a narrow window; the others join the first."""
TOGETHER = ("gates", "faults")
"""Share one place in the right column, the first in front: what is set there acts, and need not be looked at."""


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
        self._arrangement = ARRANGEMENTS["live"]
        self._folded = False
        self._resting = False
        self._before: Dock | None = None
        """Which of those that share a place was in front when they were folded away."""
        self._put_away: list[Dock] = []
        window.setCorner(Qt.Corner.BottomLeftCorner, AREAS["left"])
        window.setCorner(Qt.Corner.BottomRightCorner, AREAS["bottom"])
        window.setDockNestingEnabled(True)
        for area in AREAS.values():
            window.setTabPosition(area, QTabWidget.TabPosition.South)
        self._put(ARRANGEMENTS["live"])

    @property
    def tab(self) -> str:
        """The tab of the inspector that the perspective is about, "" for none."""
        return self._arrangement.tab

    @property
    def front(self) -> str:
        """The panel that the perspective is about, "" for none."""
        return self._arrangement.front

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

    def arrange(self, perspective: str, width: int) -> None:
        """Every panel in its place, in a window this wide: left and right stacked, the bottom in columns of tabs."""
        self._put(ARRANGEMENTS[perspective])
        self.fit(width)
        self._in_front()

    def _put(self, wanted: Arrangement) -> None:
        self._arrangement = wanted
        self._resting = self._folded = False
        self._before = None
        below = [name for column in wanted.columns for name in column.panels]
        for dock in self._docks:
            panel = dock.panel
            dock.setFloating(False)
            self._window.addDockWidget(AREAS["bottom" if panel.name in below else panel.area], dock)
            if panel.name in wanted.shown:  # one without a head has no size, and is not visible, before it is built
                dock.build()
            dock.setVisible(panel.name in wanted.shown or (panel.visible and panel.name not in wanted.hidden))
        columns = [docks for _, docks in self._columns()]
        self._set_side_by_side(columns)
        for docks in columns:
            self._stack_tabs(docks)
        self._put_together()
        self._in_front()
        self._resize()

    def fit(self, width: int) -> None:
        """Fold the right column into the tabs when the window is narrow, unfold it when it is wide again."""
        narrow = width < NARROW
        if narrow != self._folded:
            front = [dock for dock in self._docks if dock.panel.area == "bottom" and dock.in_front]
            self._folded = narrow
            self._fold() if narrow else self._unfold()
            self._in_front(but=front)
            self._resize()

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

    def _in_front(self, but: Iterable[Dock] = ()) -> None:
        """The first of each column; `but` those that were already, unless they hide what the perspective is about."""
        wanted = [dock for dock in self._docks if dock.panel.name == self._arrangement.front]
        first = [docks[0] for _, docks in self._standing()]
        guests = {dock for _, docks in self._columns()[len(first) :] for dock in docks}
        known = [dock for dock in but if dock not in guests]
        for dock in [*first, *known, *(dock for dock in wanted if not known or dock.panel.area != "bottom")]:
            dock.raise_()

    def remember(self, perspective: str, folded: bool) -> None:
        """Say how the layout that was just restored stands."""
        self._arrangement, self._folded = ARRANGEMENTS[perspective], folded

    def _columns(self) -> list[tuple[Column, list[Dock]]]:
        """What stands at the bottom, from left to right; a column without panels leaves no gap."""
        named = {name for column in self._arrangement.columns for name in column.panels}
        rest = [dock for dock in self._docks if dock.panel.area == "bottom" and dock.panel.name not in named]
        found = []
        for column in self._arrangement.columns:
            docks = [dock for name in column.panels for dock in self._docks if dock.panel.name == name]
            found.append((column, docks + (rest if REST in column.panels else [])))
        return [(column, docks) for column, docks in found if docks]

    def _standing(self) -> list[tuple[Column, list[Dock]]]:
        """The columns that stand for themselves; the others are guests of the first."""
        return self._columns()[:MOST_COLUMNS] if self._folded else self._columns()

    def _of(self, area: str) -> list[Dock]:
        below = {dock for _, docks in self._columns() for dock in docks}
        return [dock for dock in self._docks if dock.panel.area == area and dock not in below]

    def _stack_tabs(self, docks: list[Dock]) -> None:
        for one, other in pairwise(docks):
            self._window.tabifyDockWidget(one, other)

    def _set_side_by_side(self, columns: list[list[Dock]]) -> None:
        for one, other in pairwise(columns):
            self._window.splitDockWidget(one[0], other[0], Qt.Orientation.Horizontal)

    def _put_together(self) -> None:
        one, other = (next(dock for dock in self._docks if dock.panel.name == name) for name in TOGETHER)
        if AREAS["right"] == self._window.dockWidgetArea(one) == self._window.dockWidgetArea(other):
            self._window.tabifyDockWidget(one, other)
            self._before.raise_() if self._before in (one, other) else one.raise_()

    def _fold(self) -> None:
        """Only what stands where we put it: a panel that the person moved stays there."""
        together = (dock for dock in self._of("right") if dock.panel.name in TOGETHER and dock.in_front)
        self._before = next(together, None)
        moved = [dock for dock in self._of("right") if self._window.dockWidgetArea(dock) == AREAS["right"]]
        columns = self._columns()
        main = next(docks for column, docks in columns if REST in column.panels)
        first, third = columns[0][1], [dock for _, docks in columns[MOST_COLUMNS:] for dock in docks]
        if third:
            self._stack_tabs([*first, *third])
        self._stack_tabs([*main[:1], *moved, *main[1:]])

    def _unfold(self) -> None:
        for dock in self._of("right"):
            if self._window.dockWidgetArea(dock) == AREAS["bottom"]:
                self._window.addDockWidget(AREAS["right"], dock)
        for _, docks in self._columns()[MOST_COLUMNS:]:
            for dock in docks:  # Qt would not split it off from tabs
                self._window.addDockWidget(AREAS["bottom"], dock)
            self._stack_tabs(docks)
        self._put_together()

    def _resize(self) -> None:
        wanted, across, down = self._arrangement, Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self._give(self._of("left")[:1], [wanted.left], across)
        self._give(self._at_right()[:1], [wanted.right], across)
        columns = [(column, docks[0]) for column, docks in self._standing()]
        first = [dock for _, dock in columns]
        self._give(first, [(self._folded and wanted.folded) or wanted.bottom for _ in first], down)
        if len(first) > 1:
            self._give(first, [100 * column.share for column, _ in columns], across)
        right = self._at_right()
        self._give(right, [1 + index * 3 for index in range(len(right))], down)

    def _at_right(self) -> list[Dock]:
        """What is shown there; folded away, the right column's panels are at the bottom."""
        there = (dock for dock in self._of("right") if self._window.dockWidgetArea(dock) == AREAS["right"])
        return [dock for dock in there if dock.isVisibleTo(self._window)]

    def _give(self, docks: list[Dock], sizes: list[int], across: Qt.Orientation) -> None:
        self._window.resizeDocks(list[QDockWidget](docks), sizes[: len(docks)], across)
