"""What the test client shall send, and where to: the form, checked as it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QWidget,
)

from app.context import Context
from app.link.tick import ServerStatus, Tick
from app.panels.live import row
from app.panels.payload import PayloadError, read_hex, read_text
from app.panels.payloadedit import PayloadEdit, too_long
from app.text import label, safe_text, set_role, set_tip, tr
from app.theme import mono

TRANSPORTS = ("tcp", "udp", "unix", "unixgram")
MOST_CLIENTS = 200
MOST_TEXT = 64 * 1024
"""Characters: more on one line would keep a text field busy for minutes."""
ADDRESS = 26


@dataclass(frozen=True)
class Sending:
    """One press on Send."""

    payload: bytes
    key: str
    address: str
    transport: str
    repeat: int
    clients: int
    interval_ms: int
    half_close: bool

    def members(self) -> dict[str, Any]:
        """The members of the order, but for the payload."""
        target = {"key": self.key} if self.key else {"address": self.address, "transport": self.transport}
        how = {"repeat": self.repeat, "clients": self.clients, "interval_ms": self.interval_ms}
        return target | how | {"half_close": self.half_close}


class ClientForm(QWidget):
    """Target, payload, how often; Send and Stop."""

    sent = Signal(Sending)
    stopped = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._offered: list[tuple[str, str]] = []
        self._running = False
        self._make_target()
        self._make_payload()
        self._make_numbers()
        self._make_buttons()
        self._lay_out()
        self._connect()
        self.offer_servers(context.link.tick)
        self.check()
        self.setFocusProxy(self.text)

    def offer_servers(self, tick: Tick) -> None:
        """List the servers that listen; the chosen one stays chosen, else the selected one is."""
        up = [server for server in tick.servers if server.listens]
        offered = [(server.key, _offer(server)) for server in up]
        if offered != self._offered:
            chosen = self.target.currentData()
            self._offered = offered
            self.target.blockSignals(True)
            self.target.clear()
            for key, text in offered:
                self.target.addItem(text, key)
            self.target.addItem(tr("Another address…"), "")
            self.target.setCurrentIndex(self._preferred(chosen))
            self.target.blockSignals(False)
            self.check()

    def aim_at(self, key: str) -> None:
        """Take the server that has just been selected for the target, if it listens and no address was to be typed."""
        listener = self._context.link.tick.listener(key)
        if listener is not None and self.target.currentData():
            self.target.setCurrentIndex(max(0, self.target.findData(listener.key)))

    def sending(self) -> Sending:
        """What would be sent now. Raises PayloadError."""
        read = read_hex if self.hex_mode.isChecked() else read_text
        return Sending(
            payload=read(self.text.toPlainText()),
            key=str(self.target.currentData() or ""),
            address=self.address.text().strip(),
            transport=self.transport.currentText(),
            repeat=self.repeat.value(),
            clients=self.clients.value(),
            interval_ms=self.interval.value(),
            half_close=self.half_close.isChecked(),
        )

    def check(self) -> None:
        """Say what is wrong, and only offer what can be done."""
        other = not self.target.currentData()
        self.transport.setVisible(other)
        self.address.setVisible(other)
        self.complain(self._problem())

    def complain(self, sentence: str) -> None:
        """Show a sentence under the text; an empty one means that all is well."""
        self.message.setText(sentence)
        reason = sentence or (tr("It is sending already") if self._running else "")
        self.send_button.setEnabled(not reason)
        set_tip(self.send_button, reason or tr("Send it (Ctrl+Shift+Enter)"))

    def set_running(self, running: bool) -> None:
        """Offer Stop instead of Send while clients run."""
        self._running = running
        self.stop_button.setEnabled(running)
        set_tip(self.stop_button, tr("Let the clients stop") if running else tr("Nothing is being sent"))
        self.check()

    def send(self) -> None:
        """Send what stands here."""
        if self.send_button.isEnabled():
            self.sent.emit(self.sending())

    def _preferred(self, chosen: str | None) -> int:
        listener = self._context.link.tick.listener(self._context.selection.server)
        wanted = (chosen, listener.key if listener is not None else None)
        places = (self.target.findData(key) for key in wanted if key)
        return next((place for place in places if place >= 0), 0)

    def _problem(self) -> str:
        if not self.target.currentData() and not self.address.text().strip():
            return tr("Type the address: 127.0.0.1:9009, or the path of a socket.")
        try:
            self.sending()
        except PayloadError as error:
            return str(error)
        return ""

    def _make_target(self) -> None:
        self.target = QComboBox()
        _name(self.target, tr("Send to"), tr("One of the servers that listen, or any address"))
        self.target.setMinimumContentsLength(16)
        self.target.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.transport = QComboBox()
        self.transport.addItems(TRANSPORTS)
        _name(self.transport, tr("Transport"), tr("tcp, udp, unix (stream) or unixgram (datagram)"))
        self.address = QLineEdit()
        self.address.setPlaceholderText("127.0.0.1:9009")
        _name(self.address, tr("Address"), tr("Host and port, or the path of a Unix socket"))

    def _make_payload(self) -> None:
        self.text_mode, self.hex_mode = QRadioButton(tr("Text")), QRadioButton(tr("Hex"))
        set_tip(self.text_mode, tr(r"UTF-8 text; \n \r \t \0 \x1f and \\ are escapes"))
        set_tip(self.hex_mode, tr("Pairs of hex digits; blanks and commas do not count"))
        self.text_mode.setChecked(True)
        self.text = PayloadEdit(MOST_TEXT)
        self.text.setPlainText(r"hello\r\n")
        self.text.setTabChangesFocus(True)
        self.text.setFont(mono())
        self.text.setMinimumHeight(44)
        set_role(self.text, "mono")
        _name(self.text, tr("What to send"), tr("What each client sends on each of its connections"))
        self.message = label(name=tr("Problem"), role="error", wrap=True)

    def _make_numbers(self) -> None:
        self.repeat = _spin(1, 100_000, tr("Repeat"), tr("How often each client sends it"))
        self.clients = _spin(1, MOST_CLIENTS, tr("Clients"), tr("How many clients send at the same time"))
        self.interval = _spin(0, 600_000, tr("Interval"), tr("Milliseconds between two sendings of a client"))
        self.interval.setSuffix(" ms")
        self.half_close = QCheckBox(tr("Half-close"))
        self.half_close.setChecked(True)
        set_tip(self.half_close, tr("Shut down the sending side after it, so that the server sees the end"))

    def _make_buttons(self) -> None:
        self.send_button = QPushButton(tr("Send"))
        set_role(self.send_button, "primary")
        self.stop_button = QPushButton(tr("Stop"))
        self.stop_button.setEnabled(False)
        set_tip(self.stop_button, tr("Nothing is being sent"))

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 8, 8)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.addWidget(label(tr("To"), role="dim"), 0, 0)
        grid.addLayout(row(self.target, self.transport, self.address), 0, 1)
        grid.addWidget(label(tr("Send"), role="dim"), 1, 0)
        grid.addLayout(row(self.text_mode, self.hex_mode, None), 1, 1)
        grid.addWidget(self.text, 2, 0, 1, 2)
        grid.addWidget(self.message, 3, 0, 1, 2)
        captions = [label(text, role="dim") for text in (tr("Repeat"), tr("clients"), tr("every"))]
        numbers = (captions[0], self.repeat, captions[1], self.clients, captions[2], self.interval, None)
        grid.addLayout(row(*numbers, spacing=6), 4, 0, 1, 2)
        grid.addLayout(row(self.half_close, None, self.stop_button, self.send_button), 5, 0, 1, 2)
        grid.setRowStretch(2, 1)
        grid.setColumnStretch(1, 1)

    def _connect(self) -> None:
        for signal in (
            self.target.currentIndexChanged,
            self.address.textChanged,
            self.text.textChanged,
            self.hex_mode.toggled,
        ):
            signal.connect(self.check)
        self.text.refused.connect(lambda: self.message.setText(too_long(MOST_TEXT)))
        self.send_button.clicked.connect(self.send)
        self.stop_button.clicked.connect(self.stopped)
        action = QAction(self)
        action.setShortcut(QKeySequence("Ctrl+Shift+Return"))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(self.send)
        self.addAction(action)


def _offer(server: ServerStatus) -> str:
    """Name and address; of a long path its end."""
    address = server.address if len(server.address) <= ADDRESS else f"…{server.address[-ADDRESS:]}"
    return safe_text(f"{server.name}  {address}", 80)


def _spin(low: int, high: int, name: str, tip: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    box.setFixedWidth(66)
    box.setAlignment(Qt.AlignmentFlag.AlignCenter)
    _name(box, name, tip)
    return box


def _name(widget: QWidget, name: str, tip: str) -> None:
    widget.setAccessibleName(name)
    set_tip(widget, tip)
