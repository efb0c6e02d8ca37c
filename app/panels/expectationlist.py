"""The list of expectations: how each fared, which of its bytes may differ; checked by a button or after each reload."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.context import Context
from app.models.expectations import ExpectationRow, ExpectationsModel
from app.panels.live import row
from app.panels.tables import make_table
from app.text import label, set_role, set_tip, tr
from engine.replay.expectations import masks_text, read_masks


class ExpectationList(QWidget):
    """Choose one to see its new answer beside the approved one."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._expectations = context.expectations
        self.model = ExpectationsModel(self)
        self.table = make_table(
            self.model, tr("Expectations"), tr("Enter shows the last answer beside the one that was approved")
        )
        self._make_tools()
        self._make_masks()
        self.nothing = label(
            tr("Nothing is expected yet. Select a request whose answer is right, and save it as an expectation."),
            name=tr("Expectations"), role="dim", wrap=True,
        )  # fmt: skip
        self.nothing.setMargin(12)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row(self.head, None, self.automatic, self.check_button, margins=(12, 4, 12, 4)))
        layout.addWidget(self.nothing)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.mask_row)
        layout.addStretch(0)
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.table.activated.connect(lambda index: self._show_answer(index))
        context.expectations.changed.connect(self.show_all)
        self.show_all()

    def show_all(self) -> None:
        """All of them as they stand."""
        rows = [self._row(place) for place in range(len(self._expectations.all))]
        self.model.merge(rows, lambda one: one.expectation.name)
        passed, failed = sum(one.passed is True for one in rows), sum(one.passed is False for one in rows)
        self.head.setText(_summary(len(rows), passed, failed))
        set_role(self.head, "error" if failed else "ok" if rows and passed == len(rows) else "dim")
        for part in (self.table, self.mask_row):
            part.setVisible(bool(rows))
        self.nothing.setVisible(not rows)
        self.check_button.setEnabled(bool(rows))
        set_tip(self.check_button, tr("Check every server that listens") if rows else tr("Nothing is expected yet"))

    def chosen(self) -> ExpectationRow | None:
        """The one whose row is current."""
        return self.model.at(self.table.currentIndex().row())

    def _row(self, place: int) -> ExpectationRow:
        one = self._expectations.all[place]
        fared = self._expectations.fared(one.name)
        return ExpectationRow(one, fared.passed, fared.running, fared.first, fared.sentence, fared.request)

    def _on_row(self, current: QModelIndex) -> None:
        chosen = self.model.at(current.row())
        for part in (self.masks, self.remove_button):
            part.setEnabled(chosen is not None)
        self.masks.setText(masks_text(chosen.expectation.masks) if chosen is not None else "")
        self.message.clear()

    def _show_answer(self, index: QModelIndex) -> None:
        chosen = self.model.at(index.row())
        if chosen is not None and chosen.request is not None:
            self._context.reruns.show(chosen.request)

    def _set_masks(self) -> None:
        chosen = self.chosen()
        if chosen is None:
            return
        try:
            masks = read_masks(self.masks.text(), len(chosen.expectation.playback.answer))
        except ValueError as error:
            self.message.setText(str(error))
            return
        self.message.clear()
        if tuple(masks) != chosen.expectation.masks:
            self._expectations.mask(chosen.expectation.name, masks)

    def _remove(self) -> None:
        chosen = self.chosen()
        if chosen is not None:
            self._expectations.remove(chosen.expectation.name)

    def _make_tools(self) -> None:
        self.head = label(name=tr("How they fared"), role="dim", elide=True)
        self.automatic = QCheckBox(tr("After each reload"))
        self.automatic.setChecked(self._expectations.automatic)
        set_tip(self.automatic, tr("Check a server's expectations whenever it has got new code"))
        self.automatic.toggled.connect(self._expectations.set_automatic)
        self.check_button = QPushButton(tr("Check all"))
        self.check_button.clicked.connect(lambda: self._expectations.check())

    def _make_masks(self) -> None:
        self.masks = QLineEdit()
        self.masks.setPlaceholderText("5-7, 20")
        self.masks.setEnabled(False)
        self.masks.setAccessibleName(tr("Bytes that may differ"))
        set_tip(self.masks, tr("Places in the answer that may hold anything, as in 5-7, 20"))
        self.masks.editingFinished.connect(self._set_masks)
        self.message = label(name=tr("Problem"), role="error", elide=True)
        self.remove_button = QPushButton(tr("Remove"))
        self.remove_button.setEnabled(False)
        set_tip(self.remove_button, tr("Expect the chosen one no more"))
        self.remove_button.clicked.connect(self._remove)
        caption = label(tr("bytes that may differ"), role="dim")
        self.mask_row = QWidget()
        self.mask_row.setLayout(
            row(caption, self.masks, self.message, None, self.remove_button, margins=(12, 4, 12, 6))
        )  # fmt: skip


def _summary(count: int, passed: int, failed: int) -> str:
    if not count:
        return ""
    if failed:
        return tr("✕ {failed} of {n} not as expected").format(failed=failed, n=count)
    if passed == count:
        return tr("✓ all {n} as expected").format(n=count)
    return tr("{n} expected, {passed} checked").format(n=count, passed=passed)
