"""The throw-away certificate is one: a client that trusts it, and looks closely, is satisfied."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from engine.doctor.throwaway import G, N, P, certificate, times


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with server.wrap_socket(ours, server_side=True, do_handshake_on_connect=False) as secured:
            try:
                secured.do_handshake()
                secured.recv(1)
            except OSError:
                pass  # refused: the client says so

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        with client.wrap_socket(theirs, server_hostname=name) as secured:
            return secured.version()
    finally:
        theirs.close()
        serving.join()


def test_whoever_trusts_it_is_satisfied(tmp_path: Path) -> None:
    for _ in range(8):  # numbers whose highest bit is set are written with one byte more
        file = tmp_path / "both.pem"
        file.write_text(certificate())
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.load_cert_chain(file)
        assert _shake_hands(server, ssl.create_default_context(cafile=file), "localhost") == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        _shake_hands(server, ssl.create_default_context(cafile=file), "another.example")


def test_nobody_else_trusts_it(tmp_path: Path) -> None:
    file = tmp_path / "both.pem"
    file.write_text(certificate())
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
        _shake_hands(server, ssl.create_default_context(), "localhost")


def test_each_has_a_key_of_its_own() -> None:
    assert len({certificate() for _ in range(4)}) == 4


def test_points() -> None:
    twice = 0x7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978
    assert times(1, G) == G
    assert times(2, G)[0] == twice
    assert times(N - 1, G) == (G[0], P - G[1])
