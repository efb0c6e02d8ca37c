"""Sessions from files: a window of its own for each, in which nothing runs, and which says so."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.panels.live import strip
from app.text import label, safe_text, tr

BLOCKED_MENUS = frozenset({"server", "debug"})
BLOCKED = frozenset(
    {"server.new", "server.mock", "script.run", "request.close", "request.reset", "request.again", "capture.clear"}
)
"""Besides those menus: what needs something that runs."""


def blocks(menu: str, action: str) -> bool:
    """Whether an action means nothing in a session from a file."""
    return menu in BLOCKED_MENUS or action in BLOCKED


def with_banner(pages: QStackedWidget, session: Path | None) -> QWidget:
    """The window's centre, below a line that says what a session from a file is."""
    if session is None:
        return pages
    centre = QWidget()
    sentence = tr("Session from file — not live: {file}").format(file=safe_text(str(session), 300))
    banner = label(sentence, name=tr("Session from file"), role="warn-small", elide=True)
    layout = QVBoxLayout(centre)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(strip(banner))
    layout.addWidget(pages, 1)
    return centre
