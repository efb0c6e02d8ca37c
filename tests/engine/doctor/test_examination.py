"""The doctor finds in socketserver what is known to be there, and survives what a class does to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.doctor.cures import BOUNDED, DRAIN, HARDENED, IMPATIENT, TOTAL
from engine.doctor.examination import Examination, Refused, Target
from engine.doctor.records import Diagnosis, Verdict
from engine.doctor.weaknesses import BY_NAME, WEAKNESSES
from engine.hosting.processes import descendants

HAVE = [
    ("ThreadingTCPServer", "thread-refused"),
    ("ThreadingTCPServer", "dead-threads"),
    ("ThreadingTCPServer", "raising-leak"),
    ("TCPServer", "descriptors"),
    ("TCPServer", "backlog"),
    ("TCPServer", "unread-input"),
    ("TCPServer", "restart"),
    ("UnixStreamServer", "unix-file"),
    ("UDPServer", "udp-cut"),
    ("UDPServer", "udp-empty-answer"),
    ("UnixDatagramServer", "udp-nameless"),
    ("ForkingTCPServer", "zombies"),
    ("ForkingTCPServer", "stolen-status"),
]
CURED_IN_OURS = [
    ("ThreadingTCPServer", "thread-refused"),
    ("ThreadingTCPServer", "shutdown-latency"),
    ("ThreadingTCPServer", "raising-leak"),
    ("ThreadingTCPServer", "dead-threads"),
    ("TCPServer", "descriptors"),
    ("UDPServer", "udp-cut"),
    ("ThreadingTCPServer", "close-busy"),
    ("PreforkTCPServer", "close-busy"),
    ("ForkingTCPServer", "idle-wakeups"),
    ("ForkingTCPServer", "zombies"),
    ("ForkingTCPServer", "stolen-status"),
]


def _skip_if_full(found: Diagnosis) -> None:
    if "too many" in found.figure:
        pytest.skip(found.figure)


@pytest.mark.parametrize(("name", "weakness"), HAVE)
def test_weaknesses_of_the_standard_library(name: str, weakness: str) -> None:
    found = Examination(Target("", "socketserver", name), 20).check(BY_NAME[weakness])
    _skip_if_full(found)
    assert (found.verdict, found.cure) == (Verdict.HAS, ""), found.figure
    assert found.figure
    assert descendants() == []


@pytest.mark.parametrize(("name", "weakness"), CURED_IN_OURS)
def test_ours_has_not(name: str, weakness: str) -> None:
    found = Examination(Target("", "engine", name), 20).check(BY_NAME[weakness])
    assert found.verdict is Verdict.HAS_NOT, found.figure


def test_what_cannot_befall_a_class_is_not_looked_for() -> None:
    examination = Examination(Target("", "socketserver", "UDPServer"), 20)
    found = {one.weakness.name: one.verdict for one in examination.run([BY_NAME["zombies"], BY_NAME["backlog"]])}
    assert set(found.values()) == {Verdict.NOT_APPLICABLE}


OPT_IN = [
    ("TCPServer", "backlog", "harden(CLASS)"),
    ("TCPServer", "restart", "harden(CLASS)"),
    ("ThreadingTCPServer", "silent-clients", "limits = Limits(max_connections=...)"),
    ("ThreadingTCPServer", "slow-clients", "limits = Limits(total_timeout=...)"),
    ("ThreadingTCPServer", "close-idle-client", "drain() before server_close()"),
]


@pytest.mark.parametrize(("name", "weakness", "cure"), OPT_IN)
def test_a_cure_that_has_to_be_asked_for_is_told(name: str, weakness: str, cure: str) -> None:
    found = Examination(Target("", "engine", name), 20).check(BY_NAME[weakness])
    _skip_if_full(found)
    assert (found.verdict, found.cure) == (Verdict.OPT_IN, cure), found.figure


def test_a_class_that_is_hardened_has_nothing_to_opt_for(tmp_path: Path) -> None:
    source = tmp_path / "hardened.py"
    source.write_text("import engine\nServer = engine.harden(engine.TCPServer)\n")
    examination = Examination(Target(str(source), "", "Server"), 20)
    assert "hardened" not in examination.traits.cures
    assert examination.check(BY_NAME["backlog"]).verdict is Verdict.HAS_NOT


HARDENED_HAS_NOT = [
    ("ThreadingTCPServer", "shared-listener", ""),
    ("ThreadingTCPServer", "silent-clients", "limits = Limits(max_connections=...)"),
    ("ForkingTCPServer", "small-writes", ""),
    ("ThreadPoolTCPServer", "slow-clients", "limits = Limits(total_timeout=...)"),
    ("PreforkTCPServer", "close-idle-client", "drain() before server_close()"),
    ("PreforkTCPServer", "backlog", ""),
    ("PreforkUDPServer", "udp-cut", ""),
    ("UDPServer", "raising", ""),
    ("UDPServer", "shared-listener", ""),
    ("UDPServer", "udp-failed-answer", ""),
    ("UnixStreamServer", "unix-file", ""),
]


@pytest.mark.parametrize(("name", "weakness", "cure"), HARDENED_HAS_NOT)
def test_ours_hardened_has_not(name: str, weakness: str, cure: str) -> None:
    found = Examination(Target("", "engine", name), 20, hardened=True).check(BY_NAME[weakness])
    assert (found.verdict, found.cure) == (Verdict.HAS_NOT, cure), found.figure


def test_only_ours_can_be_examined_as_hardened() -> None:
    with pytest.raises(Refused, match="no class of this engine"):
        Examination(Target("", "socketserver", "TCPServer"), 20, hardened=True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise RuntimeError('no')", "RuntimeError: no"),
        ("Server = 5", "no server class"),
        ("class Other: pass", "There is no Server"),
        ("class Server:\n    def serve_forever(self): pass", "no server class on TCP"),
        ("import os; os._exit(3)", "ended without an answer"),
    ],
)
def test_what_cannot_be_examined_is_refused_in_a_sentence(tmp_path: Path, body: str, said: str) -> None:
    source = tmp_path / "broken.py"
    source.write_text(body + "\n")
    with pytest.raises(Refused, match=said):
        Examination(Target(str(source), "", "Server"), 20)


def test_a_class_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    source = tmp_path / "hanging.py"
    source.write_text(
        "import socketserver, subprocess, signal, os\n"
        "class Server(socketserver.TCPServer):\n"
        "    def server_bind(self):\n"
        f"        if os.path.exists({str(tmp_path / 'armed')!r}):\n"
        "            subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "            signal.pause()\n"
        "        super().server_bind()\n"
    )
    examination = Examination(Target(str(source), "", "Server"), 1.5)
    (tmp_path / "armed").touch()
    found = examination.check(BY_NAME["backlog"])
    assert (found.verdict, found.figure) == (Verdict.UNKNOWN, "no answer within 1.5 s")
    assert descendants() == []


def test_the_users_code_runs_in_another_process(tmp_path: Path) -> None:
    source = tmp_path / "where.py"
    source.write_text(
        "import os, socketserver\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "class Server(socketserver.TCPServer): pass\n"
    )
    Examination(Target(str(source), "", "Server"), 20)
    assert int((tmp_path / "pid").read_text()) != os.getpid()


def test_threads_that_nobody_waits_for_are_told_of() -> None:
    found = Examination(Target("", "http.server", "ThreadingHTTPServer"), 20).check(BY_NAME["close-busy"])
    assert (found.verdict, found.figure) == (Verdict.HAS, "it returns before the handler does")


def test_names_are_unique_and_cures_are_one_each() -> None:
    assert len(BY_NAME) == len(WEAKNESSES)
    assert {HARDENED, DRAIN, BOUNDED, TOTAL, IMPATIENT} == {cure for weakness in WEAKNESSES for cure in weakness.cures}
