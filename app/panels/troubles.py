"""Why a server did not start, in one sentence, with a button that does something about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout

from app.context import Context
from app.link.tick import Trouble
from app.panels.live import row
from app.text import label, safe_text, set_role, set_tip, tr

Fix = tuple[str, str, Callable[[], None]]


class TroubleStrip(QFrame):
    """A red-rimmed strip under the list of servers."""

    def __init__(self, context: Context, key: str) -> None:
        super().__init__()
        self._context = context
        self._key = key
        self._trouble: Trouble | None = None
        self._do: Callable[[], None] = lambda: None
        set_role(self, "strip-error")
        self.setAccessibleName(tr("Server failed"))
        self.name = label(role="strong")
        self.sentence = label(role="small", wrap=True)
        self.fix_button = QPushButton()
        self.fix_button.clicked.connect(lambda: self._do())
        self.edit_button = QPushButton(tr("Edit…"))
        set_role(self.edit_button, "link")
        set_tip(self.edit_button, tr("Change this server's profile"))
        self.edit_button.clicked.connect(self._edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        layout.addWidget(self.name)
        layout.addWidget(self.sentence)
        layout.addLayout(row(self.fix_button, self.edit_button, None))

    def show_trouble(self, trouble: Trouble) -> None:
        """Say what is wrong now."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        entry = self._context.workspace.entry(self._key)
        self.name.setText(safe_text(f"✕ {entry.profile.name}" if entry else "✕", 40))
        self.sentence.setText(safe_text(trouble.sentence, 400))
        set_tip(self, trouble.sentence)
        text, tip, self._do = self._fix(trouble)
        self.fix_button.setText(text)
        set_tip(self.fix_button, tip)

    def set_told(self, told: bool) -> None:
        """Whether the server's own row says the sentence already."""
        self.sentence.setVisible(not told)

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

    def _edit(self) -> None:
        self._context.selection.select_server(self._key)
        self._context.run("server.edit")
