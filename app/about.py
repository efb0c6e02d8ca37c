"""About: versions, whose work is inside, and under which licences."""

from __future__ import annotations

import platform

import PySide6
from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QMessageBox, QWidget

from app import __version__
from app.text import message_box, tr


def about_text() -> str:
    """Plain text, to be shown and copied."""
    lines = (
        tr("A desktop monitor and visual debugger for Python socket servers. MIT licence."),
        "",
        f"Python {platform.python_version()} · Qt {qVersion()} · PySide {PySide6.__version__} · {platform.platform()}",
        "",
        tr("Made with Qt and PySide (LGPL-3.0), pyqtgraph (MIT), psutil (BSD), Pygments (BSD)."),
        tr("Icons by Lucide (ISC, MIT). Fonts: Noto Sans (OFL-1.1), DejaVu Sans Mono (Bitstream Vera licence)."),
    )
    return "\n".join(lines)


def show_about(parent: QWidget) -> None:
    """Show it until the person has read it."""
    box = message_box(parent, tr("About Socketscope"), f"Socketscope {__version__}\n\n{about_text()}")
    box.addButton(QMessageBox.StandardButton.Ok)
    box.open()
