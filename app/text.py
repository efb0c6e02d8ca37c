"""The one door through which text reaches a widget: visible escapes, plain-text labels, tips and messages, units.

What peers send, and names, tracebacks and prints of user code, is hostile: two hundred bytes of markup can freeze a
label for seconds, and a control character can turn a line around. Nothing else in `app/` makes labels, tips or boxes.
"""

from __future__ import annotations

import html
import time
import unicodedata
from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

CELL = 256
"""Characters shown of one cell or label; longer text is cut and marked with an ellipsis."""

SLACK = 24
"""px that a steady label may be wider than its text."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_MARKS_IN_A_ROW = 2


def tr(text: str) -> str:
    """A sentence of ours in the person's language; lupdate finds it by this function's name, and files it nowhere."""
    return QCoreApplication.translate("", text)


def QT_TR_NOOP(text: str) -> str:  # noqa: N802  (lupdate knows it by Qt's name)
    """Mark a text of a record for the translators; `tr` translates it when it is shown."""
    return text


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: N802  (lupdate knows it by Qt's name)
    """The same, for a text that a model or widget translates in its own context."""
    return text


def safe_text(value: bytes | str, cap: int = CELL) -> str:
    """One line of plain text, at most `cap` characters, whatever `value` holds."""
    text = value[: cap * 4 + 1].decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    cut = len(text) > cap or (isinstance(value, bytes) and len(value) > cap * 4 + 1)
    text = text[:cap]
    if not (text.isascii() and text.isprintable()):
        text = "".join(_visible(text))
    if cut or len(text) > cap:
        return text[: cap - 1] + "…"
    return text


def _visible(text: str) -> Iterator[str]:
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character).startswith("M") else 0
        if character.isprintable() and marks <= _MARKS_IN_A_ROW:
            yield character
        else:
            yield _escape(character)


def _escape(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe_block(value: bytes | str, lines: int = 2000, width: int = 400) -> str:
    """Several lines of plain text for a text view: each made safe and cut, and so is their number."""
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    rows = text.split("\n", lines)
    shown = [safe_text(row.removesuffix("\r").expandtabs(4), width) for row in rows[:lines]]
    return "\n".join([*shown, "…"] if len(rows) > lines else shown)


class _ElidedLabel(QLabel):
    """Keeps both ends of a text that is too long for its place."""

    # Qt's overrides

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment() | Qt.TextFlag.TextSingleLine, shown)
        painter.end()


class _SteadyLabel(QLabel):
    """Keeps its place while its text changes: only one that has outgrown it, or left much of it empty, moves others."""

    def __init__(self, least: int) -> None:
        super().__init__()
        self._least = least

    def _settle(self) -> None:
        needed = self.fontMetrics().horizontalAdvance(self.text())
        if max(self._least, needed) < self.minimumWidth() - SLACK:
            self.setMinimumSize(0, 0)  # Qt's hint is never smaller
        hint = self.sizeHint().expandedTo(QSize(self._least, 0))
        if hint.width() != self.minimumWidth():
            # While its size is fixed Qt does not lay the window out anew for each text.
            self.setFixedSize(hint)

    # Qt's overrides

    def setText(self, text: str) -> None:  # noqa: N802
        super().setText(text)
        self._settle()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._settle()


def label(
    text: str = "",
    *,
    name: str | None = None,
    role: str | None = None,
    wrap: bool = False,
    elide: bool = False,
    steady: int | None = None,
) -> QLabel:
    """A label that shows its text as it is. `name` is for screen readers, `role` is the style sheet's.

    `steady`: its text changes often, which moves nothing beside it; its least width in px.
    """
    made = _SteadyLabel(steady) if steady is not None else _ElidedLabel() if elide else QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setText(text)
    made.setWordWrap(wrap)
    if name is not None:
        made.setAccessibleName(name)
    if role is not None:
        set_role(made, role)
    return made


def set_role(widget: QWidget, role: str) -> None:
    """Choose the style sheet's rules for a widget, and draw it anew by them."""
    widget.setProperty("role", role)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def tip(text: str) -> str:
    """A tool tip's text, also for a model's `ToolTipRole`: markup that shows `text` exactly, and wraps."""
    return f"<qt>{html.escape(text)}</qt>" if text else ""


def set_tip(target: QWidget | QAction, text: str) -> None:
    """Explain a widget or an action to the mouse and to screen readers."""
    target.setToolTip(tip(text))
    if isinstance(target, QAction):
        target.setWhatsThis(text)
    else:
        target.setAccessibleDescription(text)


def no_mnemonic(text: str) -> str:
    """Text for a button, tab or menu entry in which an ampersand is just an ampersand."""
    return text.replace("&", "&&")


def message_box(parent: QWidget | None, title: str, sentence: str, detail: str = "") -> QMessageBox:
    """A plain-text message box without buttons yet."""
    box = QMessageBox(parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(title)
    # The informative text would be guessed to be markup: the detail stands in the plain text instead.
    box.setText(f"{sentence}\n\n{safe_block(detail, 20, 160)}" if detail else sentence)
    return box


def ask(parent: QWidget | None, title: str, sentence: str, accept: str, *, detail: str = "") -> bool:
    """Ask one question; True when the person chose the button named `accept`."""
    box = message_box(parent, title, sentence, detail)
    yes = box.addButton(accept, QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    return box.clickedButton() is yes


def number(value: float) -> str:
    """A count with its thousands apart: 10 000."""
    return f"{round(value):,}".replace(",", "\u2009")


def size(count: float) -> str:
    """A number of bytes: 18 B, 1.2 KB, 64 MB. As filters and limits count: 1 KB is 1024 B."""
    units = ["B", "KB", "MB", "GB"]
    while count >= 1023.5 and len(units) > 1:
        count /= 1024
        del units[0]
    return f"{count:.1f} {units[0]}" if count < 9.95 and units[0] != "B" else f"{round(count)} {units[0]}"


def milliseconds(ns: int | None) -> str:
    """A duration in the unit that the column's head names: 73.4."""
    return "" if ns is None else f"{ns / 1e6:.1f}"


def duration(ns: int | None) -> str:
    """A duration with its unit: 3.1 µs, 0.21 ms, 60.30 ms, 4.2 s, 2 min 05 s."""
    if ns is None:
        return ""
    if ns < 100_000:
        return f"{ns / 1e3:.1f} µs"
    if ns < 1_000_000_000:
        return f"{ns / 1e6:.2f} ms"
    if ns < 60_000_000_000:
        return f"{ns / 1e9:.1f} s"
    minutes, seconds = divmod(ns // 1_000_000_000, 60)
    return f"{minutes} min {seconds:02} s"


def age(ns: int) -> str:
    """For how long something has gone on, in one unit: 3 s, 12 min, 5 h, 2 d; nothing below a second."""
    seconds = ns // 1_000_000_000
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return ""


def clock(at: int, wall_offset: int) -> str:
    """The time of day, to the millisecond, of a monotonic instant: 14:03:22.244."""
    seconds, ns = divmod(at + wall_offset, 1_000_000_000)
    return f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{ns // 1_000_000:03}"
