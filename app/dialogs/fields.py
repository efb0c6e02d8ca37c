"""A form whose rows check themselves: label, editor, and beneath it the one sentence that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.text import label, set_tip, tr

Check = Callable[[], str]
LABEL_WIDTH = 124


def _nothing_wrong() -> str:
    return ""


class Row:
    """One line of a form. Its sentence appears once the person has changed the field, not before."""

    def __init__(self, title: QLabel, editor: QWidget, message: QLabel, check: Check) -> None:
        self.title, self.editor, self.message, self._check = title, editor, message, check
        self.touched = False
        self.shown = True
        self._followers: list[QWidget] = []
        message.hide()

    def problem(self) -> str:
        """What is wrong now; a row that is not shown has no say."""
        return self._check() if self.shown else ""

    def show_problem(self) -> None:
        """Let the line under the editor say what is wrong, or vanish."""
        sentence = self.problem() if self.touched else ""
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def set_shown(self, shown: bool) -> None:
        """Show the row, or take it out of the form."""
        self.shown = shown
        self.title.setVisible(shown)
        self.editor.setVisible(shown)
        for widget in self._followers:
            widget.setVisible(shown)
        self.show_problem()

    def follow(self, widget: QWidget) -> None:
        """Show and hide another widget, such as an explanation, together with this row."""
        self._followers.append(widget)


class Form(QWidget):
    """Rows under each other; `changed` after any of them changed."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 16, 16, 16)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(2, 1)

    def add(
        self, title: str, editor: QWidget, tip: str, changed: SignalInstance, check: Check = _nothing_wrong,
        beside: QWidget | None = None,
    ) -> Row:  # fmt: skip
        """Append a row; `changed` is the editor's signal that its value is another."""
        row = Row(label(title), editor, label(name=tr("{field}: problem").format(field=title), role="error"), check)
        _describe(row, tip)
        line = self._grid.rowCount()
        self._grid.addWidget(row.title, line, 0, Qt.AlignmentFlag.AlignTop)
        if beside is None:
            self._grid.addWidget(editor, line, 1, 1, 2)
        else:
            self._grid.addWidget(editor, line, 1, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(beside, line, 2, Qt.AlignmentFlag.AlignTop)
            row.follow(beside)
        self._grid.addWidget(row.message, line + 1, 1, 1, 2)
        self.rows.append(row)
        changed.connect(partial(self._on_changed, row))
        return row

    def line(self, title: str, tip: str, check: Check = _nothing_wrong, *, hint: str = "") -> QLineEdit:
        """Append a row with a line of text."""
        editor = QLineEdit()
        editor.setPlaceholderText(hint)
        self.add(title, editor, tip, editor.textChanged, check)
        return editor

    def path(
        self, title: str, tip: str, check: Check, browse: Callable[[QLineEdit], None], hint: str = ""
    ) -> QLineEdit:
        """Append a row with a line of text and a button that chooses what to put there."""
        field = PathField(title, browse, hint)
        self.add(title, field, tip, field.line.textChanged, check)
        set_tip(field.line, tip)
        return field.line

    def note(self, widget: QWidget) -> None:
        """Append something that belongs to the row above: an explanation, a confirmation."""
        self._grid.addWidget(widget, self._grid.rowCount(), 1, 1, 2)

    def section(self, title: str) -> None:
        """Append a heading over the rows that follow."""
        self._grid.addWidget(label(title, role="head"), self._grid.rowCount(), 0, 1, 3)

    def finish(self) -> None:
        """Let what is left of the height stay empty below the rows."""
        self._grid.setRowStretch(self._grid.rowCount(), 1)

    def problem(self) -> str:
        """The first thing that is wrong, or nothing."""
        return next(filter(None, (row.problem() for row in self.rows)), "")

    def refresh(self) -> None:
        """Let every row say again what is wrong: what one row holds may decide about another."""
        for row in self.rows:
            row.show_problem()

    def row_of(self, editor: QWidget) -> Row:
        """The row of an editor."""
        return next(row for row in self.rows if row.editor is editor or row.editor.isAncestorOf(editor))

    def _on_changed(self, row: Row, *_value: object) -> None:
        row.touched = True
        self.changed.emit()


class PathField(QWidget):
    """A line of text with a Browse button."""

    def __init__(self, title: str, browse: Callable[[QLineEdit], None], hint: str) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setPlaceholderText(hint)
        self.line.setAccessibleName(title)
        self.button = QPushButton(tr("Browse…"))
        self.button.setAccessibleName(tr("Browse for {field}").format(field=title))
        self.button.setAutoDefault(False)  # Enter is the dialog's
        set_tip(self.button, tr("Choose it in a file dialog"))
        self.button.clicked.connect(lambda: browse(self.line))
        self.setFocusProxy(self.line)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.button)


def choose_file(caption: str, pattern: str) -> Callable[[QLineEdit], None]:
    """A browse function that puts an existing file's path in a line."""

    def browse(line: QLineEdit) -> None:
        dialog = QFileDialog(line.window(), caption, line.text(), pattern)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        _open(dialog, line)

    return browse


def choose_directory(caption: str) -> Callable[[QLineEdit], None]:
    """A browse function that puts a directory's path in a line."""

    def browse(line: QLineEdit) -> None:
        dialog = QFileDialog(line.window(), caption, line.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        _open(dialog, line)

    return browse


def choose_new_path(caption: str) -> Callable[[QLineEdit], None]:
    """A browse function that puts the path of something yet to be made in a line."""

    def browse(line: QLineEdit) -> None:
        dialog = QFileDialog(line.window(), caption, line.text())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        _open(dialog, line)

    return browse


def _open(dialog: QFileDialog, line: QLineEdit) -> None:
    dialog.fileSelected.connect(line.setText)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _describe(row: Row, tip: str) -> None:
    row.title.setBuddy(row.editor)
    row.title.setMinimumHeight(26)
    set_tip(row.title, tip)
    set_tip(row.editor, tip)
    if not row.editor.accessibleName():
        row.editor.setAccessibleName(row.title.text())
    row.editor.setAccessibleDescription(tip)
    row.message.setWordWrap(True)
