"""The first page: six examples to run with one click, and the ways to one's own code."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.context import Context
from app.examples import EXAMPLES, Example, lesson, title
from app.icons import icon
from app.panels.live import row
from app.settings import HINT_SEEN
from app.text import label, set_role, set_tip, tr
from engine.hosting.profile import SERVER_CLASSES

COLUMNS = 3
WIDTH = 780
STEPS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -COLUMNS, Qt.Key.Key_Down: COLUMNS}
COMMAND = "socketscope run your_server.py"


class ExampleCard(QFrame):
    """One example: name, lesson, Run. The whole card can be clicked; Tab goes from card to card."""

    def __init__(self, context: Context, one: Example) -> None:
        super().__init__()
        self._context = context
        self._name = one.name
        set_role(self, "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title(one))
        self.button = QPushButton(tr("Run"))
        self.button.setIcon(icon("play"))
        self.button.setAccessibleName(tr("Run {name}").format(name=title(one)))
        set_tip(self.button, tr("Start it on 127.0.0.1 with demo clients"))
        self.button.clicked.connect(self.run)
        self._icon = icon(one.icon, "accent")
        self._picture = label()
        self._paint_picture()
        context.themes.theme_changed.connect(self._paint_picture)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(6)
        layout.addLayout(row(self._picture, label(title(one), role="strong"), None))
        text = label(lesson(one), role="small", wrap=True)
        text.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(text, 1)
        layout.addLayout(row(label(kind_of(one), role="small"), None, self.button))
        self.setMinimumHeight(124)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def run(self) -> None:
        """Start the example and its clients; the window goes to the requests."""
        self._context.desk.run_example(self._name)

    def _paint_picture(self) -> None:
        self._picture.setPixmap(self._icon.pixmap(QSize(18, 18), self.devicePixelRatioF()))

    # Qt's overrides

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.run()


def kind_of(one: Example) -> str:
    """ "TCP · threading": what kind of server an example runs on."""
    family, concurrency = next(kind for kind, name in SERVER_CLASSES.items() if name == one.server_class)
    families = {"tcp": "TCP", "udp": "UDP", "unix": tr("Unix stream"), "unixgram": tr("Unix datagram")}
    words = {
        "single": tr("one at a time"),
        "threading": tr("threading"),
        "forking": tr("forking"),
        "pool": tr("thread pool"),
        "prefork": tr("pre-forked"),
    }
    return f"{families[family]} · {words[concurrency]}"


class WelcomePanel(QScrollArea):
    """Examples, own code, and a hint that can be put away."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setWidgetResizable(True)
        self.setAccessibleName(tr("Welcome"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_tip(self, tr("Arrow keys go from example to example, Enter runs one"))
        self.cards = [ExampleCard(context, one) for one in EXAMPLES]
        page = QWidget()
        set_role(page, "content")
        self.setWidget(page)
        across = QHBoxLayout(page)
        across.setContentsMargins(24, 24, 24, 24)
        across.addStretch(1)
        across.addWidget(self._column(), 100)
        across.addStretch(1)
        for card in self.cards:
            card.button.installEventFilter(self)
        self.setFocusProxy(self.cards[0].button)
        set_role(self.cards[0].button, "primary")
        self.cards[0].button.setIcon(icon("play", "accent_text"))

    def _column(self) -> QWidget:
        column = QWidget()
        column.setMaximumWidth(WIDTH)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addStretch(1)
        layout.addWidget(label(tr("Look inside a socket server"), role="title"))
        layout.addWidget(label(tr("Pick an example — it runs on 127.0.0.1 with demo clients."), role="dim"))
        layout.addSpacing(6)
        layout.addLayout(self._grid())
        layout.addSpacing(10)
        layout.addWidget(label(tr("Your own code"), role="head"))
        layout.addLayout(self._own())
        self.hint = self._hint()
        layout.addWidget(self.hint)
        layout.addStretch(2)
        return column

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(12)
        for at, card in enumerate(self.cards):
            grid.addWidget(card, at // COLUMNS, at % COLUMNS)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        return grid

    def _own(self) -> QHBoxLayout:
        opened = self._action_button("handler.open", tr("Open my handler .py…"))
        script = self._action_button("script.run", tr("Run a script…"))
        self.command = label(COMMAND, name=tr("Command that watches your program"), role="mono")
        self.command.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy_button = QPushButton(tr("Copy"))
        set_role(self.copy_button, "link")
        set_tip(self.copy_button, tr("Copy the command; it watches an unmodified program"))
        self.copy_button.clicked.connect(self._copy)
        return row(opened, script, label(tr("or in a terminal"), role="dim"), self.command, self.copy_button, None)

    def _action_button(self, name: str, text: str) -> QPushButton:
        action = self._context.action(name)
        button = QPushButton(text)
        button.setIcon(action.icon())
        set_tip(button, action.whatsThis())
        button.clicked.connect(action.trigger)
        return button

    def _hint(self) -> QFrame:
        bar = QFrame()
        set_role(bar, "card")
        text = label(tr("① A row is a request.  ② Its bar is its way through the server.  ③ A red ✕ leads to the "
                        "exception and the bytes that caused it."), role="small", wrap=True)  # fmt: skip
        close = QPushButton(tr("Got it"))
        set_role(close, "link")
        set_tip(close, tr("Do not show this hint again"))
        close.clicked.connect(self._put_away)
        bar.setLayout(row(text, close, margins=(14, 8, 10, 8)))
        bar.setVisible(not self._context.settings.get(HINT_SEEN))
        return bar

    def _put_away(self) -> None:
        self._context.settings.set(HINT_SEEN, True)
        self.hint.hide()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(COMMAND)
        self._context.tell(tr("Copied: {line}").format(line=COMMAND))

    # Qt's overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys go from card to card; a button of Qt's would go to its neighbour in the layout."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and event.key() in STEPS:
            places = [card.button for card in self.cards]
            there = places.index(watched) + STEPS[event.key()] if watched in places else -1
            if 0 <= there < len(places):
                places[there].setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return super().eventFilter(watched, event)
