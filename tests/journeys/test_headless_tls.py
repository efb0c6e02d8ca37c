"""A server with TLS from the command line: curl talks to it, and the capture has plain text."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.engine.certificates import FOLDER, certificate
from tests.journeys.headless import DEADLINE, Running, call, data_of, port_of, show, wait_closed

EXAMPLES = Path(__file__).resolve().parents[2] / "resources" / "examples"
ECHO = f"{EXAMPLES / 'echo.py'}:EchoHandler"
WEB = "http.server:SimpleHTTPRequestHandler"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("more", [(), ("--hardened",)])
def test_curl_sees_a_page_and_the_capture_plain_text(more: tuple[str, ...], tmp_path: Path) -> None:
    certificate(tmp_path)
    (tmp_path / "page.txt").write_text("plain to see")
    capture = tmp_path / "c.socketscope"
    words = ["--json", "--record", str(capture), "--tls-cert", "certificate.pem", "--tls-key", "key.pem", *more]
    with Running("serve", WEB, *words, cwd=tmp_path) as server:
        address = server.item()["address"]
        command = ["curl", "-sk", f"https://{address}/page.txt"]
        done = subprocess.run(command, capture_output=True, timeout=DEADLINE, check=True)
        assert done.stdout == b"plain to see"
        wait_closed(capture)
        assert server.stop() == 0
    [request] = show(capture)
    assert data_of(request, "in").startswith(b"GET /page.txt HTTP/1.1\r\n")
    assert data_of(request, "out").endswith(b"plain to see")
    assert request["state"] == "done"


def test_plain_text_is_told(tmp_path: Path) -> None:
    certificate(tmp_path)
    capture = tmp_path / "c.socketscope"
    words = ["--json", "--record", str(capture), "--tls-cert", "certificate.pem", "--tls-key", "key.pem"]
    with Running("serve", ECHO, *words, cwd=tmp_path) as server:
        address = port_of(server.item()["address"])
        with socket.create_connection(address, DEADLINE) as client:
            client.sendall(b"GET / HTTP/1.1\r\n")
        wait_closed(capture)
        server.stop()
    told = [request for request in show(capture) if request["error"]]
    assert [(r["error"]["type"], r["error"]["stage"]) for r in told] == [("HandshakeError", "handshake")]
    assert "Plain text came to this TLS port" in str(told[0])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tls-cert", "/no/such.pem"), "/no/such.pem cannot be read"),
        (("--tls-cert", str(FOLDER / "test-only-first-certificate.pem")), "holds no key"),
        (("--tls-key", "x"), "A key without a certificate"),
        (("--tls-cert", str(FOLDER / "test-only-first-certificate.pem"), "--server", "UDPServer"), "needs a stream"),
    ],
)
def test_files_that_do_not_work(words: tuple[str, ...], said: str) -> None:
    done = call("serve", ECHO, *words)
    assert done.returncode != 0
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
