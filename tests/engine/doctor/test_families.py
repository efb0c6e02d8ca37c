"""Every family of servers is examined by its own rules, and told why where there is nothing to examine."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.doctor.examination import Examination, Target
from engine.doctor.records import Traits, Verdict
from engine.doctor.weaknesses import BY_NAME, WEAKNESSES

HAVE = [
    ("UnixStreamServer", "unix-stale"),
    ("UnixDatagramServer", "unix-stale"),
    ("ThreadingUDPServer", "close-in-handler"),
    ("ThreadingUDPServer", "dead-threads"),
    ("ThreadingUDPServer", "reaping-cost"),
    ("ThreadingUnixDatagramServer", "thread-refused"),
    ("ForkingUDPServer", "stolen-status"),
    ("ForkingUDPServer", "full-shutdown"),
    ("ForkingTCPServer", "shutdown-in-handler"),
    ("ForkingTCPServer", "slow-clients"),
]
HARDENED_HAS_NOT = [
    ("UnixDatagramServer", "unix-stale", ""),
    ("UnixStreamServer", "shutdown-in-handler", ""),
    ("ThreadingUnixDatagramServer", "dead-threads", ""),
    ("ThreadPoolUnixStreamServer", "thread-refused", ""),
    ("ThreadPoolUnixDatagramServer", "close-in-handler", ""),
    ("ForkingUnixDatagramServer", "udp-nameless", ""),
    ("ForkingUnixDatagramServer", "stolen-status", ""),
    ("ForkingUnixStreamServer", "slow-clients", "limits = Limits(total_timeout=...)"),
    ("ForkingUnixStreamServer", "shutdown-in-handler", ""),
    ("PreforkUnixStreamServer", "descriptors", ""),
    ("PreforkUnixDatagramServer", "silent-crash", ""),
]


@pytest.mark.parametrize(("name", "weakness"), HAVE)
def test_weaknesses_of_the_standard_library(name: str, weakness: str) -> None:
    found = Examination(Target("", "socketserver", name), 20).check(BY_NAME[weakness])
    assert (found.verdict, found.cure) == (Verdict.HAS, ""), found.figure


@pytest.mark.parametrize(("name", "weakness", "cure"), HARDENED_HAS_NOT)
def test_ours_hardened_has_not(name: str, weakness: str, cure: str) -> None:
    found = Examination(Target("", "engine", name), 20, hardened=True).check(BY_NAME[weakness])
    assert (found.verdict, found.cure) == (Verdict.HAS_NOT, cure), found.figure


@pytest.mark.parametrize("name", ["UnixStreamServer", "ForkingUnixStreamServer", "PreforkUDPServer"])
def test_whoever_answers_at_once_and_hangs_up_can_be_examined(name: str) -> None:
    assert Examination(Target("", "engine", name), 20).traits.name == name


def test_a_server_that_takes_a_living_ones_file_is_told_of(tmp_path: Path) -> None:
    source = tmp_path / "robber.py"
    source.write_text(
        "import os, socketserver\n"
        "class Server(socketserver.ThreadingUnixStreamServer):\n"
        "    def server_bind(self):\n"
        "        if os.path.exists(self.server_address):\n"
        "            os.unlink(self.server_address)\n"
        "        super().server_bind()\n"
    )
    found = Examination(Target(str(source), "", "Server"), 20).check(BY_NAME["unix-stale"])
    assert (found.verdict, found.figure) == (Verdict.HAS, "the next server replaces a living server's file, too")


def test_an_abstract_name_leaves_no_file(tmp_path: Path) -> None:
    source = tmp_path / "abstract.py"
    source.write_text(
        "import engine\n"
        "class Server(engine.UnixStreamServer):\n"
        "    def server_bind(self):\n"
        "        self.server_address = '\\0doctor' + self.server_address\n"
        "        super().server_bind()\n"
    )
    found = Examination(Target(str(source), "", "Server"), 20).check(BY_NAME["unix-file"])
    assert (found.verdict, found.figure) == (Verdict.HAS_NOT, "its name is abstract: there is no file")


@pytest.mark.parametrize("transport", ["tcp", "udp", "unix", "unixgram"])
@pytest.mark.parametrize(("workers", "forks"), [("loop", False), ("thread", False), ("process", True)])
def test_why_something_does_not_apply_is_one_sentence(transport: str, workers: str, forks: bool) -> None:
    reasons = [one.why_not(Traits("Server", transport, workers, forks, ())) for one in WEAKNESSES]
    assert "" in reasons
    assert all(why.endswith(".") and why.count(".") == 1 for why in reasons if why)


def test_what_does_not_apply_is_said_with_the_reason() -> None:
    examination = Examination(Target("", "socketserver", "UnixDatagramServer"), 20)
    found = {one.weakness.name: one for one in examination.run([BY_NAME["backlog"], BY_NAME["zombies"]])}
    assert {one.verdict for one in found.values()} == {Verdict.NOT_APPLICABLE}
    assert found["backlog"].figure == "It serves datagrams: there are no connections."
    assert found["zombies"].to_json()["figure"] == "It forks no child for a request."
