"""What every panel and dialog is given: the link, the selection, the view, the workspace, the settings, the actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from app.clearing import Clearing
from app.desk import Desk
from app.expectations import Expectations
from app.faults import Faults
from app.gates import Gates
from app.journal import Journal
from app.lines import Lines
from app.link.link import Link
from app.models.selection import Selection
from app.reruns import Reruns
from app.settings import Settings
from app.theme import ThemeSource
from app.workspace import Workspace


class View(QObject):
    """How the capture is looked at: the filter for everything visible, frozen or live, following the newest or not."""

    filter_changed = Signal(str)
    filter_refused = Signal(str)
    frozen_changed = Signal(bool)
    following_changed = Signal(bool)
    counted = Signal(int, int)
    details_wanted = Signal()
    tab_wanted = Signal(str)
    """Name of a tab of the inspector"""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._filter = ""
        self._frozen = False
        self._following = True

    @property
    def filter(self) -> str:
        """The filter's text; it has been parsed without complaint."""
        return self._filter

    @property
    def frozen(self) -> bool:
        """Whether the view stands still while the capture goes on."""
        return self._frozen

    @property
    def following(self) -> bool:
        """Whether the list keeps to its end."""
        return self._following

    def set_filter(self, text: str) -> None:
        """Filter everything visible; the one who finds the text wrong calls `refuse_filter`."""
        if text != self._filter:
            self._filter = text
            self.filter_changed.emit(text)

    def refuse_filter(self, sentence: str) -> None:
        """Tell the filter box what is wrong with its text ("" when nothing is)."""
        self.filter_refused.emit(sentence)

    def set_frozen(self, frozen: bool) -> None:
        """Let the view stand still, or go on with all that has happened meanwhile."""
        if frozen != self._frozen:
            self._frozen = frozen
            self.frozen_changed.emit(frozen)

    def set_following(self, following: bool) -> None:
        """Keep to the list's end, or stay where the reader is."""
        if following != self._following:
            self._following = following
            self.following_changed.emit(following)

    def show_details(self) -> None:
        """Bring the selected request's details to the front, with the keyboard in them."""
        self.details_wanted.emit()

    def show_tab(self, name: str) -> None:
        """Bring a tab of the inspector to the front: bytes, stages, exception, code or diff."""
        self.tab_wanted.emit(name)

    def count(self, shown: int, total: int) -> None:
        """Tell how many requests match, of how many: "23 of 434" beside the filter box."""
        self.counted.emit(shown, total)


@dataclass(frozen=True)
class Context:
    """Handed to each panel's factory and each dialog; nobody looks anything up by name in a registry of objects."""

    link: Link
    desk: Desk
    """Start, stop, restart, examples, offers; use it rather than the link for what concerns servers."""
    journal: Journal
    """What Socketscope itself has to say; the Output panel shows it among what servers print."""
    selection: Selection
    gates: Gates
    """Where requests are held, and what is held."""
    lines: Lines
    """Where threads stop at lines, and what is stopped."""
    faults: Faults
    """What is done to requests, so that one sees how they bear it."""
    reruns: Reruns
    """Requests run again, and which answers are compared."""
    expectations: Expectations
    """Approved answers that later ones are checked against."""
    view: View
    clearing: Clearing
    """What was cleared, and may come back."""
    workspace: Workspace
    settings: Settings
    themes: ThemeSource
    run: Callable[[str], None]
    """Trigger an action by its id (see app/actions.py)."""
    action: Callable[[str], QAction]
    """The one QAction with this id, for a button or a context menu that shall share its text, tip and state."""
    tell: Callable[[str], None]
    """Say one plain sentence in the status bar."""
    session: Path | None = None
    """The capture file that the window shows, if it is not a live one."""
