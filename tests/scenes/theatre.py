"""Where scenes are played: one real window with its supervisor, fresh settings, and a camera."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QSize, QTimer
from PySide6.QtWidgets import QApplication, QTabWidget, QWidget

from app.link.link import Client, Link
from app.link.tick import ServerState, ServerStatus
from app.settings import Settings
from app.theme import theme_source
from app.window import Window
from app.workspace import Workspace
from engine.capture.filters import parse
from engine.capture.records import RequestRecord
from engine.hosting.client import SupervisorClient
from engine.hosting.profile import Profile

W = TypeVar("W", bound=QWidget)

THEMES = ("dark", "light")
SIZES = (QSize(1440, 900), QSize(1100, 700))
CAPTURE = "scene.socketscope"
LOOK_MS = 20
PATIENCE = 20.0
"""Seconds that anything awaited may take, on a slow machine."""


class NotSeenError(AssertionError):
    """Something that a scene waits for did not happen."""


@dataclass
class Theatre:
    """A window to act in. Every wait ends when the thing is seen, or raises NotSeenError."""

    window: Window
    folder: Path
    clients: list[socket.socket] = field(default_factory=list)
    """Closed after the play."""

    def wait(self, what: str, seen: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Let the window live until `seen()` is true."""
        loop, look, late = QEventLoop(), QTimer(), QTimer()
        look.timeout.connect(lambda: loop.quit() if seen() else None)
        late.setSingleShot(True)
        late.timeout.connect(loop.quit)
        look.start(LOOK_MS)
        late.start(int(seconds * 1000))
        loop.exec()
        look.stop()
        if not late.isActive():
            raise NotSeenError(f"not seen within {seconds:.0f} s: {what}")

    def stay_open(self, clients: list[socket.socket]) -> None:
        """Keep clients connected until the play is over."""
        self.clients += clients

    def find(self, kind: type[W], name: str = "") -> W:
        """The one visible-or-not widget of a kind, by accessible name if given."""
        found = [w for w in self.window.findChildren(kind) if not name or w.accessibleName() == name]
        if len(found) != 1:
            raise NotSeenError(f"{len(found)} widgets {kind.__name__} {name!r}")
        return found[0]

    def serve(self, profile: Profile) -> str:
        """Add a server, start it, and wait until it listens; its key."""
        key = self.window.context.desk.add(profile, start=True)
        self.wait_listening(key)
        return key

    def status(self, key: str) -> ServerStatus | None:
        """How a server stands by the latest tick."""
        return self.window.context.desk.status(key)

    def wait_listening(self, key: str) -> ServerStatus:
        """Wait until a server listens."""

        def listens() -> bool:
            status = self.status(key)
            return status is not None and status.state is ServerState.LISTENING

        self.wait(f"{key} listens", listens)
        status = self.status(key)
        assert status is not None
        return status

    def requests(self, where: str = "") -> list[RequestRecord]:
        """The requests that match, oldest first, at most a thousand."""
        return self.window.context.link.reader.requests(parse(where) if where else None, limit=1000)

    def wait_requests(self, count: int, where: str = "") -> list[RequestRecord]:
        """Wait until at least `count` requests match."""
        self.wait(f"{count} requests {where}", lambda: len(self.requests(where)) >= count)
        return self.requests(where)

    def select(self, request: int) -> None:
        """Select a request, as a click on its row does."""
        self.window.context.selection.select_request(request)

    def look_at(self, tab: int) -> None:
        """Bring a tab of the inspector to the front."""
        self.find(QTabWidget, "Inspector").setCurrentIndex(tab)

    def photograph(self, name: str) -> list[Path]:
        """The window in both themes and sizes."""
        made = []
        for theme in THEMES:
            self.window.context.themes.set_mode(theme)
            for size in SIZES:
                self._resize(size)
                self._settle()
                path = self.folder / f"{name}-{theme}-{size.width()}x{size.height()}.png"
                if not self.window.grab().save(str(path)):
                    raise OSError(f"{path} cannot be written")
                made.append(path)
        return made

    def _resize(self, size: QSize) -> None:
        self.window.resize(size)
        self.wait("the window has its size", lambda: self.window.size() == size)

    def _settle(self) -> None:
        """Two ticks, so that what rests while hidden has caught up."""
        seen: list[object] = []
        connection = self.window.context.link.ticked.connect(seen.append)
        self.wait("two ticks", lambda: len(seen) >= 2)
        self.window.context.link.ticked.disconnect(connection)


@contextmanager
def theatre(folder: Path, home: Path | None = None) -> Iterator[Theatre]:
    """Open the window, and close it with all that it started. Photographs go to `folder`, its own files to `home`."""
    application = QApplication.instance() or QApplication(["socketscope"])
    assert isinstance(application, QApplication)
    with tempfile.TemporaryDirectory(prefix="socketscope-scene-") as private:
        home = home or Path(private)
        capture = home / CAPTURE

        def spawn() -> Client:
            return SupervisorClient.spawn(capture)

        themes = theme_source()
        themes.set_mode(THEMES[0])
        window = Window(Link(spawn), Workspace(home / "workspace.json"), Settings(home / "settings.ini"), themes)
        window.show()
        window.resize(SIZES[0])
        here = Theatre(window, folder)
        try:
            yield here
        finally:
            for client in here.clients:
                client.close()
            window.close()
            window.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def bound_client() -> socket.socket:
    """A client whose port is known before it connects: conditions on bytes may be asked before the bytes have come."""
    client = socket.socket()
    client.settimeout(PATIENCE)
    client.bind(("127.0.0.1", 0))
    return client


def peer_of(client: socket.socket) -> str:
    """The condition that only this client meets."""
    host, port = client.getsockname()
    return f"peer:{host}:{port}"


def taken_port() -> socket.socket:
    """A port of 127.0.0.1 that somebody else holds."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    holder.listen()
    return holder


def private_socket(name: str) -> str:
    """A path for a Unix socket, short enough everywhere."""
    return os.path.join(tempfile.mkdtemp(prefix="sks-"), name)
