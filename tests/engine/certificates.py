"""Certificates for tests: made for them, long-lived, trusted by nobody else; their keys are public."""

from __future__ import annotations

import shutil
import socket
import ssl
from pathlib import Path
from typing import Any

from engine.servers.certificates import Certificate
from tests.engine.serving import DEADLINE

FOLDER = Path(__file__).parent / "tls"


def certificate(folder: Path, which: str = "first") -> Certificate:
    """A pair of files in `folder`; the key is its owner's only."""
    cert, key = folder / "certificate.pem", folder / "key.pem"
    shutil.copyfile(FOLDER / f"test-only-{which}-certificate.pem", cert)
    key.touch(0o600)
    shutil.copyfile(FOLDER / f"test-only-{which}-key.pem", key)
    return Certificate(cert, key)


def trusting(which: str = "first") -> ssl.SSLContext:
    """A client's context that trusts one pair."""
    return ssl.create_default_context(cafile=FOLDER / f"test-only-{which}-certificate.pem")


def ask_tls(address: Any, data: bytes, which: str = "first") -> bytes:
    """Send `data` over TLS and return all that comes back; a cut connection raises."""
    with (
        socket.create_connection(address, DEADLINE) as plain,
        trusting(which).wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as sock,
    ):
        sock.sendall(data)
        answer = bytearray()
        while piece := sock.recv(4096):
            answer += piece
        return bytes(answer)
