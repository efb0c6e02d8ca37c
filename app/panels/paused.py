"""The paused requests: how long each waits and for whom, what can be done with it, and the bytes at stake."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QPushButton, QSplitter, QVBoxLayout, QWidget

from app.bars import action_button
from app.context import Context
from app.link.tick import PausedRequest, Tick
from app.models.paused import PausedModel
from app.models.places import point_text
from app.panels.gonestrip import GoneStrip
from app.panels.live import LEAST_HEIGHT, LivePanel, Slow, row
from app.panels.stakes import StakesEditor
from app.panels.tables import make_table
from app.text import duration, label, set_role, tr
from engine.capture.records import RequestRecord

BUTTONS = ("pause.continue", "pause.step", "pause.drop", "pause.reset", "pause.reject", "pause.answer")


class PausedPanel(LivePanel):
    """List above, bytes below. A new pause joins at the end and never takes the place of the chosen one."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.model = PausedModel(self._peer_of, self)
        self._slow = Slow()
        self._numbers: set[str] = set()
        self.table = make_table(
            self.model, tr("Paused requests"), tr("Choose one to see and change its bytes; F5 lets it go on")
        )
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.nothing = label(_nothing(at_lines=False), name=tr("Nothing is paused"), role="dim", wrap=True)
        self.nothing.setContentsMargins(12, 12, 12, 12)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.note = label(name=tr("About the chosen request"), role="small", wrap=True)
        self.note.setContentsMargins(12, 2, 12, 0)
        self.gone = GoneStrip()
        self.editor = StakesEditor(context)
        self.box.addWidget(self._split())
        context.gates.paused_changed.connect(self._on_changed)
        context.gates.gone.connect(self._on_gone)
        context.gates.chosen_changed.connect(self._follow)
        context.selection.request_changed.connect(self._follow)
        self.setFocusProxy(self.table)

    def refresh(self, tick: Tick) -> None:
        if self.gone.paused is not None:
            self.gone.renew(self._record(self.gone.paused))
        numbers = {one.number for one in tick.paused}
        if numbers == self._numbers and not self._slow.due(tick.at):
            return
        self._numbers = numbers
        self.model.show(tick.paused, tick.at)
        self.editor.forget(numbers)
        self.table.setVisible(bool(tick.paused))
        self.nothing.setText(_nothing(at_lines=bool(tick.stopped)))
        self.nothing.setVisible(not tick.paused)
        self._follow()

    def change_capture(self) -> None:
        self.model.forget_peers()

    def _split(self) -> QWidget:
        above, below = QWidget(), QWidget()
        upper, lower = QVBoxLayout(above), QVBoxLayout(below)
        for layout in (upper, lower):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        upper.addWidget(self.table, 1)
        upper.addWidget(self.nothing, 1)
        buttons = [self._button(name) for name in BUTTONS]
        lower.addWidget(self.gone)
        lower.addWidget(self.note)
        lower.addLayout(row(*buttons[:3], None, margins=(12, 6, 12, 2), spacing=6))
        lower.addLayout(row(*buttons[3:], None, margins=(12, 2, 12, 4), spacing=6))
        lower.addWidget(self.editor, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(above)
        split.addWidget(below)
        split.setSizes([120, 240])
        return split

    def _button(self, name: str) -> QPushButton:
        button = action_button(self.context.action(name))
        if name == "pause.continue":
            set_role(button, "primary")
        return button

    def _peer_of(self, request: int) -> str:
        record = self.context.link.reader.request(request)
        return record.peer or "" if record is not None else ""

    def _on_changed(self) -> None:
        self.refresh_now()

    def _on_gone(self, paused: PausedRequest) -> None:
        """Nobody has to look for it elsewhere; what was typed is not lost."""
        self.gone.tell(paused, self._record(paused), self.editor.typed(paused.number))

    def _record(self, paused: PausedRequest) -> RequestRecord | None:
        return self.context.link.reader.request(paused.id) if paused.id is not None else None

    def _on_row(self, current: QModelIndex) -> None:
        """Choosing a held request selects it everywhere."""
        found = self.model.pause(current.row())
        if found is not None and self.table.hasFocus():
            self.gone.clear()
            self.context.lines.leads = False
            self.context.gates.choose(found.number)
            if found.id is not None:
                self.context.selection.select_request(found.id)

    def _follow(self) -> None:
        """Show the one that decisions are about."""
        paused = self.context.gates.chosen
        place = self.model.row_of(paused.number) if paused is not None else -1
        if place >= 0 and place != self.table.currentIndex().row():
            self.table.selectRow(place)
        self.editor.show_paused(paused)
        self.note.setText(note_text(paused))
        self.note.setVisible(bool(self.note.text()))
        set_role(self.note, "warn-small" if paused is not None and paused.blocks else "small")


def note_text(paused: PausedRequest | None) -> str:
    """Why nobody else is served, when it goes on by itself, whether the peer has gone."""
    if paused is None:
        return ""
    parts = [] if paused.peer else [tr("The peer has ended its side; it may still read, or have gone.")]
    if paused.error:
        parts.append(tr("{error} was raised.").format(error=paused.error))
    if paused.blocks:
        parts.append(tr("Everything waits: this server serves one request at a time, and this one is paused {where}.")
                     .format(where=point_text(paused.point, paused.when)))  # fmt: skip
    if paused.patience:
        parts.append(tr("It goes on by itself after {time}.").format(time=duration(int(paused.patience * 1e9))))
    return " ".join(parts)


def _nothing(*, at_lines: bool) -> str:
    if at_lines:
        return tr("Nothing is paused at a stage. What has stopped at a line is under Variables (Alt+0).")
    return tr("Nothing is paused. F9 sets a breakpoint on a stage, F6 pauses the selected live request.")
