"""What is sent again: the chunks of the selected request, to be edited as hex or text, how often, and from how many."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.panels.live import row
from app.panels.payload import PayloadError, read_hex, read_text, write_hex, write_text
from app.panels.payloadedit import PayloadEdit, too_long
from app.text import label, number, set_role, set_tip, tr
from app.theme import mono
from engine.replay.playback import Playback

MOST_TEXT = 64 * 1024
MOST_BYTES = 16 * 1024
"""A larger chunk is sent as it is: as hex it would fill the field."""
MOST_CLIENTS = 200
MOST_TIMES = 10_000


class BenchForm(QWidget):
    """Follows one playback; what was edited is kept until another one comes."""

    sent = Signal()
    stopped = Signal()
    kept = Signal()
    """The answer is to be an expectation."""

    def __init__(self) -> None:
        super().__init__()
        self._playback: Playback | None = None
        self._chunks: list[bytes] = []
        self._problem = ""
        self._running = False
        self._filling = False
        self._make_editor()
        self._make_numbers()
        self._make_buttons()
        self._lay_out()
        self.show_playback(None, tr("Select a request to run it again."))

    @property
    def playback(self) -> Playback | None:
        """What was captured."""
        return self._playback

    @property
    def payloads(self) -> Sequence[bytes] | None:
        """The chunks if any was edited."""
        captured = [step.data for step in self._playback.steps] if self._playback is not None else []
        return self._chunks if self._chunks != captured else None

    def show_playback(self, playback: Playback | None, sentence: str = "") -> None:
        """Offer what a request's client sent; None: `sentence` says why that cannot be."""
        self._playback = playback
        self._chunks = [step.data for step in playback.steps] if playback is not None else []
        self._filling = True
        self.chunk.clear()
        for place, chunk in enumerate(self._chunks, 1):
            text = tr("chunk {n} of {all}, {size} B")
            self.chunk.addItem(text.format(n=place, all=len(self._chunks), size=number(len(chunk))))
        self._filling = False
        self.head.setText(sentence or (tr("#{n} sent").format(n=playback.request) if playback is not None else ""))
        self._fill()

    def set_running(self, running: bool) -> None:
        """Offer Stop instead of Send while it is run."""
        self._running = running
        self.stop_button.setEnabled(running)
        self._judge()

    def _fill(self) -> None:
        """Show the chosen chunk in the chosen form."""
        place = self.chunk.currentIndex()
        chunk = self._chunks[place] if place >= 0 else b""
        large = len(chunk) > MOST_BYTES
        self._filling = True
        write = write_hex if self.hex_mode.isChecked() else write_text
        self.text.setPlainText(write(chunk[:MOST_BYTES]))
        self._filling = False
        self.text.setReadOnly(large or self._playback is None)
        self._problem = ""
        note = tr("The first {n} bytes; a chunk of this size is sent as it is.")
        self._say(note.format(n=number(MOST_BYTES)) if large else "", "dim")
        self._judge()

    def _on_text(self) -> None:
        if self._filling or self.text.isReadOnly():
            return
        read = read_hex if self.hex_mode.isChecked() else read_text
        try:
            self._chunks[self.chunk.currentIndex()] = read(self.text.toPlainText())
            self._complain("")
        except PayloadError as error:
            self._complain(str(error))

    def _complain(self, sentence: str) -> None:
        self._problem = sentence
        self._say(sentence, "error")
        self._judge()

    def _say(self, sentence: str, role: str) -> None:
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))
        set_role(self.message, role)

    def _judge(self) -> None:
        """Only offer what can be done."""
        nothing = tr("There is nothing to send") if self._playback is None else ""
        reason = self._problem or nothing or (tr("It runs already") if self._running else "")
        self.send_button.setEnabled(not reason)
        set_tip(self.send_button, reason or tr("Send it to the running server, and compare every answer"))
        edited = bool(self._problem) or self.payloads is not None
        self.reset_button.setEnabled(edited)
        self.keep_button.setEnabled(self._playback is not None)
        set_tip(self.keep_button, nothing or tr("Later answers to these bytes are checked against the one of this "
                                                "request"))  # fmt: skip
        self.chunk.setEnabled(not self._problem)

    def _choose_chunk(self) -> None:
        if not self._filling:
            self._fill()

    def _reset(self) -> None:
        self.show_playback(self._playback)

    def _make_editor(self) -> None:
        self.head = label(name=tr("What is sent"), role="dim", elide=True)
        self.chunk = QComboBox()
        self.chunk.setAccessibleName(tr("Chunk"))
        set_tip(self.chunk, tr("Which of the chunks that the client sent stands below"))
        self.chunk.currentIndexChanged.connect(lambda _place: self._choose_chunk())
        self.hex_mode, self.text_mode = QRadioButton(tr("Hex")), QRadioButton(tr("Text"))
        set_tip(self.hex_mode, tr("Pairs of hex digits; blanks and commas do not count"))
        set_tip(self.text_mode, tr(r"UTF-8 text; \n \r \t \0 \x1f and \\ are escapes"))
        self.text_mode.setChecked(True)
        self.hex_mode.toggled.connect(lambda _on: self._fill())
        self.reset_button = QPushButton(tr("As captured"))
        set_role(self.reset_button, "link")
        set_tip(self.reset_button, tr("Take back what was edited"))
        self.reset_button.clicked.connect(self._reset)
        self.text = PayloadEdit(MOST_TEXT)
        self.text.setAccessibleName(tr("Bytes to send"))
        set_tip(self.text, tr("The bytes of this chunk; change them, and they are sent so"))
        self.text.setTabChangesFocus(True)
        self.text.setFont(mono())
        self.text.setMinimumHeight(44)
        set_role(self.text, "mono")
        self.text.textChanged.connect(self._on_text)
        self.text.refused.connect(lambda: self._complain(too_long(MOST_TEXT)))
        self.message = label(name=tr("Problem"), role="error", wrap=True)

    def _make_numbers(self) -> None:
        self.times = _spin(MOST_TIMES, tr("Times"), tr("How often each client sends it"))
        self.clients = _spin(MOST_CLIENTS, tr("Clients"), tr("How many clients send at the same time"))
        self.at_once = QCheckBox(tr("At once"))
        self.at_once.setChecked(True)
        set_tip(self.at_once, tr("Without the pauses that the client made between its chunks"))

    def _make_buttons(self) -> None:
        self.send_button = QPushButton(tr("Run again"))
        set_role(self.send_button, "primary")
        self.send_button.clicked.connect(self.sent)
        self.stop_button = QPushButton(tr("Stop"))
        self.stop_button.setEnabled(False)
        set_tip(self.stop_button, tr("Let the clients stop"))
        self.stop_button.clicked.connect(self.stopped)
        self.keep_button = QPushButton(tr("Save as expectation"))
        self.keep_button.clicked.connect(self.kept)

    def _lay_out(self) -> None:
        captions = [label(text, role="dim") for text in (tr("times"), tr("clients"))]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 4)
        layout.setSpacing(6)
        layout.addLayout(row(self.head, None, self.chunk, self.text_mode, self.hex_mode, self.reset_button))
        layout.addWidget(self.text, 1)
        layout.addWidget(self.message)
        layout.addLayout(row(self.times, captions[0], self.clients, captions[1], self.at_once, None))
        layout.addLayout(row(self.send_button, self.stop_button, None, self.keep_button))


def _spin(most: int, name: str, tip: str) -> QSpinBox:
    made = QSpinBox()
    made.setRange(1, most)
    made.setAccessibleName(name)
    set_tip(made, tip)
    made.setMinimumWidth(64)
    return made
