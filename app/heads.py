"""The heads of panels, and panels as pages in the window's centre."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.context import Context
from app.panels import Panel
from app.text import label, safe_text, set_role, tr
from app.theme import HEAD


class PanelHead(QWidget):
    """A panel's head: its title in upper case, and at the right whatever the panel wants there."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEAD)
        self._title = label(role="head")
        self._tools: QWidget | None = None
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(10, 0, 6, 0)
        self._layout.addWidget(self._title)
        self._layout.addStretch()
        set_role(self, "head")
        self.show_title(title)

    def show_title(self, title: str) -> None:
        """Upper case up to the first dot; what follows (a time, a server's name) keeps its case."""
        name, dot, rest = title.partition(" · ")
        self._title.setText(safe_text(f"{name.upper()}{dot}{rest}", 80))

    def adopt(self, widget: QWidget) -> None:
        """Take the panel's tools and follow its title.

        A panel that wants something of its own here has the attribute `head_tools`, a widget for the right end, and
        `head_title` or the signal `title_changed(str)`, whose text takes the place of its title.
        """
        tools = getattr(widget, "head_tools", None)
        if isinstance(tools, QWidget):
            self._layout.addWidget(tools)
            self._tools = tools
        changed = getattr(widget, "title_changed", None)
        if changed is not None:
            changed.connect(self.show_title)
        title = getattr(widget, "head_title", "")
        if title:
            self.show_title(title)

    # Qt's overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The title comes first: tools that would stand on it are hidden."""
        super().resizeEvent(event)
        if self._tools is not None:
            needed = self._title.sizeHint().width() + self._tools.sizeHint().width() + 24
            self._tools.setVisible(event.size().width() >= needed)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEAD)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, HEAD)


class Page(QWidget):
    """A panel in the window's centre, with its head."""

    def __init__(self, panel: Panel, context: Context) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.panel = panel
        self.widget = panel.factory(context)
        if panel.head:
            head = PanelHead(tr(panel.title))
            head.adopt(self.widget)
            layout.addWidget(head)
        layout.addWidget(self.widget, 1)
        self.setFocusProxy(self.widget)
