"""Everything can be reached and understood without a mouse: names, explanations, tab order, menu entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollBar,
    QSizeGrip,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.actions import ACTIONS
from app.commands import COMMANDS
from app.dialogs.script import ScriptDialog
from app.dialogs.server import ServerDialog
from tests.scenes.theatre import Theatre, theatre

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView, QAbstractScrollArea, QTabBar)
PARTS_OF_OTHERS = (QHeaderView, QScrollBar, QSizeGrip)


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    """The window with every panel built."""
    with theatre(tmp_path) as opened:
        for dock in opened.window.findChildren(QDockWidget):
            dock.build()  # type: ignore[attr-defined]  # every dock of the window is one of ours
        yield opened


def controls(root: QWidget) -> list[QWidget]:
    """Every control below `root` that a person can use, without the inner parts of Qt's own widgets."""
    return [w for w in root.findChildren(QWidget) if isinstance(w, CONTROLS) and not is_part(w)]


def is_part(widget: QWidget) -> bool:
    """Whether a widget is the inside of another control: a combo box's list, a spin box's line, a button of a line."""
    if isinstance(widget, PARTS_OF_OTHERS) or widget.objectName().startswith("qt_"):
        return True
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, (QComboBox, QAbstractSpinBox, QLineEdit, QTabBar)):
            return True
        parent = parent.parentWidget()
    return isinstance(widget, QMenu)


def spoken(widget: QWidget) -> str:
    """What a screen reader says of it."""
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text or " ".join(label.text() for label in buddies(widget))


def buddies(widget: QWidget) -> list[QLabel]:
    """The labels that belong to it."""
    return [label for label in widget.window().findChildren(QLabel) if label.buddy() is widget]


def explained(widget: QWidget) -> bool:
    """Whether a tip or a label tells what it is for."""
    if isinstance(widget, QTabBar):
        return all(widget.tabText(i) or widget.tabToolTip(i) for i in range(widget.count()))
    parent = widget.parentWidget()
    return bool(widget.toolTip() or buddies(widget) or (parent is not None and parent.toolTip()))


def named(widgets: list[QWidget]) -> list[str]:
    """How a failure shows them."""
    return [f"{type(w).__name__} {spoken(w)!r} in {type(w.parentWidget()).__name__}" for w in widgets]


def assert_usable(root: QWidget) -> None:
    """Every control has a name, an explanation, and a place in the tab order."""
    found = controls(root)
    assert found
    assert named([w for w in found if not spoken(w)]) == []
    assert named([w for w in found if not explained(w)]) == []
    assert named([w for w in found if not reachable(w)]) == []


def reachable(widget: QWidget) -> bool:
    """Whether the keyboard gets there: by Tab, or as part of something that Tab reaches."""
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return True
    proxy = widget.focusProxy()
    return proxy is not None and reachable(proxy)


def test_every_control_of_the_window(here: Theatre) -> None:
    assert_usable(here.window)


@pytest.mark.parametrize("dialog", [ServerDialog, ScriptDialog])
def test_every_control_of_a_dialog(dialog: type[QDialog], qtbot: QtBot) -> None:
    made = dialog()
    qtbot.addWidget(made)
    assert_usable(made)


def test_the_tab_key_goes_round_the_window(here: Theatre) -> None:
    """Every visible control that is enabled is met on the way round."""
    shown = [w for w in controls(here.window) if w.isVisibleTo(here.window) and w.isEnabled() and not w.focusProxy()]
    met: list[QWidget] = []
    step = here.window.nextInFocusChain()
    while step is not None and step is not here.window:
        met.append(step)
        step = step.nextInFocusChain()
    assert named([w for w in shown if w not in met]) == []


def entries(menu: QMenu) -> Iterator[str]:
    """The titles of every entry of a menu and its submenus."""
    for action in menu.actions():
        below = action.menu()
        if isinstance(below, QMenu):
            yield from entries(below)
        elif not action.isSeparator():
            yield action.text()


def test_every_action_has_a_shortcut_or_a_menu_entry(here: Theatre) -> None:
    listed = {title for menu in here.window.findChildren(QMenu) for title in entries(menu)}
    lost = [a.id for a in ACTIONS if not a.shortcut and here.window.action(a.id).text() not in listed]
    assert lost == []


def test_every_action_does_something() -> None:
    assert {action.id for action in ACTIONS} == set(COMMANDS)


def test_no_shortcut_is_given_twice(here: Theatre) -> None:
    given = [key.toString() for action in here.window.actions() for key in action.shortcuts()]
    assert sorted(given) == sorted(set(given))


def test_no_bare_letter_destroys(here: Theatre) -> None:
    bare = [action.id for action in ACTIONS if len(action.shortcut) == 1 and not action.table]
    assert bare == []
