"""The workers: a lane for each thread or process of the last ten seconds."""

from __future__ import annotations

import dataclasses

from PySide6.QtWidgets import QPushButton

from app.context import Context
from app.link.tick import ServerStatus, Tick
from app.models.whereabouts import Whereabouts
from app.models.workers import LanesModel
from app.panels.live import LivePanel, strip
from app.text import label, safe_text, set_role, set_tip, tr
from app.widgets.lanes import LanesView
from engine.hosting.profile import SERVER_CLASSES


class WorkersPanel(LivePanel):
    """Lanes of the selected server, or of all."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, role="chrome")
        self.head_title = tr("Workers · last 10 s")
        self.model = LanesModel(context.link.reader, self)
        self.lanes = LanesView(self.model)
        self.setFocusProxy(self.lanes)
        self.lanes.setAccessibleName(tr("Workers of the last ten seconds"))
        set_tip(self.lanes, tr("A lane for each thread or process; click a block to select its request"))
        self.lanes.request_chosen.connect(context.selection.select_request)
        context.selection.request_changed.connect(self.lanes.select_request)
        context.selection.server_changed.connect(self._on_server)
        self._sentence = label(role="small", wrap=True)
        self.threading_button = QPushButton(tr("Try threading"))
        set_role(self.threading_button, "link")
        set_tip(self.threading_button, tr("Serve each request in a thread of its own, and restart"))
        self.threading_button.clicked.connect(self.try_threading)
        self.single = strip(self._sentence, self.threading_button)
        self.single.hide()
        self.box.addWidget(self.lanes, 1)
        self.box.addWidget(self.single)

    def refresh(self, tick: Tick) -> None:
        server = self.server()
        self._say(server)
        if self.context.view.frozen:
            return
        self.lanes.set_stuck({one.request: Whereabouts.from_json(one.about).sentence for one in tick.stuck})
        self.model.set_server(self.runs())
        self.model.refresh(tick.at, self.context.link.spent)

    def change_capture(self) -> None:
        self.model.set_reader(self.context.link.reader)

    def try_threading(self) -> None:
        """Give the selected server the threading mix-in, and start it anew."""
        key = self.context.selection.server
        entry = self.context.workspace.entry(key)
        if entry is not None and self._can_thread(key):
            threaded = SERVER_CLASSES[entry.profile.family, "threading"]
            self.context.desk.edit(key, dataclasses.replace(entry.profile, server_class=threaded), start=True)

    def _can_thread(self, key: str) -> bool:
        entry = self.context.workspace.entry(key)
        return entry is not None and entry.profile.kind == "server" and entry.profile.concurrency == "single"

    def _say(self, server: ServerStatus | None) -> None:
        # Of a script's server nothing but its class is known: it may well have threads of its own.
        single = server is not None and server.script is None and server.concurrency == "single"
        self.single.setVisible(single)
        self.threading_button.setVisible(single and self._can_thread(self.context.selection.server))
        self._sentence.setText(tr("This server handles one request at a time (no mix-in)."))
        self.lanes.set_empty_text(_nothing(server))

    def _on_server(self) -> None:
        self.refresh_now()


def _nothing(server: ServerStatus | None) -> str:
    if server is None:
        return tr("No request in the last 10 s.")
    name = safe_text(server.name, 60)
    if not server.state.up:
        return tr("{name} is stopped.").format(name=name)
    return tr("{name} served no request in the last 10 s.").format(name=name)
