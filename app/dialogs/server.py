"""New server, edit server: everything a profile holds, each field explained and checked where it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtWidgets import QDialog, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from app.text import QT_TR_NOOP, label, safe_text, set_tip, tr
from engine.hosting.profile import SERVER_CLASSES, Profile

from .address import AddressRows
from .attribute_rows import AttributeForm
from .buttons import Buttons
from .checks import check_name
from .choice import Choice
from .fields import Form
from .handler import HandlerRows
from .launch import LaunchForm
from .rules import RulesRows
from .tls import TlsRows

PLAIN, ROOMY = (640, 528), (760, 680)
"""px; a table of rules needs room."""


class ServerDialog(QDialog):
    """Makes a server's profile, or changes one. Open it with `open()`; `profile_accepted` brings the result."""

    profile_accepted = Signal(Profile, bool)
    """The profile, and whether it shall be started now."""

    def __init__(
        self,
        profile: Profile | None = None,
        taken: Collection[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        """`taken`: names of the other servers. A profile without a name is a proposal for a new server."""
        super().__init__(parent)
        self._original = profile or Profile(name="")
        self._taken = taken
        is_new = not self._original.name
        self.setWindowTitle(tr("New server") if is_new else tr("Edit server"))
        self.setObjectName("server-dialog")
        self.attributes = AttributeForm(self._original)
        self.launch = LaunchForm(self._original)
        self.launch.finish()
        self._build_main()
        self._build_frame(is_new=is_new)
        for form in (self.main, self.attributes, self.launch):
            form.changed.connect(self._refresh)
        self.rules.way.changed.connect(lambda: self.resize(self.size().expandedTo(QSize(*ROOMY))))
        self._refresh()
        self.resize(*(ROOMY if self.rules.chosen else PLAIN))
        self.name.setFocus()
        self.name.selectAll()

    def profile(self) -> Profile:
        """The profile as the fields have it now."""
        profile = dataclasses.replace(
            self._original,
            name=self.name.text().strip(),
            server_class=SERVER_CLASSES[self.family.value(), self.concurrency.value()],
            attributes=self.attributes.values("server"),
            handler_attributes=self.attributes.values("handler"),
            on_save=self.on_save.value(),
            example=self._original.example if self._keeps_handler() else "",
            **self.address.values(),
            **(self.handler.values() | self.rules.values()),
            **self.tls.values(),
        )
        return self.launch.put_into(profile)

    def problem(self) -> str:
        """The first reason why this cannot be accepted, or nothing."""
        forms = (self.main, self.attributes, self.launch)
        return next(filter(None, (form.problem() for form in forms)), "") or self.address.needs_confirmation()

    def read_again(self) -> None:
        """Look at the handler file again: it may have been corrected meanwhile."""
        self.handler.read_again()
        self._refresh()

    def _keeps_handler(self) -> bool:
        return not self.rules.chosen and self.handler.path() == self._original.handler_file

    def _answering(self) -> str:
        return tr("rules") if self.rules.chosen else self.handler.chosen()

    def _build_main(self) -> None:
        form = self.main = Form()
        name_tip = tr("What you call this server; rows, charts and filters show it")
        self.name = form.line(tr("Name"), name_tip, lambda: check_name(self.name.text(), self._taken))
        self.family = Choice(FAMILY_CHOICES, self._original.family)
        form.add(tr("Family"), self.family, tr("What kind of socket it listens on"), self.family.changed)
        self.concurrency = Choice(CONCURRENCY_CHOICES, self._original.concurrency)
        form.add(tr("Concurrency"), self.concurrency, tr("What serves each request"), self.concurrency.changed)
        self.address = AddressRows(form, self._original)
        self.rules = RulesRows(form, self._original)
        self.handler = HandlerRows(form, self._original)
        self.on_save = Choice(ON_SAVE_CHOICES, self._original.on_save)
        form.add(tr("On save"), self.on_save, tr("What happens when the handler's file is saved"), self.on_save.changed)
        self.tls = TlsRows(form, self._original)
        form.finish()
        self.name.setText(self._original.name or free_name(Path(self._original.handler_file).stem, self._taken))
        form.rows[0].touched = False

    def _build_frame(self, *, is_new: bool) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setAccessibleName(tr("Pages"))
        for form, title in (
            (self.main, tr("Server")),
            (self.attributes, tr("Class attributes")),
            (self.launch, tr("Process")),
        ):
            self.tabs.addTab(_scrolled(form, title), title)
        self.summary = label(name=tr("Summary"), role="mono")
        self.buttons = Buttons(
            tr("Add") if is_new else tr("Save"), tr("Add and start") if is_new else tr("Save and start")
        )
        self.buttons.cancel.clicked.connect(self.reject)
        self.buttons.keep.clicked.connect(lambda: self._finish(start=False))
        self.buttons.start.clicked.connect(lambda: self._finish(start=True))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 12)
        layout.setSpacing(12)
        layout.addWidget(self.tabs, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 0, 16, 0)
        foot.addWidget(self.summary)
        foot.addWidget(self.buttons)
        layout.addLayout(foot)

    def _refresh(self) -> None:
        family, concurrency = self.family.value(), self.concurrency.value()
        self.address.show_family(family)
        self.rules.show_family(family)
        self.handler.show_family(family, shown=not self.rules.chosen)
        self.main.row_of(self.on_save).set_shown(not self.rules.chosen)
        self.tls.show_family(family)
        self.attributes.show_kind(family, concurrency)
        self.main.refresh()
        self.summary.setText(
            safe_text(f"{SERVER_CLASSES[family, concurrency]}({self.address.describe()}, {self._answering() or '…'})")
        )
        self.buttons.enable(self.problem())

    def _finish(self, *, start: bool) -> None:
        if self.problem():
            return
        self.profile_accepted.emit(self.profile(), start)
        self.accept()

    # Qt's overrides

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and self.isActiveWindow():
            self.read_again()


def free_name(stem: str, taken: Collection[str]) -> str:
    """A name made of a file's that no other server has."""
    numbered = (f"{stem}-{n}" for n in range(2, len(taken) + 3))
    return next((name for name in (stem, *numbered) if name not in taken), stem)


def _scrolled(form: QWidget, title: str) -> QScrollArea:
    area = QScrollArea()
    area.setAccessibleName(title)
    set_tip(area, tr("Scroll with the wheel or the arrow keys; Tab goes from field to field"))
    area.setWidget(form)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    return area


ON_SAVE_CHOICES = (
    (
        "reload",
        QT_TR_NOOP("Reload"),
        QT_TR_NOOP("New requests get the new code in the same process; code that does not load changes nothing"),
    ),
    (
        "restart",
        QT_TR_NOOP("Restart"),
        QT_TR_NOOP("A new process takes over behind the same port; clients wait instead of being refused"),
    ),
    (
        "nothing",
        QT_TR_NOOP("Nothing"),
        QT_TR_NOOP("The server goes on with the code that it has"),
    ),
)
FAMILY_CHOICES = (
    (
        "tcp",
        QT_TR_NOOP("TCP"),
        QT_TR_NOOP("A stream over the network: connections to an address and port"),
    ),
    (
        "udp",
        QT_TR_NOOP("UDP"),
        QT_TR_NOOP("Datagrams over the network: each is a request of its own"),
    ),
    (
        "unix",
        QT_TR_NOOP("Unix stream"),
        QT_TR_NOOP("A stream on this machine: connections to a path"),
    ),
    (
        "unixgram",
        QT_TR_NOOP("Unix datagram"),
        QT_TR_NOOP("Datagrams on this machine: each is a request of its own"),
    ),
)
CONCURRENCY_CHOICES = (
    (
        "single",
        QT_TR_NOOP("Single"),
        QT_TR_NOOP("One request at a time; while one is served, all others wait"),
    ),
    (
        "threading",
        QT_TR_NOOP("Threading"),
        QT_TR_NOOP("A thread for each request (ThreadingMixIn)"),
    ),
    (
        "forking",
        QT_TR_NOOP("Forking"),
        QT_TR_NOOP("A process for each request (ForkingMixIn)"),
    ),
    (
        "pool",
        QT_TR_NOOP("Thread pool"),
        QT_TR_NOOP("Threads that live on and serve one request after the other (ThreadPoolMixIn)"),
    ),
    (
        "prefork",
        QT_TR_NOOP("Pre-forked"),
        QT_TR_NOOP("Processes started beforehand that serve one request after the other (PreforkMixIn)"),
    ),
)
