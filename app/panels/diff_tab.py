"""The inspector's Diff: what a request was answered before and what it is answered now, side by side, and in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.context import Context
from app.models.requestcolumns import state_text
from app.panels.live import paint_ground, strip
from app.reruns import Pair
from app.text import clock, label, number, safe_text, set_role, set_tip, tr
from app.widgets.bytesview import MARGIN
from app.widgets.diffview import SIGN, DiffView
from engine.capture.records import RequestRecord
from engine.observe.facts import Piece
from engine.replay.comparison import Comparison
from engine.replay.expectations import Expectation

EVERYTHING = 1 << 40
INCOMPLETE = Piece.CUT | Piece.UNSEEN


@dataclass(frozen=True)
class Answer:
    """What one request was answered, as far as it was captured; without a record: what it should be answered."""

    record: RequestRecord | None
    data: bytes
    whole: bool = True
    name: str = ""
    """Of the expectation."""


class DiffTab(QWidget):
    """Two answers; or one line that says how to get there."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        paint_ground(self, "content")
        self._context = context
        self._shown: tuple[Answer, Answer] | None = None
        self._compared: tuple[bytes, bytes] | None = None
        """What the view compares; as long as a request runs only its row changes mostly."""
        self.nothing = label(name=tr("Diff"), role="dim", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.nothing.setMargin(12)
        self.view = DiffView()
        self.view.setAccessibleName(tr("The old and the new answer"))
        set_tip(self.view, tr("What was sent before at the left, what is sent now at the right; differences stand out"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._bar = self._build_bar()
        self._heads = self._build_heads()
        for part in (self._bar, self._heads):
            layout.addWidget(part)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.nothing, 1)
        self.show_pair(None)

    def show_pair(self, pair: Pair | None) -> None:
        """Compare the answers of two requests; None: there is nothing to compare."""
        self._show_answers(self._read(pair) if pair is not None else None, self._why_nothing(pair))

    def show_expected(self, expectation: Expectation, request: int) -> None:
        """Compare a request's answer with the one that was approved."""
        new = self._answer(request)
        old = Answer(None, expectation.playback.answer, name=expectation.name)
        self._show_answers((old, new) if new is not None else None, self._why_nothing(Pair(0, request)))
        if new is not None and expectation.masks and expectation.is_met_by(new.data):
            self.words.setText(tr("✓ As expected: only bytes differ that may."))
            set_role(self.words, "ok")

    def _show_answers(self, answers: tuple[Answer, Answer] | None, why_not: str) -> None:
        self._bar.setVisible(answers is not None)
        self._heads.setVisible(answers is not None)
        self.view.setVisible(answers is not None)
        self.nothing.setVisible(answers is None)
        if answers is None:
            self._shown = None
            self.nothing.setText(why_not)
        elif answers != self._shown:
            self._shown = answers
            self._show(*answers)

    @property
    def verdict(self) -> Comparison | None:
        """What came of the comparison that is shown."""
        return self.view.comparison if self._shown is not None else None

    def _why_nothing(self, pair: Pair | None) -> str:
        if pair is not None:
            return tr("One of the two requests is no longer in the capture.")
        return tr(
            "Nothing to compare yet. Run the selected request again (Ctrl+R), or select two requests and press Ctrl+D."
        )

    def _read(self, pair: Pair) -> tuple[Answer, Answer] | None:
        old, new = self._answer(pair.old), self._answer(pair.new)
        return (old, new) if old is not None and new is not None else None

    def _answer(self, request: int) -> Answer | None:
        reader = self._context.link.reader
        record = reader.request(request)
        if record is None:
            return None
        known = next((one for one in self._shown or () if _is_of(one, record)), None)
        if known is not None:
            return replace(known, record=record)
        sent = [chunk for chunk in reader.chunks(request, EVERYTHING) if not chunk.received]
        return Answer(record, b"".join(chunk.data for chunk in sent), not any(c.flags & INCOMPLETE for c in sent))

    def _show(self, old: Answer, new: Answer) -> None:
        if self._compared is None or self._compared[0] is not old.data or self._compared[1] is not new.data:
            self._compared = old.data, new.data
            self.view.set_answers(old.data, new.data)
        same = self.view.comparison.equal
        self.words.setText(verdict(self.view.comparison, whole=old.whole and new.whole, running=_runs(new)))
        set_role(self.words, "ok" if same else "warn")
        for button in (self.before_button, self.after_button):
            button.setEnabled(not same)
        self.old_head.setText(_caption(old).format(head=self._head(old)))
        self.new_head.setText(tr("now  {head}").format(head=self._head(new)))

    def _head(self, answer: Answer) -> str:
        record = answer.record
        if record is None:
            return f"{safe_text(answer.name, 80)}  ·  → {number(len(answer.data))} B"
        reader = self._context.link.reader
        version = reader.version_of(record)
        parts = [f"#{record.id}", clock(record.opened, reader.wall_offset), state_text(record)]
        if version is not None:
            parts.append(tr("version {n}").format(n=version))
        return "  ·  ".join([*parts, f"→ {number(len(answer.data))} B"])

    def _build_bar(self) -> QWidget:
        self.words = label(name=tr("What came of it"), role="ok", elide=True)
        self._modes = QButtonGroup(self)
        self.hex_button = self._mode_button(tr("Hex"), "hex", tr("Compare as hexadecimal numbers and ASCII"))
        self.text_button = self._mode_button(tr("Text"), "text", tr("Compare line by line as text"))
        self.before_button = self._step_button("↑", tr("Previous difference"), -1)
        self.after_button = self._step_button("↓", tr("Next difference"), 1)
        bar = strip(self.hex_button, self.text_button, self.words, self.before_button, self.after_button)
        layout = bar.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setStretchFactor(self.words, 1)
        return bar

    def _build_heads(self) -> QWidget:
        self.old_head = label(name=tr("The old answer"), role="mono-dim", elide=True)
        self.new_head = label(name=tr("The new answer"), role="mono-dim", elide=True)
        heads = QWidget()
        paint_ground(heads, "content")
        layout = QHBoxLayout(heads)
        layout.setContentsMargins(MARGIN, 4, MARGIN, 0)
        layout.setSpacing(SIGN + MARGIN)
        for part in (self.old_head, self.new_head):
            layout.addWidget(part, 1)
        return heads

    def _mode_button(self, text: str, mode: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setCheckable(True)
        button.setChecked(mode == "hex")
        set_role(button, "flat")
        set_tip(button, tip)
        button.clicked.connect(lambda: self.view.set_mode(mode))
        self._modes.addButton(button)
        return button

    def _step_button(self, sign: str, name: str, by: int) -> QPushButton:
        button = QPushButton(sign)
        button.setAccessibleName(name)
        set_role(button, "flat")
        set_tip(button, name)
        button.clicked.connect(lambda: self.view.go_on(by=by))
        return button


def _is_of(known: Answer, record: RequestRecord) -> bool:
    """Whether nothing more was sent since an answer was read."""
    return known.record is not None and (known.record.id, known.record.bytes_out) == (record.id, record.bytes_out)


def _runs(answer: Answer) -> bool:
    return answer.record is not None and answer.record.state.live


def _caption(old: Answer) -> str:
    return tr("before  {head}") if old.record is not None else tr("expected  {head}")


def verdict(found: Comparison, *, whole: bool = True, running: bool = False) -> str:
    """In words: equal, or where and how much the answers differ."""
    sentence = _equal(found) if found.equal else _different(found)
    if running:
        sentence = tr("Not finished yet. So far: {sentence}").format(sentence=sentence)
    if not whole:
        sentence += " " + tr("Only what was captured is compared.")
    return sentence


def _equal(found: Comparison) -> str:
    if not found.old_size:
        return tr("✓ Equal: neither has any bytes.")
    return tr("✓ Equal: all {n} bytes.").format(n=number(found.old_size))


def _different(found: Comparison) -> str:
    if not found.old_size:
        return tr("≠ Different: there was no answer before, {n} bytes now.").format(n=number(found.new_size))
    if not found.new_size:
        return tr("≠ Different: {n} bytes before, no answer now.").format(n=number(found.old_size))
    sizes = tr("{n} bytes before and now") if found.old_size == found.new_size else tr("{old} bytes before, {n} now")
    return tr("≠ Different from byte {first} on: {sizes}, {differing} of them differ.").format(
        first=number(found.first or 0),
        sizes=sizes.format(old=number(found.old_size), n=number(found.new_size)),
        differing=number(found.differing),
    )
