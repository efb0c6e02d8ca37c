"""The bytes at stake of a paused request: edited as text or hex, and kept while the person looks elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QRadioButton, QVBoxLayout, QWidget

from app.context import Context
from app.gates import Draft
from app.link.tick import PausedRequest
from app.panels.live import row
from app.panels.payload import PayloadError, read_hex, read_text, write_hex, write_text
from app.panels.payloadedit import PayloadEdit, too_long
from app.text import label, set_role, set_tip, size, tr
from app.theme import mono

MOST_TEXT = 1 << 20
"""Characters: 64 KiB as hex, and as escapes, fit in."""


@dataclass(frozen=True)
class Typed:
    """What a person typed, in which notation, and instead of how many bytes: more may have arrived since."""

    text: str
    hexadecimal: bool
    over: int


class StakesEditor(QWidget):
    """Continue sends what stands here. What cannot be read is told in a line, and stays."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._gates = context.gates
        self._paused: PausedRequest | None = None
        self._typed: dict[str, Typed] = {}
        self._filling = False
        self._make()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 8)
        layout.setSpacing(4)
        layout.addLayout(row(self.title, None, self.text_mode, self.hex_mode))
        layout.addWidget(self.text, 1)
        layout.addWidget(self.message)
        self.setFocusProxy(self.text)
        self.show_paused(None)

    def show_paused(self, paused: PausedRequest | None) -> None:
        """Show the bytes of a held request, also those that have arrived since, or what was made of them."""
        before, self._paused = self._paused, paused
        if paused is not None and before is not None and paused.number == before.number:
            if paused.size == before.size:
                return
            if paused.number in self._typed:
                self.title.setText(_title(paused, self._typed[paused.number].over))
                return
        self._filling = True
        self.text.setEnabled(paused is not None)
        text, hexadecimal = self._content(paused)
        self.hex_mode.setChecked(hexadecimal)
        self.text_mode.setChecked(not hexadecimal)
        self.text.setPlainText(text)
        typed = self._typed.get(paused.number) if paused is not None else None
        self.title.setText(_title(paused, typed.over if typed is not None else None))
        self._filling = False
        self._say_problem()

    def typed(self, number: str) -> str:
        """What a person typed for it, "" if nothing."""
        typed = self._typed.get(number)
        return typed.text if typed is not None else ""

    def forget(self, numbers: set[str]) -> None:
        """Only these are still held."""
        self._typed = {number: typed for number, typed in self._typed.items() if number in numbers}

    def _make(self) -> None:
        self.title = label(name=tr("Bytes at stake"), role="dim")
        self.text_mode, self.hex_mode = QRadioButton(tr("Text")), QRadioButton(tr("Hex"))
        set_tip(self.text_mode, tr(r"UTF-8 text; \n \r \t \0 \x1f and \\ are escapes"))
        set_tip(self.hex_mode, tr("Pairs of hex digits; blanks and commas do not count"))
        self.text_mode.setChecked(True)
        self.text = PayloadEdit(MOST_TEXT)
        self.text.setTabChangesFocus(True)
        self.text.setFont(mono())
        self.text.setMinimumHeight(44)
        set_role(self.text, "mono")
        self.text.setAccessibleName(tr("Bytes of the paused request"))
        set_tip(self.text, tr("Change them, then continue: the handler reads these bytes, or the peer gets them"))
        self.message = label(name=tr("Problem with the bytes"), role="error", wrap=True)
        self.text.textChanged.connect(self._on_typed)
        self.text.refused.connect(lambda: self.message.setText(too_long(MOST_TEXT)))
        self.hex_mode.toggled.connect(self._on_mode)

    def _content(self, paused: PausedRequest | None) -> tuple[str, bool]:
        if paused is None:
            return "", self.hex_mode.isChecked()
        if paused.number in self._typed:
            return self._typed[paused.number].text, self._typed[paused.number].hexadecimal
        write = write_hex if self.hex_mode.isChecked() else write_text
        return write(paused.data or b""), self.hex_mode.isChecked()

    def _on_typed(self) -> None:
        paused = self._paused
        if self._filling or paused is None:
            return
        before = self._typed.get(paused.number)
        over = before.over if before is not None else len(paused.data or b"")
        self._typed[paused.number] = Typed(self.text.toPlainText(), self.hex_mode.isChecked(), over)
        self._gates.keep_draft(paused.number, self._read(over))
        self._say_problem()

    def _on_mode(self) -> None:
        """The same bytes in the other notation; what cannot be read stays as it was typed, and is told of."""
        if self._filling or self._paused is None:
            return
        try:
            data = (read_text if self.hex_mode.isChecked() else read_hex)(self.text.toPlainText())
        except PayloadError as error:
            self._filling = True
            self.hex_mode.setChecked(not self.hex_mode.isChecked())
            self.text_mode.setChecked(not self.hex_mode.isChecked())
            self._filling = False
            self.message.setText(str(error))
            return
        self.text.setPlainText((write_hex if self.hex_mode.isChecked() else write_text)(data))

    def _read(self, over: int) -> Draft | None:
        read = read_hex if self.hex_mode.isChecked() else read_text
        try:
            data = read(self.text.toPlainText())
        except PayloadError as error:
            return Draft(problem=str(error))
        same = self._paused is not None and data == (self._paused.data or b"")[:over]
        return None if same else Draft(data, over=over)

    def _say_problem(self) -> None:
        draft = self._gates.draft(self._paused.number) if self._paused is not None else None
        self.message.setText(draft.problem if draft is not None else "")
        self.message.setVisible(bool(self.message.text()))


def _title(paused: PausedRequest | None, over: int | None = None) -> str:
    if paused is None:
        return tr("Bytes at stake")
    if paused.data is None:
        return tr("No bytes can be changed here; what you type can be sent as the answer")
    shown = len(paused.data) if over is None else over
    if paused.size > shown:
        return tr("first {shown} of {all}; the rest passes as it is").format(shown=size(shown), all=size(paused.size))
    arrow = tr("→ about to be sent") if paused.point == "sent" else tr("← to be read by the handler")
    return f"{arrow}  {size(paused.size)}"
