"""Certificate: the files that a TLS server shows its clients, and the context made of them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..observe.logs import Log

if TYPE_CHECKING:
    import ssl

LOOK_EVERY = 1.0
"""How often the files are looked at, at most; seconds."""

log = Log("socketscope.servers")


@dataclass(frozen=True)
class Certificate:
    """Paths of PEM files: the certificate with its chain, and its key, if that is not in the same file.

    A server that was given one reads the files again when they have changed.
    """

    certfile: str | os.PathLike[str]
    keyfile: str | os.PathLike[str] | None = None
    password: str | bytes | None = field(default=None, repr=False)

    def context(self) -> ssl.SSLContext:
        """A server's context. Raises ValueError with one sentence if the files cannot be used."""
        import ssl  # not for those who serve without it

        _check_readable(self.certfile)
        _check_readable(self.keyfile or self.certfile)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        password = self.password
        try:
            # Without a password, OpenSSL would ask for it on the terminal.
            context.load_cert_chain(self.certfile, self.keyfile, lambda: "" if password is None else password)
        except ssl.SSLError as error:
            raise ValueError(self._sentence(error)) from error
        return context

    def lacks_key(self) -> bool:
        """Whether its file can be read and has a certificate without a key, and no other file is named."""
        try:
            only = _holds(self.certfile, b"CERTIFICATE-----") and not _holds(self.certfile, b"PRIVATE KEY-----")
        except OSError:
            return False
        return only and self.keyfile is None

    def stamps(self) -> tuple[Any, ...]:
        """What changes when the files do. Raises OSError if one is gone."""
        paths = [path for path in (self.certfile, self.keyfile) if path is not None]
        return tuple((s.st_mtime_ns, s.st_ino, s.st_size) for s in map(os.stat, paths))

    def _sentence(self, error: ssl.SSLError) -> str:
        cert, key = os.fspath(self.certfile), os.fspath(self.keyfile or self.certfile)
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"The key in {key} does not belong to the certificate in {cert}; choose the files of one pair."
        if _is_encrypted(key):
            said = "needs a password" if self.password is None else "does not open with this password"
            return f"The key in {key} {said}."
        missing = key if _holds(cert, b"CERTIFICATE-----") else cert
        what = "key" if missing == key and _holds(cert, b"CERTIFICATE-----") else "certificate"
        return f"{missing} holds no {what} in PEM format that can be read; choose another file."


def _check_readable(path: str | os.PathLike[str]) -> None:
    try:
        with open(path, "rb"):
            return
    except OSError as error:
        raise ValueError(f"{os.fspath(path)} cannot be read: {error.strerror}.") from error


def _holds(path: str | os.PathLike[str], words: bytes) -> bool:
    with open(path, "rb") as file:
        return words in file.read(1 << 20)


def _is_encrypted(path: str) -> bool:
    return _holds(path, b"ENCRYPTED")


class LiveCertificate:
    """A certificate whose files are looked at now and then; `context` is made of what they last were."""

    def __init__(self, certificate: Certificate) -> None:
        """Raises ValueError as `Certificate.context` does."""
        self._certificate = certificate
        self._note()
        self.context = certificate.context()
        _warn_of_readers(certificate)

    def _note(self) -> None:
        self._looked = time.monotonic()
        try:
            self._stamps: tuple[Any, ...] | None = self._certificate.stamps()
        except OSError:  # gone: what comes in its place will differ
            self._stamps = None

    def reload(self) -> None:
        """Read the files again. Raises ValueError; then the old certificate stays."""
        self._note()  # first: what changes while they are read is noticed at the next look
        self.context = self._certificate.context()

    def look(self) -> ssl.SSLContext:
        """The context, of new files if there are any. Files that cannot be used are logged, and the old ones stay."""
        if time.monotonic() - self._looked >= LOOK_EVERY:
            before = self._stamps
            self._note()
            if self._stamps is not None and self._stamps != before:
                self._try_to_reload()
        return self.context

    def _try_to_reload(self) -> None:
        try:
            self.reload()
        except ValueError as error:
            log.warning("The old certificate stays in use: %s", error)


def _warn_of_readers(certificate: Certificate) -> None:
    path = certificate.keyfile or certificate.certfile
    if os.name == "posix" and os.stat(path).st_mode & 0o044:
        log.warning("Other users can read the key in %s; chmod 600 it.", os.fspath(path))
