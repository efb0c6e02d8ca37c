"""`socketscope doctor` as a person uses it: a table, one JSON object, and one sentence for what was typed wrong."""

from __future__ import annotations

import json

import pytest

from engine.doctor.weaknesses import WEAKNESSES
from tests.journeys.headless import call


def test_table() -> None:
    done = call("doctor", "socketserver:TCPServer", "--only", "backlog", "--only", "zombies")
    assert (done.returncode, done.stderr) == (0, "")
    title, head, backlog, zombies, sums = done.stdout.splitlines()
    assert title == "TCPServer (tcp, serves in the loop)"
    assert head.split() == ["weakness", "verdict", "measured"]
    assert "has it" in backlog
    assert "of 40 clients" in backlog
    assert zombies.endswith("does not apply  It forks no child for a request.")
    assert sums == "has it: 1, does not apply: 1"


def test_titles_do_not_touch_their_verdicts() -> None:
    assert max(len(weakness.title) for weakness in WEAKNESSES) < 46


def test_hardened() -> None:
    done = call("doctor", "engine:TCPServer", "--hardened", "--only", "backlog", "--only", "slow-clients")
    assert (done.returncode, done.stderr) == (0, "")
    title, _, backlog, slow, sums = done.stdout.splitlines()
    assert title == "TCPServer (tcp, serves in the loop, examined as harden() makes it)"
    assert "0 of 40 clients" in backlog
    assert slow.endswith("; with limits = Limits(total_timeout=...)")
    assert sums == "has not: 2"


def test_tls() -> None:
    done = call("doctor", "engine:ThreadingUnixStreamServer", "--tls", "--only", "tls-plain")
    assert (done.returncode, done.stderr) == (0, "")
    title, _, plain, sums = done.stdout.splitlines()
    assert title == "ThreadingUnixStreamServer (unix, TLS by ssl_context, serves in threads)"
    assert plain.endswith("told to handle_error")
    assert sums == "has not: 1"


def test_json() -> None:
    done = call("doctor", "engine:UDPServer", "--only", "udp-cut", "--json")
    assert done.returncode == 0, done.stderr
    item = json.loads(done.stdout)
    assert (item["class"], item["transport"], item["workers"], item["tls"]) == ("UDPServer", "udp", "loop", "")
    (found,) = item["found"]
    assert (found["name"], found["verdict"], found["numbers"]) == ("udp-cut", "has_not", {"bytes": 8192})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense",), "names no server class; write file.py:ServerClass"),
        (("no/such.py:Server",), "No such file"),
        (("no_such_module_x:Server",), "No module named"),
        (("socketserver:Nope",), "There is no Nope in socketserver"),
        (("socketserver:StreamRequestHandler",), "is no server class"),
        (("socketserver:BaseServer",), "no server class on TCP"),
        (("socketserver:TCPServer", "--only", "nope"), "There is no check nope"),
        (("socketserver:TCPServer", "--hardened"), "leave out --hardened"),
        (("engine:ThreadPoolUDPServer", "--tls"), "TLS needs connections: leave out --tls"),
        (("socketserver:TCPServer", "--timeout", "never"), "--timeout is 1 to 600 seconds"),
        (("socketserver:TCPServer", "--timeout", "nan"), "--timeout is 1 to 600 seconds"),
    ],
)
def test_bad_input(words: tuple[str, ...], said: str) -> None:
    done = call("doctor", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
