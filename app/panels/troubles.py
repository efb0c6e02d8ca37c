"""What is wrong with a server, in one sentence in its own row, with buttons that do something about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QPushButton, QStyleOptionViewItem, QVBoxLayout, QWidget

from app.context import Context
from app.desk import NOT_RELOADED
from app.link.tick import Trouble
from app.models.servers import ServerRole
from app.panels.editor import open_in_editor
from app.panels.live import row
from app.text import label, safe_text, set_role, set_tip, tr
from app.theme import mix, theme
from app.widgets.servercard import HEIGHT, LEFT, ServerDelegate

Fix = tuple[str, str, Callable[[], None]]
Index = QModelIndex | QPersistentModelIndex

RIGHT = 10
BELOW = 6
GROUND = 0.10


class TroubleStrip(QFrame):
    """Red for a failure, amber for a warning."""

    def __init__(self, context: Context, key: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._key = key
        self._shown: tuple[Trouble, bool] | None = None
        self._do: Callable[[], None] = lambda: None
        self.sentence = label(role="error-small", wrap=True)
        self.fix_button = QPushButton()
        self.fix_button.clicked.connect(lambda: self._do())
        self.more_button = QPushButton()
        set_role(self.more_button, "link")
        self.more_button.clicked.connect(self._more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(9, 4, 4, 6)
        layout.setSpacing(4)
        layout.addWidget(self.sentence)
        layout.addLayout(row(self.fix_button, self.more_button, None))

    def show_trouble(self, trouble: Trouble, *, warning: bool) -> bool:
        """Say what is wrong now; returns whether that is new."""
        if (trouble, warning) == self._shown:
            return False
        self._shown = trouble, warning
        self.setAccessibleName(tr("Warning") if warning else tr("Server failed"))
        set_role(self.sentence, "warn-small" if warning else "error-small")
        sentence = safe_text(trouble.sentence, 400)
        self.sentence.setText(f"⚠ {sentence}" if warning else sentence)
        set_tip(self, sentence)
        text, tip, self._do = self._remedy(trouble) if warning else self._fix(trouble)
        self.fix_button.setVisible(bool(text))
        self.fix_button.setText(text)
        set_tip(self.fix_button, tip)
        in_editor = self._place() is not None
        self.more_button.setText(tr("Editor") if in_editor else tr("Edit…"))
        set_tip(self.more_button, tr("Open this line") if in_editor else tr("Change this server's profile"))
        return True

    def _fix(self, trouble: Trouble) -> Fix:
        desk, key, extras = self._context.desk, self._key, trouble.extras
        offer = extras.get("offer")
        if isinstance(offer, int) and offer:
            text = tr("Use {port}").format(port=offer)
            return text, tr("Listen on this free port instead"), lambda: desk.use_port(key, offer)
        if extras.get("can_remove"):
            tip = tr("Nobody listens on this socket file: remove it and start")
            return tr("Remove stale file"), tip, lambda: desk.remove_stale_socket(key)
        return tr("Try again"), tr("Start it again, after you have corrected the cause"), lambda: desk.start(key)

    def _remedy(self, trouble: Trouble) -> Fix:
        desk, key = self._context.desk, self._key
        if trouble.code == NOT_RELOADED:
            return "", "", lambda: None  # correct the file and save it: that is all
        if trouble.code == "importing":
            return tr("Stop"), tr("End the process that is still importing"), lambda: desk.stop(key)
        if trouble.code == "backlog":
            return "", "", lambda: None  # Edit… is beside it: the queue's size is a class attribute
        request = trouble.extras.get("request")
        if trouble.code in ("lock", "busy", "queue") and isinstance(request, int) and request:
            text = tr("Show #{n}").format(n=request)
            return text, tr("Select this request and see where it is"), lambda: self._show_request(request)
        return tr("Restart"), tr("End this process and start another behind the same port"), lambda: desk.restart(key)

    def _show_request(self, request: int) -> None:
        self._context.selection.select_request(request)
        self._context.view.show_details()

    def _place(self) -> tuple[str, int] | None:
        """The file and line that the trouble names."""
        extras: Mapping[str, object] = self._shown[0].extras if self._shown else {}
        file, line = extras.get("file"), extras.get("line")
        return (file, line) if isinstance(file, str) and file and isinstance(line, int) else None

    def _more(self) -> None:
        place = self._place()
        if place is not None:
            self._context.tell(open_in_editor(self._context.settings, *place))
        else:
            self._context.selection.select_server(self._key.partition("/")[0])  # a script's server has no profile
            self._context.run("server.edit")

    # Qt's overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        """A tinted ground with a bar of the full colour."""
        colour = theme().warn if self._shown and self._shown[1] else theme().error
        painter = QPainter(self)
        painter.fillRect(self.rect(), mix(colour, theme().window, GROUND))
        painter.fillRect(0, 0, 2, self.height(), colour)
        painter.end()


class CardDelegate(ServerDelegate):
    """Leaves room for a server's strip below its lines."""

    def __init__(self, view: QAbstractItemView, strips: Mapping[str, TroubleStrip]) -> None:
        super().__init__(view)
        self._view = view
        self._strips = strips

    def _paint_error(self, *_: object) -> None:
        """The strip says it."""

    # Qt's overrides

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        strip = self._strips.get(str(index.data(ServerRole.KEY)))
        width = self._view.viewport().width()
        if strip is None:
            return QSize(width, HEIGHT)
        return QSize(width, HEIGHT + strip.heightForWidth(max(120, width - LEFT - RIGHT)) + BELOW)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: N802
        editor.setGeometry(option.rect.adjusted(LEFT, HEIGHT, -RIGHT, -BELOW))
