"""TLS: the worker shakes hands under a deadline, the tap sees plain text, and who does not come to terms is named."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.observe.facts import Outcome
from engine.servers import certificates
from tests.engine.certificates import ask_tls, certificate
from tests.engine.serving import DEADLINE, Echo, Notes, serving

SERVERS = [engine.TCPServer, engine.ThreadingTCPServer, engine.ForkingTCPServer]
HERE = ("127.0.0.1", 0)


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("server_class", SERVERS)
def test_every_kind_of_worker_speaks_it(server_class: Any, watched: bool, tmp_path: Path) -> None:
    server = server_class(HERE, Echo, ssl_context=certificate(tmp_path))
    with serving(server, *[Notes()] * watched):
        assert ask_tls(server.server_address, b"secret\n") == b"secret\n"
        assert ask_tls(server.server_address, b"again\n") == b"again\n"


def test_observers_see_plain_text_and_a_stage(tmp_path: Path) -> None:
    notes = Notes()
    with serving(engine.ThreadingTCPServer(HERE, Echo, ssl_context=certificate(tmp_path)), notes) as server:
        ask_tls(server.server_address, b"secret\n")
        request = notes.wait("request_closed")[0][1]
    assert (notes.data("received"), notes.data("sent")) == (b"secret\n", b"secret\n")
    assert request.outcome is Outcome.DONE
    stages = notes.stages(request)
    assert stages.index(engine.Stage.QUEUE) < stages.index(engine.Stage.HANDSHAKE) < stages.index(engine.Stage.SETUP)
    assert stages[-2:] == [engine.Stage.FINISH_REQUEST, engine.Stage.SHUTDOWN_REQUEST]


def test_an_overridden_finish_request_is_secured(tmp_path: Path) -> None:
    class Server(engine.ThreadingTCPServer):
        ssl_context = certificate(tmp_path)

        def finish_request(self, request: Any, client_address: Any) -> None:
            assert request.version() is not None
            Echo(request, client_address, self)

    with serving(Server(HERE, Echo)) as server:
        assert ask_tls(server.server_address, b"secret\n") == b"secret\n"


class Calm(engine.ThreadingTCPServer):
    """Says nothing about errors."""

    handshake_timeout = 0.2

    def handle_error(self, request: Any, client_address: Any) -> None:
        return None


def silent(client: socket.socket) -> None:
    """Says nothing until the server gives up."""
    client.settimeout(DEADLINE)
    assert client.recv(1) == b""


def slow(client: socket.socket) -> None:
    """Begins, and does not go on."""
    client.sendall(b"\x16\x03")
    silent(client)


def leaving(client: socket.socket) -> None:
    """Goes without a word."""


def resetting(client: socket.socket) -> None:
    """Begins, and resets the connection."""
    client.sendall(b"\x16\x03\x01")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def plain(client: socket.socket) -> None:
    """Speaks HTTP."""
    client.sendall(b"GET /\x1b HTTP/1.1\r\nHost: x\r\n\r\n")


def doubting(client: socket.socket) -> None:
    """Does not know who signed the certificate."""
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(client, server_hostname="localhost")


@pytest.mark.parametrize(
    ("client", "outcome", "said"),
    [
        (silent, Outcome.TIMED_OUT, "did not finish the TLS handshake within 0.2 s"),
        (slow, Outcome.TIMED_OUT, "did not finish the TLS handshake within 0.2 s"),
        (leaving, Outcome.RESET, "went away during the TLS handshake"),
        (resetting, Outcome.RESET, "went away during the TLS handshake"),
        (plain, Outcome.ERROR, r"Plain text came to this TLS port: 'GET /\x1b HTTP/1.1'"),
        (doubting, Outcome.ERROR, "does not trust the server's certificate"),
    ],
)
def test_who_does_not_come_to_terms(client: Any, outcome: Outcome, said: str, tmp_path: Path) -> None:
    notes = Notes()
    with serving(Calm(HERE, Echo, ssl_context=certificate(tmp_path)), notes) as server:
        with socket.create_connection(server.server_address, DEADLINE) as sock:
            client(sock)
        request = notes.wait("request_closed")[0][1]
        assert request.outcome is outcome
        [(_, failed, stage, error)] = notes.wait("failed")
        assert (failed, stage) == (request, engine.Stage.HANDSHAKE)
        assert said in str(error)
        assert ask_tls(server.server_address, b"next\n") == b"next\n"


def test_a_silent_client_stops_nobody(tmp_path: Path) -> None:
    """Nor the shutdown, but for what `block_on_close` waits for."""
    server = engine.ThreadingTCPServer(HERE, Echo, ssl_context=certificate(tmp_path))
    server.daemon_threads = True
    with serving(server), socket.create_connection(server.server_address):
        began = time.monotonic()
        assert ask_tls(server.server_address, b"next\n") == b"next\n"
        server.shutdown()
        assert time.monotonic() - began < server.handshake_timeout / 2  # type: ignore[operator]  # it is set


def test_the_deadline_is_lifted_after_the_handshake(tmp_path: Path) -> None:
    seen: list[float | None] = []

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            seen.append(self.request.gettimeout())

    with serving(engine.TCPServer(HERE, Handler, ssl_context=certificate(tmp_path))) as server:
        ask_tls(server.server_address, b"")
    assert seen == [None]


def test_reload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By order, and by itself when the files have changed."""
    with serving(engine.ThreadingTCPServer(HERE, Echo, ssl_context=certificate(tmp_path))) as server:
        certificate(tmp_path, "second")
        server.reload_certificate()
        assert ask_tls(server.server_address, b"x\n", "second") == b"x\n"
        monkeypatch.setattr(certificates, "LOOK_EVERY", 0.0)
        certificate(tmp_path, "first")
        assert ask_tls(server.server_address, b"x\n", "first") == b"x\n"


@pytest.mark.loud
def test_a_reload_that_fails_keeps_the_old_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(certificates, "LOOK_EVERY", 0.0)
    with serving(engine.ThreadingTCPServer(HERE, Echo, ssl_context=certificate(tmp_path))) as server:
        (tmp_path / "certificate.pem").write_text("half")
        assert ask_tls(server.server_address, b"x\n") == b"x\n"
        assert ask_tls(server.server_address, b"x\n") == b"x\n"
        with pytest.raises(ValueError, match="holds no certificate"):
            server.reload_certificate()
    assert [r.getMessage() for r in caplog.records if "stays in use" in r.getMessage()] != []


@pytest.mark.parametrize(
    ("server_class", "given", "said"),
    [
        (engine.TCPServer, 7, "ssl_context must be"),
        (engine.TCPServer, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "is a client's"),
        (engine.UDPServer, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), "TLS needs a stream"),
    ],
)
def test_wrong_contexts(server_class: Any, given: Any, said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        server_class(HERE, Echo, ssl_context=given)


def test_wrong_deadlines(tmp_path: Path) -> None:
    class Hasty(engine.TCPServer):
        handshake_timeout = 0.0

    with pytest.raises(ValueError, match="handshake_timeout must be None or a number of seconds above 0, not 0"):
        Hasty(HERE, Echo, ssl_context=certificate(tmp_path))
    with engine.TCPServer(HERE, Echo) as plain_server, pytest.raises(ValueError, match="speaks no TLS"):
        plain_server.reload_certificate()


def test_a_context_of_ones_own(tmp_path: Path) -> None:
    with serving(engine.TCPServer(HERE, Echo, ssl_context=certificate(tmp_path).context())) as server:
        assert ask_tls(server.server_address, b"x\n") == b"x\n"
        with pytest.raises(ValueError, match="give it a Certificate"):
            server.reload_certificate()


def test_servers_without_it_pay_nothing() -> None:
    with engine.TCPServer(HERE, Echo) as server:
        assert not {"get_request", "finish_request"} & vars(server).keys()
