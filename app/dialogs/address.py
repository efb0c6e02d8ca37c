"""The part of the server dialog that says where to listen: address and port, or a path, and who can reach it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from app.text import label, set_tip, tr
from engine.hosting.profile import Profile

from .checks import check_host, check_port, check_socket_path, reaches_others
from .fields import Form, choose_new_path


class AddressRows:
    """The rows of a form that hold the address of one family or the other."""

    def __init__(self, form: Form, profile: Profile) -> None:
        self._form = form
        self.host = QLineEdit(profile.host)
        self.port = QLineEdit(str(profile.port))
        self._port_row = form.add(
            tr("Address"),
            self._address_editor(),
            tr("127.0.0.1 and ::1 are reached from this machine only; port 0 lets the system choose a free one"),
            self.host.textChanged,
            self._check_address,
        )
        self.port.textChanged.connect(self._on_port_changed)
        self.confirmed = QCheckBox(tr("Reachable from other machines"))
        set_tip(self.confirmed, tr("Confirm that anyone who reaches this machine may talk to this server"))
        self.confirmed.toggled.connect(form.changed)
        self.confirmed.setChecked(reaches_others(profile.host) and bool(profile.host))
        form.note(self.confirmed)
        self.path = form.path(
            tr("Socket path"),
            tr("The file that clients connect to; a leading @ makes an abstract socket, which has no file"),
            lambda: check_socket_path(self.path.text()),
            choose_new_path(tr("Path of the socket")),
            hint=default_socket(),
        )
        self.path.setText(profile.path)
        self._path_row = form.row_of(self.path)
        self._port_row.touched = self._path_row.touched = False
        self.internet = True

    def show_family(self, family: str) -> None:
        """Show the rows that this family needs."""
        self.internet = family in ("tcp", "udp")
        self._port_row.set_shown(self.internet)
        self._path_row.set_shown(not self.internet)
        if not self.internet and not self.path.text():
            self.path.setText(default_socket())
        self.refresh()

    def refresh(self) -> None:
        """Ask for the confirmation when the address needs one."""
        self.confirmed.setVisible(self.internet and reaches_others(self.host.text()))

    def needs_confirmation(self) -> str:
        """The sentence that keeps the dialog open until the person has confirmed."""
        if not self.internet or self.confirmed.isChecked() or not reaches_others(self.host.text()):
            return ""
        return tr("Confirm that this server may be reached from other machines.")

    def values(self) -> dict[str, Any]:
        """The members of the profile that stand here."""
        if not self.internet:
            path = self.path.text().strip()
            return {"path": path if path.startswith("@") else str(Path(path).expanduser())}
        return {"host": self.host.text().strip(), "port": int(self.port.text())}

    def describe(self) -> str:
        """Where the server will listen, in a few words."""
        if not self.internet:
            return self.path.text()
        host = self.host.text().strip() or "0.0.0.0"
        return f"[{host}]:{self.port.text()}" if ":" in host else f"{host}:{self.port.text()}"

    def _check_address(self) -> str:
        return check_host(self.host.text()) or check_port(self.port.text())

    def _on_port_changed(self) -> None:
        self._port_row.touched = True
        self._form.changed.emit()

    def _address_editor(self) -> QWidget:
        box = QWidget()
        layout = QHBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        port_label = label(tr("Port"))
        port_label.setBuddy(self.port)
        self.host.setAccessibleName(tr("Address"))
        self.port.setAccessibleName(tr("Port"))
        set_tip(self.host, tr("An IP address of this machine, or its name"))
        set_tip(self.port, tr("0 to 65535; 0 lets the system choose a free one"))
        self.port.setFixedWidth(84)
        box.setFocusProxy(self.host)
        layout.addWidget(self.host, 1)
        layout.addWidget(port_label)
        layout.addWidget(self.port)
        return box


def default_socket() -> str:
    """A path for a new socket in a directory of the person's own."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return str(Path(runtime) / "server.sock")
