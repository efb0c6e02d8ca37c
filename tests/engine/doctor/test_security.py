"""Classes that speak TLS are examined by clients that speak it, and by those who do not finish saying hello."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.doctor.examination import Examination, Refused, Target
from engine.doctor.records import Verdict
from engine.doctor.weaknesses import BY_NAME
from tests.engine.certificates import certificate
from tests.journeys.headless import ROOT

HAVE = ["tls-blocking", "tls-plain"]
OURS = [
    ("TCPServer", "tls-silent"),
    ("TCPServer", "tls-plain"),
    ("ThreadingUnixStreamServer", "tls-silent"),
    ("ThreadPoolTCPServer", "tls-blocking"),
    ("ForkingTCPServer", "tls-silent"),
    ("ForkingUnixStreamServer", "tls-plain"),
    ("PreforkTCPServer", "tls-blocking"),
    ("PreforkUnixStreamServer", "tls-plain"),
    ("ThreadingTCPServer", "thread-refused"),
    ("ThreadingTCPServer", "descriptors"),
    ("ForkingTCPServer", "stolen-status"),
]


@pytest.mark.parametrize("weakness", HAVE)
def test_a_wrapped_listener_has_them(weakness: str) -> None:
    examination = Examination(Target("", "socketserver", "ThreadingTCPServer"), 20, tls=True)
    assert examination.traits.tls == "by wrapping its listener"
    found = examination.check(BY_NAME[weakness])
    assert found.verdict is Verdict.HAS, found.figure


@pytest.mark.parametrize(("name", "weakness"), OURS)
def test_ours_has_not(name: str, weakness: str) -> None:
    examination = Examination(Target("", "engine", name), 20, tls=True)
    assert examination.traits.tls == "by ssl_context"
    found = examination.check(BY_NAME[weakness])
    assert found.verdict is Verdict.HAS_NOT, found.figure


HARDENED_HAS_NOT = [
    ("ThreadingTCPServer", "small-writes", ""),
    ("ThreadingTCPServer", "silent-clients", "limits = Limits(max_connections=...)"),
    ("ThreadingUnixStreamServer", "unread-input", ""),
    ("ForkingUnixStreamServer", "raising", ""),
]


@pytest.mark.parametrize(("name", "weakness", "cure"), HARDENED_HAS_NOT)
def test_ours_hardened_has_not(name: str, weakness: str, cure: str) -> None:
    found = Examination(Target("", "engine", name), 20, hardened=True, tls=True).check(BY_NAME[weakness])
    assert (found.verdict, found.cure) == (Verdict.HAS_NOT, cure), found.figure


def test_without_tls_nobody_shakes_hands() -> None:
    found = Examination(Target("", "engine", "TCPServer"), 20).check(BY_NAME["tls-silent"])
    assert (found.verdict, found.figure) == (Verdict.NOT_APPLICABLE, "It speaks no TLS; --tls has it do so.")


OF_ITS_OWN = {
    "by ssl_context": "class Server(engine.ThreadingTCPServer):\n    ssl_context = engine.Certificate({0!r}, {1!r})\n",
    "when accepted": (
        "context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)\n"
        "context.load_cert_chain({0!r}, {1!r})\n"
        "class Server(socketserver.ThreadingTCPServer):\n"
        "    def get_request(self):\n"
        "        sock, address = super().get_request()\n"
        "        return context.wrap_socket(sock, server_side=True), address\n"
    ),
}


@pytest.fixture(params=list(OF_ITS_OWN))
def secured(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    """A class that speaks TLS as it is."""
    pair = certificate(tmp_path)
    source = tmp_path / "secured.py"
    body = OF_ITS_OWN[request.param].format(str(pair.certfile), str(pair.keyfile))
    source.write_text(f"import engine, socketserver, ssl\n{body}")
    return Target(str(source), "", "Server")


def test_tls_of_its_own_is_noticed(secured: Target) -> None:
    examination = Examination(secured, 20)
    assert (examination.traits.tls, examination.traits.workers) == ("of its own", "thread")
    assert examination.check(BY_NAME["shutdown-unserved"]).verdict is not Verdict.UNKNOWN
    assert examination.check(BY_NAME["dead-threads"]).verdict is not Verdict.UNKNOWN


def test_who_speaks_it_already_is_not_made_to(secured: Target) -> None:
    with pytest.raises(Refused, match="Server speaks TLS already: leave out --tls"):
        Examination(secured, 20, tls=True)


def test_a_server_that_wants_to_see_a_certificate_is_refused_in_a_sentence(tmp_path: Path) -> None:
    pair = certificate(tmp_path)
    source = tmp_path / "strict.py"
    source.write_text(
        "import engine, ssl\n"
        f"context = engine.Certificate({str(pair.certfile)!r}, {str(pair.keyfile)!r}).context()\n"
        "context.verify_mode = ssl.CERT_REQUIRED\n"
        "class Server(engine.ThreadingTCPServer):\n    ssl_context = context\n"
    )
    with pytest.raises(Refused, match="it speaks TLS with clients only that show a certificate"):
        Examination(Target(str(source), "", "Server"), 20)


def test_datagrams_have_no_tls() -> None:
    with pytest.raises(Refused, match="UDPServer serves datagrams, and TLS needs connections: leave out --tls"):
        Examination(Target("", "socketserver", "UDPServer"), 20, tls=True)


def test_a_deadline_that_its_owner_has_taken_away_is_missed(tmp_path: Path) -> None:
    source = tmp_path / "patient.py"
    source.write_text("import engine\nclass Server(engine.ThreadingTCPServer):\n    handshake_timeout = None\n")
    found = Examination(Target(str(source), "", "Server"), 20, tls=True).check(BY_NAME["tls-silent"])
    assert found.verdict is Verdict.HAS, found.figure


def test_nobody_forks_while_a_client_is_in_openssl() -> None:
    program = (
        "import os, threading\n"
        "from engine.doctor import security\n"
        "security.keep_from_forking_meanwhile()\n"
        "order = []\n"
        "def fork():\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        os._exit(security._alone.locked())\n"
        "    order.append(os.waitpid(child, 0)[1])\n"
        "forking = threading.Thread(target=fork)\n"
        "with security._alone:\n"
        "    forking.start()\n"
        "    forking.join(0.2)\n"
        "    order.append('talked')\n"
        "forking.join()\n"
        "print(order)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "['talked', 0]\n"
