"""The part of the server dialog about safety: certificate and key, with which it speaks TLS; the hardened profile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QCheckBox

from app.text import safe_text, tr
from engine.hosting.profile import Profile
from engine.servers.certificates import Certificate

from .checks import check_file
from .fields import Form, choose_file


class TlsRows:
    """The rows of a form that say whether streams are encrypted, with what, and whether the server is hardened."""

    def __init__(self, form: Form, profile: Profile) -> None:
        form.section(tr("Security"))
        tip = tr("A PEM file, its chain included: the server speaks TLS, and its bytes are still shown as plain text")
        self.cert = form.path(
            tr("TLS certificate"), tip, self._check_cert, _browse(tr("TLS certificate")), tr("none: no TLS")
        )
        tip = tr("A PEM file with the certificate's private key; empty: it is in the certificate's own file")
        self.key = form.path(
            tr("TLS key"), tip, self._check_key, _browse(tr("TLS key")), tr("in the certificate's file")
        )
        self.hardened = QCheckBox(tr("Hardened profile"))
        tip = tr("A long queue for clients, small writes sent at once, orderly closing, no empty replies to datagrams")
        form.add(tr("Hardening"), self.hardened, tip, self.hardened.toggled)
        self._files = form.row_of(self.cert), form.row_of(self.key)
        self.cert.setText(profile.tls_cert)
        self.key.setText(profile.tls_key)
        self.hardened.setChecked(profile.hardened)
        # A server's files may have gone since it was made: that is told at once.
        for row, path in zip(self._files, (profile.tls_cert, profile.tls_key), strict=True):
            row.touched = bool(path)

    def show_family(self, family: str) -> None:
        """TLS is for streams only."""
        for row in self._files:
            row.set_shown(family in ("tcp", "unix"))

    def values(self) -> dict[str, Any]:
        """The members of the profile that stand here."""
        streams = self._files[0].shown
        return {
            "tls_cert": _whole(self.cert.text()) if streams else "",
            "tls_key": _whole(self.key.text()) if streams else "",
            "hardened": self.hardened.isChecked(),
        }

    def _check_cert(self) -> str:
        cert, key = self.cert.text().strip(), self.key.text().strip()
        if not cert:
            return ""
        return check_file(cert, "") or ("" if key or _lacks_key(cert) else _check_pair(cert, ""))

    def _check_key(self) -> str:
        cert, key = self.cert.text().strip(), self.key.text().strip()
        if not key:
            return tr("Choose the key: {file} holds none.").format(file=safe_text(cert)) if _lacks_key(cert) else ""
        if not cert:
            return tr("A key without a certificate is of no use; choose the certificate, too.")
        if check_file(cert, ""):  # its own row says so
            return ""
        return check_file(key, "") or _check_pair(cert, key)


def _lacks_key(cert: str) -> bool:
    return bool(cert) and Certificate(_whole(cert)).lacks_key()


def _check_pair(cert: str, key: str) -> str:
    try:
        Certificate(_whole(cert), _whole(key) or None).context()
    except ValueError as error:
        return safe_text(str(error))
    return ""


def _whole(path: str) -> str:
    return str(Path(path.strip()).expanduser().absolute()) if path.strip() else ""


def _browse(caption: str) -> Callable[..., None]:
    return choose_file(caption, tr("PEM files (*.pem *.crt *.cer *.key);;All files (*)"))
